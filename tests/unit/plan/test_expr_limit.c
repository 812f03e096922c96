/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/err.h"
#include "unit/plan/expr_play.h"

/* The linker hands us the call: most tests do not wait for a whole second. */
static long limit_ns;

int __real_timer_settime(timer_t timer, int flags,
			 const struct itimerspec *value,
			 struct itimerspec *before);
int __wrap_timer_settime(timer_t timer, int flags,
			 const struct itimerspec *value,
			 struct itimerspec *before);

int __wrap_timer_settime(timer_t timer, int flags,
			 const struct itimerspec *value,
			 struct itimerspec *before)
{
	struct itimerspec sooner = { .it_value.tv_nsec = limit_ns };

	return __real_timer_settime(timer, flags, limit_ns ? &sooner : value,
				    before);
}

static int set_limit(void **state)
{
	(void)state;
	limit_ns = 10000000;
	return 0;
}

static int set_real_limit(void **state)
{
	(void)state;
	limit_ns = 0;
	return 0;
}
static double processor_seconds(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void a_program_gets_a_second(void **state)
{
	const char *const program = "def f: f; f";
	double begin = processor_seconds(), took;
	struct err err = { 0 };
	struct expr *expr;
	char *text;
	int rc;

	(void)state;
	assert_int_equal(expr_new(program, EXPR_STATE, &expr, &err), 0);
	text = expr_play(expr, &rc);
	took = processor_seconds() - begin;
	assert_int_equal(rc, -1);
	assert_string_equal(text,
			    "'def f: f; f': stopped after 1 s: it does "
			    "not end");
	assert_true(took > 0.9 && took < 2.5);
	free(text);
	expr_free(&expr);
}

static void an_endless_program_is_stopped_wherever_it_is(void **state)
{
	static const char *const programs[] = {
		"repeat(.) | empty",
		"paths | repeat(.) | empty",
		"path(.. | until(false; .))",
		"path(paths | repeat(.) | empty)",
		"first(paths | until(false; .))",
		"del(.a | .. | until(false; .))",
		".a |= until(false; .)",
		"[paths] | .[0] = until(false; .)",
		"reduce repeat(1) as $x (0; . + $x)",
		"reduce path(..) as $p (.; until(false; getpath($p)))",
		"[foreach repeat(1) as $x (0; . + $x; empty)]",
		"def f: try error(\"x\") catch f; f",
		"label $out | paths | until(false; .) | ., break $out",
		"getpath(repeat([\"a\"]) | empty)",
		"[limit(3; repeat(.) | empty)]",
		"[repeat({a: [.]})]",
		"def f: f | f; f",
		"\"a\" | gsub(\"a\"; repeat(\"x\") | empty)",
	};
	struct expr *good;
	struct err err = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(expr_new(".a.b", EXPR_STATE, &good, &err), 0);
	for (i = 0; i < ARRAY_SIZE(programs); i++) {
		char want[200], *text;
		int rc;

		(void)snprintf(want, sizeof(want),
			       "'%s': stopped after 1 s: it does not end",
			       programs[i]);
		assert_run(programs[i], EXPR_STATE, -1, want);
		text = expr_play(good, &rc);
		assert_string_equal(text, "1");
		free(text);
	}
	expr_free(&good);
}

static void an_expression_works_after_it_was_stopped(void **state)
{
	jv inputs[] = { json("[1]"), json("[]"), json("[1]"), json("[]") };
	struct err err = { 0 };
	struct expr *expr;
	size_t i;
	jv items;

	(void)state;
	assert_int_equal(expr_new("if .[0] then paths | until(false; .) "
				  "else 7, 8 end",
				  EXPR_ITEMS, &expr, &err),
			 0);
	for (i = 0; i < ARRAY_SIZE(inputs); i++) {
		int rc = expr_run_all(expr, inputs[i], 2, &items, &err);

		assert_int_equal(rc, i % 2 ? 0 : -1);
		if (rc == 0) {
			assert_int_equal(jv_array_length(items), 2);
			assert_int_equal(err.code, ERR_INPUT);
		}
		jv_free(inputs[i]);
	}
	expr_free(&expr);
}

static void a_program_that_was_stopped_gets_half_of_the_time(void **state)
{
	static const char *const want[] = { "1", "0.5", "0.25", NULL, "1" };
	struct err err = { 0 };
	struct expr *expr;
	size_t i;

	(void)state;
	assert_int_equal(expr_new("until(.x; .)", EXPR_STATE, &expr, &err), 0);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		jv input = json(want[i] ? "{}" : "{\"x\":true}"), out;
		char text[100];
		int rc = expr_run(expr, input, jv_null(), &out, &err);

		assert_int_equal(rc, want[i] ? -1 : 0);
		if (want[i]) {
			(void)snprintf(text, sizeof(text),
				       "stopped after %s s:", want[i]);
			assert_non_null(strstr(err.text, text));
		} else {
			jv_free(out);
		}
		jv_free(input);
	}
	expr_free(&expr);
}

static void the_limit_holds_where_signals_were_blocked(void **state)
{
	sigset_t set, before;

	(void)state;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGRTMIN);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, &before), 0);
	assert_run("def f: f; f", EXPR_STATE, -1,
		   "'def f: f; f': stopped after 1 s: it does not end");
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

static void a_signal_of_someone_else_is_nothing(void **state)
{
	(void)state;
	assert_run(".a.b", EXPR_STATE, 0, "1");
	assert_int_equal(raise(SIGRTMIN), 0);
	assert_run(".a.b", EXPR_STATE, 0, "1");
}
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_gets_a_second),
		cmocka_unit_test_setup_teardown(
			an_endless_program_is_stopped_wherever_it_is, set_limit,
			set_real_limit),
		cmocka_unit_test_setup_teardown(
			an_expression_works_after_it_was_stopped, set_limit,
			set_real_limit),
		cmocka_unit_test_setup_teardown(
			a_program_that_was_stopped_gets_half_of_the_time,
			set_limit, set_real_limit),
		cmocka_unit_test_setup_teardown(
			the_limit_holds_where_signals_were_blocked, set_limit,
			set_real_limit),
		cmocka_unit_test(a_signal_of_someone_else_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
