/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/wait.h"

struct waiter {
	pthread_t thread;
	pthread_mutex_t lock; /* of everything below */
	int epoll_fd;
	int wake_fd;
	int is_stopping;
	struct wait **heap; /* the soonest first */
	size_t n;
	size_t alloc;
	wait_fn fn;
	void *arg;
};

static void heap_put(struct waiter *waiter, size_t place, struct wait *wait)
{
	waiter->heap[place] = wait;
	wait->place = place;
}

static void heap_up(struct waiter *waiter, size_t place, struct wait *wait)
{
	while (place > 0) {
		size_t parent = (place - 1) / 2;

		if (waiter->heap[parent]->due_ms <= wait->due_ms)
			break;
		heap_put(waiter, place, waiter->heap[parent]);
		place = parent;
	}
	heap_put(waiter, place, wait);
}

static void heap_down(struct waiter *waiter, size_t place, struct wait *wait)
{
	for (;;) {
		size_t child = place * 2 + 1;

		if (child >= waiter->n)
			break;
		if (child + 1 < waiter->n &&
		    waiter->heap[child + 1]->due_ms <
			    waiter->heap[child]->due_ms)
			child++;
		if (wait->due_ms <= waiter->heap[child]->due_ms)
			break;
		heap_put(waiter, place, waiter->heap[child]);
		place = child;
	}
	heap_put(waiter, place, wait);
}

static void heap_del(struct waiter *waiter, struct wait *wait)
{
	size_t place = wait->place;
	struct wait *last;

	assert(place < waiter->n && waiter->heap[place] == wait);
	last = waiter->heap[--waiter->n];
	if (last == wait)
		return;
	if (last->due_ms < wait->due_ms)
		heap_up(waiter, place, last);
	else
		heap_down(waiter, place, last);
}

/* Take `wait` out and tell; the lock is held and given up for the call. */
static void end_wait(struct waiter *waiter, struct wait *wait, int is_gone)
{
	heap_del(waiter, wait);
	(void)epoll_ctl(waiter->epoll_fd, EPOLL_CTL_DEL, wait->fd, NULL);
	pthread_mutex_unlock(&waiter->lock);
	waiter->fn(waiter->arg, wait, is_gone);
	pthread_mutex_lock(&waiter->lock);
}

static int next_timeout_ms(struct waiter *waiter)
{
	int64_t ms;

	if (waiter->n == 0 || waiter->heap[0]->due_ms == WAIT_FOR_EVER)
		return -1;
	ms = waiter->heap[0]->due_ms - clock_mono_ms();
	return (int)MAX(0, MIN(ms, INT64_C(3600000)));
}

static void drain(int fd)
{
	uint64_t count;

	/* Empty already is as good. */
	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

static void *waiter_run(void *arg)
{
	struct waiter *waiter = arg;
	struct epoll_event events[64];
	int i, n, timeout_ms;

	pthread_mutex_lock(&waiter->lock);
	while (!waiter->is_stopping) {
		timeout_ms = next_timeout_ms(waiter);
		pthread_mutex_unlock(&waiter->lock);
		n = epoll_wait(waiter->epoll_fd, events,
			       (int)ARRAY_SIZE(events), timeout_ms);
		pthread_mutex_lock(&waiter->lock);
		/*
		 * Sockets first: only this thread ends waits, so each event
		 * here still stands for a wait that is in the heap.
		 */
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr)
				end_wait(waiter, events[i].data.ptr, 1);
			else
				drain(waiter->wake_fd);
		}
		while (waiter->n > 0 &&
		       waiter->heap[0]->due_ms <= clock_mono_ms())
			end_wait(waiter, waiter->heap[0], 0);
	}
	while (waiter->n > 0)
		end_wait(waiter, waiter->heap[0], 1);
	pthread_mutex_unlock(&waiter->lock);
	return NULL;
}

struct waiter *waiter_start(wait_fn fn, void *arg)
{
	struct waiter *waiter = xcalloc(1, sizeof(*waiter));
	struct epoll_event event = { .events = EPOLLIN };

	waiter->fn = fn;
	waiter->arg = arg;
	pthread_mutex_init(&waiter->lock, NULL);
	waiter->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	waiter->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (waiter->epoll_fd < 0 || waiter->wake_fd < 0 ||
	    epoll_ctl(waiter->epoll_fd, EPOLL_CTL_ADD, waiter->wake_fd,
		      &event) ||
	    pthread_create(&waiter->thread, NULL, waiter_run, waiter))
		BUG("no descriptors or threads left at the start");
	return waiter;
}

static void wake_up(struct waiter *waiter)
{
	uint64_t one = 1;

	/* A full counter has woken it up already. */
	if (write(waiter->wake_fd, &one, sizeof(one)) < 0)
		return;
}

void waiter_add(struct waiter *waiter, struct wait *wait)
{
	struct epoll_event event = { .events = EPOLLRDHUP };
	int is_first = 0, is_stopping;

	event.data.ptr = wait;
	pthread_mutex_lock(&waiter->lock);
	is_stopping = waiter->is_stopping;
	if (!is_stopping) {
		if (waiter->n == waiter->alloc) {
			waiter->alloc = waiter->alloc ? waiter->alloc * 2 : 64;
			waiter->heap =
				xreallocarray(waiter->heap, waiter->alloc,
					      sizeof(struct wait *));
		}
		heap_up(waiter, waiter->n++, wait);
		is_first = wait->place == 0;
		/* If it fails, a lost client shows when the time is up. */
		(void)epoll_ctl(waiter->epoll_fd, EPOLL_CTL_ADD, wait->fd,
				&event);
	}
	/* From the unlocking on, `wait` belongs to whom it is told. */
	pthread_mutex_unlock(&waiter->lock);
	if (is_stopping)
		waiter->fn(waiter->arg, wait, 1);
	else if (is_first)
		wake_up(waiter);
}

void waiter_stop(struct waiter *waiter)
{
	pthread_mutex_lock(&waiter->lock);
	waiter->is_stopping = 1;
	pthread_mutex_unlock(&waiter->lock);
	wake_up(waiter);
	pthread_join(waiter->thread, NULL);
}

void waiter_free(struct waiter **waiter_in_out)
{
	struct waiter *waiter = *waiter_in_out;

	*waiter_in_out = NULL;
	if (!waiter)
		return;
	assert(waiter->is_stopping && waiter->n == 0);
	pthread_mutex_destroy(&waiter->lock);
	close(waiter->epoll_fd);
	close(waiter->wake_fd);
	free(waiter->heap);
	free(waiter);
}
