/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_WAIT_H
#define ENGINE_WAIT_H

/**
 * Things that wait for their time to come or for their client to go away,
 * thousands of them in one thread: a heap by time, and epoll on the sockets.
 *
 * The server library does not look at the socket of a suspended connection,
 * so this does: a worker that was killed or gave up shows at once.
 */

#include <stddef.h>
#include <stdint.h>

struct waiter;

#define WAIT_FOR_EVER INT64_MAX

/** Embedded in what waits. */
struct wait {
	int64_t due_ms; /* on the monotonic clock */
	int fd;         /* the client's socket */
	size_t place;   /* in the heap */
};

/** Called once for each wait, in the waiter's thread. */
typedef void (*wait_fn)(void *arg, struct wait *wait, int is_gone);

struct waiter *waiter_start(wait_fn fn, void *arg);

/** Wait until `wait->due_ms` or until the client of `wait->fd` is gone. */
void waiter_add(struct waiter *waiter, struct wait *wait);

/**
 * End what waits as if its client were gone, and the thread with it. What is
 * added from now on ends at once, in the thread that adds it.
 */
void waiter_stop(struct waiter *waiter);

/** A stopped one. NULL is a no-op. */
void waiter_free(struct waiter **waiter);

#endif
