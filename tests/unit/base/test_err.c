/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void set_fills_code_and_text(void **state)
{
	struct err err = { .number = 7 };

	(void)state;
	assert_int_equal(err_set(&err, ERR_IO, "no '%s' in %d", "x", 3), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_int_equal(err.number, 0);
	assert_string_equal(err.text, "no 'x' in 3");
}

static void set_takes_its_own_text_as_an_argument(void **state)
{
	struct err err = { 0 };

	(void)state;
	(void)err_set(&err, ERR_IO, "inner");
	(void)err_set(&err, ERR_DB, "outer: %s", err.text);
	assert_string_equal(err.text, "outer: inner");
}

static void null_takes_everything(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_IO, "x"), -1);
	assert_int_equal(err_wrap(NULL, "x"), -1);
	assert_int_equal(err_hint(NULL, "x"), -1);
}

static void longer_text_is_cut(void **state)
{
	struct err err = { 0 };

	(void)state;
	(void)err_set(&err, ERR_IO, "%01000d", 1);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void wrap_puts_a_prefix_and_keeps_the_code(void **state)
{
	struct err err = { 0 };

	(void)state;
	(void)err_set(&err, ERR_LIMIT, "too big");
	err.number = 1406;
	assert_int_equal(err_wrap(&err, "step '%s'", "image"), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(err.number, 1406);
	assert_string_equal(err.text, "step 'image': too big");
}

static void wrap_keeps_all_of_a_text_that_fits(void **state)
{
	struct err err = { 0 };
	char want[sizeof(err.text)];

	(void)state;
	(void)err_set(&err, ERR_LIMIT, "%0700d", 1);
	(void)snprintf(want, sizeof(want), "p: %0700d", 1);
	(void)err_wrap(&err, "p");
	assert_string_equal(err.text, want);
}

static void text_is_cut_between_characters(void **state)
{
	struct err err = { 0 };
	size_t len = sizeof(err.text) - 2;

	(void)state;
	(void)err_set(&err, ERR_IO, "%0*d\xc3\xa9", (int)len, 1);
	assert_int_equal(strlen(err.text), len);
	(void)err_set(&err, ERR_IO, "%0*d\xc3\xa9z", (int)len - 1, 1);
	assert_int_equal(strlen(err.text), len + 1);
}

static void hint_goes_on_a_line_of_its_own(void **state)
{
	struct err err = { 0 };

	(void)state;
	(void)err_set(&err, ERR_CONFIG, "unknown key 'ulr'");
	assert_int_equal(err_hint(&err, "did you mean '%s'?", "url"), -1);
	assert_string_equal(err.text,
			    "unknown key 'ulr'\n"
			    "hint: did you mean 'url'?");
}

static void hint_is_dropped_where_the_text_is_full(void **state)
{
	struct err err = { 0 };

	(void)state;
	(void)err_set(&err, ERR_CONFIG, "%0*d", (int)sizeof(err.text) - 5, 1);
	(void)err_hint(&err, "try again");
	assert_null(strchr(err.text, '\n'));
}

static void transient_is_what_a_new_transaction_may_mend(void **state)
{
	static const struct {
		enum err_code code;
		int want;
	} rows[] = {
		{ ERR_DB_LOST, 1 },      { ERR_DB_RETRY, 1 },
		{ ERR_DB_UNCERTAIN, 1 }, { ERR_DB_DUP, 0 },
		{ ERR_DB_AUTH, 0 },      { ERR_DB, 0 },
		{ ERR_IO, 0 },           { ERR_NONE, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = { .code = rows[i].code };

		assert_int_equal(err_is_transient(&err), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_fills_code_and_text),
		cmocka_unit_test(set_takes_its_own_text_as_an_argument),
		cmocka_unit_test(null_takes_everything),
		cmocka_unit_test(longer_text_is_cut),
		cmocka_unit_test(text_is_cut_between_characters),
		cmocka_unit_test(wrap_puts_a_prefix_and_keeps_the_code),
		cmocka_unit_test(wrap_keeps_all_of_a_text_that_fits),
		cmocka_unit_test(hint_goes_on_a_line_of_its_own),
		cmocka_unit_test(hint_is_dropped_where_the_text_is_full),
		cmocka_unit_test(transient_is_what_a_new_transaction_may_mend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
