/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/strbuf.h"
#include "sys/loop.h"
#include "sys/proc.h"

enum {
	DEADLINE_MS = 30000,
	LONG_MS = 300000
};

/* One child and all it said. */
struct child {
	struct loop *loop;
	struct proc *proc;
	struct proc_result result;
	struct strbuf output, lines; /* each line ends in '|' */
	int has_ended, free_at_line;
	size_t line_max;
};

static void on_line(void *arg, const char *line, size_t len)
{
	struct child *child = arg;

	strbuf_add(&child->lines, line, len);
	strbuf_addc(&child->lines, '|');
	child->line_max = MAX(child->line_max, len);
	if (child->free_at_line)
		proc_free(&child->proc);
}

static void on_exit_event(void *arg, const struct proc_result *result)
{
	struct child *child = arg;

	assert_false(child->has_ended);
	child->has_ended = 1;
	child->result = *result;
	strbuf_add(&child->output, result->output, result->output_len);
	proc_free(&child->proc);
}

static int setup(void **state)
{
	struct child *child = calloc(1, sizeof(*child));

	child->loop = loop_new();
	*state = child;
	return 0;
}

static int teardown(void **state)
{
	struct child *child = *state;

	proc_free(&child->proc);
	loop_free(&child->loop);
	strbuf_release(&child->output);
	strbuf_release(&child->lines);
	free(child);
	return 0;
}

static void start_argv(struct child *child, char *const *argv,
		       const void *input, size_t input_len)
{
	char path[] = "PATH=/usr/bin:/bin", *envp[] = { path, NULL };
	struct proc_options options = {
		.argv = argv,
		.envp = envp,
		.input = input,
		.input_len = input_len,
		.output_max = 1000000,
		.on_stderr = on_line,
		.on_exit = on_exit_event,
		.arg = child,
	};
	struct err err = { 0 };

	child->proc = proc_start(child->loop, &options, &err);
	assert_string_equal(err.text, "");
	assert_non_null(child->proc);
}

static void start(struct child *child, const char *script, const void *input,
		  size_t input_len)
{
	char sh[] = "sh", c[] = "-c", text[512];
	char *argv[] = { sh, c, text, NULL };

	(void)snprintf(text, sizeof(text), "%s", script);
	start_argv(child, argv, input, input_len);
}

static void wait_for_end(struct child *child)
{
	int64_t deadline = clock_mono_ms() + DEADLINE_MS;

	while (!child->has_ended && clock_mono_ms() < deadline)
		loop_turn(child->loop, 100);
	assert_true(child->has_ended);
}

static void wait_for_output(struct child *child)
{
	int64_t deadline = clock_mono_ms() + DEADLINE_MS;

	while (child->lines.len == 0 && clock_mono_ms() < deadline)
		loop_turn(child->loop, 100);
	assert_int_not_equal(child->lines.len, 0);
}

static void run(struct child *child, const char *script)
{
	start(child, script, NULL, 0);
	wait_for_end(child);
}

static void wait_until_gone(pid_t pid)
{
	int64_t deadline = clock_mono_ms() + DEADLINE_MS;

	/* Who adopts it may leave it a zombie for a while. */
	while (clock_mono_ms() < deadline) {
		char path[64], text[256] = "";
		int fd;

		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return;
		(void)!read(fd, text, sizeof(text) - 1);
		(void)close(fd);
		if (strstr(text, ") Z") || strstr(text, ") X"))
			return;
	}
	fail_msg("process %d is still there", (int)pid);
}

static void output_and_status_come_back(void **state)
{
	struct child *child = *state;

	run(child, "echo one; echo two; exit 7");
	assert_int_equal(child->result.exit_code, 7);
	assert_int_equal(child->result.signo, 0);
	assert_false(child->result.is_output_full);
	assert_string_equal(strbuf_str(&child->output), "one\ntwo\n");
}

static void stderr_comes_line_by_line_and_the_last_without_an_end(void **state)
{
	struct child *child = *state;

	run(child, "printf 'a\\n\\nb c\\nlast' >&2");
	assert_string_equal(strbuf_str(&child->lines), "a||b c|last|");
}

static void a_long_line_comes_in_pieces(void **state)
{
	struct child *child = *state;

	run(child, "head -c 10000 /dev/zero | tr '\\0' x >&2; echo >&2");
	assert_int_equal(child->line_max, LIMIT_STDERR_LINE);
	assert_int_equal(child->lines.len, 10000 + 3);
}

static void a_line_of_just_the_limit_is_one_line(void **state)
{
	struct child *child = *state;

	run(child, "head -c 4096 /dev/zero | tr '\\0' x >&2; echo >&2");
	assert_int_equal(child->lines.len, 4096 + 1);
}

