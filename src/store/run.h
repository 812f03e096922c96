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
struct db_batch;
struct err;
struct pipeline;
struct pipeline_step;

/** What a claimed step job stands for. All-zero is the empty one. */
struct run_step {
	uint64_t id;
	uint64_t run_id;
	uint64_t definition_id;
	uint64_t episode_id;
	int has_episode;
	uint64_t parent_id; /* of an item: the row of its map; else 0 */
	uint32_t item;      /* of an item: its index */
	uint32_t items;     /* of a map whose items are known: how many */
	int has_items;
	uint32_t round;
	uint32_t waiting_on;
	uint32_t starts;  /* times started before this claim */
	int is_parked;    /* it waits for a time or a person... */
	int is_due;       /* ...and the time has come */
	uint32_t until;   /* that time; 0: none */
	int is_left_over; /* an item of a map that ended without it */
	enum state state;
	enum state run_state;
	char uuid[UUID_TEXT];
	char run_uuid[UUID_TEXT];
	char *step;
	char *pipeline;
	char *run_input; /* JSON text; NULL is null */
	char *options;   /* JSON text of the run's options; NULL: none */
	char *queue;     /* the run's */
	char *value;     /* an item's, or a gate's answer: JSON; NULL: none */
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
	uint32_t round;
	char *step;
	char *result; /* JSON text; NULL: none */
	char *error;  /* NULL: none */
};

/**
 * All steps of the runs but items, every round of them, ordered by run and
 * id. The caller frees them with run_results_free().
 */
int run_results_load(struct db *db, const uint64_t *run_ids, size_t n,
		     struct run_result **out, size_t *n_out,
		     struct err *err) MUST_CHECK;
void run_results_free(struct run_result *results, size_t n);

/** What became of the items of a map. */
struct run_item {
	uint32_t item;
	enum state state;
	char *result; /* JSON text; NULL: none */
	char *error;  /* NULL: none */
};

/**
 * All items of a map, in order. ERR_LIMIT when their results are longer than
 * LIMIT_MAP_RESULT bytes together. The caller frees them with run_items_free().
 */
int run_items_load(struct db *db, uint64_t run_id, uint64_t map_id,
		   struct run_item **out, size_t *n_out,
		   struct err *err) MUST_CHECK;
void run_items_free(struct run_item *items, size_t n);

/** How many items of a map have rows. */
int run_items_count(struct db *db, uint64_t run_id, uint64_t map_id,
		    uint32_t *count_out, struct err *err) MUST_CHECK;

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

/** A row for a step, as the VALUES of an INSERT take it. */
struct run_row {
	uint64_t run_id;
	uint64_t episode_id;
	int has_episode;
	const char *pipeline;
	const struct pipeline_step *step;
	const char *queue;   /* of a step that has none of its own */
	uint32_t waiting_on; /* 0: it is queued */
	uint32_t round;
	char *uuid; /* UUID_TEXT bytes, filled in; or NULL */
};

/** episode_jobs.unique_key: "pipeline:episode", or NULL: none. */
enum {
	RUN_UNIQUE_KEY = 96
};
const char *run_unique_key(const struct pipeline *pipeline, int has_episode,
			   uint64_t episode_id, char key[RUN_UNIQUE_KEY]);

/** Append rows to `batch`, in one statement. */
int run_rows_add(struct db *db, struct db_batch *batch,
		 const struct run_row *rows, size_t n,
		 struct err *err) MUST_CHECK;

/**
 * Make runs: the run row, a row for each step, jobs for those that wait on
 * nothing; `ids[i]` gets the run of `runs[i]`. ERR_DB_DUP when a run has the
 * uuid already. The jobs they come from must still stand; the caller deletes
 * them and then mirrors the runs.
 */
int runs_create(struct db *db, const struct run_new *runs, size_t n,
		uint64_t *ids, struct err *err) MUST_CHECK;

/**
 * Make the jobs of queued steps: `?` is the column ("id", "uuid")
 * and the values that choose the steps, all of them without a job so far. The
 * payload is what payload_parse() reads back; pipeline and step names are
 * checked by plan/ to hold nothing that JSON would escape.
 */
extern const char run_sql_jobs[];

/** The same for all queued steps of runs, whose ids are the one value. */
extern const char run_sql_jobs_of_runs[];

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
