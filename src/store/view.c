/* SPDX-License-Identifier: MIT */

/*
 * A run and its steps come in one statement, so that a page never shows a
 * run that is done with a step that is not: a statement sees one moment, two
 * of them see two.
 *
 * The list of runs walks episode_jobs_run_id_index (or that of episode_id)
 * backwards, where the rows of one value lie in the order of their ids. The
 * index is named, because to an optimizer that expects the first rows soon
 * the primary key looks as good, and that one is full of steps.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "db/db.h"
#include "store/view.h"

/* UNIX_TIMESTAMP() ends in 2038 on some servers. */
#define ROW_COLUMNS                                                       \
 "id, uuid, episode_id, definition_id, pipeline, step, status, attempts," \
 " waiting_on, progress, cost, message, LEFT(error, 1000), worker,"       \
 " queue, available_at"                                                   \
 ", TIMESTAMPDIFF(MICROSECOND, '1970-01-01', created_at) DIV 1000"        \
 ", TIMESTAMPDIFF(MICROSECOND, '1970-01-01', started_at) DIV 1000"        \
 ", TIMESTAMPDIFF(MICROSECOND, '1970-01-01', completed_at) DIV 1000"      \
 ", TIMESTAMPDIFF(MICROSECOND, '1970-01-01', NOW(3)) DIV 1000"

/* PRIMARY; episode_jobs_run_id_index. */
static const char sql_run[] = "SELECT 0 AS part, " ROW_COLUMNS
			      " FROM episode_jobs"
			      " WHERE id = ? AND run_id IS NULL"
			      " UNION ALL SELECT 1, " ROW_COLUMNS
			      " FROM episode_jobs"
			      " WHERE run_id = ? AND item IS NULL"
			      " ORDER BY part, id LIMIT ?";

/* The index is the first `?`. */
static const char sql_runs[] = "SELECT 0, " ROW_COLUMNS
			       " FROM episode_jobs FORCE INDEX (?)"
			       " WHERE run_id IS NULL";
static const char by_run[] = "episode_jobs_run_id_index";
static const char by_episode[] = "episode_jobs_episode_id_index";

/* episode_jobs_run_id_index. */
static const char sql_current[] =
	"SELECT run_id, GROUP_CONCAT(step ORDER BY id SEPARATOR ', ')"
	" FROM episode_jobs WHERE run_id IN (?) AND item IS NULL"
	" AND status IN ('running', 'retrying') GROUP BY run_id";

/* episode_jobs_run_id_index. */
static const char sql_artifacts[] =
	"SELECT JSON_EXTRACT(result, '$.artifacts') FROM episode_jobs"
	" WHERE run_id = ? AND status = 'done'"
	" AND JSON_TYPE(JSON_EXTRACT(result, '$.artifacts')) = 'ARRAY'"
	" AND LENGTH(JSON_EXTRACT(result, '$.artifacts')) <= ?"
	" ORDER BY id";

/* episode_events_run_id_index, where a run's events lie by id. */
static const char sql_events[] =
	"SELECT id, episode_job_id, kind, state, progress, message,"
	" TIMESTAMPDIFF(MICROSECOND, '1970-01-01', created_at) DIV 1000,"
	" TIMESTAMPDIFF(MICROSECOND, '1970-01-01', NOW(3)) DIV 1000"
	" FROM episode_events FORCE INDEX (episode_events_run_id_index)"
	" WHERE run_id = ? AND id > ? ORDER BY id LIMIT ?";
static const char sql_events_last[] =
	"SELECT id FROM episode_events"
	" FORCE INDEX (episode_events_run_id_index)"
	" WHERE run_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?";

/*
 * jobs_queue_available_at_index, without the rows but for the last count:
 * claimed rows are those of the next seconds, so they are looked for among
 * the first that are not due.
 */
static const char sql_queue_names[] =
	"SELECT DISTINCT queue FROM jobs ORDER BY queue LIMIT ?";
static const char sql_queue[] =
	"SELECT (SELECT COUNT(*) FROM jobs"
	" WHERE queue = ? AND available_at <= UNIX_TIMESTAMP()),"
	" (SELECT COUNT(*) FROM jobs"
	" WHERE queue = ? AND available_at > UNIX_TIMESTAMP()),"
	" (SELECT COUNT(reserved_at) FROM (SELECT reserved_at FROM jobs"
	" WHERE queue = ? AND available_at > UNIX_TIMESTAMP()"
	" ORDER BY available_at LIMIT ?) j)";

static void row_release(struct view_row *row)
{
	free(row->uuid);
	free(row->pipeline);
	free(row->step);
	free(row->cost);
	free(row->message);
	free(row->error);
	free(row->worker);
	free(row->current);
	free(row->queue);
}

void view_list_release(struct view_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		row_release(&list->rows[i]);
	free(list->rows);
	*list = (struct view_list){ 0 };
}

