/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "sys/loop.h"

enum {
	HANDLES = 4,
	CROWD = 5000,
	EXPECTED_MS = 10000 /* for what should come at once */
};

/* What the callbacks of one test share. */
struct scene {
	struct loop *loop;
	struct loop_fd *fd[HANDLES];
	struct loop_timer *timer[HANDLES];
	int pipe[HANDLES][2];
	int fired[HANDLES];
	int order[HANDLES * 4], order_len;
	unsigned int events;
	int64_t again_ms; /* >= 0: on_timer arms its timer again */
};

/* The argument of one callback: a scene and a place in it. */
struct part {
	struct scene *scene;
	int i;
};

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	int i;

	scene->loop = loop_new();
	scene->again_ms = -1;
	for (i = 0; i < HANDLES; i++)
		assert_int_equal(pipe(scene->pipe[i]), 0);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	int i;

	clock_test_set(-1);
	for (i = 0; i < HANDLES; i++) {
		loop_fd_del(&scene->fd[i]);
		loop_timer_del(&scene->timer[i]);
		(void)close(scene->pipe[i][0]);
		(void)close(scene->pipe[i][1]);
	}
	loop_free(&scene->loop);
	free(scene);
	return 0;
}

static void note(struct part *part)
{
	struct scene *scene = part->scene;

	scene->fired[part->i]++;
	if (scene->order_len < (int)ARRAY_SIZE(scene->order))
		scene->order[scene->order_len++] = part->i;
}

static void on_fd(void *arg, int fd, unsigned int events)
{
	struct part *part = arg;
	char byte;

	note(part);
	part->scene->events = events;
	if (events & LOOP_READ)
		(void)!read(fd, &byte, 1);
}

static void on_write(void *arg, int fd, unsigned int events)
{
	struct part *part = arg;

	(void)fd;
	note(part);
	part->scene->events = events;
}

static void on_timer(void *arg)
{
	struct part *part = arg;
	struct scene *scene = part->scene;

	note(part);
	if (scene->again_ms >= 0)
		loop_timer_set(scene->timer[part->i], scene->again_ms);
}

static void write_byte(struct scene *scene, int i)
{
	assert_int_equal(write(scene->pipe[i][1], "x", 1), 1);
}

static void a_descriptor_is_called_while_it_is_readable(void **state)
{
	struct scene *scene = *state;
	struct part part = { scene, 0 };

	scene->fd[0] = loop_fd_add(scene->loop, scene->pipe[0][0], LOOP_READ,
				   on_fd, &part);
	loop_turn(scene->loop, 0);
	assert_int_equal(scene->fired[0], 0);
	write_byte(scene, 0);
	write_byte(scene, 0);
	loop_turn(scene->loop, -1);
	assert_int_equal(scene->fired[0], 1);
	assert_int_equal(scene->events, LOOP_READ);
	loop_turn(scene->loop, -1);
	assert_int_equal(scene->fired[0], 2);
	loop_turn(scene->loop, 0);
	assert_int_equal(scene->fired[0], 2);
}

static void a_hangup_is_readable(void **state)
{
	struct scene *scene = *state;
	struct part part = { scene, 0 };

	scene->fd[0] = loop_fd_add(scene->loop, scene->pipe[0][0], LOOP_READ,
				   on_fd, &part);
	(void)close(scene->pipe[0][1]);
	loop_turn(scene->loop, -1);
	assert_int_equal(scene->fired[0], 1);
	scene->pipe[0][1] = dup(STDIN_FILENO);
}

static void a_descriptor_is_called_when_it_can_be_written(void **state)
{
	struct scene *scene = *state;
	struct part part = { scene, 0 };

	scene->fd[0] = loop_fd_add(scene->loop, scene->pipe[0][1], LOOP_WRITE,
				   on_write, &part);
	loop_turn(scene->loop, EXPECTED_MS);
	assert_int_equal(scene->fired[0], 1);
	assert_int_equal(scene->events, LOOP_WRITE);
}

static void a_lost_reader_is_told_to_a_writer_that_waits(void **state)
{
	struct scene *scene = *state;
	struct part part = { scene, 0 };
	int fd = scene->pipe[0][1];

	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, "x", 1) == 1)
		;
	scene->fd[0] =
		loop_fd_add(scene->loop, fd, LOOP_WRITE, on_write, &part);
	loop_turn(scene->loop, 0);
	assert_int_equal(scene->fired[0], 0);
	(void)close(scene->pipe[0][0]);
	loop_turn(scene->loop, -1);
	assert_int_equal(scene->fired[0], 1);
	assert_true(scene->events & LOOP_WRITE);
	scene->pipe[0][0] = dup(STDIN_FILENO);
}

