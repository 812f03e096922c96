/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "db/db.h"
#include "store/run.h"

/* PRIMARY, three times. */
static const char sql_steps[] =
	"SELECT s.id, s.run_id, r.definition_id, s.episode_id, s.attempts,"
	" s.status, r.status, s.uuid, r.uuid, s.step, s.pipeline, r.input,"
	" r.options, r.queue, s.value, s.parent_id, s.item, s.items, s.round,"
	" s.waiting_on, s.available_at <= UNIX_TIMESTAMP(), s.available_at,"
	" m.status IN ('done', 'skipped') OR (m.status = 'failed'"
	" AND m.message IS NOT NULL)"
	" FROM episode_jobs s JOIN episode_jobs r ON r.id = s.run_id"
	" LEFT JOIN episode_jobs m ON m.id = s.parent_id"
	" WHERE s.id IN (?) ORDER BY s.id";

/* episode_jobs_run_id_index, in its order. */
static const char sql_results[] =
	"SELECT run_id, id, status, step, IF(status = 'done', result, NULL),"
	" round, error FROM episode_jobs FORCE INDEX (episode_jobs_run_id_index)"
	" WHERE run_id IN (?) AND parent_id IS NULL AND item IS NULL"
	" ORDER BY run_id, id";

/* PRIMARY, all of these. */
static const char sql_lock_queued[] =
	"SELECT id FROM episode_jobs FORCE INDEX (PRIMARY)"
	" WHERE id IN (?) AND status = 'queued' ORDER BY id FOR UPDATE";
static const char sql_start_steps[] =
	"UPDATE episode_jobs FORCE INDEX (PRIMARY)"
	" SET status = 'running', attempts = attempts + 1,"
	" started_at = COALESCE(started_at, NOW(3)), worker = ?,"
	" available_at = NULL, message = NULL"
	" WHERE id IN (?) AND status IN (?)";
static const char sql_start_runs[] =
	"UPDATE episode_jobs FORCE INDEX (PRIMARY)"
	" SET status = 'running', started_at = NOW(3) WHERE id IN (?)";
