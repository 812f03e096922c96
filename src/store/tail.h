/* SPDX-License-Identifier: MIT */
#ifndef STORE_TAIL_H
#define STORE_TAIL_H

/**
 * Follow the events of a run: each one once, the new ones at each look.
 *
 * An event gets its number when it is written and is seen when it is
 * committed, so a smaller number can appear after a larger one. Everything of
 * the last seconds is therefore read again, and what was given out already is
 * left out.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct db;
struct err;
struct view_events;

/** All-zero but run_id follows the run from its first event. */
struct tail {
	uint64_t run_id;
	uint64_t floor; /* events up to this one are not looked at again */
	uint64_t *seen; /* those above it that were given out, sorted */
	size_t seen_n;
	size_t seen_alloc;
};

/** Begin with the last `n` events of the run. */
int tail_start(struct db *db, struct tail *tail, uint64_t run_id, size_t n,
	       struct err *err) MUST_CHECK;

/**
 * The next events, LIMIT_EVENTS at most: 1, or 0 when there are none (yet).
 */
int tail_next(struct db *db, struct tail *tail, struct view_events *out,
	      struct err *err) MUST_CHECK;
void tail_release(struct tail *tail);

#endif