static void input_larger_than_a_pipe_arrives_whole(void **state)
{
	enum {
		SIZE = 500000
	};
	struct child *child = *state;
	char *input = malloc(SIZE);

	memset(input, 'x', SIZE);
	start(child, "wc -c; cat", input, SIZE);
	free(input);
	wait_for_end(child);
	assert_int_equal(strtol(strbuf_str(&child->output), NULL, 10), SIZE);
}

static void what_goes_in_comes_out_byte_by_byte(void **state)
{
	struct child *child = *state;

	start(child, "cat", "a\0b\n", 4);
	wait_for_end(child);
	assert_int_equal(child->output.len, 4);
	assert_memory_equal(child->output.buf, "a\0b\n", 4);
}

static void a_child_that_does_not_read_its_input_is_no_error(void **state)
{
	enum {
		SIZE = 500000
	};
	struct child *child = *state;
	char *input = calloc(1, SIZE);

	start(child, "exec <&-; echo fine", input, SIZE);
	free(input);
	wait_for_end(child);
	assert_int_equal(child->result.exit_code, 0);
	assert_string_equal(strbuf_str(&child->output), "fine\n");
}

static void a_closed_stdin_does_not_keep_us_busy(void **state)
{
	enum {
		SIZE = 500000,
		IDLE_MS = 50
	};
	struct child *child = *state;
	char *input = calloc(1, SIZE);
	int64_t began;
	int turns;

	start(child, "exec <&-; echo up >&2; exec sleep 100", input, SIZE);
	free(input);
	wait_for_output(child);
	began = clock_mono_ms();
	for (turns = 0; turns < 5; turns++)
		loop_turn(child->loop, IDLE_MS);
	assert_true(clock_mono_ms() - began >= IDLE_MS);
}

static void a_child_that_closes_its_output_is_waited_for(void **state)
{
	struct child *child = *state;

	run(child, "exec >&- 2>&-; sleep 0.2; exit 5");
	assert_int_equal(child->result.exit_code, 5);
}

static void output_past_the_ceiling_kills_the_child(void **state)
{
	struct child *child = *state;

	run(child, "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done");
	assert_true(child->result.is_output_full);
	assert_int_equal(child->result.signo, SIGKILL);
	assert_int_equal(child->result.exit_code, -1);
	assert_int_equal(child->output.len, 1000000);
}

static void output_of_just_the_ceiling_is_allowed(void **state)
{
	struct child *child = *state;

	run(child, "head -c 1000000 /dev/zero");
	assert_false(child->result.is_output_full);
	assert_int_equal(child->output.len, 1000000);
}

static int open_descriptors(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void a_program_that_is_not_there_is_an_error(void **state)
{
	struct child *child = *state;
	char name[] = "no-such-program-here";
	char *argv[] = { name, NULL }, *envp[] = { NULL };
	struct proc_options options = { .argv = argv,
					.envp = envp,
					.output_max = 1,
					.on_exit = on_exit_event,
					.arg = child };
	struct err err = { 0 };
	int before = open_descriptors();

	assert_null(proc_start(child->loop, &options, &err));
	assert_int_equal(err.code, ERR_IO);
	assert_int_equal(err.number, ENOENT);
	assert_int_equal(open_descriptors(), before);
	assert_string_equal(err.text,
			    "cannot run 'no-such-program-here': "
			    "No such file or directory");
}

static void stop_ends_it_by_term(void **state)
{
	struct child *child = *state;

	start(child, "echo up >&2; exec sleep 100", NULL, 0);
	wait_for_output(child);
	proc_stop(child->proc, LONG_MS);
	wait_for_end(child);
	assert_int_equal(child->result.signo, SIGTERM);
}

static void stop_kills_who_ignores_term_after_the_grace(void **state)
{
	struct child *child = *state;

	start(child, "trap '' TERM; echo up >&2; while :; do sleep 1; done",
	      NULL, 0);
	wait_for_output(child);
	proc_stop(child->proc, 50);
	wait_for_end(child);
	assert_int_equal(child->result.signo, SIGKILL);
}

static void stop_reaches_the_whole_group(void **state)
{
	struct child *child = *state;
	pid_t grandchild;

	start(child, "sleep 100 & echo $! >&2; wait", NULL, 0);
	wait_for_output(child);
	grandchild = (pid_t)strtol(strbuf_str(&child->lines), NULL, 10);
	assert_true(grandchild > 1);
	proc_stop(child->proc, LONG_MS);
	wait_for_end(child);
	wait_until_gone(grandchild);
}

static void a_grandchild_that_holds_the_pipes_is_given_a_second(void **state)
{
	struct child *child = *state;
	int64_t began = clock_mono_ms(), took;

	run(child, "sleep 100 & echo out; echo $! >&2");
	took = clock_mono_ms() - began;
	assert_in_range(took, 900, 5000);
	assert_int_equal(child->result.exit_code, 0);
	assert_string_equal(strbuf_str(&child->output), "out\n");
	wait_until_gone((pid_t)strtol(strbuf_str(&child->lines), NULL, 10));
}

static void a_grandchild_outside_the_group_cannot_hold_us(void **state)
{
	struct child *child = *state;
	pid_t grandchild;

	run(child,
	    "x=$(setsid -f sh -c 'echo $$; exec sleep 100 >&2'); "
	    "echo $x");
	grandchild = (pid_t)strtol(strbuf_str(&child->output), NULL, 10);
	assert_true(grandchild > 1);
	assert_int_equal(kill(grandchild, SIGKILL), 0);
}

static void what_is_left_of_the_group_is_killed_at_the_end(void **state)
{
	struct child *child = *state;

	run(child, "sleep 100 >/dev/null 2>&1 & echo $!");
	wait_until_gone((pid_t)strtol(strbuf_str(&child->output), NULL, 10));
}

static void the_child_gets_no_descriptor_of_ours(void **state)
{
	struct child *child = *state;
	int fd = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */

	run(child, "ls /proc/self/fd | wc -w");
	(void)close(fd);
	/* 0, 1, 2 and the one ls reads the folder by */
	assert_int_equal(strtol(strbuf_str(&child->output), NULL, 10), 4);
}

static void the_child_gets_default_signals_and_a_clean_mask(void **state)
{
	struct child *child = *state;
	/* not by a shell, which would clear the mask */
	char sed[] = "sed", n[] = "-n", file[] = "/proc/self/status";
	char script[] = "s/^Sig\\(Blk\\|Ign\\)://p";
	char *argv[] = { sed, n, script, file, NULL }, *rest;
	sigset_t blocked, before;

	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &blocked, &before);
	start_argv(child, argv, NULL, 0);
	wait_for_end(child);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(strtoull(strbuf_str(&child->output), &rest, 16), 0);
	/* glibc 2.36 leaves its own two, 32 and 33, ignored */
	assert_int_equal(strtoull(rest, NULL, 16) & 0x7fffffff, 0);
}

