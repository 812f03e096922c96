/* SPDX-License-Identifier: MIT */

/*
 * The order of statements:
 *
 *   1. lock the run rows by id: all that happens to a run is one after the
 *      other, so joins need no further care, and locks are always taken in
 *      the same order;
 *   2. lock the job rows by id and compare fences;
 *   3. the steps' own rows, each UPDATE naming the states it may start from;
 *   4. new runs;
 *   5. all that follows from them: runs, steps that wait, new jobs, failed
 *      jobs, events; the finished job rows go, and episodes are last.
 *
 * 3 and 5 are one round trip each. A step whose row is no longer in the state
 * that the UPDATE asks for (3 matched no row) has nothing follow from it in
 * 5; its job goes all the same.
 *
 * A job that was given back keeps its fence until it is claimed again; so a
 * replay is told by reserved_at too, which it has no more.
 *
 * Rows are locked by id and never by a scan, which would lock those of other
 * workers with them: hence the forced index, and jobs that are deleted by a
 * join, because a DELETE of one table takes no such hint.
 */

#include <config.h>

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "db/db.h"
#include "plan/state.h"
#include "store/run.h"
#include "store/settle.h"

/* PRIMARY, all statements here. */
static const char sql_lock_runs[] =
	"SELECT id FROM episode_jobs FORCE INDEX (PRIMARY)"
	" WHERE id IN (?) ORDER BY id FOR UPDATE";
static const char sql_lock_jobs[] =
	"SELECT id, fence FROM jobs FORCE INDEX (PRIMARY)"
	" WHERE id IN (?) AND reserved_at IS NOT NULL ORDER BY id FOR UPDATE";

static const char sql_step_done[] =
	"UPDATE episode_jobs SET status = 'done', progress = 100,"
	" message = NULL, error = NULL, input = ?, result = ?, cost = ?,"
	" completed_at = NOW(3) WHERE id = ? AND status IN (?)";
static const char sql_step_retry[] =
	"UPDATE episode_jobs SET status = 'retrying', error = ?, input = ?,"
	" available_at = ? WHERE id = ? AND status IN (?)";
static const char sql_step_fail[] =
	"UPDATE episode_jobs SET status = 'failed', message = NULL, error = ?,"
	" input = ?, completed_at = NOW(3) WHERE id = ? AND status IN (?)";
static const char sql_step_release[] =
	"UPDATE episode_jobs SET status = 'queued', worker = NULL"
	" WHERE id = ? AND status IN (?)";

/* The assignments run from left to right: waiting_on is the new one below. */
static const char sql_run_step_done[] =
	"UPDATE episode_jobs SET waiting_on = waiting_on - 1,"
	" cost = cost + ?,"
	" progress = IF(waiting_on = 0, 100, LEAST(99.99, progress + ? / 100)),"
	" completed_at = IF(waiting_on = 0, NOW(3), completed_at),"
	" status = IF(waiting_on = 0, 'done', status) WHERE id = ?";
static const char sql_run_fail[] =
	"UPDATE episode_jobs SET status = 'failed', error = CONCAT(?, ': ', ?),"
	" completed_at = NOW(3)"
	" WHERE id = ? AND status IN ('queued', 'running')";
static const char sql_feed[] =
	"UPDATE episode_jobs FORCE INDEX (PRIMARY)"
	" SET waiting_on = waiting_on - ? WHERE id IN (?)";
static const char sql_feeds_ready[] =
	"UPDATE episode_jobs FORCE INDEX (PRIMARY) SET status = 'queued'"
	" WHERE id IN (?) AND waiting_on = 0 AND status IN (?)";

static const char sql_job_retry[] =
	"UPDATE jobs SET reserved_at = NULL, reserved_by = NULL, lost = 0,"
	" available_at = ? WHERE id = ?";
static const char sql_job_release[] =
	"UPDATE jobs SET reserved_at = NULL, reserved_by = NULL, lost = 0,"
	" attempts = GREATEST(attempts, 1) - 1, available_at = ?"
	" WHERE id = ?";

