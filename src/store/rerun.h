/* SPDX-License-Identifier: MIT */
#ifndef STORE_RERUN_H
#define STORE_RERUN_H

/**
 * A run that repeats another one: a new run of the same episode, with the
 * results of the old run where they are kept and new rows where not.
 *
 * The old run stays as it is. Its failed jobs may still be retried, which
 * goes on with the old run; where its pipeline is `unique` that is refused
 * as long as the new one is live.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "base/uuid.h"
#include "plan/rerun.h"

struct db;
struct err;
struct plan;

/** What is to be repeated. Strings are borrowed. */
struct rerun {
	uint64_t run_id;
	struct rerun_ask ask;
	const char *input;          /* JSON; NULL: that of the old run */
	const struct plan *current; /* its pipeline; NULL: the old run's own */
};

/** The new run. All-zero is empty. */
struct rerun_made {
	uint64_t run_id;
	char uuid[UUID_TEXT];
	char *kept;  /* names of the steps, "text, director"; NULL: none */
	char *again; /* the same of those that are done again */
};

/**
 * 1, or 0 when nothing is to be done again. ERR_INPUT when the old run is
 * not over, or when its pipeline is unique and a run of its episode is live.
 *
 * One transaction, replayed over lost connections: after a crash the new run
 * is there as a whole or not at all.
 */
int rerun_create(struct db *db, const struct rerun *rerun,
		 struct rerun_made *out, struct err *err) MUST_CHECK;
void rerun_made_release(struct rerun_made *made);

#endif
