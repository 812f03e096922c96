/* SPDX-License-Identifier: MIT */

/*
 * failed_retry(): failed jobs go back on their queues.
 *
 *   1. read the rows, without a lock: which steps and which runs they are of;
 *   2. lock the run rows by id, as everything does that happens to a run,
 *      then the steps, then the failed rows themselves: a row that is gone by
 *      then was taken by another, who had these locks before us;
 *   3. decide, row by row;
 *   4. write what follows, in one round trip: steps, jobs, runs, events; the
 *      failed rows go, and the episodes come last.
 *
 * A step that is failed without a failed row was let fail: its run went on
 * without it, and goes on now.
 *
 * When the connection breaks in COMMIT, the failed rows tell whether it
 * happened: all that were to be moved are gone, or all are still there.
 */

#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "db/db.h"
#include "store/failed.h"
#include "store/peek.h"
#include "store/retry.h"

enum {
	TRIES = 10
};

/* PRIMARY, all of these. */
static const char sql_read[] =
	"SELECT id, queue, " PEEK_PAYLOAD " FROM failed_jobs WHERE id IN (?)";
static const char sql_steps[] =
	"SELECT id, run_id, step FROM episode_jobs"
	" WHERE id IN (?) AND run_id IS NOT NULL";
static const char sql_lock[] =
	"SELECT id, status, IF(kind = 'map', items, NULL)"
	" FROM episode_jobs WHERE id IN (?) ORDER BY id FOR UPDATE";
static const char sql_lock_failed[] =
	"SELECT id FROM failed_jobs WHERE id IN (?) ORDER BY id FOR UPDATE";

/* PRIMARY, twice, then episode_jobs_unique_key_unique. */
static const char sql_unique[] =
	"SELECT r.id, CONCAT(r.pipeline, ':', r.episode_id), l.id"
	" FROM episode_jobs r FORCE INDEX (PRIMARY)"
	" JOIN definitions d ON d.id = r.definition_id"
	" LEFT JOIN episode_jobs l"
	" ON l.unique_key = CONCAT(r.pipeline, ':', r.episode_id)"
	" WHERE r.id IN (?) AND r.status = 'failed'"
	" AND r.episode_id IS NOT NULL"
	" AND CAST(JSON_EXTRACT(d.definition, '$.unique') AS CHAR) = 'true'";

/* episode_jobs_run_id_index, then failed_jobs_uuid_unique. */
static const char sql_siblings[] =
	"SELECT s.run_id, s.id, s.step, s.status"
	" FROM episode_jobs s FORCE INDEX (episode_jobs_run_id_index)"
	" WHERE s.run_id IN (?) AND s.parent_id IS NULL AND s.item IS NULL"
	" AND (s.status = 'done' OR (s.status = 'failed'"
	" AND s.message IS NULL)) ORDER BY s.run_id, s.id";
static const char sql_items[] =
	"SELECT m.id, SUM(i.status IN ('done', 'skipped'))"
	" FROM episode_jobs m FORCE INDEX (PRIMARY) STRAIGHT_JOIN"
	" episode_jobs i FORCE INDEX (episode_jobs_run_id_index)"
	" ON i.run_id = m.run_id AND i.parent_id = m.id"
	" WHERE m.id IN (?) GROUP BY m.id ORDER BY NULL";

static const char sql_left[] =
	"SELECT COUNT(*) FROM failed_jobs WHERE id IN (?)";

static void retry_init(struct retry *retry, const uint64_t *ids, size_t n,
		       struct failed_retried *out)
{
	size_t i;

	*retry = (struct retry){ .ids = ids, .n = n };
	retry->rows = xcalloc(n, sizeof(*retry->rows));
	for (i = 0; i < n; i++)
		retry->rows[i].out = &out[i];
	retry->scratch.v = xcalloc(n, sizeof(uint64_t));
	retry->moved.v = xcalloc(n, sizeof(uint64_t));
	retry->others.v = xcalloc(n, sizeof(uint64_t));
	retry->steps.v = xcalloc(n, sizeof(uint64_t));
}

static void retry_release(struct retry *retry)
{
	size_t i;

	for (i = 0; i < retry->n; i++)
		free(retry->rows[i].unique_key);
	free(retry->rows);
	free(retry->scratch.v);
	free(retry->moved.v);
	free(retry->others.v);
	free(retry->steps.v);
}

/* Forget what a try that was rolled back has found. */
static void retry_reset(struct retry *retry)
{
	size_t i;

	for (i = 0; i < retry->n; i++) {
		struct failed_retried *out = retry->rows[i].out;

		failed_retried_release(out);
		out->id = retry->ids[i];
		free(retry->rows[i].unique_key);
		retry->rows[i] = (struct retry_row){ .out = out };
	}
	retry->moved.n = retry->others.n = retry->steps.n = 0;
}

