/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"

#define DEPTH ((size_t)LIMIT_JSON_DEPTH)

static jv parse(const char *text)
{
	struct err err = { 0 };
	jv v = jv_null();

	assert_int_equal(json_parse(text, strlen(text), &v, &err), 0);
	return v;
}

static void text_goes_in_and_comes_out_compact(void **state)
{
	static const char *const rows[][2] = {
		{ " {\"a\" : [1, 2.5, null]}\n", "{\"a\":[1,2.5,null]}" },
		{ "true", "true" },
		{ "\"\\u00e9\"", "\"\xc3\xa9\"" },
		{ "\"nan\"", "\"nan\"" },
		{ "{\"nan\":\"\\\"nan\"}", "{\"nan\":\"\\\"nan\"}" },
		{ "9007199254740991", "9007199254740991" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		jv v = parse(rows[i][0]);
		char *text = json_text(v);

		assert_string_equal(text, rows[i][1]);
		free(text);
		jv_free(v);
	}
}

static void what_is_no_json_says_where(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *says;
	} rows[] = {
		{ "", 0, "empty" },
		{ " \n\t", 3, "empty" },
		{ "{", 1, "Unfinished JSON term" },
		{ "{\"a\":1", 6, "Unfinished JSON term" },
		{ "{'a':1}", 7, "line 1, column " },
		{ "{} {}", 5, "before it at byte 3" },
		{ "[\"a\" \"b\"]", 9, "before it at byte 5" },
		{ "{\"a\":1 2}", 9, "before it at byte 7" },
		{ "{}x", 3, "before it at byte 2" },
		{ "[1,]", 4, "line 1, column 4" },
		{ "<html>", 6, "line 1, column " },
		{ "nan", 3, "nan is no number at byte 0" },
		{ "[1, NaN]", 8, "nan is no number at byte 4" },
		{ "{}\0", 3, "before it at byte 2" },
		{ "\"a\xff\"", 4, "invalid UTF-8 at byte 2" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = { 0 };
		jv v = jv_true();

		assert_int_equal(json_parse(rows[i].text, rows[i].len, &v,
					    &err),
				 -1);
		assert_int_equal(err.code, ERR_INPUT);
		assert_non_null(strstr(err.text, rows[i].says));
		assert_null(strstr(err.text, "while parsing"));
		assert_int_equal(jv_get_kind(v), JV_KIND_TRUE);
	}
}

static void nothing_is_read_behind_the_end(void **state)
{
	/* Of exactly this size, so that a sanitizer sees a byte too many. */
	char *blank = malloc(2), *text = malloc(2);
	struct err err = { 0 };
	jv v;

	(void)state;
	memset(blank, ' ', 2);
	text[0] = '{';
	text[1] = '}';
	assert_int_equal(json_parse(blank, 2, &v, &err), -1);
	assert_int_equal(json_parse(text, 2, &v, &err), 0);
	jv_free(v);
	free(blank);
	free(text);
}

static void depth_has_a_limit(void **state)
{
	char text[2 * DEPTH + 3];
	struct err err = { 0 };
	jv v;

	(void)state;
	memset(text, '[', DEPTH);
	memset(text + DEPTH, ']', DEPTH);
	text[2 * DEPTH] = '\0';
	jv_free(parse(text));
	memset(text, '[', DEPTH + 1);
	memset(text + DEPTH + 1, ']', DEPTH + 1);
	assert_int_equal(json_parse(text, sizeof(text) - 1, &v, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
}

static void size_has_a_limit(void **state)
{
	struct err err = { 0 };
	jv v;

	(void)state;
	assert_int_equal(json_parse("1", (size_t)LIMIT_STRBUF + 1, &v, &err),
			 -1);
	assert_int_equal(err.code, ERR_LIMIT);
}

static void brackets_in_strings_have_no_depth(void **state)
{
	char text[2 * DEPTH + 3] = "\"";

	(void)state;
	memset(text + 1, '[', 2 * DEPTH);
	text[2 * DEPTH + 1] = '"';
	jv_free(parse(text));
}

static void a_member_is_borrowed_or_null(void **state)
{
	jv v = parse("{\"s\":\"x\",\"n\":1,\"z\":null}"), n;

	(void)state;
	assert_string_equal(json_str(v, "s"), "x");
	assert_null(json_str(v, "n"));
	assert_null(json_str(v, "z"));
	assert_null(json_str(v, "none"));
	assert_null(json_str(jv_true(), "s"));
	n = json_get(v, "n");
	assert_int_equal(jv_get_kind(n), JV_KIND_NUMBER);
	jv_free(n);
	assert_int_equal(jv_get_kind(json_get(v, "none")), JV_KIND_NULL);
	assert_int_equal(jv_get_kind(json_get(jv_true(), "n")), JV_KIND_NULL);
	jv_free(v);
}

static void a_u64_comes_as_number_or_digits(void **state)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t want;
	} rows[] = {
		{ "{\"n\":25}", 1, 25 },
		{ "{\"n\":\"25\"}", 1, 25 },
		{ "{\"n\":\"18446744073709551615\"}", 1, UINT64_MAX },
		{ "{\"n\":9007199254740991}", 1, 9007199254740991 },
		{ "{\"n\":9007199254740993}", -1, 0 },
		{ "{\"n\":0}", 1, 0 },
		{ "{}", 0, 0 },
		{ "{\"n\":null}", 0, 0 },
		{ "{\"n\":-1}", -1, 0 },
		{ "{\"n\":1.5}", -1, 0 },
		{ "{\"n\":1e300}", -1, 0 },
		{ "{\"n\":\"\"}", -1, 0 },
		{ "{\"n\":\"x\"}", -1, 0 },
		{ "{\"n\":true}", -1, 0 },
		{ "{\"n\":[1]}", -1, 0 },
		{ "[1]", 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		jv v = parse(rows[i].text);
		uint64_t n = 0;

		assert_int_equal(json_u64(v, "n", &n), rows[i].ret);
		assert_true(n == rows[i].want);
		jv_free(v);
	}
}

static void quoting_escapes_and_mends(void **state)
{
	struct strbuf sb = { 0 };

	(void)state;
	json_quote(&sb, "a\"\\\n\x01\xff");
	assert_string_equal(strbuf_str(&sb),
			    "\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\"");
	strbuf_release(&sb);
}

static void what_is_stored_is_a_value_or_null(void **state)
{
	static const char *const rows[][2] = {
		{ "{\"a\":[1]}", "{\"a\":[1]}" },
		{ "false", "false" },
		{ "{broken", "null" },
		{ NULL, "null" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		jv v = json_stored(rows[i][0]);
		char *text = json_text(v);

		assert_string_equal(text, rows[i][1]);
		free(text);
		jv_free(v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_in_and_comes_out_compact),
		cmocka_unit_test(what_is_no_json_says_where),
		cmocka_unit_test(nothing_is_read_behind_the_end),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(size_has_a_limit),
		cmocka_unit_test(brackets_in_strings_have_no_depth),
		cmocka_unit_test(a_member_is_borrowed_or_null),
		cmocka_unit_test(a_u64_comes_as_number_or_digits),
		cmocka_unit_test(quoting_escapes_and_mends),
		cmocka_unit_test(what_is_stored_is_a_value_or_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
