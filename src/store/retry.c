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
 * Payloads are moved by INSERT ... SELECT and never leave the server: they
 * may be larger than what one packet takes.
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
#include "store/run.h"

enum {
	TRIES = 10
};

/* PRIMARY, all statements here but sql_siblings. */
static const char sql_read[] =
	"SELECT id, queue, " PEEK_PAYLOAD " FROM failed_jobs WHERE id IN (?)";
static const char sql_steps[] =
	"SELECT id, run_id, step FROM episode_jobs"
	" WHERE id IN (?) AND run_id IS NOT NULL";
static const char sql_lock[] =
	"SELECT id, status FROM episode_jobs"
	" WHERE id IN (?) ORDER BY id FOR UPDATE";
static const char sql_lock_failed[] =
	"SELECT id FROM failed_jobs WHERE id IN (?) ORDER BY id FOR UPDATE";

/* episode_jobs_run_id_index. */
static const char sql_siblings[] =
	"SELECT run_id, id, step, status FROM episode_jobs"
	" WHERE run_id IN (?) AND status IN ('done', 'failed')"
	" AND item IS NULL ORDER BY run_id, id";

static const char sql_revive_steps[] =
	"UPDATE episode_jobs SET status = 'queued', progress = 0,"
	" message = NULL, error = NULL, worker = NULL, available_at = NULL,"
	" started_at = NULL, completed_at = NULL"
	" WHERE id IN (?) AND status IN (?)";
static const char sql_revive_runs[] =
	"UPDATE episode_jobs SET status = 'running', error = NULL,"
	" completed_at = NULL WHERE id IN (?) AND status = 'failed'";

/* As old as its run, so that older runs still go first; but due now. */
static const char sql_move_step[] =
	"INSERT INTO jobs (queue, payload, attempts, available_at, created_at)"
	" SELECT f.queue, f.payload, 0,"
	" LEAST(COALESCE(r.available_at, UNIX_TIMESTAMP()), UNIX_TIMESTAMP()),"
	" UNIX_TIMESTAMP()"
	" FROM failed_jobs f JOIN episode_jobs r ON r.id = ? WHERE f.id = ?";
static const char sql_move_others[] =
	"INSERT INTO jobs (queue, payload, attempts, available_at, created_at)"
	" SELECT queue, payload, 0, UNIX_TIMESTAMP(), UNIX_TIMESTAMP()"
	" FROM failed_jobs WHERE id IN (?) ORDER BY id";
static const char sql_event[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" state, progress, message, created_at)"
	" SELECT COALESCE(run_id, id), episode_id, id, 'state', status,"
	" progress, COALESCE(step, pipeline), NOW(3)"
	" FROM episode_jobs WHERE id IN (?) ORDER BY id";
static const char sql_delete[] = "DELETE FROM failed_jobs WHERE id IN (?)";
static const char sql_left[] =
	"SELECT COUNT(*) FROM failed_jobs WHERE id IN (?)";

struct ids {
	uint64_t *v; /* room for one id a row */
	size_t n;
};

/* A failed row on its way; zero what was not found. */
struct row {
	struct failed_retried *out;
	uint64_t step_id;
	enum state step_state;
	enum state run_state;
	int is_step;
	int has_run;
	int is_there; /* still, when we had the locks */
};

struct retry {
	const uint64_t *ids;
	size_t n;
	struct row *rows;
	struct ids scratch;
	struct ids moved;  /* failed_jobs.id */
	struct ids others; /* those of them that are no step's */
	struct ids steps;
	struct ids runs; /* that go on; one may stand here twice */
};

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
	retry->runs.v = xcalloc(n, sizeof(uint64_t));
}

static void retry_release(struct retry *retry)
{
	free(retry->rows);
	free(retry->scratch.v);
	free(retry->moved.v);
	free(retry->others.v);
	free(retry->steps.v);
	free(retry->runs.v);
}

/* Forget what a try that was rolled back has found. */
static void retry_reset(struct retry *retry)
{
	size_t i;

	for (i = 0; i < retry->n; i++) {
		struct failed_retried *out = retry->rows[i].out;

		failed_retried_release(out);
		out->id = retry->ids[i];
		retry->rows[i] = (struct row){ .out = out };
	}
	retry->moved.n = retry->others.n = 0;
	retry->steps.n = retry->runs.n = 0;
}

