/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_POOL_H
#define ENGINE_POOL_H

/**
 * A few threads for work that takes longer than a turn of the server may:
 * drawing, lettering, packing. First come, first served.
 */

#include <stddef.h>

struct pool;

/** Embedded in what is to be done. */
struct pool_job {
	struct pool_job *next;
};

/** Do the work; `is_dropped`: the pool stops, only let go of it. */
typedef void (*pool_fn)(void *arg, struct pool_job *job, int is_dropped);

struct pool *pool_start(size_t threads, pool_fn fn, void *arg);
void pool_push(struct pool *pool, struct pool_job *job);

/**
 * Drop what has not begun and wait for what has. What is pushed from now on
 * is dropped at once, in the thread that pushes it.
 */
void pool_stop(struct pool *pool);

/** A stopped one. NULL is a no-op. */
void pool_free(struct pool **pool);

#endif
