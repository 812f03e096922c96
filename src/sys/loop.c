/* SPDX-License-Identifier: MIT */

/*
 * A turn is: wait in curl_multi_poll(), call back the descriptors that are
 * ready, let curl move its transfers, hand on those that finished, fire the
 * timers that are due. Timers come last so that an answer and its deadline
 * that fall into the same turn count as an answer.
 *
 * Any callback may free any handle. A descriptor that goes leaves a hole in
 * `fds` until the turn is over, so the places stay those that were polled; a
 * timer is out of the heap before it is called; finished transfers are taken
 * from curl one at a time, and curl forgets the message of one that is
 * removed. So nothing is looked at after its callback.
 *
 * Timers stand in a binary heap by (due, seq): those due at the same time
 * fire in the order they were armed. What was armed during a turn waits for
 * the next one, or a timer of 0 ms that arms itself would never let go.
 */

#include <config.h>

#include <assert.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/util.h"
#include "sys/loop.h"

struct loop_fd {
	struct loop *loop;
	size_t place; /* in loop->fds */
	int fd;
	unsigned int events;
	loop_fd_fn fn;
	void *arg;
};

struct loop_timer {
	struct loop *loop;
	size_t place; /* in loop->heap, counted from 1; 0: not armed */
	int64_t due_ms;
	uint64_t seq;
	loop_timer_fn fn;
	void *arg;
};

struct loop {
	CURLM *multi;
	loop_transfer_fn transfer_fn;
	int is_turning;

	struct loop_fd **fds; /* NULL: a hole */
	struct curl_waitfd *waits;
	size_t fds_len, fds_alloc;
	int fds_changed;

	struct loop_timer **heap;
	size_t heap_len, heap_alloc;
	size_t timers;
	uint64_t seq;
};

struct loop *loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));

	/*
	 * A peer that went away is an error of write(), not a signal; curl
	 * leaves that to the program once CURLOPT_NOSIGNAL is set.
	 */
	(void)signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		BUG("libcurl does not start");
	loop->multi = curl_multi_init();
	if (!loop->multi)
		BUG("libcurl gives no multi handle");
	return loop;
}

void loop_free(struct loop **loop_at)
{
	struct loop *loop = *loop_at;

	if (!loop)
		return;
	*loop_at = NULL;
	assert(!loop->is_turning);
	while (loop->fds_len > 0 && !loop->fds[loop->fds_len - 1])
		loop->fds_len--;
	assert(loop->fds_len == 0);
	assert(loop->timers == 0);
	(void)curl_multi_cleanup(loop->multi);
	curl_global_cleanup();
	free(loop->fds);
	free(loop->waits);
	free(loop->heap);
	free(loop);
}

struct loop_fd *loop_fd_add(struct loop *loop, int fd, unsigned int events,
			    loop_fd_fn fn, void *arg)
{
	struct loop_fd *handle = xmalloc(sizeof(*handle));

	assert(fd >= 0 && events);
	if (loop->fds_len == loop->fds_alloc) {
		loop->fds_alloc = MAX(8, loop->fds_alloc * 2);
		loop->fds = xreallocarray(loop->fds, loop->fds_alloc,
					  sizeof(struct loop_fd *));
		loop->waits = xreallocarray(loop->waits, loop->fds_alloc,
					    sizeof(struct curl_waitfd));
	}
	*handle = (struct loop_fd){ .loop = loop,
				    .place = loop->fds_len,
				    .fd = fd,
				    .events = events,
				    .fn = fn,
				    .arg = arg };
	loop->fds[loop->fds_len++] = handle;
	loop->fds_changed = 1;
	return handle;
}

void loop_fd_del(struct loop_fd **handle_at)
{
	struct loop_fd *handle = *handle_at;

	if (!handle)
		return;
	*handle_at = NULL;
	assert(handle->loop->fds[handle->place] == handle);
	handle->loop->fds[handle->place] = NULL;
	handle->loop->fds_changed = 1;
	free(handle);
}

/* Close the holes and lay out what is to be polled. */
static void rebuild_waits(struct loop *loop)
{
	size_t from, to = 0;

	for (from = 0; from < loop->fds_len; from++) {
		struct loop_fd *handle = loop->fds[from];
		short events = 0;

		if (!handle)
			continue;
		if (handle->events & LOOP_READ)
			events |= CURL_WAIT_POLLIN;
		if (handle->events & LOOP_WRITE)
			events |= CURL_WAIT_POLLOUT;
		handle->place = to;
		loop->fds[to] = handle;
		loop->waits[to++] = (struct curl_waitfd){ .fd = handle->fd,
							  .events = events };
	}
	loop->fds_len = to;
	loop->fds_changed = 0;
}

static void dispatch_fds(struct loop *loop)
{
	size_t polled = loop->fds_len, i; /* what callbacks add is not */

	for (i = 0; i < polled; i++) {
		struct loop_fd *handle = loop->fds[i];
		short got = loop->waits[i].revents;
		unsigned int events = 0;

		/* curl 7.88.1 writes nothing back when nothing is ready. */
		loop->waits[i].revents = 0;
		if (!got || !handle)
			continue;
		if (got & CURL_WAIT_POLLIN)
			events |= LOOP_READ;
		if (got & CURL_WAIT_POLLOUT)
			events |= LOOP_WRITE;
		handle->fn(handle->arg, handle->fd, events);
	}
}

