/* SPDX-License-Identifier: MIT */
#ifndef STORE_RESOLVE_H
#define STORE_RESOLVE_H

/**
 * What people name a run by: its number, its uuid (or that of one of its
 * steps), "episode:25", or a bare number that is no run's and then means the
 * newest run of that episode.
 */

#include <stdint.h>

#include "base/util.h"

struct db;
struct err;

struct resolved {
	uint64_t run_id;
	uint64_t row_id; /* what a uuid named, else the run */
	/* The number given was the run's, and is an episode's too, whose
	 * newest run is another one. */
	int is_also_episode;
};

/**
 * 0 with `out` filled. ERR_NOT_FOUND when nothing has that name, ERR_USAGE
 * when it cannot be one.
 */
int resolve_run(struct db *db, const char *text, struct resolved *out,
		struct err *err) MUST_CHECK;

#endif
