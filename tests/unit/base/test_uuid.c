/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "base/uuid.h"

static void a_new_one_has_version_7_and_the_time(void **state)
{
	char uuid[UUID_TEXT];
	int i;

	(void)state;
	clock_test_set(0x0123456789ab);
	for (i = 0; i < 100; i++) {
		uuid_new(uuid);
		assert_true(uuid_is_valid(uuid));
		assert_int_equal(strncmp(uuid, "01234567-89ab-7", 15), 0);
		assert_non_null(strchr("89ab", uuid[19]));
	}
	clock_test_set(-1);
}

static void no_two_are_alike(void **state)
{
	char a[UUID_TEXT], b[UUID_TEXT];

	(void)state;
	clock_test_set(1);
	uuid_new(a);
	uuid_new(b);
	clock_test_set(-1);
	assert_string_not_equal(a, b);
}

static void the_form_is_checked(void **state)
{
	static const char *const bad[] = {
		"",
		"0",
		"01234567-89ab-7def-8123-456789abcde",
		"01234567-89ab-7def-8123-456789abcdef0",
		"0123456789ab-7def-8123-456789abcdef-",
		"01234567-89ab-7def-8123-456789abcdeg",
		"01234567 89ab-7def-8123-456789abcdef",
		"{1234567-89ab-7def-8123-456789abcdef",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(uuid_is_valid(bad[i]));
	assert_true(uuid_is_valid("01234567-89ab-7def-8123-456789abcdef"));
	assert_true(uuid_is_valid("01234567-89AB-4DEF-8123-456789ABCDEF"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_one_has_version_7_and_the_time),
		cmocka_unit_test(no_two_are_alike),
		cmocka_unit_test(the_form_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
