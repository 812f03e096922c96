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
struct pipeline;
struct run_new;

enum settle_kind {
	SETTLE_DONE,    /* the step has a result */
	SETTLE_SKIP,    /* it is not to run, or its failure counts as that */
	SETTLE_RETRY,   /* it failed and gets another attempt */
	SETTLE_FAIL,    /* it failed for good */
	SETTLE_RELEASE, /* it goes back, without an attempt used up */
	SETTLE_PARK,    /* it waits for a time or for a person */
	SETTLE_MAP,     /* a map gets rows for some of its items */
	SETTLE_EXPAND,  /* a pipeline's job becomes a run */
	SETTLE_BURY,    /* a job without a step: failed for good */
	SETTLE_DROP,    /* a job of a step that is over: nothing but gone */
};

/** available_at of a job that waits for a person, without a deadline. */
#define SETTLE_NO_TIME UINT32_MAX

/** A piece of a map. The job stays held until the last one. */
struct settle_map {
	uint32_t items;            /* how many the map has */
	uint32_t first;            /* index of values[0] */
	const char *const *values; /* JSON, what `.item` is */
	size_t n;
	int is_last;      /* no more pieces follow */
	uint32_t at_once; /* items that may have a job at the same time */
};

/** What a finished step sends back: its steps from `to` on are done again. */
struct settle_loop {
	const struct pipeline *pipeline;
	size_t step;            /* where it ends; again.body says which */
	const uint32_t *rounds; /* of the new rows, [steps_n] */
	const char *queue;      /* of steps that have none of their own */
	uint64_t episode_id;
	int has_episode;
	double share; /* of the run's progress that is undone, in percent */
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
	uint64_t parent_id; /* of an item: the row of its map */
	const char *step;
	const char *input; /* JSON, what was asked; NULL: the state as it was */

	/* DONE, SKIP, FAIL: what goes on. An item's is that of its map. */
	double share;          /* of the run's progress, in percent */
	const uint64_t *feeds; /* ids of the steps that need this one */
	size_t feeds_n;

	/* DONE */
	const char *result;             /* JSON */
	const char *cost;               /* decimal text */
	const struct settle_loop *loop; /* instead of feeding; or NULL */

	/* FAIL: the run goes on; so it does when an item fails */
	int is_tolerated;
	/* of a map: what its failed items brought, in hundredths of percent */
	int64_t undone;

	/* MAP */
	const struct settle_map *map;

	/* PARK */
	uint32_t until; /* available_at, or SETTLE_NO_TIME */

	/* RETRY */
	int64_t delay_ms;

	/* RELEASE */
	uint32_t due; /* available_at before the claim */

	/* RETRY, FAIL, BURY; SKIP, where it may be NULL */
	const char *error; /* one line */

	/* SKIP, PARK */
	const char *message; /* why, for people; or NULL */

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
