/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "plan/backoff.h"

static void the_wait_belongs_to_the_number_of_failures(void **state)
{
	static const int64_t list[] = { 1000, 5000, 10000, -1 };
	static const int64_t one[] = { 3000, -1 };
	static const int64_t none[] = { -1 };
	static const int64_t zero[] = { 0, -1 };
	static const struct {
		const int64_t *list;
		unsigned int failures;
		int64_t want;
	} rows[] = {
		{ list, 1, 1000 },
		{ list, 2, 5000 },
		{ list, 3, 10000 },
		{ list, 4, 10000 },
		{ list, 4000000000u, 10000 },
		{ one, 1, 3000 },
		{ one, 2, 3000 },
		{ none, 1, 0 },
		{ NULL, 1, 0 },
		{ zero, 5, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(backoff_ms(rows[i].list, rows[i].failures, 0,
					    12345),
				 rows[i].want);
		assert_int_equal(backoff_ms(rows[i].list, rows[i].failures, 1,
					    0),
				 rows[i].want);
	}
}

static void jitter_adds_up_to_its_share(void **state)
{
	static const int64_t list[] = { 10000, -1 };

	(void)state;
	assert_int_equal(backoff_ms(list, 1, 0.1, 0), 10000);
	assert_int_equal(backoff_ms(list, 1, 0.1, UINT32_MAX), 11000);
	assert_int_equal(backoff_ms(list, 1, 1, UINT32_MAX), 20000);
	assert_in_range(backoff_ms(list, 1, 0.1, UINT32_MAX / 2), 10490, 10510);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wait_belongs_to_the_number_of_failures),
		cmocka_unit_test(jitter_adds_up_to_its_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
