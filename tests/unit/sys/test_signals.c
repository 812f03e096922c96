/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "sys/loop.h"
#include "sys/signals.h"

enum {
	DEADLINE_MS = 30000
};

struct seen {
	struct loop *loop;
	struct signals *signals;
	int hup, term, close_at_once;
};

static void on_signal(void *arg, int signo)
{
	struct seen *seen = arg;

	seen->hup += signo == SIGHUP;
	seen->term += signo == SIGTERM;
	if (seen->close_at_once)
		signals_close(&seen->signals);
}

static void open_signals(struct seen *seen)
{
	static const int signos[] = { SIGHUP, SIGTERM, 0 };
	struct err err = { 0 };

	seen->loop = loop_new();
	seen->signals = signals_open(seen->loop, signos, on_signal, seen, &err);
	assert_non_null(seen->signals);
}

static void close_signals(struct seen *seen)
{
	signals_close(&seen->signals);
	loop_free(&seen->loop);
}

static void turn_until(struct seen *seen, const int *count, int want)
{
	int64_t deadline = clock_mono_ms() + DEADLINE_MS;

	while (*count < want && clock_mono_ms() < deadline)
		loop_turn(seen->loop, 100);
	assert_int_equal(*count, want);
}

static void a_signal_is_an_event_of_the_loop(void **state)
{
	struct seen seen = { 0 };

	(void)state;
	open_signals(&seen);
	(void)raise(SIGHUP);
	assert_int_equal(seen.hup, 0);
	turn_until(&seen, &seen.hup, 1);
	assert_int_equal(seen.term, 0);
	close_signals(&seen);
}

static void two_signals_at_once_both_arrive(void **state)
{
	struct seen seen = { 0 };

	(void)state;
	open_signals(&seen);
	(void)raise(SIGTERM);
	(void)raise(SIGHUP);
	turn_until(&seen, &seen.hup, 1);
	turn_until(&seen, &seen.term, 1);
	close_signals(&seen);
}

static void the_same_signal_comes_again(void **state)
{
	struct seen seen = { 0 };

	(void)state;
	open_signals(&seen);
	(void)raise(SIGTERM);
	turn_until(&seen, &seen.term, 1);
	(void)raise(SIGTERM);
	turn_until(&seen, &seen.term, 2);
	close_signals(&seen);
}

static void close_from_inside_the_callback_is_legal(void **state)
{
	struct seen seen = { .close_at_once = 1 };

	(void)state;
	open_signals(&seen);
	(void)raise(SIGHUP);
	turn_until(&seen, &seen.hup, 1);
	assert_null(seen.signals);
	close_signals(&seen);
}

static void close_gives_the_old_mask_back(void **state)
{
	struct seen seen = { 0 };
	sigset_t mask;

	(void)state;
	open_signals(&seen);
	(void)sigprocmask(SIG_BLOCK, NULL, &mask);
	assert_true(sigismember(&mask, SIGTERM));
	close_signals(&seen);
	(void)sigprocmask(SIG_BLOCK, NULL, &mask);
	assert_false(sigismember(&mask, SIGTERM));
}

static void sigpipe_ends_nobody(void **state)
{
	struct seen seen = { 0 };
	int fds[2];

	(void)state;
	open_signals(&seen);
	assert_int_equal(pipe(fds), 0);
	(void)close(fds[0]);
	assert_int_equal(write(fds[1], "x", 1), -1);
	(void)close(fds[1]);
	close_signals(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_is_an_event_of_the_loop),
		cmocka_unit_test(two_signals_at_once_both_arrive),
		cmocka_unit_test(the_same_signal_comes_again),
		cmocka_unit_test(close_from_inside_the_callback_is_legal),
		cmocka_unit_test(close_gives_the_old_mask_back),
		cmocka_unit_test(sigpipe_ends_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
