/* SPDX-License-Identifier: MIT */

/*
 * run_cancel(): a run is stopped for good.
 *
 *   1. lock the run row, as everything does that happens to a run;
 *   2. find its jobs, without a lock, lock them by id, and delete them, held
 *      ones too: this waits for claims that are under way, and those want
 *      nothing that we have but the row of a run that is quite new;
 *   3. the rows of steps and items, all in one statement over the index of
 *      the run, so that a map of 10,000 items costs no more than its rows;
 *   4. events, the line that workers look for, the run itself, its episode.
 *
 * Jobs go before steps because a claim holds the job of the step it wants to
 * start. What it starts before 3 is cancelled by 3; what it starts later finds
 * a step that is final.
 *
 * A run that has failed may have branches that still go on: it is cancelled
 * as long as there are jobs of it.
 *
 * Rows of failed_jobs stay: a retry of one then says that its run is
 * cancelled.
 */

#include <config.h>

#include <stdlib.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "db/db.h"
#include "store/control.h"
#include "store/run.h"

enum {
	TRIES = 10
};

/* PRIMARY. */
static const char sql_lock_run[] =
	"SELECT status FROM episode_jobs FORCE INDEX (PRIMARY)"
	" WHERE id = ? AND run_id IS NULL FOR UPDATE";

/* episode_jobs_run_id_index, then jobs_step_id_index. */
static const char sql_jobs[] =
	"SELECT j.id FROM episode_jobs s FORCE INDEX (episode_jobs_run_id_index)"
	" STRAIGHT_JOIN jobs j FORCE INDEX (jobs_step_id_index)"
	" ON j.step_id = s.id WHERE s.run_id = ?";

/* PRIMARY. */
static const char sql_lock_jobs[] =
	"SELECT id FROM jobs FORCE INDEX (PRIMARY) WHERE id IN (?)"
	" ORDER BY id FOR UPDATE";
static const char sql_delete_job[] = "DELETE FROM jobs WHERE id = ?";

/* episode_jobs_run_id_index; before the steps are changed. */
static const char sql_event_steps[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" state, progress, message, created_at)"
	" SELECT run_id, episode_id, id, 'state', 'cancelled', progress, step,"
	" NOW(3) FROM episode_jobs FORCE INDEX (episode_jobs_run_id_index)"
	" WHERE run_id = ? AND parent_id IS NULL AND status IN (?)";
static const char sql_steps[] =
	"UPDATE episode_jobs FORCE INDEX (episode_jobs_run_id_index)"
	" SET status = 'cancelled', available_at = NULL, completed_at = NOW(3)"
	" WHERE run_id = ? AND status IN (?)";

/* PRIMARY, both. */
static const char sql_run[] =
	"UPDATE episode_jobs FORCE INDEX (PRIMARY) SET status = 'cancelled',"
	" message = LEFT(?, 1000), unique_key = NULL, completed_at = NOW(3)"
	" WHERE id = ?";
static const char sql_event_run[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" state, progress, message, created_at)"
	" SELECT id, episode_id, id, 'state', status, progress,"
	" LEFT(CONCAT_WS(': ', pipeline, message), 1000), NOW(3)"
	" FROM episode_jobs WHERE id = ?";

/* The second by run_cancellations_cancelled_at_index. */
static const char sql_tell[] =
	"INSERT INTO run_cancellations (run_id, cancelled_at)"
	" VALUES (?, NOW(3))";
static const char sql_prune[] =
	"DELETE FROM run_cancellations"
	" WHERE cancelled_at < NOW(3) - INTERVAL 1 DAY";
static const char sql_since[] =
	"SELECT run_id FROM run_cancellations"
	" FORCE INDEX (run_cancellations_cancelled_at_index)"
	" WHERE cancelled_at > NOW(3) - INTERVAL ? SECOND"
	" ORDER BY cancelled_at DESC LIMIT ?";

/* PRIMARY; for a COMMIT whose fate is unknown. */
static const char sql_look[] =
	"SELECT status = 'cancelled' FROM episode_jobs WHERE id = ?";

struct cancel {
	uint64_t run_id;
	const char *reason;
	struct cancelled *out;
};

static int lock_run(struct db *db, const struct cancel *cancel, struct err *err)
{
	struct cancelled *out = cancel->out;
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_lock_run,
		     DB_ARGS(DB_U64(cancel->run_id))))
		return -1;
	*out = (struct cancelled){ .outcome = CANCEL_GONE };
	if (db_rows_next(&rows)) {
		out->state = state_from_name(row_str(&rows, 0));
		out->outcome =
			state_next(out->state, EVENT_CANCEL) == STATE_COUNT &&
					out->state != STATE_FAILED
				? CANCEL_OVER
				: CANCEL_DONE;
	}
	db_rows_release(&rows);
	return 0;
}

