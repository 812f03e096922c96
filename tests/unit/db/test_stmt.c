/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "db/stmt.h"

static void assert_stmt(const char *want, const char *sql,
			const struct db_arg *args, size_t args_n)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };

	assert_int_equal(stmt_add(&out, &err, sql, args, args_n), 0);
	assert_string_equal(strbuf_str(&out), want);
	strbuf_release(&out);
}

static void values_take_the_place_of_question_marks(void **state)
{
	(void)state;
	assert_stmt("SELECT 18446744073709551615, -5, 'a', NULL",
		    "SELECT ?, ?, ?, ?",
		    DB_ARGS(DB_U64(UINT64_MAX), DB_I64(-5), DB_STR("a"),
			    DB_NULL));
	assert_stmt("SELECT -9223372036854775808", "SELECT ?",
		    DB_ARGS(DB_I64(INT64_MIN)));
	assert_stmt("SELECT 1", "SELECT 1", DB_NO_ARGS);
	assert_stmt("", "", DB_NO_ARGS);
}

static void a_null_string_is_null(void **state)
{
	(void)state;
	assert_stmt("NULL ''", "? ?", DB_ARGS(DB_STR(NULL), DB_STR("")));
}

static void raw_sql_is_left_as_it_is(void **state)
{
	(void)state;
	assert_stmt("ORDER BY id DESC", "ORDER BY ?",
		    DB_ARGS(DB_RAW("id DESC")));
}

static void ids_are_a_list_and_none_match_nothing(void **state)
{
	static const uint64_t ids[] = { 7, 18446744073709551615u, 0 };

	(void)state;
	assert_stmt("IN (7,18446744073709551615,0)", "IN (?)",
		    DB_ARGS(DB_IDS(ids, 3)));
	assert_stmt("IN (7)", "IN (?)", DB_ARGS(DB_IDS(ids, 1)));
	assert_stmt("IN (NULL)", "IN (?)", DB_ARGS(DB_IDS(NULL, 0)));
}

static void quoted_and_commented_question_marks_stay(void **state)
{
	(void)state;
	assert_stmt("'?' \"?\" `?` 1", "'?' \"?\" `?` ?", DB_ARGS(DB_U64(1)));
	assert_stmt("'a\\'?' 1", "'a\\'?' ?", DB_ARGS(DB_U64(1)));
	assert_stmt("'a''?' 1", "'a''?' ?", DB_ARGS(DB_U64(1)));
	assert_stmt("`\\` 1", "`\\` ?", DB_ARGS(DB_U64(1)));
	assert_stmt("/* ? */ 1 -- ?", "/* ? */ ? -- ?", DB_ARGS(DB_U64(1)));
	assert_stmt("5--1", "5--?", DB_ARGS(DB_U64(1)));
	assert_stmt("'?", "'?", DB_NO_ARGS);
}

static void strings_cannot_leave_their_quotes(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
		{ "it's", "'it\\'s'" },
		{ "\\", "'\\\\'" },
		{ "\\'", "'\\\\\\''" },
		{ "\"", "'\\\"'" },
		{ "a\nb\rc\x1a", "'a\\nb\\rc\\Z'" },
		{ "?", "'?'" },
		{ "' OR 1=1 -- ", "'\\' OR 1=1 -- '" },
		{ "\xed\x95\x9c\xea\xb8\x80", "'\xed\x95\x9c\xea\xb8\x80'" },
		/* The tail of what would be one character in GBK. */
		{ "\xbf'", "'\xbf\\''" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_stmt(rows[i].want, "?", DB_ARGS(DB_STR(rows[i].text)));
}

static void text_may_hold_a_nul_byte(void **state)
{
	(void)state;
	assert_stmt("'a\\0b'", "?", DB_ARGS(DB_TEXT("a\0b", 3)));
	assert_stmt("'ab'", "?", DB_ARGS(DB_TEXT("abc", 2)));
}

static void statements_are_appended(void **state)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };

	(void)state;
	strbuf_adds(&out, "A;");
	assert_int_equal(stmt_add(&out, &err, "B", DB_NO_ARGS), 0);
	assert_string_equal(strbuf_str(&out), "A;B");
	strbuf_release(&out);
}

static void what_does_not_fit_leaves_no_trace(void **state)
{
	struct strbuf out = { .max = 10 };
	struct err err = { 0 };

	(void)state;
	strbuf_adds(&out, "12345");
	assert_int_equal(stmt_add(&out, &err, "?", DB_ARGS(DB_STR("abcdef"))),
			 -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(strbuf_str(&out), "12345");
	assert_int_equal(stmt_add(&out, &err, "?", DB_ARGS(DB_STR("abc"))), 0);
	assert_string_equal(strbuf_str(&out), "12345'abc'");
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_take_the_place_of_question_marks),
		cmocka_unit_test(a_null_string_is_null),
		cmocka_unit_test(raw_sql_is_left_as_it_is),
		cmocka_unit_test(ids_are_a_list_and_none_match_nothing),
		cmocka_unit_test(quoted_and_commented_question_marks_stay),
		cmocka_unit_test(strings_cannot_leave_their_quotes),
		cmocka_unit_test(text_may_hold_a_nul_byte),
		cmocka_unit_test(statements_are_appended),
		cmocka_unit_test(what_does_not_fit_leaves_no_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
