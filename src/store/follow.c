/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "plan/decide.h"
#include "plan/pipeline.h"
#include "plan/state.h"
#include "store/run.h"
#include "store/work.h"

/* PRIMARY, all statements here. */

/* The assignments run from left to right: waiting_on is the new one below. */
static const char sql_run_step_done[] =
	"UPDATE episode_jobs SET waiting_on = waiting_on + ? - 1,"
	" cost = cost + ?, progress = IF(waiting_on = 0, 100,"
	" LEAST(99.99, GREATEST(0, progress + ? / 100))),"
	" completed_at = IF(waiting_on = 0, NOW(3), completed_at),"
	" unique_key = IF(waiting_on = 0, NULL, unique_key),"
	" status = IF(waiting_on = 0, 'done', status) WHERE id = ?";
static const char sql_runs_begin[] =
	"UPDATE episode_jobs FORCE INDEX (PRIMARY)"
	" SET status = 'running', started_at = NOW(3)"
	" WHERE id IN (?) AND status = 'queued'";
static const char sql_run_fail[] =
	"UPDATE episode_jobs SET status = 'failed', error = CONCAT(?, ': ', ?),"
	" completed_at = NOW(3), unique_key = NULL"
	" WHERE id = ? AND status IN ('queued', 'running')";
static const char sql_run_undo[] =
	"UPDATE episode_jobs SET progress = GREATEST(0, progress - ? / 100)"
	" WHERE id = ?";
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

static const char sql_job_park[] =
	"UPDATE jobs SET reserved_at = NULL, reserved_by = NULL, lost = 0,"
	" attempts = GREATEST(attempts, 1) - 1, available_at = IF((SELECT"
	" value IS NULL FROM episode_jobs WHERE id = ?), ?, UNIX_TIMESTAMP())"
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
	" LEFT(CONCAT(step, IF(item IS NULL, '', CONCAT('[', item, ']')),"
	" IF(status IN ('failed', 'retrying'), CONCAT(': ', error), '')),"
	" 1000),"
	" NOW(3) FROM episode_jobs WHERE id IN (?) ORDER BY id";
static const char sql_event_runs_done[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" state, progress, message, created_at)"
	" SELECT id, episode_id, id, 'state', status, progress, pipeline,"
	" NOW(3) FROM episode_jobs WHERE id IN (?) AND status = 'done'"
	" ORDER BY id";

static const char sql_event_loop[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" message, created_at) SELECT run_id, episode_id, id, 'log',"
	" CONCAT(step, ' sends the run back to ', ?, ', round ', ?), NOW(3)"
	" FROM episode_jobs WHERE id = ?";

/* Goes before sql_run_fail: a run fails by the first of its steps. */
static const char sql_event_run_fails[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" state, progress, message, created_at)"
	" SELECT id, episode_id, id, 'state', 'failed', progress,"
	" LEFT(CONCAT(?, ': ', ?), 1000), NOW(3) FROM episode_jobs"
	" WHERE id = ? AND status IN ('queued', 'running')";

static int cmp_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
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
		if (settle_due_sql(item, &due, err) == 0)
			rc = db_batch_add(db, batch, err, sql_job_retry,
					  DB_ARGS(DB_RAW(strbuf_str(&due)),
						  id));
		strbuf_release(&due);
		return rc;
	}
	if (item->kind == SETTLE_RELEASE && is_written)
		return db_batch_add(db, batch, err, sql_job_release,
				    DB_ARGS(DB_U64(item->due), id));
	if (item->kind == SETTLE_PARK && is_written)
		return db_batch_add(db, batch, err, sql_job_park,
				    DB_ARGS(DB_U64(item->step_id),
					    DB_U64(item->until), id));
	if (item->kind == SETTLE_MAP && is_written && !item->map->is_last)
		return 0;
	ids_add(&work->jobs_gone, item->job_id);
	if ((item->kind == SETTLE_FAIL || item->kind == SETTLE_BURY) &&
	    is_written && !settle_goes_on(item))
		return add_bury(db, batch, item, err);
	return 0;
}

/* What goes back is not fed: its steps get new rows, the first a job. */
static int add_loop(struct db *db, struct work *work, const struct settle *item,
		    struct err *err)
{
	const struct settle_loop *loop = item->loop;
	const struct pipeline *pipeline = loop->pipeline;
	const struct pipeline_step *end = &pipeline->steps[loop->step];
	struct run_row *rows = xcalloc(pipeline->steps_n, sizeof(*rows));
	char uuid[UUID_TEXT];
	size_t i, n = 0;
	int rc = -1;

	for (i = 0; i < pipeline->steps_n; i++) {
		if (!end->again.body[i])
			continue;
		rows[n++] = (struct run_row){
			.run_id = item->run_id,
			.episode_id = loop->episode_id,
			.has_episode = loop->has_episode,
			.pipeline = pipeline->name,
			.step = &pipeline->steps[i],
			.queue = loop->queue,
			.waiting_on =
				decide_loop_needs(pipeline, loop->step, i),
			.round = loop->rounds[i],
			.uuid = i == end->again.index ? uuid : NULL,
		};
	}
	if (run_rows_add(db, &work->batch, rows, n, err) == 0 &&
	    db_batch_add(db, &work->batch, err, run_sql_jobs,
			 DB_ARGS(DB_RAW("uuid"), DB_STR(uuid))) == 0 &&
	    db_batch_add(db, &work->batch, err, sql_event_loop,
			 DB_ARGS(DB_STR(end->again.to),
				 DB_U64(loop->rounds[end->again.index]),
				 DB_U64(item->step_id))) == 0)
		rc = 0;
	free(rows);
	return rc;
}

static uint32_t loop_size(const struct settle_loop *loop)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < loop->pipeline->steps_n; i++)
		n += loop->pipeline->steps[loop->step].again.body[i];
	return n;
}