int retry_is_revived(const struct retry_row *row)
{
	return row->out->outcome == FAILED_RETRIED && row->is_step;
}

static struct db_arg step_ids(struct retry *retry)
{
	size_t i;

	retry->scratch.n = 0;
	for (i = 0; i < retry->n; i++)
		if (retry->rows[i].step_id)
			ids_add(&retry->scratch, retry->rows[i].step_id);
	return DB_IDS(retry->scratch.v, retry->scratch.n);
}

static struct db_arg run_ids(struct retry *retry)
{
	size_t i;

	retry->scratch.n = 0;
	for (i = 0; i < retry->n; i++)
		if (retry->rows[i].out->run_id)
			ids_add(&retry->scratch, retry->rows[i].out->run_id);
	return DB_IDS(retry->scratch.v, retry->scratch.n);
}

static void on_failed(struct retry_row *row, const struct db_rows *rows)
{
	struct peek peek;

	if (row->out->id != row_u64(rows, 0) || row->out->queue)
		return;
	peek_payload(row_str(rows, 2), row_len(rows, 2), &peek);
	row->out->queue = xstrdup(row_str(rows, 1));
	row->out->name = peek.name;
	row->is_step = peek.is_step;
	row->step_id = peek.is_step ? peek.step_id : 0;
}

static void on_step(struct retry_row *row, const struct db_rows *rows)
{
	if (row->step_id != row_u64(rows, 0) || row->out->step)
		return;
	row->out->run_id = row_u64(rows, 1);
	row->out->step = xstrdup(row_str(rows, 2));
}

static void on_run_lock(struct retry_row *row, const struct db_rows *rows)
{
	if (row->out->run_id != row_u64(rows, 0))
		return;
	row->has_run = 1;
	row->run_state = state_from_name(row_str(rows, 1));
}

static void on_step_lock(struct retry_row *row, const struct db_rows *rows)
{
	if (row->step_id != row_u64(rows, 0))
		return;
	row->step_state = state_from_name(row_str(rows, 1));
	row->is_map = !row_is_null(rows, 2);
	row->out->items = row->out->items_again = row_u64(rows, 2);
}

static void on_failed_lock(struct retry_row *row, const struct db_rows *rows)
{
	if (row->out->id == row_u64(rows, 0))
		row->is_there = 1;
}

static void on_unique(struct retry_row *row, const struct db_rows *rows)
{
	if (row->out->run_id != row_u64(rows, 0) || row->unique_key)
		return;
	row->unique_key = xstrdup(row_str(rows, 1));
	row->live_id = row_u64(rows, 2);
}

/* Show each row of the answer to each of ours. */
static int each(struct db *db, struct retry *retry, struct err *err,
		void (*on_row)(struct retry_row *row,
			       const struct db_rows *rows),
		const char *sql, struct db_arg ids)
{
	struct db_rows rows = { 0 };
	size_t i;

	if (db_query(db, &rows, err, sql, &ids, 1))
		return -1;
	while (db_rows_next(&rows))
		for (i = 0; i < retry->n; i++)
			on_row(&retry->rows[i], &rows);
	db_rows_release(&rows);
	return 0;
}

/* 1 and 2. */
static int find_and_lock(struct db *db, struct retry *retry, struct err *err)
{
	struct db_arg failed = DB_IDS(retry->ids, retry->n);

	if (each(db, retry, err, on_failed, sql_read, failed) ||
	    each(db, retry, err, on_step, sql_steps, step_ids(retry)) ||
	    each(db, retry, err, on_run_lock, sql_lock, run_ids(retry)) ||
	    each(db, retry, err, on_step_lock, sql_lock, step_ids(retry)) ||
	    each(db, retry, err, on_failed_lock, sql_lock_failed, failed) ||
	    each(db, retry, err, on_unique, sql_unique, run_ids(retry)))
		return -1;
	return 0;
}

static int has_id(const struct ids *ids, uint64_t id)
{
	size_t i;

	for (i = 0; i < ids->n; i++)
		if (ids->v[i] == id)
			return 1;
	return 0;
}

/* The run that keeps this one from going on: a live one, or one above. */
static uint64_t rival(const struct retry *retry, const struct retry_row *row)
{
	const struct retry_row *above;

	if (!row->unique_key || row->live_id)
		return row->live_id;
	for (above = retry->rows; above < row; above++)
		if (retry_is_revived(above) && above->unique_key &&
		    above->out->run_id != row->out->run_id &&
		    strcmp(above->unique_key, row->unique_key) == 0)
			return above->out->run_id;
	return 0;
}

