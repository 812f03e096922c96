/* SPDX-License-Identifier: MIT */

/*
 * The order of statements:
 *
 *   1. lock the run rows by id: all that happens to a run is one after the
 *      other, so joins need no further care, and locks are always taken in
 *      the same order;
 *   2. lock the job rows by id and compare fences;
 *   3. the steps' own rows, each UPDATE naming the states it may start from;
 *   4. new runs, new items of maps, and which items may have a job now;
 *   5. all that follows from them: runs, steps that wait, new jobs, failed
 *      jobs, events; the finished job rows go, and episodes are last.
 *
 * 3 and 5 are one round trip each; 4 is left out when there is nothing of it. A
 * step whose row is no longer in the state that the UPDATE asks for (3 matched
 * no row) has nothing follow from it in 5; its job goes all the same.
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
#include "store/work.h"

/* PRIMARY, all statements here. */
static const char sql_lock_runs[] =
	"SELECT id FROM episode_jobs FORCE INDEX (PRIMARY)"
	" WHERE id IN (?) ORDER BY id FOR UPDATE";
static const char sql_lock_jobs[] =
	"SELECT id, fence FROM jobs FORCE INDEX (PRIMARY)"
	" WHERE id IN (?) AND reserved_at IS NOT NULL ORDER BY id FOR UPDATE";

static const char sql_step_done[] =
	"UPDATE episode_jobs SET status = 'done', progress = 100,"
	" message = NULL, error = NULL, input = ?, result = ?,"
	" cost = cost + ?, completed_at = NOW(3)"
	" WHERE id = ? AND status IN (?)";
static const char sql_step_skip[] =
	"UPDATE episode_jobs SET status = 'skipped', message = ?, error = ?,"
	" input = ?, completed_at = NOW(3) WHERE id = ? AND status IN (?)";
static const char sql_step_retry[] =
	"UPDATE episode_jobs SET status = 'retrying', error = ?, input = ?,"
	" available_at = ? WHERE id = ? AND status IN (?)";
static const char sql_step_fail[] =
	"UPDATE episode_jobs SET status = 'failed', message = ?, error = ?,"
	" input = ?, completed_at = NOW(3) WHERE id = ? AND status IN (?)";
static const char sql_step_release[] =
	"UPDATE episode_jobs SET status = 'queued', worker = NULL"
	" WHERE id = ? AND status IN (?)";
static const char sql_step_park[] =
	"UPDATE episode_jobs SET status = 'waiting', available_at = ?,"
	" message = ?, input = ?, started_at = COALESCE(started_at, NOW(3))"
	" WHERE id = ? AND status IN (?)";
static const char sql_step_map[] =
	"UPDATE episode_jobs SET waiting_on = IF(items IS NULL, ?, waiting_on),"
	" next_item = COALESCE(next_item, 0), items = ?"
	" WHERE id = ? AND status = 'running'";

/* What tells a failure that the run does not wait for, see store/retry.c. */
static const char goes_on[] = "the run goes on without it";

static int has_step(const struct settle *item)
{
	return item->step_id != 0;
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
		if (settle_due_sql(item, &due, err) == 0)
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
				    DB_ARGS(item->is_tolerated ? DB_STR(goes_on)
							       : DB_NULL,
					    DB_STR(item->error),
					    DB_STR(item->input), id,
					    DB_RAW(state_sources(EVENT_FAIL))));
	case SETTLE_SKIP:
		return db_batch_add(db, batch, err, sql_step_skip,
				    DB_ARGS(DB_STR(item->message),
					    DB_STR(item->error),
					    DB_STR(item->input), id,
					    DB_RAW(state_sources(EVENT_SKIP))));
	case SETTLE_RELEASE:
		return db_batch_add(db, batch, err, sql_step_release,
				    DB_ARGS(id, DB_RAW(state_sources(
							EVENT_RELEASE))));
	case SETTLE_PARK:
		return db_batch_add(db, batch, err, sql_step_park,
				    DB_ARGS(item->until == SETTLE_NO_TIME
						    ? DB_NULL
						    : DB_U64(item->until),
					    DB_STR(item->message),
					    DB_STR(item->input), id,
					    DB_RAW(state_sources(EVENT_PARK))));
	case SETTLE_MAP:
		return db_batch_add(db, batch, err, sql_step_map,
				    DB_ARGS(DB_U64(item->map->items),
					    DB_U64(item->map->items), id));
	case SETTLE_EXPAND:
	case SETTLE_BURY:
	case SETTLE_DROP:
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
			if (item->kind != SETTLE_MAP)
				ids_add(&work->steps, item->step_id);
			ids_add(&work->runs, item->run_id);
		} else {
			item->outcome = SETTLE_FENCED;
		}
	}
	return 0;
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

int settle(struct db *db, struct settle *items, size_t n, int mirror,
	   struct err *err)
{
	struct work work = { 0 };
	int rc = -1;

	assert(db_in_transaction(db));
	work_init(&work, n);
	if (lock_runs(db, items, n, err) ||
	    check_fences(db, items, n, &work, err))
		goto out;
	if (work.n > 0 &&
	    (write_steps(db, &work, err) || create_runs(db, &work, err) ||
	     items_add_rows(db, &work, err) || items_find(db, &work, err) ||
	     follow(db, &work, mirror, err)))
		goto out;
	rc = 0;
out:
	work_release(&work);
	return rc;
}
