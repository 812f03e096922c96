/* SPDX-License-Identifier: MIT */

/*
 * rerun_create(), in this order:
 *
 *   1. lock the old run, which must be over, and read what its steps came to;
 *   2. decide what is kept (plan/rerun.c);
 *   3. write the new run (store/rerun_rows.c).
 *
 * The new run's uuid is made once: when the connection breaks in COMMIT, it
 * tells whether that happened.
 */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "db/db.h"
#include "plan/pipeline.h"
#include "plan/plan.h"
#include "plan/state.h"
#include "store/rerun.h"
#include "store/rerun_rows.h"
#include "store/run.h"

enum {
	TRIES = 10
};

/* PRIMARY. */
static const char sql_lock[] =
	"SELECT status, pipeline, definition_id, episode_id, queue"
	" FROM episode_jobs FORCE INDEX (PRIMARY)"
	" WHERE id = ? AND run_id IS NULL FOR UPDATE";

/* episode_jobs_run_id_index. */
static const char sql_rows[] =
	"SELECT id, step, round, status, error IS NOT NULL, items"
	" FROM episode_jobs"
	" WHERE run_id = ? AND parent_id IS NULL AND item IS NULL ORDER BY id";
static const char sql_items[] =
	"SELECT parent_id, COUNT(*), SUM(status = 'done'),"
	" SUM(status = 'failed') FROM episode_jobs"
	" WHERE run_id = ? AND parent_id IS NOT NULL GROUP BY parent_id";

/* episode_jobs_unique_key_unique. */
static const char sql_live[] =
	"SELECT id FROM episode_jobs WHERE unique_key = ?";

static void making_reset(struct making *making)
{
	free(making->name);
	free(making->queue);
	free(making->rows);
	free(making->steps);
	pipeline_unref(&making->old);
	pipeline_unref(&making->pipeline);
	db_batch_release(&making->batch);
	free(making->out->kept);
	free(making->out->again);
	making->out->kept = making->out->again = NULL;
	making->out->run_id = 0;
	*making = (struct making){ .rerun = making->rerun, .out = making->out };
}

void rerun_made_release(struct rerun_made *made)
{
	free(made->kept);
	free(made->again);
	*made = (struct rerun_made){ 0 };
}

static int lock_old(struct db *db, struct making *making, struct err *err)
{
	uint64_t run_id = making->rerun->run_id;
	struct db_rows rows = { 0 };
	int found;

	if (db_query(db, &rows, err, sql_lock, DB_ARGS(DB_U64(run_id))))
		return -1;
	found = db_rows_next(&rows);
	if (found) {
		making->state = state_from_name(row_str(&rows, 0));
		making->name = xstrdup(row_str(&rows, 1));
		making->definition_id = row_u64(&rows, 2);
		making->has_episode = !row_is_null(&rows, 3);
		making->episode_id = row_u64(&rows, 3);
		making->queue = xstrdup(row_str(&rows, 4));
	}
	db_rows_release(&rows);
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "no run %" PRIu64, run_id);
	if (state_is_final(making->state))
		return 0;
	(void)err_set(err, ERR_INPUT, "run %" PRIu64 " is not over, it is %s",
		      run_id, state_name(making->state));
	return err_hint(err, "stepq cancel %" PRIu64 " ends it", run_id);
}

/* Both pipelines; where the new run's is the old one's, that twice. */
static int load_pipelines(struct db *db, struct making *making, struct err *err)
{
	const struct plan *current = making->rerun->current;
	struct pipeline *pipeline;
	char *text = NULL;
	int rc;

	rc = definition_get(db, making->definition_id, &text, err);
	if (rc == 0)
		rc = err_set(err, ERR_NOT_FOUND,
			     "run %" PRIu64 " has no definition",
			     making->rerun->run_id);
	else if (rc > 0)
		rc = pipeline_parse(text, &making->old, err);
	free(text);
	if (rc < 0)
		return -1;
	if (!current) {
		making->pipeline = pipeline_ref(making->old);
		return 0;
	}
	pipeline = plan_pipeline(current, making->name);
	if (!pipeline)
		return plan_no_pipeline(current, making->name, err);
	making->pipeline = pipeline_ref(pipeline);
	return definition_put(db, making->name, pipeline->definition,
			      &making->definition_id, err);
}

static int check_unique(struct db *db, const struct making *making,
			struct err *err)
{
	struct db_rows rows = { 0 };
	char buf[RUN_UNIQUE_KEY];
	const char *key = run_unique_key(making->pipeline, making->has_episode,
					 making->episode_id, buf);
	uint64_t live = 0;

	if (!key)
		return 0;
	if (db_query(db, &rows, err, sql_live, DB_ARGS(DB_STR(key))))
		return -1;
	if (db_rows_next(&rows))
		live = row_u64(&rows, 0);
	db_rows_release(&rows);
	if (!live)
		return 0;
	(void)err_set(err, ERR_INPUT,
		      "run %" PRIu64 " of episode %" PRIu64
		      " is live, and '%s' is unique",
		      live, making->episode_id, making->name);
	return err_hint(err,
			"stepq watch %" PRIu64 ", or stepq cancel %" PRIu64,
			live, live);
}