/*
 * INSERT for a job, whose uuid is whatever its payload says. REPLACE for a
 * step, which has one row here: an older one is left when somebody has put
 * its payload back on the queue by hand.
 */
static const char sql_bury[] =
	"? INTO failed_jobs (uuid, connection, queue, payload, exception,"
	" failed_at) SELECT ?, 'stepq', queue, payload, ?, NOW() FROM jobs"
	" WHERE id = ?";
static const char sql_jobs_delete[] =
	"DELETE j FROM (?) gone STRAIGHT_JOIN jobs j ON j.id = gone.id";

static const char sql_event_steps[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" state, progress, message, created_at)"
	" SELECT run_id, episode_id, id, 'state', status, progress,"
	" LEFT(IF(status IN ('failed', 'retrying'),"
	" CONCAT(step, ': ', error), step), 1000),"
	" NOW(3) FROM episode_jobs WHERE id IN (?) ORDER BY id";
static const char sql_event_runs_done[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" state, progress, message, created_at)"
	" SELECT id, episode_id, id, 'state', status, progress, pipeline,"
	" NOW(3) FROM episode_jobs WHERE id IN (?) AND status = 'done'"
	" ORDER BY id";

/* Goes before sql_run_fail: a run fails by the first of its steps. */
static const char sql_event_run_fails[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" state, progress, message, created_at)"
	" SELECT id, episode_id, id, 'state', 'failed', progress,"
	" LEFT(CONCAT(?, ': ', ?), 1000), NOW(3) FROM episode_jobs"
	" WHERE id = ? AND status IN ('queued', 'running')";

/* When a delayed attempt is due: never early, whatever the fraction. */
static const char sql_due[] = "CEIL(UNIX_TIMESTAMP(NOW(3)) + ? / 1000)";

struct ids {
	uint64_t *v;
	size_t n;
};

/* The items that hold their lease, and the lists that 3 and 5 are made of. */
struct work {
	struct settle **items;
	size_t n;
	struct ids runs, runs_done, steps, jobs_gone, feeds;
	struct db_batch batch;
};

static int has_step(const struct settle *item)
{
	return item->step_id != 0;
}

static int cmp_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int lock_runs(struct db *db, const struct settle *items, size_t n,
		     struct err *err)
{
	struct db_rows rows = { 0 };
	uint64_t *ids = xcalloc(n, sizeof(*ids));
	size_t i, k = 0;
	int rc = 0;

	for (i = 0; i < n; i++)
		if (has_step(&items[i]))
			ids[k++] = items[i].run_id;
	if (k > 0)
		rc = db_query(db, &rows, err, sql_lock_runs,
			      DB_ARGS(DB_IDS(ids, k)));
	db_rows_release(&rows);
	free(ids);
	return rc;
}

static int cmp_item(const void *a, const void *b)
{
	const struct settle *x = *(struct settle *const *)a;
	const struct settle *y = *(struct settle *const *)b;

	return x->job_id < y->job_id ? -1 : x->job_id > y->job_id;
}

static struct settle *find_item(struct settle **items, size_t n, uint64_t id)
{
	struct settle key = { .job_id = id }, *p = &key, **found;

	found = bsearch(&p, items, n, sizeof(struct settle *), cmp_item);
	return found ? *found : NULL;
}

/* Lock the jobs; `work` gets the items whose fence still holds. */
static int check_fences(struct db *db, struct settle *items, size_t n,
			struct work *work, struct err *err)
{
	struct db_rows rows = { 0 };
	struct settle **sorted = xcalloc(n, sizeof(struct settle *));
	uint64_t *ids = xcalloc(n, sizeof(*ids));
	size_t i;
	int rc = -1;

	for (i = 0; i < n; i++) {
		items[i].outcome = SETTLE_FENCED;
		sorted[i] = &items[i];
		ids[i] = items[i].job_id;
	}
	qsort(sorted, n, sizeof(struct settle *), cmp_item);
	if (db_query(db, &rows, err, sql_lock_jobs, DB_ARGS(DB_IDS(ids, n))))
		goto out;
	while (db_rows_next(&rows)) {
		struct settle *item = find_item(sorted, n, row_u64(&rows, 0));

		if (item && item->fence == row_u64(&rows, 1))
			item->outcome = SETTLE_WRITTEN;
	}
	for (i = 0; i < n; i++)
		if (items[i].outcome == SETTLE_WRITTEN)
			work->items[work->n++] = &items[i];
	rc = 0;
out:
	db_rows_release(&rows);
	free(sorted);
	free(ids);
	return rc;
}

/* `text` gets the SQL for when `item` is due again. */
static int due_sql(const struct settle *item, struct strbuf *text,
		   struct err *err)
{
	strbuf_clear(text);
	return item->delay_ms > 0
		       ? stmt_add(text, err, sql_due,
				  DB_ARGS(DB_I64(item->delay_ms)))
		       : stmt_add(text, err, "UNIX_TIMESTAMP()", DB_NO_ARGS);
}

static int add_step(struct db *db, struct db_batch *batch,
		    const struct settle *item, struct err *err)
{
	struct db_arg id = DB_U64(item->step_id);
	struct strbuf due = { 0 };
	int rc = -1;

	switch (item->kind) {
	case SETTLE_DONE:
		return db_batch_add(
			db, batch, err, sql_step_done,
			DB_ARGS(DB_STR(item->input), DB_STR(item->result),
				DB_STR(item->cost), id,
				DB_RAW(state_sources(EVENT_FINISH))));
	case SETTLE_RETRY:
		if (due_sql(item, &due, err) == 0)
			rc = db_batch_add(db, batch, err, sql_step_retry,
					  DB_ARGS(DB_STR(item->error),
						  DB_STR(item->input),
						  DB_RAW(strbuf_str(&due)), id,
						  DB_RAW(state_sources(
							  EVENT_RETRY))));
		strbuf_release(&due);
		return rc;
	case SETTLE_FAIL:
		return db_batch_add(db, batch, err, sql_step_fail,
				    DB_ARGS(DB_STR(item->error),
					    DB_STR(item->input), id,
					    DB_RAW(state_sources(EVENT_FAIL))));
	case SETTLE_RELEASE:
		return db_batch_add(db, batch, err, sql_step_release,
				    DB_ARGS(id, DB_RAW(state_sources(
							EVENT_RELEASE))));
	case SETTLE_EXPAND:
	case SETTLE_BURY:
		break;
	}
	BUG("settle kind %d has a step", (int)item->kind);
}

/* 3: the steps; an item whose row does not match loses its step. */
static int write_steps(struct db *db, struct work *work, struct err *err)
{
	size_t i, k;

	for (i = 0; i < work->n; i++)
		if (has_step(work->items[i]) &&
		    add_step(db, &work->batch, work->items[i], err))
			return -1;
	if (db_batch_run(db, &work->batch, err))
		return -1;
	for (i = 0, k = 0; i < work->n; i++) {
		struct settle *item = work->items[i];

		if (!has_step(item))
			continue;
		if (work->batch.affected[k++] == 1) {
			work->steps.v[work->steps.n++] = item->step_id;
			work->runs.v[work->runs.n++] = item->run_id;
		} else {
			item->outcome = SETTLE_FENCED;
		}
	}
	return 0;
}

static int add_bury(struct db *db, struct db_batch *batch,
		    const struct settle *item, struct err *err)
{
	const char *verb = item->kind == SETTLE_FAIL ? "REPLACE" : "INSERT";

	return db_batch_add(db, batch, err, sql_bury,
			    DB_ARGS(DB_RAW(verb), DB_STR(item->uuid),
				    DB_STR(item->exception),
				    DB_U64(item->job_id)));
}

/* A job goes unless its step, or no step, is to be tried again by it. */
static int add_job(struct db *db, struct work *work, const struct settle *item,
		   struct err *err)
{
	struct db_batch *batch = &work->batch;
	struct db_arg id = DB_U64(item->job_id);
	int is_written = item->outcome == SETTLE_WRITTEN;
	struct strbuf due = { 0 };
	int rc = -1;

	if (item->kind == SETTLE_RETRY && is_written) {
		if (due_sql(item, &due, err) == 0)
			rc = db_batch_add(db, batch, err, sql_job_retry,
					  DB_ARGS(DB_RAW(strbuf_str(&due)),
						  id));
		strbuf_release(&due);
		return rc;
	}
	if (item->kind == SETTLE_RELEASE && is_written)
		return db_batch_add(db, batch, err, sql_job_release,
				    DB_ARGS(DB_U64(item->due), id));
	work->jobs_gone.v[work->jobs_gone.n++] = item->job_id;
	if ((item->kind == SETTLE_FAIL || item->kind == SETTLE_BURY) &&
	    is_written)
		return add_bury(db, batch, item, err);
	return 0;
}

static int add_run(struct db *db, struct work *work, const struct settle *item,
		   struct err *err)
{
	struct db_batch *batch = &work->batch;
	struct db_arg run = DB_U64(item->run_id);

	if (item->outcome != SETTLE_WRITTEN)
		return 0;
	if (item->kind == SETTLE_FAIL) {
		struct db_arg step = DB_STR(item->step);
		struct db_arg error = DB_STR(item->error);

		if (db_batch_add(db, batch, err, sql_event_run_fails,
				 DB_ARGS(step, error, run)))
			return -1;
		return db_batch_add(db, batch, err, sql_run_fail,
				    DB_ARGS(step, error, run));
	}
	if (item->kind != SETTLE_DONE)
		return 0;
	work->runs_done.v[work->runs_done.n++] = item->run_id;
	return db_batch_add(db, batch, err, sql_run_step_done,
			    DB_ARGS(DB_STR(item->cost),
				    DB_I64((int64_t)(item->share * 100)), run));
}

/* The ids that stand exactly `times` times in the sorted list. */
static size_t ids_of(const struct ids *sorted, size_t times, uint64_t *out)
{
	size_t i, same, n = 0;

	for (i = 0; i < sorted->n; i += same) {
		for (same = 1; i + same < sorted->n &&
			       sorted->v[i + same] == sorted->v[i];
		     same++)
			;
		if (same == times)
			out[n++] = sorted->v[i];
	}
	return n;
}

/* A step that waited for several items of this batch is fed by each. */
static int add_feeds(struct db *db, struct work *work, struct err *err)
{
	struct ids *feeds = &work->feeds;
	struct db_arg all = DB_IDS(feeds->v, feeds->n);
	size_t times, n, left = feeds->n;
	uint64_t *ids;
	int rc = 0;

	if (feeds->n == 0)
		return 0;
	qsort(feeds->v, feeds->n, sizeof(*feeds->v), cmp_u64);
	ids = xcalloc(feeds->n, sizeof(*ids));
	for (times = 1; left > 0 && rc == 0; times++) {
		n = ids_of(feeds, times, ids);
		left -= n * times;
		if (n > 0)
			rc = db_batch_add(db, &work->batch, err, sql_feed,
					  DB_ARGS(DB_U64(times),
						  DB_IDS(ids, n)));
	}
	free(ids);
	if (rc ||
	    db_batch_add(db, &work->batch, err, sql_feeds_ready,
			 DB_ARGS(all, DB_RAW(state_sources(EVENT_READY)))))
		return -1;
	return db_batch_add(db, &work->batch, err, run_sql_jobs,
			    DB_ARGS(DB_RAW("id"), all));
}

static int add_deletes(struct db *db, struct work *work, struct err *err)
{
	const struct ids *gone = &work->jobs_gone;
	struct strbuf list = { 0 };
	size_t i;
	int rc;

	if (gone->n == 0)
		return 0;
	for (i = 0; i < gone->n; i++)
		strbuf_addf(&list, "%sSELECT %" PRIu64 "%s",
			    i ? " UNION ALL " : "", gone->v[i], i ? "" : " id");
	rc = db_batch_add(db, &work->batch, err, sql_jobs_delete,
			  DB_ARGS(DB_RAW(strbuf_str(&list))));
	strbuf_release(&list);
	return rc;
}

/* 5: what follows. */
static int write_rest(struct db *db, struct work *work, int mirror,
		      struct err *err)
{
	struct db_batch *batch = &work->batch;
	size_t i;

	if (work->steps.n > 0 &&
	    db_batch_add(db, batch, err, sql_event_steps,
			 DB_ARGS(DB_IDS(work->steps.v, work->steps.n))))
		return -1;
	for (i = 0; i < work->n; i++)
		if (add_run(db, work, work->items[i], err))
			return -1;
	if (work->runs_done.n > 0 &&
	    db_batch_add(db, batch, err, sql_event_runs_done,
			 DB_ARGS(DB_IDS(work->runs_done.v, work->runs_done.n))))
		return -1;
	if (add_feeds(db, work, err))
		return -1;
	for (i = 0; i < work->n; i++)
		if (add_job(db, work, work->items[i], err))
			return -1;
	if (add_deletes(db, work, err))
		return -1;
	if (mirror && work->runs.n > 0 &&
	    db_batch_add(db, batch, err, run_sql_mirror,
			 DB_ARGS(DB_IDS(work->runs.v, work->runs.n))))
		return -1;
	return db_batch_run(db, batch, err);
}

/* 4 */
static int create_runs(struct db *db, struct work *work, struct err *err)
{
	struct run_new *runs = xcalloc(work->n, sizeof(*runs));
	struct ids *ids = &work->runs;
	size_t i, n = 0;
	int rc = 0;

	for (i = 0; i < work->n; i++)
		if (work->items[i]->kind == SETTLE_EXPAND)
			runs[n++] = *work->items[i]->expand;
	if (n > 0)
		rc = runs_create(db, runs, n, ids->v + ids->n, err);
	ids->n += n;
	free(runs);
	return rc;
}

static void collect_feeds(struct work *work)
{
	size_t i, n = 0;

	for (i = 0; i < work->n; i++)
		n += work->items[i]->feeds_n;
	work->feeds.v = xcalloc(n, sizeof(*work->feeds.v));
	for (i = 0; i < work->n; i++) {
		const struct settle *item = work->items[i];

		if (item->kind != SETTLE_DONE || item->feeds_n == 0 ||
		    item->outcome != SETTLE_WRITTEN)
			continue;
		memcpy(work->feeds.v + work->feeds.n, item->feeds,
		       item->feeds_n * sizeof(*item->feeds));
		work->feeds.n += item->feeds_n;
	}
}

int settle(struct db *db, struct settle *items, size_t n, int mirror,
	   struct err *err)
{
	struct work work = { 0 };
	int rc = -1;

	assert(db_in_transaction(db));
	work.items = xcalloc(n, sizeof(struct settle *));
	work.runs.v = xcalloc(n, sizeof(uint64_t));
	work.runs_done.v = xcalloc(n, sizeof(uint64_t));
	work.steps.v = xcalloc(n, sizeof(uint64_t));
	work.jobs_gone.v = xcalloc(n, sizeof(uint64_t));
	if (lock_runs(db, items, n, err) ||
	    check_fences(db, items, n, &work, err))
		goto out;
	if (work.n > 0) {
		if (write_steps(db, &work, err) || create_runs(db, &work, err))
			goto out;
		collect_feeds(&work);
		if (write_rest(db, &work, mirror, err))
			goto out;
	}
	rc = 0;
out:
	db_batch_release(&work.batch);
	free(work.items);
	free(work.runs.v);
	free(work.runs_done.v);
	free(work.steps.v);
	free(work.jobs_gone.v);
	free(work.feeds.v);
	return rc;
}
