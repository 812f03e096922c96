/* SPDX-License-Identifier: MIT */
#ifndef STORE_SETTLE_H
#define STORE_SETTLE_H

/**
 * What became of claimed jobs, written for many of them at once: results with
 * the jobs that follow, failures with their failed_jobs rows, next attempts,
 * jobs given back, pipelines turned into runs.
 *
 * Each item names the fence of its claim. One whose job is gone or was
 * claimed by another since is left out and told by its outcome; the others
 * are written in full. All of it is one transaction of the caller's, so a
 * crash leaves either everything or nothing, and a replay after a COMMIT whose
 * fate is unknown finds the jobs gone or given back and writes nothing twice.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct db;
struct err;
struct run_new;

enum settle_kind {
	SETTLE_DONE,    /* the step has a result */
	SETTLE_RETRY,   /* it failed and gets another attempt */
	SETTLE_FAIL,    /* it failed for good */
	SETTLE_RELEASE, /* it goes back, without an attempt used up */
	SETTLE_EXPAND,  /* a pipeline's job becomes a run */
	SETTLE_BURY,    /* a job without a step: failed for good */
};

enum settle_outcome {
	SETTLE_WRITTEN,
	SETTLE_FENCED, /* the lease was lost: another worker has the job */
};

/** All-zero but for what the kind needs. Everything is borrowed. */
struct settle {
	enum settle_kind kind;
	uint64_t job_id;
	uint32_t fence;

	/* of steps */
	uint64_t step_id;
	uint64_t run_id;
	const char *step;
	const char *input; /* JSON, what was asked; NULL: the state as it was */

	/* DONE */
	const char *result;    /* JSON */
	const char *cost;      /* decimal text */
	double share;          /* of the run's progress, in percent */
	const uint64_t *feeds; /* ids of the steps that need this one */
	size_t feeds_n;

	/* RETRY */
	int64_t delay_ms;

	/* RELEASE */
	uint32_t due; /* available_at before the claim */

	/* RETRY, FAIL, BURY */
	const char *error; /* one line */

	/* FAIL, BURY */
	const char *exception; /* failed_jobs.exception */
	const char *uuid;      /* failed_jobs.uuid */

	const struct run_new *expand; /* EXPAND */

	enum settle_outcome outcome; /* filled by settle() */
};

/**
 * Write `n` items. An error (-1) leaves nothing written once the caller has
 * rolled back; ERR_DB, ERR_DB_DUP and ERR_LIMIT mean that one of the items is
 * at fault, and the caller finds it by settling them one by one.
 */
int settle(struct db *db, struct settle *items, size_t n, int mirror,
	   struct err *err) MUST_CHECK;

#endif
