/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "db/errors.h"

static void numbers_are_sorted_by_what_to_do(void **state)
{
	static const struct {
		unsigned int number;
		enum err_code want;
	} rows[] = {
		{ 2002, ERR_DB_LOST },  { 2003, ERR_DB_LOST },
		{ 2005, ERR_DB_LOST },  { 2006, ERR_DB_LOST },
		{ 2013, ERR_DB_LOST },  { 2026, ERR_DB_LOST },
		{ 2055, ERR_DB_LOST },  { 1040, ERR_DB_LOST },
		{ 1053, ERR_DB_LOST },  { 1290, ERR_DB_LOST },
		{ 1836, ERR_DB_LOST },  { 1927, ERR_DB_LOST },
		{ 3169, ERR_DB_LOST },  { 4031, ERR_DB_LOST },
		{ 1205, ERR_DB_RETRY }, { 1213, ERR_DB_RETRY },
		{ 1180, ERR_DB_RETRY }, { 1317, ERR_DB_RETRY },
		{ 1062, ERR_DB_DUP },   { 1586, ERR_DB_DUP },
		{ 1045, ERR_DB_AUTH },  { 1049, ERR_DB_AUTH },
		{ 2059, ERR_DB_AUTH },  { 1153, ERR_LIMIT },
		{ 2020, ERR_LIMIT },    { 1064, ERR_DB },
		{ 1406, ERR_DB },       { 1146, ERR_DB },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(errors_sort(rows[i].number), rows[i].want);
}

static void a_server_that_refuses_to_write_is_told_from_a_lost_one(void **state)
{
	(void)state;
	assert_true(errors_is_refusal(1290));
	assert_true(errors_is_refusal(1047));
	assert_false(errors_is_refusal(2013));
	assert_false(errors_is_refusal(1053));
}

static void a_connection_ends_where_the_two_sides_may_disagree(void **state)
{
	(void)state;
	assert_true(errors_ends_connection(2013));
	assert_true(errors_ends_connection(2014));
	assert_true(errors_ends_connection(2020));
	assert_true(errors_ends_connection(1153));
	assert_true(errors_ends_connection(1290));
	assert_false(errors_ends_connection(1213));
	assert_false(errors_ends_connection(1062));
	assert_false(errors_ends_connection(1064));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_sorted_by_what_to_do),
		cmocka_unit_test(
			a_server_that_refuses_to_write_is_told_from_a_lost_one),
		cmocka_unit_test(
			a_connection_ends_where_the_two_sides_may_disagree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
