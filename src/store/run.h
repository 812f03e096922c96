/* SPDX-License-Identifier: MIT */
#ifndef STORE_RUN_H
#define STORE_RUN_H

/**
 * Runs and their steps (table `episode_jobs`) as a worker needs them: a new
 * run, the rows behind claimed step jobs, the start of a step.
 *
 * All functions run in the caller's transaction.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "base/uuid.h"
#include "plan/state.h"

struct db;
struct err;
struct pipeline;

/** What a claimed step job stands for. All-zero is the empty one. */
struct run_step {
	uint64_t id;
	uint64_t run_id;
	uint64_t definition_id;
	uint64_t episode_id;
	int has_episode;
	uint32_t starts; /* times started before this claim */
	enum state state;
	enum state run_state;
	char uuid[UUID_TEXT];
	char run_uuid[UUID_TEXT];
	char *step;
	char *pipeline;
	char *run_input; /* JSON text; NULL is null */
	char *options;   /* JSON text of the run's options; NULL: none */
};

void run_step_release(struct run_step *step);

/**
 * The rows of `ids`, `out[i]` for `ids[i]`; one that does not exist leaves
 * its element empty (id 0).
 */
int run_steps_load(struct db *db, const uint64_t *ids, size_t n,
		   struct run_step *out, struct err *err) MUST_CHECK;

/** A step of a run, by name, with its result once it is done. */
struct run_result {
	uint64_t run_id;
	uint64_t step_id;
	enum state state;
	char *step;
	char *result; /* JSON text; NULL: none */
};

/**
 * All steps of the runs, ordered by run and id. The caller frees each with
 * run_results_free().
 */
int run_results_load(struct db *db, const uint64_t *run_ids, size_t n,
		     struct run_result **out, size_t *n_out,
		     struct err *err) MUST_CHECK;
void run_results_free(struct run_result *results, size_t n);

/** One step that starts now, and what its episode shows meanwhile. */
struct run_start {
	const struct run_step *step;
	const char *stage;
};

/**
 * Mark steps running, their runs too when it is their first, and say so in
 * events and, with `mirror`, on the episodes.
 */
int run_steps_start(struct db *db, const struct run_start *starts, size_t n,
		    const char *worker, int mirror, struct err *err) MUST_CHECK;

/** A run to be made from a pipeline's job. Strings are borrowed. */
struct run_new {
	const struct pipeline *pipeline;
	uint64_t definition_id;
	uint64_t job_id; /* the pipeline's job: its created_at is the run's */
	char uuid[UUID_TEXT];
	uint64_t episode_id;
	int has_episode;
	const char *queue;
	const char *input;   /* JSON */
	const char *options; /* JSON or NULL */
	uint32_t due;        /* available_at its jobs get */
};

/**
 * Make runs: the run row, a row for each step, jobs for those that wait on
 * nothing; `ids[i]` gets the run of `runs[i]`. ERR_DB_DUP when a run has the
 * uuid already. The jobs they come from must still stand; the caller deletes
 * them and then mirrors the runs.
 */
int runs_create(struct db *db, const struct run_new *runs, size_t n,
		uint64_t *ids, struct err *err) MUST_CHECK;

/**
 * Make the jobs of queued steps: `?` is the column ("id" or "run_id") and the
 * values that choose the steps, all of them without a job so far. The payload
 * is what payload_parse() reads back; pipeline and step names are checked by
 * plan/ to hold nothing that JSON would escape.
 */
extern const char run_sql_jobs[];

/**
 * Bring status, progress and cost of the runs onto their episodes, where
 * there are such rows. The last statement of a transaction: see store/queue.h
 * for why nothing may be waited for after it.
 */
extern const char run_sql_mirror[];

/**
 * Whether table `episodes` has the columns that are mirrored: 1 or 0. An
 * application's own table of that name is left in peace.
 */
int run_can_mirror(struct db *db, struct err *err) MUST_CHECK;

/** The number a definition is kept under, made when it is new. */
int definition_put(struct db *db, const char *pipeline, const char *definition,
		   uint64_t *id_out, struct err *err) MUST_CHECK;

/** The definition, which the caller frees: 1, or 0 when there is none. */
int definition_get(struct db *db, uint64_t id, char **out,
		   struct err *err) MUST_CHECK;

#endif