/* What waited for it could go on: it is done, or its failure is tolerated. */
static int is_finished(const struct pipeline *old, const char *name,
		       enum state state)
{
	int index = pipeline_step_index(old, name);

	return state == STATE_DONE || state == STATE_SKIPPED ||
	       (state == STATE_FAILED && index >= 0 &&
		old->steps[index].policy == POLICY_CONTINUE);
}

static int read_rows(struct db *db, struct making *making, struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_rows,
		     DB_ARGS(DB_U64(making->rerun->run_id))))
		return -1;
	making->rows = xcalloc(rows.count, sizeof(*making->rows));
	while (db_rows_next(&rows)) {
		struct old_row *row = &making->rows[making->rows_n];
		const char *name = row_str(&rows, 1);
		int index = pipeline_step_index(making->pipeline, name);

		if (index < 0)
			continue;
		row->id = row_u64(&rows, 0);
		row->step = (size_t)index;
		row->round = (uint32_t)row_u64(&rows, 2);
		row->state = state_from_name(row_str(&rows, 3));
		row->has_failed =
			row->state == STATE_FAILED ||
			(row->state == STATE_SKIPPED && row_u64(&rows, 4) != 0);
		row->has_items = !row_is_null(&rows, 5);
		row->items = (uint32_t)row_u64(&rows, 5);
		row->is_finished = is_finished(making->old, name, row->state);
		making->rows_n++;
	}
	db_rows_release(&rows);
	return 0;
}

static int read_items(struct db *db, struct making *making, struct err *err)
{
	struct db_rows rows = { 0 };
	size_t i;

	if (db_query(db, &rows, err, sql_items,
		     DB_ARGS(DB_U64(making->rerun->run_id))))
		return -1;
	while (db_rows_next(&rows))
		for (i = 0; i < making->rows_n; i++) {
			struct old_row *row = &making->rows[i];

			if (row->id != row_u64(&rows, 0))
				continue;
			row->rows = (uint32_t)row_u64(&rows, 1);
			row->done = (uint32_t)row_u64(&rows, 2);
			row->has_failed |= row_u64(&rows, 3) > 0;
		}
	db_rows_release(&rows);
	return 0;
}

static void mark_latest(struct making *making)
{
	size_t i, k;

	for (i = 0; i < making->rows_n; i++) {
		struct old_row *row = &making->rows[i];

		row->is_latest = 1;
		for (k = 0; k < making->rows_n; k++)
			if (making->rows[k].step == row->step &&
			    making->rows[k].round > row->round)
				row->is_latest = 0;
	}
}

/* 2. */
static int decide(struct making *making, struct err *err)
{
	struct rerun_row *rows = xcalloc(making->rows_n, sizeof(*rows));
	size_t i;
	int rc;

	for (i = 0; i < making->rows_n; i++) {
		const struct old_row *row = &making->rows[i];
		int is_complete = row->has_items && row->rows == row->items;

		rows[i] = (struct rerun_row){
			.step = row->step,
			.round = row->round,
			.is_finished = row->is_finished,
			.has_failed = row->has_failed,
			.items = is_complete ? row->items : 0,
			.items_done = row->done,
		};
	}
	making->steps =
		xcalloc(making->pipeline->steps_n, sizeof(*making->steps));
	rc = rerun_decide(making->pipeline, rows, making->rows_n,
			  &making->rerun->ask, making->steps, err);
	free(rows);
	mark_latest(making);
	return rc;
}

static int rerun_body(struct db *db, void *arg, struct err *err)
{
	struct making *making = arg;
	int rc;

	making_reset(making);
	if (lock_old(db, making, err) || load_pipelines(db, making, err) ||
	    read_rows(db, making, err) || read_items(db, making, err))
		return -1;
	rc = decide(making, err);
	if (rc <= 0)
		return rc;
	return check_unique(db, making, err) || rerun_write(db, making, err)
		       ? -1
		       : 1;
}

/* After a COMMIT whose fate is unknown: 1 when it happened. */
static int look_body(struct db *db, void *arg, struct err *err)
{
	const struct making *making = arg;

	return rerun_find(db, making->out->uuid, &making->out->run_id, err);
}

/*
 * Another may make a run of the same episode between our look at the unique
 * key and our INSERT: the next look finds it.
 */
int rerun_create(struct db *db, const struct rerun *rerun,
		 struct rerun_made *out, struct err *err)
{
	struct rerun_made made = { 0 };
	struct making making = { .rerun = rerun, .out = &made };
	const struct db_sure sure = { .body = rerun_body, .look = look_body };
	struct err why = { 0 };
	int rc, dups = 2;

	uuid_new(made.uuid);
	do {
		rc = db_transact_sure(db, TRIES, &sure, &making, &why);
	} while (rc < 0 && why.code == ERR_DB_DUP && dups-- > 0);
	if (rc == 0)
		rc = made.run_id != 0;
	if (rc > 0) {
		*out = made;
		made = (struct rerun_made){ 0 };
	} else if (rc < 0 && err) {
		*err = why;
	}
	making_reset(&making);
	return rc;
}
