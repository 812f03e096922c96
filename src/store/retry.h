/* SPDX-License-Identifier: MIT */
#ifndef STORE_RETRY_H
#define STORE_RETRY_H

/**
 * Inside store/: what the parts of failed_retry() share.
 *
 *	retry.c   the order, the locks, what is to become of each row
 *	revive.c  what follows: steps, maps and their items, jobs, runs
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "plan/state.h"
#include "store/work.h"

struct db;
struct err;
struct failed_retried;

/** A failed row on its way; zero what was not found. */
struct retry_row {
	struct failed_retried *out;
	uint64_t step_id;
	uint64_t live_id; /* another run that is live; 0: may be only one */
	char *unique_key; /* that its run needs; NULL: none */
	enum state step_state;
	enum state run_state;
	int is_step;
	uint64_t items_over; /* of a map: that need not be done again */
	int is_map;          /* whose items are known */
	int has_run;
	int is_there; /* still, when we had the locks */
};

struct retry {
	const uint64_t *ids;
	size_t n;
	struct retry_row *rows;
	struct ids scratch;
	struct ids moved;  /* failed_jobs.id */
	struct ids others; /* those of them that are no step's */
	struct ids steps;
};

/** Whether the row goes back, as one of its step's. */
int retry_is_revived(const struct retry_row *row);

/** Write what follows from the decisions, in one round trip. */
int revive(struct db *db, const struct retry *retry,
	   struct err *err) MUST_CHECK;

#endif
