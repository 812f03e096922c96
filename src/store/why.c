/* SPDX-License-Identifier: MIT */

/*
 * The rows of a run are read first, its jobs behind them, so a step may have
 * gone on in between. The statement that reads jobs therefore reads the
 * states of their steps again, at one moment: only a step that is queued and
 * has no job in the same look is called broken.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "db/db.h"
#include "store/why.h"

#define JOB_COLUMNS                                      \
 "j.id, j.queue, j.lost, j.available_at, j.reserved_at," \
 " UNIX_TIMESTAMP(), w.name, w.host,"                    \
 " TIMESTAMPDIFF(MICROSECOND, w.heartbeat_at, NOW(3)) DIV 1000"

/* PRIMARY, jobs_step_id_index, PRIMARY. */
static const char sql_jobs[] =
	"SELECT e.id, e.status, " JOB_COLUMNS
	" FROM episode_jobs e"
	" LEFT JOIN jobs j FORCE INDEX (jobs_step_id_index)"
	" ON j.step_id = e.id LEFT JOIN workers w ON w.id = j.reserved_by"
	" WHERE e.id IN (?)";

/* PRIMARY, backwards and then forwards. */
static const char sql_newest[] =
	"SELECT id FROM jobs ORDER BY id DESC LIMIT 1 OFFSET ?";
static const char sql_pushed[] =
	"SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', NOW(3)) DIV 1000,"
	" NULL, " JOB_COLUMNS
	" FROM jobs j FORCE INDEX (PRIMARY)"
	" LEFT JOIN workers w ON w.id = j.reserved_by"
	" WHERE j.id > ? AND j.step_id IS NULL"
	" AND LEFT(j.payload, 2048) LIKE CONCAT('%', ?, '%') LIMIT 1";

/* PRIMARY; workers are few, so all of them are looked at. */
static const char sql_queue[] =
	"SELECT (SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', paused_at)"
	" DIV 1000 FROM queues WHERE name = ?),"
	" (SELECT COUNT(*) FROM workers WHERE FIND_IN_SET(?, queues)"
	" AND state = 'running'"
	" AND heartbeat_at > NOW(3) - INTERVAL ? MICROSECOND)";

/* jobs_queue_available_at_index, in its order up to this job. */
static const char sql_ahead[] =
	"SELECT COUNT(*) FROM (SELECT id FROM jobs"
	" FORCE INDEX (jobs_queue_available_at_index)"
	" WHERE queue = ? AND available_at <= ?"
	" AND (available_at < ? OR id < ?) LIMIT ?) ahead";

const char *why_reason_name(enum why_reason reason)
{
#define WHY_NAME(symbol, name, doc) [WHY_##symbol] = (name),
	static const char *const names[] = { WHY_REASONS(WHY_NAME) };
#undef WHY_NAME

	return reason < WHY_COUNT ? names[reason] : "?";
}

void why_release(struct why *why)
{
	free(why->queue);
	free(why->worker);
	free(why->host);
	*why = (struct why){ 0 };
}

void why_list_release(struct why_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		why_release(&list->whys[i]);
	free(list->whys);
	for (i = 0; list->items && i < list->rundown.list.n; i++)
		view_list_release(&list->items[i]);
	free(list->items);
	view_list_release(&list->one);
	rundown_release(&list->rundown);
	*list = (struct why_list){ 0 };
}

/* The reason that the job alone tells; WHY_TURN when it could be taken. */
static enum why_reason job_reason(const struct why *why, int64_t now_ms,
				  int64_t silent_ms)
{
	int is_later = why->due_ms == 0 || why->due_ms > now_ms;

	if (why->claimed_ms && why->due_ms && why->claimed_ms >= why->due_ms)
		return WHY_LARAVEL;
	if (why->claimed_ms)
		return is_later && why->silent_ms >= 0 &&
				       why->silent_ms <= silent_ms
			       ? WHY_HELD
			       : WHY_ABANDONED;
	if (!is_later)
		return WHY_TURN;
	if (why->row && why->row->state == STATE_RETRYING)
		return WHY_RETRY;
	return why->row && why->row->kind == VIEW_GATE ? WHY_GATE : WHY_TIME;
}