static int is_before(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->seq < b->seq;
}

/* Places count from 1: the parent of `n` is n/2, its children 2n and 2n+1. */
static void heap_put(struct loop *loop, size_t place, struct loop_timer *timer)
{
	loop->heap[place - 1] = timer;
	timer->place = place;
}

static void heap_rise(struct loop *loop, struct loop_timer *timer)
{
	size_t place = timer->place;

	while (place > 1 && is_before(timer, loop->heap[place / 2 - 1])) {
		heap_put(loop, place, loop->heap[place / 2 - 1]);
		place /= 2;
	}
	heap_put(loop, place, timer);
}

static void heap_sink(struct loop *loop, struct loop_timer *timer)
{
	size_t place = timer->place, child;

	while ((child = place * 2) <= loop->heap_len) {
		if (child < loop->heap_len &&
		    is_before(loop->heap[child], loop->heap[child - 1]))
			child++;
		if (!is_before(loop->heap[child - 1], timer))
			break;
		heap_put(loop, place, loop->heap[child - 1]);
		place = child;
	}
	heap_put(loop, place, timer);
}

struct loop_timer *loop_timer_add(struct loop *loop, int64_t ms,
				  loop_timer_fn fn, void *arg)
{
	struct loop_timer *timer = xmalloc(sizeof(*timer));

	*timer = (struct loop_timer){ .loop = loop, .fn = fn, .arg = arg };
	loop->timers++;
	loop_timer_set(timer, ms);
	return timer;
}

void loop_timer_set(struct loop_timer *timer, int64_t ms)
{
	struct loop *loop = timer->loop;

	loop_timer_stop(timer);
	if (loop->heap_len == loop->heap_alloc) {
		loop->heap_alloc = MAX(16, loop->heap_alloc * 2);
		loop->heap = xreallocarray(loop->heap, loop->heap_alloc,
					   sizeof(struct loop_timer *));
	}
	timer->due_ms = clock_mono_ms() + MAX(ms, 0);
	timer->seq = loop->seq++;
	heap_put(loop, ++loop->heap_len, timer);
	heap_rise(loop, timer);
}

void loop_timer_stop(struct loop_timer *timer)
{
	struct loop *loop = timer->loop;
	size_t place = timer->place;
	struct loop_timer *last;

	if (!place)
		return;
	timer->place = 0;
	last = loop->heap[--loop->heap_len];
	if (last == timer)
		return;
	heap_put(loop, place, last);
	heap_rise(loop, last);
	heap_sink(loop, last);
}

void loop_timer_del(struct loop_timer **timer_at)
{
	struct loop_timer *timer = *timer_at;

	if (!timer)
		return;
	*timer_at = NULL;
	loop_timer_stop(timer);
	timer->loop->timers--;
	free(timer);
}

static void fire_timers(struct loop *loop, uint64_t armed_before)
{
	int64_t now = clock_mono_ms();

	while (loop->heap_len > 0) {
		struct loop_timer *timer = loop->heap[0];

		if (timer->due_ms > now || timer->seq >= armed_before)
			break;
		loop_timer_stop(timer);
		timer->fn(timer->arg);
	}
}

static void move_transfers(struct loop *loop)
{
	int running, left;
	CURLMsg *msg;

	if (curl_multi_perform(loop->multi, &running))
		BUG("curl_multi_perform failed");
	while ((msg = curl_multi_info_read(loop->multi, &left))) {
		CURLcode code = msg->data.result;
		char *private_data = NULL;

		assert(msg->msg == CURLMSG_DONE && loop->transfer_fn);
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
					&private_data);
		loop->transfer_fn(private_data, (int)code);
	}
}

static int wait_ms(const struct loop *loop, int64_t max_ms)
{
	int64_t ms = max_ms < 0 ? INT_MAX : max_ms;

	if (loop->heap_len > 0)
		ms = MIN(ms, MAX(loop->heap[0]->due_ms - clock_mono_ms(), 0));
	return (int)MIN(ms, INT_MAX);
}

void loop_turn(struct loop *loop, int64_t max_ms)
{
	uint64_t armed_before = loop->seq;

	assert(!loop->is_turning);
	loop->is_turning = 1;
	if (loop->fds_changed)
		rebuild_waits(loop);
	if (curl_multi_poll(loop->multi, loop->waits,
			    (unsigned int)loop->fds_len, wait_ms(loop, max_ms),
			    NULL))
		BUG("curl_multi_poll failed");
	dispatch_fds(loop);
	move_transfers(loop);
	fire_timers(loop, armed_before);
	loop->is_turning = 0;
}

void *loop_curl_multi(struct loop *loop)
{
	return loop->multi;
}

void loop_set_transfer_fn(struct loop *loop, loop_transfer_fn fn)
{
	assert(!loop->transfer_fn || loop->transfer_fn == fn);
	loop->transfer_fn = fn;
}
