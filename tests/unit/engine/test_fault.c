/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "engine/fault.h"

static struct fault parsed(const char *spec)
{
	struct fault fault = { 0 };
	struct err err = { 0 };

	if (fault_parse(&fault, spec, &err))
		fail_msg("%s: %s", spec, err.text);
	return fault;
}

static enum fault_act act_of(const char *spec)
{
	const struct fault_call call = { .key = "k", .attempt = "1" };
	struct fault fault = parsed(spec);

	return fault_decide(&fault, &call);
}

static void a_spec_is_names_and_values(void **state)
{
	struct fault fault =
		parsed("latency=300ms, jitter=1&status=503,"
		       "error_rate=0.25,huge=5G,hang,"
		       "redirect=http://h/?a,cut=0,,");

	(void)state;
	assert_int_equal(fault.latency_ms, 300);
	assert_int_equal(fault.jitter_ms, 1000);
	assert_int_equal(fault.status, 503);
	assert_true(fault.error_rate == 0.25);
	assert_true(fault.huge == 5368709120u);
	assert_int_equal(fault.hang, 1);
	assert_int_equal(fault.cut, 0);
	assert_string_equal(fault.redirect, "http://h/?a");
}

static void every_row_takes_some_value(void **state)
{
	static const char *const values[] = {
		[FAULT_KIND_FLAG] = "1",    [FAULT_KIND_COUNT] = "2",
		[FAULT_KIND_TIME] = "2s",   [FAULT_KIND_SIZE] = "2K",
		[FAULT_KIND_RATE] = "0.5",  [FAULT_KIND_STATUS] = "500",
		[FAULT_KIND_TEXT] = "a, b",
	};
	const struct fault_row *row;
	struct fault fault = { 0 };

	(void)state;
	for (row = fault_rows; row->name; row++)
		assert_int_equal(fault_set(&fault, row->name, values[row->kind],
					   NULL),
				 0);
	assert_int_equal(fault.latency_ms, 2000);
	assert_int_equal(fault.accept, 2);
	assert_string_equal(fault.retry_after, "a, b");
}

static void a_wrong_one_is_named(void **state)
{
	static const char *const bad[] = {
		"nothing=1",      "=1",
		"latency=x",      "latency=-1s",
		"error_rate=1.5", "error_rate=nan",
		"status=99",      "status=600",
		"hang=2",         "huge=x",
		"fail_first=-1",  "redirect=a\nb",
	};
	struct fault fault = { 0 };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		err = (struct err){ 0 };
		if (fault_parse(&fault, bad[i], &err) == 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(err.code, ERR_INPUT);
	}
	assert_int_equal(fault_parse(&fault, "latency=x", &err), -1);
	assert_string_equal(err.text, "fault latency=TIME cannot be 'x'");
}

static void a_text_that_is_too_long_is_refused(void **state)
{
	char text[513];
	struct fault fault = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) - 1; i++)
		text[i] = 'u';
	text[512] = '\0';
	assert_int_equal(fault_set(&fault, "redirect", text, NULL), -1);
	text[511] = '\0';
	assert_int_equal(fault_set(&fault, "redirect", text, NULL), 0);
}

static void the_first_that_applies_wins(void **state)
{
	(void)state;
	assert_int_equal(act_of(""), FAULT_NONE);
	assert_int_equal(act_of("latency=1s"), FAULT_NONE);
	assert_int_equal(act_of("html=1,status=503,hang=1"), FAULT_HANG);
	assert_int_equal(act_of("html=1,status=503"), FAULT_STATUS);
	assert_int_equal(act_of("cut=1,huge=1K"), FAULT_HUGE);
	assert_int_equal(act_of("cut=1,accept=1"), FAULT_CUT);
	assert_int_equal(act_of("cut=1,progress=3"), FAULT_PROGRESS);
	assert_int_equal(act_of("error_rate=1"), FAULT_ERROR_RATE);
}

static void only_spoilt_work_is_done(void **state)
{
	(void)state;
	assert_true(fault_needs_work(FAULT_NONE));
	assert_false(fault_needs_work(FAULT_STATUS));
	assert_false(fault_needs_work(FAULT_HUGE));
	assert_true(fault_needs_work(FAULT_CUT));
	assert_true(fault_needs_work(FAULT_PROGRESS));
}

static void the_first_calls_of_a_key_fail(void **state)
{
	struct fault fault = parsed("fail_first=2");
	struct fault_call call = { .key = "k", .attempt = "1" };

	(void)state;
	assert_int_equal(fault_decide(&fault, &call), FAULT_FAIL_FIRST);
	call.seen = 1;
	assert_int_equal(fault_decide(&fault, &call), FAULT_FAIL_FIRST);
	call.seen = 2;
	assert_int_equal(fault_decide(&fault, &call), FAULT_NONE);
}

static void a_body_with_the_text_is_refused(void **state)
{
	struct fault fault = parsed("refuse=\"index\":1,error_rate=1");
	struct fault_call call = { .key = "k", .attempt = "1" };

	(void)state;
	assert_int_equal(fault_decide(&fault, &call), FAULT_ERROR_RATE);
	call.body = "{\"index\":2}";
	assert_int_equal(fault_decide(&fault, &call), FAULT_ERROR_RATE);
	call.body = "{\"index\":1}";
	assert_int_equal(fault_decide(&fault, &call), FAULT_REFUSE);
	assert_false(fault_needs_work(FAULT_REFUSE));
}

static void a_rate_is_met_and_never_changes(void **state)
{
	struct fault fault = parsed("error_rate=0.2");
	struct fault_call call = { .attempt = "1" };
	size_t failed = 0, same = 0, i;
	char key[4] = { 0 };

	(void)state;
	call.key = key;
	for (i = 0; i < 1000; i++) {
		enum fault_act act, again;

		key[0] = (char)('a' + i % 10);
		key[1] = (char)('a' + i / 10 % 10);
		key[2] = (char)('a' + i / 100);
		call.attempt = "1";
		act = fault_decide(&fault, &call);
		assert_int_equal(fault_decide(&fault, &call), act);
		call.attempt = "2";
		again = fault_decide(&fault, &call);
		failed += act == FAULT_ERROR_RATE;
		same += act == FAULT_ERROR_RATE && again == act;
	}
	assert_in_range(failed, 150, 250);
	/* The attempts are thrown apart: a fifth of a fifth fails twice. */
	assert_in_range(same, 15, 70);
}

static void jitter_stays_within_its_bounds(void **state)
{
	struct fault fault = parsed("latency=100ms,jitter=50ms");
	const struct fault_call one = { .key = "a", .attempt = "1" };
	const struct fault_call other = { .key = "b", .attempt = "1" };

	(void)state;
	assert_in_range(fault_wait_ms(&fault, &one), 100, 150);
	assert_int_equal(fault_wait_ms(&fault, &one),
			 fault_wait_ms(&fault, &one));
	assert_int_not_equal(fault_wait_ms(&fault, &one),
			     fault_wait_ms(&fault, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_spec_is_names_and_values),
		cmocka_unit_test(every_row_takes_some_value),
		cmocka_unit_test(a_wrong_one_is_named),
		cmocka_unit_test(a_text_that_is_too_long_is_refused),
		cmocka_unit_test(the_first_that_applies_wins),
		cmocka_unit_test(only_spoilt_work_is_done),
		cmocka_unit_test(the_first_calls_of_a_key_fail),
		cmocka_unit_test(a_body_with_the_text_is_refused),
		cmocka_unit_test(a_rate_is_met_and_never_changes),
		cmocka_unit_test(jitter_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