static void on_fd_delete_all(void *arg, int fd, unsigned int events)
{
	struct part *part = arg;
	int i;

	(void)fd;
	(void)events;
	note(part);
	for (i = 0; i < HANDLES; i++) {
		loop_fd_del(&part->scene->fd[i]);
		loop_timer_del(&part->scene->timer[i]);
	}
}

static void a_callback_may_delete_every_descriptor_and_timer(void **state)
{
	struct scene *scene = *state;
	struct part parts[HANDLES];
	int i;

	for (i = 0; i < HANDLES; i++) {
		parts[i] = (struct part){ scene, i };
		scene->fd[i] =
			loop_fd_add(scene->loop, scene->pipe[i][0], LOOP_READ,
				    on_fd_delete_all, &parts[i]);
		scene->timer[i] =
			loop_timer_add(scene->loop, 0, on_timer, &parts[i]);
		write_byte(scene, i);
	}
	loop_turn(scene->loop, -1);
	loop_turn(scene->loop, 0);
	assert_int_equal(scene->order_len, 1);
}

static void on_fd_replace(void *arg, int fd, unsigned int events)
{
	struct part *part = arg;
	struct scene *scene = part->scene;

	(void)fd;
	(void)events;
	note(part);
	loop_fd_del(&scene->fd[1]);
	scene->fd[2] = loop_fd_add(scene->loop, scene->pipe[2][0], LOOP_READ,
				   on_fd, &((struct part *)arg)[2]);
	loop_fd_del(&scene->fd[0]);
}

static void one_added_in_a_callback_waits_for_the_next_turn(void **state)
{
	struct scene *scene = *state;
	struct part parts[] = { { scene, 0 }, { scene, 1 }, { scene, 2 } };
	int i;

	for (i = 0; i < 2; i++)
		scene->fd[i] =
			loop_fd_add(scene->loop, scene->pipe[i][0], LOOP_READ,
				    i ? on_fd : on_fd_replace, &parts[i]);
	for (i = 0; i < 3; i++)
		write_byte(scene, i);
	loop_turn(scene->loop, -1);
	assert_int_equal(scene->fired[0], 1);
	assert_int_equal(scene->fired[1], 0);
	assert_int_equal(scene->fired[2], 0);
	loop_turn(scene->loop, -1);
	assert_int_equal(scene->fired[2], 1);
}

static void timers_fire_in_their_order_when_due(void **state)
{
	static const int64_t ms[HANDLES] = { 30, 10, 20, 10 };
	static const int want[HANDLES] = { 1, 3, 2, 0 };
	struct scene *scene = *state;
	struct part parts[HANDLES];
	int i;

	clock_test_set(1000);
	for (i = 0; i < HANDLES; i++) {
		parts[i] = (struct part){ scene, i };
		scene->timer[i] =
			loop_timer_add(scene->loop, ms[i], on_timer, &parts[i]);
	}
	clock_test_set(1009);
	loop_turn(scene->loop, 0);
	assert_int_equal(scene->order_len, 0);
	clock_test_set(1010);
	loop_turn(scene->loop, 0);
	assert_int_equal(scene->order_len, 2);
	clock_test_set(2000);
	loop_turn(scene->loop, 0);
	assert_int_equal(scene->order_len, HANDLES);
	assert_memory_equal(scene->order, want, sizeof(want));
	loop_turn(scene->loop, 0);
	assert_int_equal(scene->order_len, HANDLES);
}

static void a_turn_waits_for_the_nearest_timer(void **state)
{
	struct scene *scene = *state;
	struct part part = { scene, 0 };
	int64_t began = clock_mono_ms();

	scene->timer[0] = loop_timer_add(scene->loop, 50, on_timer, &part);
	while (scene->fired[0] == 0)
		loop_turn(scene->loop, -1);
	assert_in_range(clock_mono_ms() - began, 50, 5000);
}

static void a_turn_waits_no_longer_than_it_is_told(void **state)
{
	struct scene *scene = *state;
	struct part part = { scene, 0 };

	scene->timer[0] = loop_timer_add(scene->loop, 60000, on_timer, &part);
	loop_turn(scene->loop, 20);
	assert_int_equal(scene->fired[0], 0);
}

static void a_timer_that_fired_can_be_armed_again(void **state)
{
	struct scene *scene = *state;
	struct part part = { scene, 0 };

	clock_test_set(1000);
	scene->timer[0] = loop_timer_add(scene->loop, 0, on_timer, &part);
	loop_turn(scene->loop, 0);
	loop_turn(scene->loop, 0); /* it fires once */
	loop_timer_set(scene->timer[0], 5);
	loop_timer_set(scene->timer[0], 10); /* the later call counts */
	clock_test_set(1005);
	loop_turn(scene->loop, 0);
	assert_int_equal(scene->fired[0], 1);
	clock_test_set(1010);
	loop_turn(scene->loop, 0);
	assert_int_equal(scene->fired[0], 2);
}