/* Columns as in ROW_COLUMNS, behind one for the caller. */
static void row_read(struct view_row *row, const struct db_rows *rows)
{
	row->id = row_u64(rows, 1);
	row->uuid = xstrdup(row_str(rows, 2));
	row->has_episode = !row_is_null(rows, 3);
	row->episode_id = row_u64(rows, 3);
	row->definition_id = row_u64(rows, 4);
	row->pipeline = xstrdup(row_str(rows, 5));
	row->step = xstrdup(row_str(rows, 6));
	row->state = state_from_name(row_str(rows, 7));
	row->attempts = (uint32_t)row_u64(rows, 8);
	row->waiting_on = (uint32_t)row_u64(rows, 9);
	row->progress = row_double(rows, 10);
	row->cost = xstrdup(row_str(rows, 11));
	row->message = xstrdup(row_str(rows, 12));
	row->error = xstrdup(row_str(rows, 13));
	row->worker = xstrdup(row_str(rows, 14));
	row->queue = xstrdup(row_str(rows, 15));
	row->due_ms = row_i64(rows, 16) * 1000;
	row->created_ms = row_i64(rows, 17);
	row->started_ms = row_i64(rows, 18);
	row->completed_ms = row_i64(rows, 19);
}

static void list_read(struct view_list *list, struct db_rows *rows)
{
	list->rows = xcalloc(rows->count, sizeof(*list->rows));
	while (db_rows_next(rows)) {
		row_read(&list->rows[list->n++], rows);
		list->now_ms = row_i64(rows, 20);
	}
}

int view_run(struct db *db, uint64_t run_id, struct view_list *out,
	     struct err *err)
{
	struct db_rows rows = { 0 };
	struct view_list list = { 0 };

	if (db_query(db, &rows, err, sql_run,
		     DB_ARGS(DB_U64(run_id), DB_U64(run_id),
			     DB_U64(LIMIT_STEPS + 1))))
		return -1;
	list_read(&list, &rows);
	db_rows_release(&rows);
	if (list.n == 0 || list.rows[0].id != run_id) {
		view_list_release(&list);
		return 0;
	}
	*out = list;
	return 1;
}

static int add_filter(struct strbuf *sql, const struct view_filter *filter,
		      struct err *err)
{
	if (filter->has_episode &&
	    stmt_add(sql, err, " AND episode_id = ?",
		     DB_ARGS(DB_U64(filter->episode_id))))
		return -1;
	if (filter->state != STATE_COUNT &&
	    stmt_add(sql, err, " AND status = ?",
		     DB_ARGS(DB_STR(state_name(filter->state)))))
		return -1;
	if (filter->pipeline && stmt_add(sql, err, " AND pipeline = ?",
					 DB_ARGS(DB_STR(filter->pipeline))))
		return -1;
	if (filter->since_ms > 0 &&
	    stmt_add(sql, err,
		     " AND created_at >= NOW(3) - INTERVAL ? MICROSECOND",
		     DB_ARGS(DB_I64(filter->since_ms * 1000))))
		return -1;
	return 0;
}

/* Which steps the runs that are under way are at. */
static int read_current(struct db *db, struct view_list *list, struct err *err)
{
	struct db_rows rows = { 0 };
	uint64_t *ids = xcalloc(list->n, sizeof(*ids));
	size_t i, n = 0;
	int rc = 0;

	for (i = 0; i < list->n; i++)
		if (!state_is_final(list->rows[i].state))
			ids[n++] = list->rows[i].id;
	if (n > 0)
		rc = db_query(db, &rows, err, sql_current,
			      DB_ARGS(DB_IDS(ids, n)));
	while (n > 0 && rc == 0 && db_rows_next(&rows))
		for (i = 0; i < list->n; i++)
			if (list->rows[i].id == row_u64(&rows, 0))
				list->rows[i].current =
					xstrdup(row_str(&rows, 1));
	db_rows_release(&rows);
	free(ids);
	return rc;
}

int view_runs(struct db *db, const struct view_filter *filter, size_t limit,
	      struct view_list *out, struct err *err)
{
	struct strbuf sql = { 0 };
	struct db_rows rows = { 0 };
	struct view_list list = { 0 };
	int rc = -1;

	if (stmt_add(&sql, err, sql_runs,
		     DB_ARGS(DB_RAW(filter->has_episode ? by_episode
							: by_run))) ||
	    add_filter(&sql, filter, err) ||
	    stmt_add(&sql, err, " ORDER BY id DESC LIMIT ?",
		     DB_ARGS(DB_U64(limit))) ||
	    db_query(db, &rows, err, "?", DB_ARGS(DB_RAW(strbuf_str(&sql)))))
		goto out;
	list_read(&list, &rows);
	if (read_current(db, &list, err)) {
		view_list_release(&list);
		goto out;
	}
	*out = list;
	rc = 0;
out:
	db_rows_release(&rows);
	strbuf_release(&sql);
	return rc;
}