static const char sql_event_started[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" state, progress, message, created_at)"
	" SELECT run_id, episode_id, id, 'state', status, progress,"
	" CONCAT(step, IF(item IS NULL, '', CONCAT('[', item, ']'))),"
	" NOW(3) FROM episode_jobs WHERE id IN (?) ORDER BY id";
static const char sql_event_run_started[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" state, progress, message, created_at)"
	" SELECT id, episode_id, id, 'state', status, progress, pipeline,"
	" NOW(3) FROM episode_jobs WHERE id IN (?) ORDER BY id";
static const char sql_stage[] = "UPDATE episodes SET stage = ? WHERE id = ?";

/* PRIMARY of both, the runs first. */
const char run_sql_mirror[] =
	"UPDATE episode_jobs r FORCE INDEX (PRIMARY)"
	" STRAIGHT_JOIN episodes e FORCE INDEX (PRIMARY)"
	" ON e.id = r.episode_id"
	" SET e.status = r.status, e.progress = r.progress, e.cost = r.cost"
	" WHERE r.id IN (?)";

/*
 * What the two above need not to be refused: an id to join by, words of any
 * kind in status and stage, 100 and a large amount in the numbers.
 */
static const char sql_can_mirror[] =
	"SELECT COUNT(*) FROM information_schema.columns"
	" WHERE table_schema = DATABASE() AND table_name = 'episodes' AND ("
	"column_name = 'id' AND column_key = 'PRI' AND data_type LIKE '%int'"
	" OR column_name = 'status' AND data_type REGEXP 'char$|text$'"
	" AND character_maximum_length >= 16"
	" OR column_name = 'stage' AND data_type REGEXP 'char$|text$'"
	" AND character_maximum_length >= 64"
	" OR column_name = 'progress'"
	" AND numeric_precision - COALESCE(numeric_scale, 0) >= 3"
	" OR column_name = 'cost'"
	" AND numeric_precision - COALESCE(numeric_scale, 0) >= 8)";

/* definitions_hash_unique. */
static const char sql_definition_find[] =
	"SELECT id FROM definitions WHERE hash = SHA2(?, 256)";
static const char sql_definition_add[] =
	"INSERT IGNORE INTO definitions (hash, pipeline, definition)"
	" VALUES (SHA2(?, 256), ?, ?)";
static const char sql_definition_get[] =
	"SELECT definition FROM definitions WHERE id = ?";

void run_step_release(struct run_step *step)
{
	free(step->step);
	free(step->pipeline);
	free(step->run_input);
	free(step->options);
	free(step->queue);
	free(step->value);
	*step = (struct run_step){ 0 };
}

static void copy_uuid(char out[UUID_TEXT], const char *s)
{
	size_t len = s ? strlen(s) : 0;

	if (len >= UUID_TEXT)
		len = UUID_TEXT - 1;
	if (len)
		memcpy(out, s, len);
	out[len] = '\0';
}

static void step_from_row(struct run_step *step, const struct db_rows *row)
{
	step->id = row_u64(row, 0);
	step->run_id = row_u64(row, 1);
	step->definition_id = row_u64(row, 2);
	step->has_episode = !row_is_null(row, 3);
	step->episode_id = row_u64(row, 3);
	step->starts = (uint32_t)row_u64(row, 4);
	step->state = state_from_name(row_str(row, 5));
	step->run_state = state_from_name(row_str(row, 6));
	copy_uuid(step->uuid, row_str(row, 7));
	copy_uuid(step->run_uuid, row_str(row, 8));
	step->step = xstrdup(row_str(row, 9));
	step->pipeline = xstrdup(row_str(row, 10));
	step->run_input = xstrdup(row_str(row, 11));
	step->options = xstrdup(row_str(row, 12));
	step->queue = xstrdup(row_str(row, 13));
	step->value = xstrdup(row_str(row, 14));
	step->parent_id = row_u64(row, 15);
	step->item = (uint32_t)row_u64(row, 16);
	step->has_items = !row_is_null(row, 17);
	step->items = (uint32_t)row_u64(row, 17);
	step->round = (uint32_t)row_u64(row, 18);
	step->waiting_on = (uint32_t)row_u64(row, 19);
	step->is_due = row_u64(row, 20) != 0;
	step->until = (uint32_t)row_u64(row, 21);
	step->is_parked = step->state == STATE_WAITING;
	step->is_left_over = row_u64(row, 22) != 0;
}

int run_steps_load(struct db *db, const uint64_t *ids, size_t n,
		   struct run_step *out, struct err *err)
{
	struct db_rows rows = { 0 };
	size_t i;

	if (n == 0)
		return 0;
	if (db_query(db, &rows, err, sql_steps, DB_ARGS(DB_IDS(ids, n))))
		return -1;
	while (db_rows_next(&rows)) {
		for (i = 0; i < n; i++)
			if (ids[i] == row_u64(&rows, 0) && out[i].id == 0)
				step_from_row(&out[i], &rows);
	}
	db_rows_release(&rows);
	return 0;
}

int run_results_load(struct db *db, const uint64_t *run_ids, size_t n,
		     struct run_result **out, size_t *n_out, struct err *err)
{
	struct db_rows rows = { 0 };
	struct run_result *results;
	size_t i = 0;

	*out = NULL;
	*n_out = 0;
	if (n == 0)
		return 0;
	if (db_query(db, &rows, err, sql_results, DB_ARGS(DB_IDS(run_ids, n))))
		return -1;
	results = xcalloc(rows.count, sizeof(*results));
	while (db_rows_next(&rows)) {
		results[i].run_id = row_u64(&rows, 0);
		results[i].step_id = row_u64(&rows, 1);
		results[i].state = state_from_name(row_str(&rows, 2));
		results[i].step = xstrdup(row_str(&rows, 3));
		results[i].result = xstrdup(row_str(&rows, 4));
		results[i].round = (uint32_t)row_u64(&rows, 5);
		results[i].error = xstrdup(row_str(&rows, 6));
		i++;
	}
	*out = results;
	*n_out = i;
	db_rows_release(&rows);
	return 0;
}

void run_results_free(struct run_result *results, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(results[i].step);
		free(results[i].result);
		free(results[i].error);
	}
	free(results);
}

/*
 * The runs of which no step was started so far, locked, so that of two workers
 * that start their first steps one says that they run.
 */
static int lock_fresh(struct db *db, const struct run_start *starts, size_t n,
		      uint64_t *ids, size_t *n_out, struct err *err)
{
	struct db_rows rows = { 0 };
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (starts[i].step->run_state == STATE_QUEUED)
			ids[k++] = starts[i].step->run_id;
	*n_out = 0;
	if (k == 0)
		return 0;
	if (db_query(db, &rows, err, sql_lock_queued, DB_ARGS(DB_IDS(ids, k))))
		return -1;
	while (db_rows_next(&rows))
		ids[(*n_out)++] = row_u64(&rows, 0);
	db_rows_release(&rows);
	return 0;
}

static int cmp_episode(const void *a, const void *b)
{
	const struct run_start *x = *(const struct run_start *const *)a;
	const struct run_start *y = *(const struct run_start *const *)b;
	uint64_t ex = x->step->episode_id, ey = y->step->episode_id;

	/* Of one episode the last step of the list has the last word. */
	if (ex != ey)
		return ex < ey ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* The stages, in the order in which episodes are locked. */
static int add_stages(struct db *db, struct db_batch *batch,
		      const struct run_start *starts, size_t n, struct err *err)
{
	const struct run_start **sorted =
		xcalloc(n, sizeof(const struct run_start *));
	size_t i;
	int rc = 0;

	for (i = 0; i < n; i++)
		sorted[i] = &starts[i];
	qsort(sorted, n, sizeof(const struct run_start *), cmp_episode);
	for (i = 0; i < n && rc == 0; i++)
		if (sorted[i]->step->has_episode)
			rc = db_batch_add(
				db, batch, err, sql_stage,
				DB_ARGS(DB_STR(sorted[i]->stage),
					DB_U64(sorted[i]->step->episode_id)));
	free(sorted);
	return rc;
}

int run_steps_start(struct db *db, const struct run_start *starts, size_t n,
		    const char *worker, int mirror, struct err *err)
{
	struct db_batch batch = { 0 };
	uint64_t *ids = xcalloc(n, sizeof(*ids));
	uint64_t *fresh = xcalloc(n, sizeof(*fresh));
	struct db_arg runs;
	size_t i, fresh_n;
	int rc = -1;

	for (i = 0; i < n; i++)
		ids[i] = starts[i].step->id;
	if (lock_fresh(db, starts, n, fresh, &fresh_n, err))
		goto out;
	runs = DB_IDS(fresh, fresh_n);
	if (fresh_n > 0 &&
	    (db_batch_add(db, &batch, err, sql_start_runs, DB_ARGS(runs)) ||
	     db_batch_add(db, &batch, err, sql_event_run_started,
			  DB_ARGS(runs))))
		goto out;
	if (db_batch_add(db, &batch, err, sql_start_steps,
			 DB_ARGS(DB_STR(worker), DB_IDS(ids, n),
				 DB_RAW(state_sources(EVENT_START)))) ||
	    db_batch_add(db, &batch, err, sql_event_started,
			 DB_ARGS(DB_IDS(ids, n))))
		goto out;
	if (mirror &&
	    (add_stages(db, &batch, starts, n, err) ||
	     (fresh_n > 0 &&
	      db_batch_add(db, &batch, err, run_sql_mirror, DB_ARGS(runs)))))
		goto out;
	rc = db_batch_run(db, &batch, err);
out:
	db_batch_release(&batch);
	free(fresh);
	free(ids);
	return rc;
}

int run_can_mirror(struct db *db, struct err *err)
{
	struct db_rows rows = { 0 };
	int can;

	if (db_query(db, &rows, err, sql_can_mirror, DB_NO_ARGS))
		return -1;
	can = db_rows_next(&rows) && row_u64(&rows, 0) == 5;
	db_rows_release(&rows);
	return can;
}

int definition_put(struct db *db, const char *pipeline, const char *definition,
		   uint64_t *id_out, struct err *err)
{
	struct db_rows rows = { 0 };
	int found, tries;

	for (tries = 0; tries < 2; tries++) {
		if (db_query(db, &rows, err, sql_definition_find,
			     DB_ARGS(DB_STR(definition))))
			return -1;
		found = db_rows_next(&rows);
		if (found)
			*id_out = row_u64(&rows, 0);
		db_rows_release(&rows);
		if (found)
			return 0;
		if (db_exec(db, NULL, err, sql_definition_add,
			    DB_ARGS(DB_STR(definition), DB_STR(pipeline),
				    DB_STR(definition))))
			return -1;
	}
	return err_set(err, ERR_DB, "definition of '%s' cannot be kept",
		       pipeline);
}

int definition_get(struct db *db, uint64_t id, char **out, struct err *err)
{
	struct db_rows rows = { 0 };
	int found;

	if (db_query(db, &rows, err, sql_definition_get, DB_ARGS(DB_U64(id))))
		return -1;
	found = db_rows_next(&rows);
	if (found)
		*out = xstrdup(row_str(&rows, 0));
	db_rows_release(&rows);
	return found;
}
