/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "db/address.h"

static void every_form_of_a_host_is_read(void **state)
{
	static const struct {
		const char *text;
		const char *host;
		unsigned int port;
	} rows[] = {
		{ "db", "db", 3306 },
		{ "db:3307", "db", 3307 },
		{ "10.0.0.1:65535", "10.0.0.1", 65535 },
		{ "[::1]:3307", "::1", 3307 },
		{ "[::1]", "::1", 3306 },
		{ "::1", "::1", 3306 },
		{ "fe80::1:2", "fe80::1:2", 3306 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct address address;
		struct err err = { 0 };

		assert_int_equal(address_parse(rows[i].text, &address, &err),
				 0);
		assert_string_equal(address.host, rows[i].host);
		assert_int_equal(address.port, rows[i].port);
	}
}

static void what_is_no_host_is_named(void **state)
{
	static const char *const rows[] = {
		"",      ":3306", "db:", "db:0",   "db:65536", "db:x",
		"db:-1", "[::1",  "[]",  "[::1]x", "[::1]:",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct address address;
		struct err err = { 0 };

		assert_int_equal(address_parse(rows[i], &address, &err), -1);
		assert_int_equal(err.code, ERR_CONFIG);
		assert_non_null(strstr(err.text, rows[i]));
	}
}

static void a_name_that_is_too_long_is_refused(void **state)
{
	char text[400];
	struct address address;
	struct err err = { 0 };

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(address_parse(text, &address, &err), -1);
	text[sizeof(address.host) - 1] = '\0';
	assert_int_equal(address_parse(text, &address, &err), 0);
	assert_string_equal(address.host, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_a_host_is_read),
		cmocka_unit_test(what_is_no_host_is_named),
		cmocka_unit_test(a_name_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