static void ids_add(struct ids *ids, uint64_t id)
{
	ids->v[ids->n++] = id;
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

static void on_failed(struct row *row, const struct db_rows *rows)
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

static void on_step(struct row *row, const struct db_rows *rows)
{
	if (row->step_id != row_u64(rows, 0) || row->out->step)
		return;
	row->out->run_id = row_u64(rows, 1);
	row->out->step = xstrdup(row_str(rows, 2));
}

static void on_run_lock(struct row *row, const struct db_rows *rows)
{
	if (row->out->run_id != row_u64(rows, 0))
		return;
	row->has_run = 1;
	row->run_state = state_from_name(row_str(rows, 1));
}

static void on_step_lock(struct row *row, const struct db_rows *rows)
{
	if (row->step_id == row_u64(rows, 0))
		row->step_state = state_from_name(row_str(rows, 1));
}

static void on_failed_lock(struct row *row, const struct db_rows *rows)
{
	if (row->out->id == row_u64(rows, 0))
		row->is_there = 1;
}

/* Show each row of the answer to each of ours. */
static int each(struct db *db, struct retry *retry, struct err *err,
		void (*on_row)(struct row *row, const struct db_rows *rows),
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
	    each(db, retry, err, on_failed_lock, sql_lock_failed, failed))
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

/* A step that stands in two failed rows is revived by the first. */
static enum failed_outcome judge(struct retry *retry, struct row *row)
{
	if (!row->is_there)
		return FAILED_GONE;
	if (!row->is_step)
		return FAILED_RETRIED;
	if (!row->has_run)
		return FAILED_NO_STEP;
	row->out->state = row->run_state;
	if (state_is_final(row->run_state) && row->run_state != STATE_FAILED)
		return FAILED_RUN_OVER;
	row->out->state = row->step_state;
	if (has_id(&retry->steps, row->step_id))
		row->out->state = STATE_QUEUED;
	return state_next(row->out->state, EVENT_REVIVE) == STATE_COUNT
		       ? FAILED_NOT_FAILED
		       : FAILED_RETRIED;
}

/* 3. */
static void decide(struct retry *retry)
{
	size_t i;

	for (i = 0; i < retry->n; i++) {
		struct row *row = &retry->rows[i];

		row->out->outcome = judge(retry, row);
		if (row->out->outcome != FAILED_RETRIED)
			continue;
		ids_add(&retry->moved, row->out->id);
		ids_add(row->is_step ? &retry->steps : &retry->others,
			row->is_step ? row->step_id : row->out->id);
	}
}

static void add_name(char **list, const char *name)
{
	char *longer = *list ? xasprintf("%s, %s", *list, name) : xstrdup(name);

	free(*list);
	*list = longer;
}

/* What the runs have besides: steps that are kept, steps that hold them. */
static int read_siblings(struct db *db, struct retry *retry, struct err *err)
{
	struct db_rows rows = { 0 };
	size_t i;

	if (retry->steps.n == 0)
		return 0;
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
	for (i = 0; i < retry->n; i++) {
		const struct failed_retried *out = retry->rows[i].out;

		if (out->outcome == FAILED_RETRIED && out->run_id &&
		    !out->others)
			ids_add(&retry->runs, out->run_id);
	}
	return 0;
}

static int add_moves(struct db *db, struct db_batch *batch,
		     const struct retry *retry, struct err *err)
{
	size_t i;

	for (i = 0; i < retry->n; i++) {
		const struct row *row = &retry->rows[i];

		if (row->out->outcome == FAILED_RETRIED && row->is_step &&
		    db_batch_add(db, batch, err, sql_move_step,
				 DB_ARGS(DB_U64(row->out->run_id),
					 DB_U64(row->out->id))))
			return -1;
	}
	return db_batch_add(db, batch, err, sql_move_others,
			    DB_ARGS(DB_IDS(retry->others.v, retry->others.n)));
}

/* 4. */
static int write_all(struct db *db, const struct retry *retry, struct err *err)
{
	struct db_arg steps = DB_IDS(retry->steps.v, retry->steps.n);
	struct db_arg runs = DB_IDS(retry->runs.v, retry->runs.n);
	struct db_arg moved = DB_IDS(retry->moved.v, retry->moved.n);
	struct db_batch batch = { 0 };
	int mirror = run_can_mirror(db, err);
	int rc = -1;

	if (mirror < 0 ||
	    db_batch_add(db, &batch, err, sql_revive_steps,
			 DB_ARGS(steps, DB_RAW(state_sources(EVENT_REVIVE)))) ||
	    add_moves(db, &batch, retry, err) ||
	    db_batch_add(db, &batch, err, sql_event, DB_ARGS(steps)) ||
	    db_batch_add(db, &batch, err, sql_revive_runs, DB_ARGS(runs)) ||
	    db_batch_add(db, &batch, err, sql_event, DB_ARGS(runs)) ||
	    db_batch_add(db, &batch, err, sql_delete, DB_ARGS(moved)) ||
	    (mirror &&
	     db_batch_add(db, &batch, err, run_sql_mirror, DB_ARGS(runs))) ||
	    db_batch_run(db, &batch, err))
		goto out;
	rc = 0;
out:
	db_batch_release(&batch);
	return rc;
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
	return read_siblings(db, retry, err) || write_all(db, retry, err) ? -1
									  : 0;
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
	struct err why = { 0 };
	struct retry retry;
	int rc;

	assert(n <= LIMIT_BULK);
	retry_init(&retry, ids, n, out);
	for (;;) {
		rc = db_transact(db, TRIES, retry_body, &retry, &why);
		if (rc == 0 || why.code != ERR_DB_UNCERTAIN)
			break;
		rc = db_transact(db, TRIES, look_body, &retry, &why);
		if (rc != 0)
			break;
	}
	retry_release(&retry);
	if (rc >= 0)
		return 0;
	while (n > 0)
		failed_retried_release(&out[--n]);
	if (err)
		*err = why;
	return -1;
}