/* Columns as in JOB_COLUMNS, behind two for the caller. */
static void read_job(struct why *why, const struct db_rows *rows,
		     int64_t silent_ms)
{
	int64_t due = row_i64(rows, 5);

	why->job_id = row_u64(rows, 2);
	why->queue = xstrdup(row_str(rows, 3));
	why->lost = (uint32_t)row_u64(rows, 4);
	why->due_ms = due == UINT32_MAX ? 0 : due * 1000;
	why->claimed_ms = row_i64(rows, 6) * 1000;
	why->worker = xstrdup(row_str(rows, 8));
	why->host = xstrdup(row_str(rows, 9));
	why->silent_ms = row_is_null(rows, 10) ? -1 : row_i64(rows, 10);
	why->reason = job_reason(why, row_i64(rows, 7) * 1000, silent_ms);
}

static int is_under_way(const struct view_row *map)
{
	return map->items_in[STATE_QUEUED] + map->items_in[STATE_RUNNING] +
		       map->items_in[STATE_RETRYING] >
	       0;
}

/* What is right without a job, else WHY_BROKEN. */
static enum why_reason jobless_reason(const struct rundown *rundown,
				      const struct view_row *row)
{
	size_t at = 0;

	if (row->state == STATE_FAILED)
		return WHY_FAILED;
	if (row->kind == VIEW_ITEM)
		return row->state == STATE_WAITING ? WHY_PLACE : WHY_BROKEN;
	if (row->kind == VIEW_MAP && row->state == STATE_RUNNING)
		return row->has_items && is_under_way(row) ? WHY_ITEMS
							   : WHY_BROKEN;
	if (row->state == STATE_WAITING && row->waiting_on > 0 &&
	    (!rundown->pipeline || rundown_next_need(rundown, row, &at)))
		return WHY_NEEDS;
	return WHY_BROKEN;
}

static int is_told(const struct rundown *rundown, const struct view_row *row)
{
	return row->state == STATE_FAILED
		       ? row->kind != VIEW_ITEM &&
				 !rundown_is_tolerated(rundown, row)
		       : !state_is_final(row->state);
}

static struct why *find_why(struct why_list *list, uint64_t row_id)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->whys[i].row->id == row_id)
			return &list->whys[i];
	return NULL;
}

/* Drop those whose steps have ended since their rows were read. */
static void drop_ended(struct why_list *list)
{
	size_t i, n = 0;

	for (i = 0; i < list->n; i++) {
		if (is_told(&list->rundown, list->whys[i].row))
			list->whys[n++] = list->whys[i];
		else
			why_release(&list->whys[i]);
	}
	list->n = n;
}

static int read_jobs(struct db *db, const struct why_query *query,
		     struct why_list *list, struct err *err)
{
	struct db_rows rows = { 0 };
	uint64_t *ids = xcalloc(list->n, sizeof(*ids));
	size_t i;
	int rc = 0;

	for (i = 0; i < list->n; i++)
		ids[i] = list->whys[i].row->id;
	if (list->n > 0)
		rc = db_query(db, &rows, err, sql_jobs,
			      DB_ARGS(DB_IDS(ids, list->n)));
	while (list->n > 0 && rc == 0 && db_rows_next(&rows)) {
		struct why *why = find_why(list, row_u64(&rows, 0));

		why->row->state = state_from_name(row_str(&rows, 1));
		if (row_is_null(&rows, 2) || why->job_id)
			continue;
		read_job(why, &rows, query->silent_ms);
	}
	db_rows_release(&rows);
	free(ids);
	if (rc == 0)
		drop_ended(list);
	return rc;
}

static int count_ahead(struct db *db, struct why *why, struct err *err)
{
	struct db_arg due = DB_I64(why->due_ms / 1000);
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_ahead,
		     DB_ARGS(DB_STR(why->queue), due, due, DB_U64(why->job_id),
			     DB_U64(LIMIT_LIST))))
		return -1;
	if (db_rows_next(&rows))
		why->ahead = row_u64(&rows, 0);
	db_rows_release(&rows);
	return 0;
}

/* What holds the queue of a job up, and why it waits if that could be it. */
static int read_queue(struct db *db, int64_t silent_ms, struct why *why,
		      struct err *err)
{
	struct db_arg name = DB_STR(why->queue);
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_queue,
		     DB_ARGS(name, name, DB_I64(silent_ms * 1000))))
		return -1;
	if (db_rows_next(&rows)) {
		why->paused_ms = row_i64(&rows, 0);
		why->workers = (uint32_t)row_u64(&rows, 1);
	}
	db_rows_release(&rows);
	if (why->reason != WHY_TURN)
		return 0;
	if (why->paused_ms)
		why->reason = WHY_PAUSED;
	else if (why->workers == 0)
		why->reason = WHY_NO_WORKER;
	return count_ahead(db, why, err);
}

