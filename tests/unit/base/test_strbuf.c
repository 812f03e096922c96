/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"

static void the_empty_one_is_a_text(void **state)
{
	struct strbuf sb = { 0 };
	char *text;

	(void)state;
	assert_string_equal(strbuf_str(&sb), "");
	strbuf_add(&sb, NULL, 0);
	strbuf_clear(&sb);
	strbuf_release(&sb);
	text = strbuf_detach(&sb);
	assert_string_equal(text, "");
	free(text);
}

static void what_is_added_stands_in_a_row(void **state)
{
	struct strbuf sb = { 0 };

	(void)state;
	strbuf_adds(&sb, "a");
	strbuf_addc(&sb, 'b');
	strbuf_add(&sb, "c\0d", 3);
	strbuf_addf(&sb, "%d", 7);
	assert_int_equal(sb.len, 6);
	assert_memory_equal(strbuf_str(&sb), "abc\0d7", 7);
	strbuf_release(&sb);
}

static void it_grows_as_needed(void **state)
{
	struct strbuf sb = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 100000; i++)
		strbuf_addc(&sb, (char)('a' + i % 26));
	assert_int_equal(sb.len, 100000);
	assert_int_equal(strlen(strbuf_str(&sb)), 100000);
	assert_int_equal(sb.buf[99999], 'a' + 99999 % 26);
	strbuf_release(&sb);
}

static void a_long_format_is_whole(void **state)
{
	struct strbuf sb = { 0 };

	(void)state;
	strbuf_addf(&sb, "<%0300d>", 1);
	assert_int_equal(sb.len, 302);
	assert_string_equal(strbuf_str(&sb) + 299, "01>");
	strbuf_release(&sb);
}

static void the_ceiling_cuts_and_says_so(void **state)
{
	struct strbuf sb = { .max = 5 };

	(void)state;
	strbuf_adds(&sb, "12345");
	assert_false(sb.is_full);
	strbuf_adds(&sb, "6");
	assert_true(sb.is_full);
	assert_string_equal(strbuf_str(&sb), "12345");
	strbuf_clear(&sb);
	assert_false(sb.is_full);
	strbuf_add(&sb, "abcdefgh", 8);
	assert_string_equal(strbuf_str(&sb), "abcde");
	assert_true(sb.is_full);
	strbuf_release(&sb);
	assert_int_equal(sb.max, 5);
}

static void text_is_cut_between_characters(void **state)
{
	static const struct {
		size_t max;
		const char *want;
	} rows[] = { { 2, "a" },
		     { 3, "a\xc3\xa9" },
		     { 4, "a\xc3\xa9" },
		     { 6, "a\xc3\xa9" },
		     { 7, "a\xc3\xa9\xf0\x9f\x98\x80" } };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strbuf adds = { .max = rows[i].max };
		struct strbuf addf = { .max = rows[i].max };

		strbuf_adds(&adds, "a\xc3\xa9\xf0\x9f\x98\x80!");
		strbuf_addf(&addf, "%s", "a\xc3\xa9\xf0\x9f\x98\x80!");
		assert_string_equal(strbuf_str(&adds), rows[i].want);
		assert_string_equal(strbuf_str(&addf), rows[i].want);
		assert_true(adds.is_full && addf.is_full);
		strbuf_release(&adds);
		strbuf_release(&addf);
	}
}

static void bytes_are_cut_anywhere(void **state)
{
	struct strbuf sb = { .max = 2 };

	(void)state;
	strbuf_add(&sb, "a\xc3\xa9", 3);
	assert_int_equal(sb.len, 2);
	strbuf_release(&sb);
}

static void nothing_is_added_behind_a_cut(void **state)
{
	struct strbuf sb = { .max = 4 };

	(void)state;
	strbuf_adds(&sb, "ab\xf0\x9f\x98\x80");
	strbuf_adds(&sb, "c");
	strbuf_addc(&sb, 'd');
	assert_string_equal(strbuf_str(&sb), "ab");
	strbuf_release(&sb);
}

static void a_detached_text_is_the_callers(void **state)
{
	struct strbuf sb = { .max = 10 };
	char *text;

	(void)state;
	strbuf_adds(&sb, "mine");
	text = strbuf_detach(&sb);
	strbuf_adds(&sb, "other");
	assert_string_equal(text, "mine");
	assert_string_equal(strbuf_str(&sb), "other");
	assert_int_equal(sb.max, 10);
	free(text);
	strbuf_release(&sb);
}

static void an_excerpt_is_text_for_people(void **state)
{
	static const struct {
		const char *in;
		size_t len, max;
		const char *want;
	} rows[] = {
		{ "", 0, 5, "" },
		{ "hello", 5, 5, "hello" },
		{ "hello", 5, 4, "hell..." },
		{ "a\nb\tc\x1b[1m\x7f", 10, 20, "a b c [1m " },
		{ "\xc2\x9bq", 3, 20, " q" }, /* a terminal's CSI in one */
		{ "a\0b", 3, 20, "a b" },
		{ "x\xffy\xc3", 4, 20, "x?y?" },
		{ "\xc3\xa9\xc3\xa9", 4, 3, "\xc3\xa9..." },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strbuf sb = { 0 };

		strbuf_adds(&sb, ">");
		strbuf_add_excerpt(&sb, rows[i].in, rows[i].len, rows[i].max);
		assert_string_equal(strbuf_str(&sb) + 1, rows[i].want);
		strbuf_release(&sb);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_empty_one_is_a_text),
		cmocka_unit_test(what_is_added_stands_in_a_row),
		cmocka_unit_test(it_grows_as_needed),
		cmocka_unit_test(a_long_format_is_whole),
		cmocka_unit_test(the_ceiling_cuts_and_says_so),
		cmocka_unit_test(text_is_cut_between_characters),
		cmocka_unit_test(bytes_are_cut_anywhere),
		cmocka_unit_test(nothing_is_added_behind_a_cut),
		cmocka_unit_test(a_detached_text_is_the_callers),
		cmocka_unit_test(an_excerpt_is_text_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