/* A step that stands in two failed rows is revived by the first. */
static enum failed_outcome judge(struct retry *retry, struct retry_row *row)
{
	struct failed_retried *out = row->out;

	if (!row->is_there)
		return FAILED_GONE;
	if (!row->is_step)
		return FAILED_RETRIED;
	if (!row->has_run)
		return FAILED_NO_STEP;
	out->state = row->run_state;
	if (state_is_final(row->run_state) && row->run_state != STATE_FAILED)
		return FAILED_RUN_OVER;
	out->state = row->step_state;
	if (has_id(&retry->steps, row->step_id))
		out->state = STATE_QUEUED;
	if (state_next(out->state, EVENT_REVIVE) == STATE_COUNT)
		return FAILED_NOT_FAILED;
	out->live_run_id = rival(retry, row);
	return out->live_run_id ? FAILED_NOT_UNIQUE : FAILED_RETRIED;
}

/* 3. */
static void decide(struct retry *retry)
{
	size_t i;

	for (i = 0; i < retry->n; i++) {
		struct retry_row *row = &retry->rows[i];

		row->out->outcome = judge(retry, row);
		if (row->out->outcome != FAILED_RETRIED)
			continue;
		ids_add(&retry->moved, row->out->id);
		ids_add(row->is_step ? &retry->steps : &retry->others,
			row->is_step ? row->step_id : row->out->id);
	}
}

static int has_name(const char *list, const char *name)
{
	size_t len = strlen(name);
	const char *at = list;

	while (at && (at = strstr(at, name))) {
		if ((at == list || at[-1] == ' ') &&
		    (at[len] == ',' || at[len] == '\0'))
			return 1;
		at += len;
	}
	return 0;
}

/* A step has a row for each of its rounds, but one name. */
static void add_name(char **list, const char *name)
{
	char *longer;

	if (has_name(*list, name))
		return;
	longer = *list ? xasprintf("%s, %s", *list, name) : xstrdup(name);
	free(*list);
	*list = longer;
}

/* What the runs have besides: steps that are kept, steps that hold them. */
static int read_siblings(struct db *db, struct retry *retry, struct err *err)
{
	struct db_rows rows = { 0 };
	size_t i;

	if (db_query(db, &rows, err, sql_siblings, DB_ARGS(run_ids(retry))))
		return -1;
	while (db_rows_next(&rows)) {
		int is_done = strcmp(row_str(&rows, 3), "done") == 0;

		for (i = 0; i < retry->n; i++) {
			struct failed_retried *out = retry->rows[i].out;

			if (out->outcome != FAILED_RETRIED ||
			    out->run_id != row_u64(&rows, 0))
				continue;
			if (is_done)
				add_name(&out->kept, row_str(&rows, 2));
			else if (!has_id(&retry->steps, row_u64(&rows, 1)))
				add_name(&out->others, row_str(&rows, 2));
		}
	}
	db_rows_release(&rows);
	return 0;
}

static void on_items(struct retry_row *row, const struct db_rows *rows)
{
	if (!row->is_map || row->step_id != row_u64(rows, 0))
		return;
	row->items_over = row_u64(rows, 1);
	row->out->items_again = row->out->items - row->items_over;
}

static int retry_body(struct db *db, void *arg, struct err *err)
{
	struct retry *retry = arg;

	retry_reset(retry);
	if (find_and_lock(db, retry, err))
		return -1;
	decide(retry);
	if (retry->moved.n == 0)
		return 0;
	if (retry->steps.n > 0 &&
	    (read_siblings(db, retry, err) ||
	     each(db, retry, err, on_items, sql_items, step_ids(retry))))
		return -1;
	return revive(db, retry, err);
}

/* After a COMMIT whose fate is unknown: 1 when it happened. */
static int look_body(struct db *db, void *arg, struct err *err)
{
	const struct retry *retry = arg;
	struct db_rows rows = { 0 };
	int is_done;

	if (db_query(db, &rows, err, sql_left,
		     DB_ARGS(DB_IDS(retry->moved.v, retry->moved.n))))
		return -1;
	is_done = db_rows_next(&rows) && row_u64(&rows, 0) == 0;
	db_rows_release(&rows);
	return is_done;
}

int failed_retry(struct db *db, const uint64_t *ids, size_t n,
		 struct failed_retried *out, struct err *err)
{
	const struct db_sure sure = { retry_body, look_body };
	struct retry retry;
	int rc;

	assert(n <= LIMIT_BULK);
	retry_init(&retry, ids, n, out);
	rc = db_transact_sure(db, TRIES, &sure, &retry, err);
	retry_release(&retry);
	while (rc < 0 && n > 0)
		failed_retried_release(&out[--n]);
	return rc;
}
