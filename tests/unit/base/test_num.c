/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/num.h"

static void a_u64_is_digits_and_nothing_else(void **state)
{
	static const char *const bad[] = {
		"",    " 1", "1 ", "+1",  "-1",
		"0x1", "1.", "1a", "ten", "18446744073709551616"
	};
	uint64_t n = 7;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(num_u64(bad[i], &n), -1);
	assert_int_equal(n, 7);
	assert_int_equal(num_u64("18446744073709551615", &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(num_u64("007", &n), 0);
	assert_int_equal(n, 7);
}

static void an_i64_may_be_negative(void **state)
{
	static const char *const bad[] = { "",
					   "-",
					   " -1",
					   "-1 ",
					   "--1",
					   "+1",
					   "9223372036854775808",
					   "-9223372036854775809" };
	int64_t n = 7;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(num_i64(bad[i], &n), -1);
	assert_int_equal(n, 7);
	assert_int_equal(num_i64("-9223372036854775808", &n), 0);
	assert_true(n == INT64_MIN);
	assert_int_equal(num_i64("9223372036854775807", &n), 0);
	assert_true(n == INT64_MAX);
}

static void a_double_is_decimal_and_finite(void **state)
{
	static const char *const bad[] = { "",      ".",   "-",     " 1",
					   "1 ",    "inf", "nan",   "0x10",
					   "0x1p3", "1e",  "1e999", "+1",
					   "1,5" };
	double n = 7;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(num_double(bad[i], &n), -1);
	assert_true(n == 7);
	assert_int_equal(num_double("-1.5", &n), 0);
	assert_true(n == -1.5);
	assert_int_equal(num_double(".25", &n), 0);
	assert_true(n == .25);
	assert_int_equal(num_double("2e3", &n), 0);
	assert_true(n == 2000);
}

static void a_bool_is_one_of_eight_words(void **state)
{
	static const char *const yes[] = { "true", "YES", "On", "1" };
	static const char *const no[] = { "false", "No", "OFF", "0" };
	static const char *const bad[] = { "", "2", "y", "true ", "enabled" };
	size_t i;
	int b = 7;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(num_bool(bad[i], &b), -1);
	assert_int_equal(b, 7);
	for (i = 0; i < ARRAY_SIZE(yes); i++) {
		assert_int_equal(num_bool(yes[i], &b), 0);
		assert_int_equal(b, 1);
		assert_int_equal(num_bool(no[i], &b), 0);
		assert_int_equal(b, 0);
	}
}

static void money_fits_its_column(void **state)
{
	static const char *const good[] = { "0", "12", "-0.50",
					    "99999999.999999" };
	static const char *const bad[] = { "",      "-",         ".5",
					   "5.",    "1e3",       "+1",
					   "1,50",  "100000000", "0.1234567",
					   "1.2.3", " 1" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(num_is_money(good[i]));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(num_is_money(bad[i]));
}

static void durations_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t want; /* -1: refused */
	} rows[] = {
		{ "250ms", 250 },
		{ "90s", 90000 },
		{ "5m", 300000 },
		{ "2h", 7200000 },
		{ "1d", 86400000 },
		{ "1m30s", 90000 },
		{ "1h30", 3630000 },
		{ "3", 3000 },
		{ "0", 0 },
		{ "1.5s", 1500 },
		{ "0.0004s", 0 },
		{ "0.5ms", 1 },
		{ "", -1 },
		{ "s", -1 },
		{ "-1s", -1 },
		{ "+1s", -1 },
		{ " 1s", -1 },
		{ "1s ", -1 },
		{ "1 s", -1 },
		{ "5min", -1 },
		{ "5mm", -1 },
		{ "1.2.3s", -1 },
		{ "1w", -1 },
		{ "0x10", -1 },
		{ "1e3", -1 },
		{ "99999999999d", -1 },
		{ ".", -1 },
		{ "11111111111111111111111111111111s", -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t ms = -2;
		int ret = dur_parse(rows[i].text, &ms);

		assert_int_equal(ret, rows[i].want < 0 ? -1 : 0);
		assert_int_equal(ms, rows[i].want < 0 ? -2 : rows[i].want);
	}
}

static void durations_are_written_for_people(void **state)
{
	static const struct {
		int64_t ms;
		const char *want;
	} rows[] = {
		{ -5, "0ms" },
		{ 0, "0ms" },
		{ 999, "999ms" },
		{ 1000, "1.0s" },
		{ 18249, "18.2s" },
		{ 59949, "59.9s" },
		{ 59950, "1m00s" },
		{ 91000, "1m31s" },
		{ 3599499, "59m59s" },
		{ 3599500, "1h00m" },
		{ 7500000, "2h05m" },
		{ 86399499, "23h59m" },
		{ 86399500, "1d0h" },
		{ 273600000, "3d4h" },
		{ INT64_MAX, "106751991167d7h" },
	};
	char buf[DUR_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(dur_format(rows[i].ms, buf), rows[i].want);
}

static void sizes_are_read(void **state)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t want;
	} rows[] = {
		{ "512", 0, 512 },
		{ "64K", 0, 65536 },
		{ "8m", 0, 8388608 },
		{ "1G", 0, 1073741824 },
		{ "17179869183G", 0, 18446744072635809792u },
		{ "17179869184G", -1, 0 },
		{ "18446744073709551616", -1, 0 },
		{ "111111111111111111111111", -1, 0 },
		{ "", -1, 0 },
		{ "K", -1, 0 },
		{ "1KB", -1, 0 },
		{ "1T", -1, 0 },
		{ "-1", -1, 0 },
		{ "1.5M", -1, 0 },
		{ " 1", -1, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t bytes = 0;

		assert_int_equal(size_parse(rows[i].text, &bytes), rows[i].ret);
		assert_true(bytes == rows[i].want);
	}
}

static void points_in_time_are_read(void **state)
{
	static const struct {
		const char *text;
		int ret;
		int64_t want;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0, 0 },
		{ "1970-01-02", 0, 86400000 },
		{ "2026-01-31T09:00:00Z", 0, INT64_C(1769850000000) },
		{ "2026-01-31 09:00:00", 0, INT64_C(1769850000000) },
		{ "2026-01-31T18:00:00+09:00", 0, INT64_C(1769850000000) },
		{ "2026-01-31T05:30:00-0330", 0, INT64_C(1769850000000) },
		{ "2026-01-31T09:00:00.25Z", 0, INT64_C(1769850000250) },
		{ "2026-01-31T09:00:00.1239Z", 0, INT64_C(1769850000123) },
		{ "2026-06-31", -1, 0 },
		{ "2026-13-01", -1, 0 },
		{ "2026-01-31T", -1, 0 },
		{ "2026-01-31T09:00:00+99:00", -1, 0 },
		{ "2026-01-31T09:00:00 later", -1, 0 },
		{ "tomorrow", -1, 0 },
		{ "", -1, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t ms = 0;

		if (time_parse(rows[i].text, &ms) != rows[i].ret ||
		    ms != rows[i].want)
			fail_msg("%s: %" PRId64, rows[i].text, ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_u64_is_digits_and_nothing_else),
		cmocka_unit_test(an_i64_may_be_negative),
		cmocka_unit_test(a_double_is_decimal_and_finite),
		cmocka_unit_test(a_bool_is_one_of_eight_words),
		cmocka_unit_test(money_fits_its_column),
		cmocka_unit_test(durations_are_read),
		cmocka_unit_test(durations_are_written_for_people),
		cmocka_unit_test(sizes_are_read),
		cmocka_unit_test(points_in_time_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