static int read_queues(struct db *db, const struct why_query *query,
		       struct why_list *list, struct err *err)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		struct why *why = &list->whys[i];

		if (!why->job_id) {
			why->reason = jobless_reason(&list->rundown, why->row);
			if (why->reason == WHY_FAILED)
				why->failed_id =
					rundown_failed_job(&list->rundown,
							   why->row);
		} else if (why->reason != WHY_HELD &&
			   why->reason != WHY_LARAVEL &&
			   read_queue(db, query->silent_ms, why, err)) {
			return -1;
		}
	}
	return 0;
}

static void append_rows(struct view_list *to, struct view_list *from)
{
	to->rows =
		xreallocarray(to->rows, to->n + from->n + 1, sizeof(*to->rows));
	if (from->n > 0)
		memcpy(&to->rows[to->n], from->rows,
		       from->n * sizeof(*to->rows));
	to->n += from->n;
	free(from->rows);
	*from = (struct view_list){ 0 };
}

/* Some items of a map in each state in which they have a job. */
static int read_items(struct db *db, const struct view_row *map,
		      uint64_t run_id, struct view_list *out, struct err *err)
{
	static const enum state states[] = { STATE_RETRYING, STATE_RUNNING,
					     STATE_QUEUED };
	struct view_list some;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		if (map->items_in[states[i]] == 0)
			continue;
		if (view_items(db, run_id, map->id, states[i], WHY_ITEMS_TOLD,
			       &some, err))
			return -1;
		append_rows(out, &some);
	}
	return 0;
}

static void add_why(struct why_list *list, struct view_row *row)
{
	if (is_told(&list->rundown, row))
		list->whys[list->n++] = (struct why){ .row = row };
}

/* Steps, and behind each map its items; the one asked for if not among them. */
static int collect(struct db *db, const struct why_query *query,
		   struct why_list *list, struct err *err)
{
	const struct view_list *run = &list->rundown.list;
	size_t i, k, n = run->n + 1;

	list->items = xcalloc(run->n, sizeof(*list->items));
	for (i = 1; i < run->n; i++) {
		if (run->rows[i].has_items &&
		    run->rows[i].state == STATE_RUNNING &&
		    read_items(db, &run->rows[i], query->run_id,
			       &list->items[i], err))
			return -1;
		n += list->items[i].n;
	}
	list->whys = xcalloc(n, sizeof(*list->whys));
	for (i = 1; i < run->n; i++) {
		add_why(list, &run->rows[i]);
		for (k = 0; k < list->items[i].n; k++)
			add_why(list, &list->items[i].rows[k]);
	}
	if (query->row_id == 0 || find_why(list, query->row_id))
		return 0;
	if (view_rows(db, &query->row_id, 1, &list->one, err))
		return -1;
	if (list->one.n > 0 && list->one.rows[0].kind == VIEW_ITEM)
		add_why(list, &list->one.rows[0]);
	return 0;
}

int why_load(struct db *db, const struct why_query *query, struct why_list *out,
	     struct err *err)
{
	struct why_list list = { 0 };
	int found = rundown_load(db, query->run_id, &list.rundown, err);

	if (found <= 0)
		return found;
	if (collect(db, query, &list, err) ||
	    read_jobs(db, query, &list, err) ||
	    read_queues(db, query, &list, err)) {
		why_list_release(&list);
		return -1;
	}
	*out = list;
	return 1;
}

int why_job(struct db *db, const char *uuid, int64_t silent_ms, struct why *out,
	    int64_t *now_ms, struct err *err)
{
	struct db_rows rows = { 0 };
	struct why why = { 0 };
	uint64_t after;
	int found;

	if (db_query(db, &rows, err, sql_newest, DB_ARGS(DB_U64(LIMIT_LIST))))
		return -1;
	after = db_rows_next(&rows) ? row_u64(&rows, 0) : 0;
	db_rows_release(&rows);
	if (db_query(db, &rows, err, sql_pushed,
		     DB_ARGS(DB_U64(after), DB_STR(uuid))))
		return -1;
	found = db_rows_next(&rows);
	if (found) {
		*now_ms = row_i64(&rows, 0);
		read_job(&why, &rows, silent_ms);
	}
	db_rows_release(&rows);
	if (!found)
		return 0;
	if (why.reason != WHY_HELD && why.reason != WHY_LARAVEL &&
	    read_queue(db, silent_ms, &why, err)) {
		why_release(&why);
		return -1;
	}
	*out = why;
	return 1;
}