static void a_stopped_timer_does_not_fire(void **state)
{
	struct scene *scene = *state;
	struct part part = { scene, 0 };

	clock_test_set(1000);
	scene->timer[0] = loop_timer_add(scene->loop, 1, on_timer, &part);
	loop_timer_stop(scene->timer[0]);
	loop_timer_stop(scene->timer[0]);
	clock_test_set(2000);
	loop_turn(scene->loop, 0);
	assert_int_equal(scene->fired[0], 0);
}

static void a_timer_of_0_ms_that_arms_itself_fires_once_a_turn(void **state)
{
	struct scene *scene = *state;
	struct part part = { scene, 0 };

	clock_test_set(1000);
	scene->again_ms = 0;
	scene->timer[0] = loop_timer_add(scene->loop, 0, on_timer, &part);
	loop_turn(scene->loop, -1);
	assert_int_equal(scene->fired[0], 1);
	loop_turn(scene->loop, -1);
	assert_int_equal(scene->fired[0], 2);
}

static void on_timer_delete_next(void *arg)
{
	struct part *part = arg;

	note(part);
	loop_timer_del(&part->scene->timer[part->i + 1]);
	loop_timer_del(&part->scene->timer[part->i]);
}

static void a_timer_may_delete_itself_and_another_that_is_due(void **state)
{
	struct scene *scene = *state;
	struct part parts[] = { { scene, 0 }, { scene, 1 } };
	int i;

	clock_test_set(1000);
	for (i = 0; i < 2; i++)
		scene->timer[i] =
			loop_timer_add(scene->loop, i, on_timer_delete_next,
				       &parts[i]);
	clock_test_set(1010);
	loop_turn(scene->loop, 0);
	assert_int_equal(scene->fired[0], 1);
	assert_int_equal(scene->fired[1], 0);
}

/* Each timer of a crowd: whether it fired, and that none was due before. */
struct runner {
	struct loop_timer *timer;
	int64_t due_ms, *last_ms;
	int fired;
};

static void on_runner(void *arg)
{
	struct runner *runner = arg;

	runner->fired++;
	assert_true(runner->due_ms >= *runner->last_ms);
	*runner->last_ms = runner->due_ms;
}

static void a_crowd_of_timers_keeps_its_order_through_changes(void **state)
{
	struct runner *runners = xcalloc(CROWD, sizeof(*runners));
	struct scene *scene = *state;
	uint32_t random = 1;
	int64_t last_ms = 0, now;
	int i;

	clock_test_set(0);
	for (i = 0; i < CROWD * 3; i++) {
		struct runner *runner = &runners[i % CROWD];

		random = random * 1664525 + 1013904223;
		runner->due_ms = random >> 16;
		runner->last_ms = &last_ms;
		if (!runner->timer)
			runner->timer =
				loop_timer_add(scene->loop, runner->due_ms,
					       on_runner, runner);
		else
			loop_timer_set(runner->timer, runner->due_ms);
	}
	for (i = 0; i < CROWD; i += 5)
		loop_timer_stop(runners[i].timer);
	for (now = 0; now <= 70000; now += 1000) {
		clock_test_set(now);
		loop_turn(scene->loop, 0);
	}
	for (i = 0; i < CROWD; i++) {
		assert_int_equal(runners[i].fired, i % 5 != 0);
		loop_timer_del(&runners[i].timer);
	}
	free(runners);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_descriptor_is_called_while_it_is_readable),
		TEST(a_hangup_is_readable),
		TEST(a_descriptor_is_called_when_it_can_be_written),
		TEST(a_lost_reader_is_told_to_a_writer_that_waits),
		TEST(a_callback_may_delete_every_descriptor_and_timer),
		TEST(one_added_in_a_callback_waits_for_the_next_turn),
		TEST(timers_fire_in_their_order_when_due),
		TEST(a_turn_waits_for_the_nearest_timer),
		TEST(a_turn_waits_no_longer_than_it_is_told),
		TEST(a_timer_that_fired_can_be_armed_again),
		TEST(a_stopped_timer_does_not_fire),
		TEST(a_timer_of_0_ms_that_arms_itself_fires_once_a_turn),
		TEST(a_timer_may_delete_itself_and_another_that_is_due),
		TEST(a_crowd_of_timers_keeps_its_order_through_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