static void add_artifacts(struct view_artifacts *out, jv list)
{
	int i, n = jv_array_length(jv_copy(list));

	out->paths = xreallocarray(out->paths, out->n + (size_t)n + 1,
				   sizeof(*out->paths));
	for (i = 0; i < n; i++) {
		jv path = jv_array_get(jv_copy(list), i);

		if (jv_get_kind(path) == JV_KIND_STRING)
			out->paths[out->n++] = xstrdup(jv_string_value(path));
		jv_free(path);
	}
}

int view_artifacts(struct db *db, uint64_t run_id, struct view_artifacts *out,
		   struct err *err)
{
	struct db_rows rows = { 0 };
	jv list;

	*out = (struct view_artifacts){ 0 };
	if (db_query(db, &rows, err, sql_artifacts,
		     DB_ARGS(DB_U64(run_id), DB_U64(LIMIT_ARTIFACTS))))
		return -1;
	while (db_rows_next(&rows)) {
		if (json_parse(row_str(&rows, 0), row_len(&rows, 0), &list,
			       NULL))
			continue;
		add_artifacts(out, list);
		jv_free(list);
	}
	db_rows_release(&rows);
	return 0;
}

void view_artifacts_release(struct view_artifacts *artifacts)
{
	size_t i;

	for (i = 0; i < artifacts->n; i++)
		free(artifacts->paths[i]);
	free(artifacts->paths);
	*artifacts = (struct view_artifacts){ 0 };
}

void view_event_release(struct view_event *event)
{
	free(event->kind);
	free(event->state);
	free(event->message);
	*event = (struct view_event){ 0 };
}

void view_events_release(struct view_events *events)
{
	size_t i;

	for (i = 0; i < events->n; i++)
		view_event_release(&events->events[i]);
	free(events->events);
	*events = (struct view_events){ 0 };
}

static void event_read(struct view_event *event, const struct db_rows *rows)
{
	event->id = row_u64(rows, 0);
	event->row_id = row_u64(rows, 1);
	event->kind = xstrdup(row_str(rows, 2));
	event->state = xstrdup(row_str(rows, 3));
	event->has_progress = !row_is_null(rows, 4);
	event->progress = row_double(rows, 4);
	event->message = xstrdup(row_str(rows, 5));
	event->created_ms = row_i64(rows, 6);
}

int view_events(struct db *db, uint64_t run_id, uint64_t after, size_t limit,
		struct view_events *out, struct err *err)
{
	struct db_rows rows = { 0 };

	*out = (struct view_events){ 0 };
	if (db_query(db, &rows, err, sql_events,
		     DB_ARGS(DB_U64(run_id), DB_U64(after), DB_U64(limit))))
		return -1;
	out->events = xcalloc(rows.count, sizeof(*out->events));
	while (db_rows_next(&rows)) {
		event_read(&out->events[out->n++], &rows);
		out->now_ms = row_i64(&rows, 7);
	}
	db_rows_release(&rows);
	return 0;
}

int view_events_last(struct db *db, uint64_t run_id, size_t n,
		     uint64_t *after_out, struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_events_last,
		     DB_ARGS(DB_U64(run_id), DB_U64(n))))
		return -1;
	*after_out = db_rows_next(&rows) ? row_u64(&rows, 0) : 0;
	db_rows_release(&rows);
	return 0;
}

/* The names alone; the counts are 0. */
static int read_queue_names(struct db *db, struct view_queues *out,
			    struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_queue_names,
		     DB_ARGS(DB_U64(LIMIT_QUEUES))))
		return -1;
	out->queues = xcalloc(rows.count, sizeof(*out->queues));
	while (db_rows_next(&rows))
		out->queues[out->n++].name = xstrdup(row_str(&rows, 0));
	db_rows_release(&rows);
	return 0;
}

static int count_queue(struct db *db, struct view_queue *queue, struct err *err)
{
	struct db_arg name = DB_STR(queue->name);
	struct db_rows rows = { 0 };
	uint64_t later;

	if (db_query(db, &rows, err, sql_queue,
		     DB_ARGS(name, name, name, DB_U64(LIMIT_LIST))))
		return -1;
	if (db_rows_next(&rows)) {
		queue->waiting = row_u64(&rows, 0);
		later = row_u64(&rows, 1);
		queue->running = row_u64(&rows, 2);
		queue->delayed = later - MIN(later, queue->running);
	}
	db_rows_release(&rows);
	return 0;
}

int view_queues(struct db *db, struct view_queues *out, struct err *err)
{
	struct view_queues queues = { 0 };
	size_t i;

	if (read_queue_names(db, &queues, err))
		return -1;
	for (i = 0; i < queues.n; i++) {
		if (count_queue(db, &queues.queues[i], err)) {
			view_queues_release(&queues);
			return -1;
		}
	}
	*out = queues;
	return 0;
}

void view_queues_release(struct view_queues *queues)
{
	size_t i;

	for (i = 0; i < queues->n; i++)
		free(queues->queues[i].name);
	free(queues->queues);
	*queues = (struct view_queues){ 0 };
}
