/* SPDX-License-Identifier: MIT */
#ifndef STORE_RUNDOWN_H
#define STORE_RUNDOWN_H

/**
 * A run with all that is told of it together: its rows, the pipeline it began
 * with, and the failed jobs of its steps.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "store/view.h"

struct db;
struct err;
struct pipeline;

/** All-zero is empty. */
struct rundown {
	struct view_list list;     /* as view_run(), items counted */
	struct pipeline *pipeline; /* NULL: not known any more */
	uint64_t *failed; /* by place in list: its failed job, 0: none */
};

/** 1, or 0 when there is no such run. */
int rundown_load(struct db *db, uint64_t run_id, struct rundown *out,
		 struct err *err) MUST_CHECK;
void rundown_release(struct rundown *rundown);

/** A step by name; round 0 is the latest one. NULL when there is none. */
const struct view_row *rundown_step(const struct rundown *rundown,
				    const char *name, uint32_t round);

/**
 * From *at on (0 at first), the next step that `step` needs and that is not
 * finished, or failed in a way that ends it here. NULL behind the last.
 */
const struct view_row *rundown_next_need(const struct rundown *rundown,
					 const struct view_row *step,
					 size_t *at);

/** Whether a step failed and the run goes on all the same. */
int rundown_is_tolerated(const struct rundown *rundown,
			 const struct view_row *step);

/** The step that takes over when this one fails; NULL: none. */
const char *rundown_fallback(const struct rundown *rundown,
			     const struct view_row *step);

/** Its failed job; 0: none. */
uint64_t rundown_failed_job(const struct rundown *rundown,
			    const struct view_row *step);

#endif
