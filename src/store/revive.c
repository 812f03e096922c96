/* SPDX-License-Identifier: MIT */

/*
 * What a retry writes. A step is queued again; a map goes on with those of
 * its items that failed: they wait to be let in, by the worker that claims
 * the map's job, and it waits for them. A gate is asked again.
 *
 * Payloads are moved by INSERT ... SELECT and never leave the server: they
 * may be larger than what one packet takes.
 */

#include <config.h>

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "db/db.h"
#include "store/failed.h"
#include "store/retry.h"
#include "store/run.h"

/* PRIMARY, all statements here but sql_items. */
static const char sql_steps[] =
	"UPDATE episode_jobs FORCE INDEX (PRIMARY)"
	" SET status = 'queued', progress = 0,"
	" message = NULL, error = NULL, worker = NULL, available_at = NULL,"
	" started_at = NULL, completed_at = NULL,"
	" value = IF(kind = 'gate', NULL, value)"
	" WHERE id IN (?) AND status IN (?)";
static const char sql_run[] =
	"UPDATE episode_jobs SET status = 'running', error = NULL,"
	" completed_at = NULL, unique_key = ?"
	" WHERE id = ? AND status = 'failed'";

/* Items that have no row yet are made by the worker that claims the map. */
static const char sql_map[] =
	"UPDATE episode_jobs SET waiting_on = items - ?, next_item = 0,"
	" progress = IF(items = 0, 0, ROUND(100 * ? / items, 2))"
	" WHERE id = ?";

/* episode_jobs_run_id_index. */
static const char sql_items[] =
	"UPDATE episode_jobs FORCE INDEX (episode_jobs_run_id_index)"
	" SET status = 'waiting', progress = 0, message = NULL, error = NULL,"
	" worker = NULL, available_at = NULL, started_at = NULL,"
	" completed_at = NULL"
	" WHERE run_id = ? AND parent_id = ? AND status IN (?)";

/* As old as its run, so that older runs still go first; but due now. */
static const char sql_move_step[] =
	"INSERT INTO jobs (queue, payload, attempts, available_at, created_at,"
	" step_id) SELECT f.queue, f.payload, 0,"
	" LEAST(COALESCE(r.available_at, UNIX_TIMESTAMP()), UNIX_TIMESTAMP()),"
	" UNIX_TIMESTAMP(), ?"
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

static int add_map(struct db *db, struct db_batch *batch,
		   const struct retry_row *row, struct err *err)
{
	struct db_arg over = DB_U64(row->items_over);
	struct db_arg map = DB_U64(row->step_id);

	if (db_batch_add(db, batch, err, sql_map, DB_ARGS(over, over, map)))
		return -1;
	return db_batch_add(db, batch, err, sql_items,
			    DB_ARGS(DB_U64(row->out->run_id), map,
				    DB_RAW(state_sources(EVENT_REOPEN))));
}

static int add_step(struct db *db, struct db_batch *batch,
		    const struct retry_row *row, struct err *err)
{
	if (row->is_map && add_map(db, batch, row, err))
		return -1;
	return db_batch_add(db, batch, err, sql_move_step,
			    DB_ARGS(DB_U64(row->step_id),
				    DB_U64(row->out->run_id),
				    DB_U64(row->out->id)));
}

static int add_steps(struct db *db, struct db_batch *batch,
		     const struct retry *retry, struct err *err)
{
	struct db_arg steps = DB_IDS(retry->steps.v, retry->steps.n);
	size_t i;

	if (db_batch_add(db, batch, err, sql_steps,
			 DB_ARGS(steps, DB_RAW(state_sources(EVENT_REVIVE)))))
		return -1;
	for (i = 0; i < retry->n; i++)
		if (retry_is_revived(&retry->rows[i]) &&
		    add_step(db, batch, &retry->rows[i], err))
			return -1;
	return db_batch_add(db, batch, err, sql_event, DB_ARGS(steps));
}

/* The runs that nothing else keeps failed; `runs` gets them. */
static int add_runs(struct db *db, struct db_batch *batch,
		    const struct retry *retry, struct ids *runs,
		    struct err *err)
{
	size_t i;

	for (i = 0; i < retry->n; i++) {
		const struct retry_row *row = &retry->rows[i];

		if (!retry_is_revived(row) || row->out->others)
			continue;
		if (db_batch_add(db, batch, err, sql_run,
				 DB_ARGS(DB_STR(row->unique_key),
					 DB_U64(row->out->run_id))))
			return -1;
		ids_add(runs, row->out->run_id);
	}
	return db_batch_add(db, batch, err, sql_event,
			    DB_ARGS(DB_IDS(runs->v, runs->n)));
}

int revive(struct db *db, const struct retry *retry, struct err *err)
{
	struct ids runs = { .v = xcalloc(retry->n, sizeof(uint64_t)) };
	struct db_arg others = DB_IDS(retry->others.v, retry->others.n);
	struct db_arg moved = DB_IDS(retry->moved.v, retry->moved.n);
	struct db_batch batch = { 0 };
	int mirror = run_can_mirror(db, err);
	int rc = -1;

	if (mirror < 0 || add_steps(db, &batch, retry, err) ||
	    db_batch_add(db, &batch, err, sql_move_others, DB_ARGS(others)) ||
	    add_runs(db, &batch, retry, &runs, err) ||
	    db_batch_add(db, &batch, err, sql_delete, DB_ARGS(moved)) ||
	    (mirror && db_batch_add(db, &batch, err, run_sql_mirror,
				    DB_ARGS(DB_IDS(runs.v, runs.n)))) ||
	    db_batch_run(db, &batch, err))
		goto out;
	rc = 0;
out:
	db_batch_release(&batch);
	free(runs.v);
	return rc;
}