/* Lock and delete `n` jobs, some of which may be gone. */
static int delete_jobs(struct db *db, const uint64_t *ids, size_t n,
		       struct err *err)
{
	struct db_rows rows = { 0 };
	struct db_batch batch = { 0 };
	size_t i;
	int rc = -1;

	if (db_query(db, &rows, err, sql_lock_jobs, DB_ARGS(DB_IDS(ids, n))))
		return -1;
	db_rows_release(&rows);
	for (i = 0; i < n; i++)
		if (db_batch_add(db, &batch, err, sql_delete_job,
				 DB_ARGS(DB_U64(ids[i]))))
			goto out;
	rc = db_batch_run(db, &batch, err);
out:
	db_batch_release(&batch);
	return rc;
}

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* 1, or 0 when there are none. */
static int drop_jobs(struct db *db, uint64_t run_id, struct err *err)
{
	struct db_rows rows = { 0 };
	uint64_t *ids;
	size_t i, n = 0;
	int rc = 0;

	if (db_query(db, &rows, err, sql_jobs, DB_ARGS(DB_U64(run_id))))
		return -1;
	ids = xcalloc(rows.count, sizeof(*ids));
	while (db_rows_next(&rows))
		ids[n++] = row_u64(&rows, 0);
	db_rows_release(&rows);
	qsort(ids, n, sizeof(*ids), compare_ids);
	for (i = 0; i < n && rc == 0; i += LIMIT_TURN_ITEMS)
		rc = delete_jobs(db, ids + i, MIN(n - i, LIMIT_TURN_ITEMS),
				 err);
	free(ids);
	return rc ? -1 : n > 0;
}

static int stop(struct db *db, const struct cancel *cancel, struct err *err)
{
	struct db_arg id = DB_U64(cancel->run_id);
	struct db_arg live = DB_RAW(state_sources(EVENT_CANCEL));
	struct db_batch batch = { 0 };
	int mirror = run_can_mirror(db, err);
	int rc = -1;

	if (mirror < 0 ||
	    db_batch_add(db, &batch, err, sql_event_steps, DB_ARGS(id, live)) ||
	    db_batch_add(db, &batch, err, sql_steps, DB_ARGS(id, live)) ||
	    db_batch_add(db, &batch, err, sql_run,
			 DB_ARGS(DB_STR(cancel->reason), id)) ||
	    db_batch_add(db, &batch, err, sql_event_run, DB_ARGS(id)) ||
	    db_batch_add(db, &batch, err, sql_prune, DB_NO_ARGS) ||
	    db_batch_add(db, &batch, err, sql_tell, DB_ARGS(id)) ||
	    (mirror &&
	     db_batch_add(db, &batch, err, run_sql_mirror, DB_ARGS(id))) ||
	    db_batch_run(db, &batch, err))
		goto out;
	cancel->out->steps_n = batch.affected[0];
	rc = 0;
out:
	db_batch_release(&batch);
	return rc;
}

static int cancel_body(struct db *db, void *arg, struct err *err)
{
	const struct cancel *cancel = arg;
	int dropped;

	if (lock_run(db, cancel, err))
		return -1;
	if (cancel->out->outcome != CANCEL_DONE)
		return 0;
	dropped = drop_jobs(db, cancel->run_id, err);
	if (dropped == 0 && cancel->out->state == STATE_FAILED) {
		cancel->out->outcome = CANCEL_OVER;
		return 0;
	}
	return dropped < 0 || stop(db, cancel, err) ? -1 : 0;
}

static int look_body(struct db *db, void *arg, struct err *err)
{
	const struct cancel *cancel = arg;
	struct db_rows rows = { 0 };
	int is_done;

	if (db_query(db, &rows, err, sql_look, DB_ARGS(DB_U64(cancel->run_id))))
		return -1;
	is_done = db_rows_next(&rows) && row_u64(&rows, 0) == 1;
	db_rows_release(&rows);
	return is_done;
}

int run_cancel(struct db *db, uint64_t run_id, const char *reason,
	       struct cancelled *out, struct err *err)
{
	struct cancel cancel = { .run_id = run_id, .reason = reason };
	const struct db_sure sure = { cancel_body, look_body };
	struct cancelled found;

	cancel.out = &found;
	if (db_transact_sure(db, TRIES, &sure, &cancel, err))
		return -1;
	*out = found;
	return 0;
}

int runs_cancelled_since(struct db *db, uint32_t seconds, uint64_t *ids,
			 size_t max, size_t *n_out, struct err *err)
{
	struct db_rows rows = { 0 };
	size_t n = 0;

	if (db_query(db, &rows, err, sql_since,
		     DB_ARGS(DB_U64(seconds), DB_U64(max))))
		return -1;
	while (db_rows_next(&rows))
		ids[n++] = row_u64(&rows, 0);
	db_rows_release(&rows);
	*n_out = n;
	return 0;
}
