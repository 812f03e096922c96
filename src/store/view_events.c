/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>

#include "base/mem.h"
#include "db/db.h"
#include "store/view.h"

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