static int add_run(struct db *db, struct work *work, const struct settle *item,
		   struct err *err)
{
	struct db_batch *batch = &work->batch;
	struct db_arg run = DB_U64(item->run_id);
	double share = item->share;

	if (item->outcome != SETTLE_WRITTEN || item->parent_id)
		return 0;
	if (item->kind == SETTLE_FAIL && !item->is_tolerated) {
		struct db_arg step = DB_STR(item->step);
		struct db_arg error = DB_STR(item->error);

		if (item->undone > 0 &&
		    db_batch_add(db, batch, err, sql_run_undo,
				 DB_ARGS(DB_I64(item->undone), run)))
			return -1;
		if (db_batch_add(db, batch, err, sql_event_run_fails,
				 DB_ARGS(step, error, run)))
			return -1;
		return db_batch_add(db, batch, err, sql_run_fail,
				    DB_ARGS(step, error, run));
	}
	if ((item->kind == SETTLE_PARK || item->kind == SETTLE_SKIP) &&
	    db_batch_add(db, batch, err, sql_runs_begin, DB_ARGS(run)))
		return -1;
	if (!settle_goes_on(item))
		return 0;
	if (item->loop && add_loop(db, work, item, err))
		return -1;
	if (item->loop)
		share -= item->loop->share;
	ids_add(&work->runs_done, item->run_id);
	return db_batch_add(
		db, batch, err, sql_run_step_done,
		DB_ARGS(DB_U64(item->loop ? loop_size(item->loop) : 0),
			DB_STR(item->kind == SETTLE_DONE ? item->cost : "0"),
			DB_I64((int64_t)(share * 100)), run));
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

static void collect_feeds(struct work *work)
{
	size_t i, n = 0;

	for (i = 0; i < work->n; i++)
		n += work->items[i]->feeds_n;
	work->feeds.v = xcalloc(n, sizeof(*work->feeds.v));
	for (i = 0; i < work->n; i++) {
		const struct settle *item = work->items[i];
		size_t k;

		if (settle_goes_on(item) && !item->loop && !item->parent_id)
			for (k = 0; k < item->feeds_n; k++)
				ids_add(&work->feeds, item->feeds[k]);
	}
}

int follow(struct db *db, struct work *work, int mirror, struct err *err)
{
	struct db_batch *batch = &work->batch;
	size_t i;

	collect_feeds(work);
	if (work->steps.n > 0 &&
	    db_batch_add(db, batch, err, sql_event_steps,
			 DB_ARGS(DB_IDS(work->steps.v, work->steps.n))))
		return -1;
	for (i = 0; i < work->n; i++)
		if (add_run(db, work, work->items[i], err))
			return -1;
	if (items_add(db, work, err))
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