static void the_child_leads_a_group_of_its_own(void **state)
{
	struct child *child = *state;
	long pid, pgid;
	char *end;

	run(child,
	    "echo $$; ps -o pgid= -p $$ 2>/dev/null || "
	    "cut -d' ' -f5 /proc/$$/stat");
	pid = strtol(strbuf_str(&child->output), &end, 10);
	pgid = strtol(end, NULL, 10);
	assert_int_equal(pid, pgid);
	assert_int_not_equal(pid, getpgrp());
}

static void free_kills_and_reaps_what_runs(void **state)
{
	struct child *child = *state;
	pid_t pid;

	start(child, "echo $$ >&2; exec sleep 100", NULL, 0);
	wait_for_output(child);
	pid = (pid_t)strtol(strbuf_str(&child->lines), NULL, 10);
	proc_free(&child->proc);
	assert_null(child->proc);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_false(child->has_ended);
}

static void free_inside_the_line_callback_is_legal(void **state)
{
	struct child *child = *state;

	child->free_at_line = 1;
	start(child, "printf 'a\\nb\\nc' >&2; exec sleep 100", NULL, 0);
	wait_for_output(child);
	assert_null(child->proc);
	assert_string_equal(strbuf_str(&child->lines), "a|");
	assert_false(child->has_ended);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(output_and_status_come_back),
		TEST(stderr_comes_line_by_line_and_the_last_without_an_end),
		TEST(a_long_line_comes_in_pieces),
		TEST(a_line_of_just_the_limit_is_one_line),
		TEST(input_larger_than_a_pipe_arrives_whole),
		TEST(what_goes_in_comes_out_byte_by_byte),
		TEST(a_child_that_does_not_read_its_input_is_no_error),
		TEST(a_closed_stdin_does_not_keep_us_busy),
		TEST(a_child_that_closes_its_output_is_waited_for),
		TEST(output_past_the_ceiling_kills_the_child),
		TEST(output_of_just_the_ceiling_is_allowed),
		TEST(a_program_that_is_not_there_is_an_error),
		TEST(stop_ends_it_by_term),
		TEST(stop_kills_who_ignores_term_after_the_grace),
		TEST(stop_reaches_the_whole_group),
		TEST(a_grandchild_that_holds_the_pipes_is_given_a_second),
		TEST(a_grandchild_outside_the_group_cannot_hold_us),
		TEST(what_is_left_of_the_group_is_killed_at_the_end),
		TEST(the_child_gets_no_descriptor_of_ours),
		TEST(the_child_gets_default_signals_and_a_clean_mask),
		TEST(the_child_leads_a_group_of_its_own),
		TEST(free_kills_and_reaps_what_runs),
		TEST(free_inside_the_line_callback_is_legal),
	};

	if (getenv("STEPQ_TEST_VALGRIND")) {
		(void)puts("1..0 # SKIP valgrind 3.19 has no pidfd_open");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
