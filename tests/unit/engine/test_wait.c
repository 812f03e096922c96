/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "engine/wait.h"

enum {
	WAITS = 200
};

struct client {
	struct wait wait;
	int peer;
};

/* What ended, in that order. */
struct ended {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t n;
	struct client *clients[WAITS];
	int is_gone[WAITS];
};

static void note(void *arg, struct wait *wait, int is_gone)
{
	struct ended *ended = arg;

	pthread_mutex_lock(&ended->lock);
	ended->clients[ended->n] = container_of(wait, struct client, wait);
	ended->is_gone[ended->n++] = is_gone;
	pthread_cond_signal(&ended->changed);
	pthread_mutex_unlock(&ended->lock);
}

static void await(struct ended *ended, size_t n)
{
	pthread_mutex_lock(&ended->lock);
	while (ended->n < n)
		pthread_cond_wait(&ended->changed, &ended->lock);
	pthread_mutex_unlock(&ended->lock);
}

static void connect_client(struct client *client, int64_t due_ms)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	client->wait.fd = pair[0];
	client->wait.due_ms = due_ms;
	client->peer = pair[1];
}

static void close_client(struct client *client)
{
	close(client->wait.fd);
	if (client->peer >= 0)
		close(client->peer);
}

static void the_soonest_ends_first(void **state)
{
	struct ended ended = { .lock = PTHREAD_MUTEX_INITIALIZER,
			       .changed = PTHREAD_COND_INITIALIZER };
	struct client clients[WAITS] = { 0 };
	struct waiter *waiter;
	size_t i;

	(void)state;
	clock_test_set(1000);
	waiter = waiter_start(note, &ended);
	for (i = 0; i < WAITS - 1; i++) {
		connect_client(&clients[i],
			       60000 + (int64_t)(i * 37 % WAITS) / 2);
		waiter_add(waiter, &clients[i].wait);
	}
	assert_int_equal(ended.n, 0);
	/* Their time has come; the soonest of all wakes the thread up. */
	clock_test_set(70000);
	connect_client(&clients[i], 50000);
	waiter_add(waiter, &clients[i].wait);
	await(&ended, WAITS);
	for (i = 0; i < WAITS; i++) {
		assert_false(ended.is_gone[i]);
		if (i > 0)
			assert_true(ended.clients[i - 1]->wait.due_ms <=
				    ended.clients[i]->wait.due_ms);
		close_client(ended.clients[i]);
	}
	waiter_stop(waiter);
	waiter_free(&waiter);
	assert_null(waiter);
	clock_test_set(-1);
}

static void a_client_that_leaves_ends_its_wait(void **state)
{
	struct ended ended = { .lock = PTHREAD_MUTEX_INITIALIZER,
			       .changed = PTHREAD_COND_INITIALIZER };
	struct client clients[3] = { 0 };
	struct waiter *waiter = waiter_start(note, &ended);
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		connect_client(&clients[i], WAIT_FOR_EVER);
		waiter_add(waiter, &clients[i].wait);
	}
	close(clients[1].peer);
	clients[1].peer = -1;
	await(&ended, 1);
	assert_ptr_equal(ended.clients[0], &clients[1]);
	assert_true(ended.is_gone[0]);
	waiter_stop(waiter);
	assert_int_equal(ended.n, 3);
	for (i = 0; i < 3; i++)
		close_client(&clients[i]);
	waiter_free(&waiter);
}

static void a_stopped_waiter_ends_all_it_gets(void **state)
{
	struct ended ended = { .lock = PTHREAD_MUTEX_INITIALIZER,
			       .changed = PTHREAD_COND_INITIALIZER };
	struct client client = { 0 };
	struct waiter *waiter = waiter_start(note, &ended);

	(void)state;
	waiter_stop(waiter);
	connect_client(&client, WAIT_FOR_EVER);
	waiter_add(waiter, &client.wait);
	assert_int_equal(ended.n, 1);
	assert_true(ended.is_gone[0]);
	close_client(&client);
	waiter_free(&waiter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_soonest_ends_first),
		cmocka_unit_test(a_client_that_leaves_ends_its_wait),
		cmocka_unit_test(a_stopped_waiter_ends_all_it_gets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
