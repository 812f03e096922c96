/* SPDX-License-Identifier: MIT */
#ifndef PLAN_DECIDE_H
#define PLAN_DECIDE_H

/**
 * Whether a step that waits for nothing any more is run or skipped, as far
 * as the states of what it needs tell; and what going back in a loop does.
 */

#include <stddef.h>
#include <stdint.h>

#include "plan/state.h"

struct pipeline;

enum decide_path {
	PATH_RUN,
	PATH_SKIP, /* all it needs was skipped, or it is a fallback not due */
	PATH_WHEN, /* its `when` decides */
};

/**
 * `states[i]` is the state of step i in its latest round; those that `step`
 * needs are final.
 */
enum decide_path decide_path(const struct pipeline *pipeline, size_t step,
			     const enum state *states);

/** How many steps of its own loop step `step` of the loop's body needs. */
uint32_t decide_loop_needs(const struct pipeline *pipeline, size_t end,
			   size_t step);

/**
 * How many times the loop that ends with step `end` went back, itself and not a
 * loop around it. `rounds[i]` is the latest round of step i.
 */
uint32_t decide_times_back(const struct pipeline *pipeline, size_t end,
			   const uint32_t *rounds);

/** How many of `items` must be done for a map to be done. */
size_t decide_quota(const struct pipeline *pipeline, size_t step, size_t items);

#endif
