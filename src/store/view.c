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
#define ROW_COLUMNS                                                    \
 "e.id, e.uuid, e.episode_id, e.definition_id, e.pipeline, e.step,"    \
 " e.status, e.attempts, e.waiting_on, e.progress, e.cost, e.message," \
 " LEFT(e.error, 1000), e.worker, e.queue, e.available_at"             \
 ", TIMESTAMPDIFF(MICROSECOND, '1970-01-01', e.created_at) DIV 1000"   \
 ", TIMESTAMPDIFF(MICROSECOND, '1970-01-01', e.started_at) DIV 1000"   \
 ", TIMESTAMPDIFF(MICROSECOND, '1970-01-01', e.completed_at) DIV 1000" \
 ", TIMESTAMPDIFF(MICROSECOND, '1970-01-01', NOW(3)) DIV 1000"         \
 ", e.parent_id, e.kind, e.round, e.item, e.items, e.origin_id"        \
 ", (SELECT COALESCE(o.run_id, o.id) FROM episode_jobs o"              \
 " WHERE o.id = e.origin_id)"                                          \
 ", IF(e.kind = 'gate' AND e.status = 'done', CONCAT("                 \
 "IF(JSON_UNQUOTE(JSON_EXTRACT(e.result, '$.approved')) = 'true',"     \
 " 'approved', 'rejected'),"                                           \
 " IF(JSON_UNQUOTE(JSON_EXTRACT(e.result, '$.by')) = 'deadline',"      \
 " ' by its deadline', '')), NULL)"

/* PRIMARY; episode_jobs_run_id_index. */
static const char sql_run[] =
	"SELECT 0 AS part, " ROW_COLUMNS
	" FROM episode_jobs e WHERE e.id = ? AND e.run_id IS NULL"
	" UNION ALL SELECT 1, " ROW_COLUMNS
	" FROM episode_jobs e WHERE e.run_id = ? AND e.parent_id IS NULL"
	" AND e.item IS NULL ORDER BY part, id LIMIT ?";

/* The index is the first `?`. */
static const char sql_runs[] =
	"SELECT 0, " ROW_COLUMNS
	" FROM episode_jobs e FORCE INDEX (?)"
	" WHERE run_id IS NULL AND parent_id IS NULL AND item IS NULL";
static const char by_run[] = "episode_jobs_run_id_index";
static const char by_episode[] = "episode_jobs_episode_id_index";

/* PRIMARY. */
static const char sql_rows[] =
	"SELECT 0, " ROW_COLUMNS " FROM episode_jobs e WHERE e.id IN (?)";

/* episode_jobs_run_id_index, for these three. */
static const char sql_items[] = "SELECT 0, " ROW_COLUMNS
				" FROM episode_jobs e"
				" FORCE INDEX (episode_jobs_run_id_index)"
				" WHERE run_id = ? AND parent_id = ?";
#define SUM_STATE(symbol, name, is_final, doc) ", SUM(status = '" name "')"
static const char sql_count_items[] =
	"SELECT parent_id, MIN(IF(status = 'failed', item, NULL))"
	STATE_TABLE(SUM_STATE) " FROM episode_jobs"
	" FORCE INDEX (episode_jobs_run_id_index)"
	" WHERE run_id = ? AND parent_id IS NOT NULL GROUP BY parent_id";
static const char sql_item_error[] =
	"SELECT LEFT(error, 1000) FROM episode_jobs"
	" WHERE run_id = ? AND parent_id = ? AND item = ?";

/* episode_jobs_run_id_index. A gate that is parked waits for no step. */
static const char sql_current[] =
	"SELECT run_id, GROUP_CONCAT(CONCAT(step,"
	" IF(round > 1, CONCAT(' #', round), ''), IF(status = 'waiting',"
	" ' waits for approval', IF(items > 0, CONCAT(' ', items"
	" - LEAST(items, waiting_on), '/', items), '')))"
	" ORDER BY id SEPARATOR ', ')"
	" FROM episode_jobs WHERE run_id IN (?) AND parent_id IS NULL"
	" AND item IS NULL AND (status IN ('running', 'retrying')"
	" OR status = 'waiting' AND kind = 'gate' AND waiting_on = 0)"
	" GROUP BY run_id";

/* episode_jobs_run_id_index; the results of items are left out. */
static const char sql_artifacts[] =
	"SELECT JSON_EXTRACT(result, '$.artifacts') FROM episode_jobs"
	" WHERE run_id = ? AND parent_id IS NULL AND item IS NULL"
	" AND status = 'done'"
	" AND JSON_TYPE(JSON_EXTRACT(result, '$.artifacts')) = 'ARRAY'"
	" AND LENGTH(JSON_EXTRACT(result, '$.artifacts')) <= ?"
	" ORDER BY id";

const char *view_kind_name(enum view_kind kind)
{
#define VIEW_KIND_NAME(symbol, name) [VIEW_##symbol] = (name),
	static const char *const names[] = { VIEW_KINDS(VIEW_KIND_NAME) };
#undef VIEW_KIND_NAME

	return kind < VIEW_KIND_COUNT ? names[kind] : "?";
}

static enum view_kind kind_from_name(const char *name)
{
	unsigned int kind = 0;

	while (kind < VIEW_KIND_COUNT &&
	       strcmp(view_kind_name((enum view_kind)kind), name) != 0)
		kind++;
	return (enum view_kind)kind;
}

uint32_t view_items_over(const struct view_row *map)
{
	return map->items - MIN(map->items, map->waiting_on);
}

int view_is_parked(const struct view_row *row)
{
	return row->state == STATE_WAITING && row->waiting_on == 0 &&
	       row->kind != VIEW_ITEM && row->kind != VIEW_RUN;
}

int view_is_live(const struct view_list *list)
{
	const struct view_row *run = &list->rows[0];
	size_t i;

	if (run->state != STATE_FAILED)
		return !state_is_final(run->state);
	for (i = 1; i < list->n; i++) {
		const struct view_row *row = &list->rows[i];

		if (state_is_final(row->state))
			continue;
		if (row->state != STATE_WAITING ||
		    (view_is_parked(row) && row->kind != VIEW_GATE))
			return 1;
	}
	return 0;
}

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
	free(row->failed_error);
	free(row->verdict);
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
	row->parent_id = row_u64(rows, 21);
	row->kind = kind_from_name(row_str(rows, 22));
	row->round = (uint32_t)row_u64(rows, 23);
	row->item = (uint32_t)row_u64(rows, 24);
	row->has_items = !row_is_null(rows, 25);
	row->items = (uint32_t)row_u64(rows, 25);
	row->origin_id = row_u64(rows, 26);
	row->origin_run = row_u64(rows, 27);
	row->verdict = xstrdup(row_str(rows, 28));
}

static void list_read(struct view_list *list, struct db_rows *rows)
{
	list->rows = xcalloc(rows->count, sizeof(*list->rows));
	while (db_rows_next(rows)) {
		row_read(&list->rows[list->n++], rows);
		list->now_ms = row_i64(rows, 20);
	}
}

static int is_same_step(const struct view_row *a, const struct view_row *b)
{
	return strcmp(a->step, b->step) == 0;
}

/* How many rows from `rows` on were made by one return of a loop. */
static size_t round_length(const struct view_row *rows, size_t n)
{
	size_t len, i;

	for (len = 1; len < n && rows[len].round == rows[0].round; len++)
		for (i = 0; i < len; i++)
			if (is_same_step(&rows[i], &rows[len]))
				return len;
	return len;
}

/*
 * Rows lie in the order in which they were made: those of a later round come
 * behind everything. Bring each round to the one before it.
 */
static void gather_rounds(struct view_list *list)
{
	size_t at = 1, len, to, i;
	struct view_row *moved;

	while (at < list->n && list->rows[at].round == 1)
		at++;
	for (; at < list->n; at += len) {
		len = round_length(&list->rows[at], list->n - at);
		for (to = at; to > 1; to--) {
			for (i = 0; i < len; i++)
				if (is_same_step(&list->rows[to - 1],
						 &list->rows[at + i]))
					break;
			if (i < len)
				break;
		}
		moved = xcalloc(len, sizeof(*moved));
		memcpy(moved, &list->rows[at], len * sizeof(*moved));
		memmove(&list->rows[to + len], &list->rows[to],
			(at - to) * sizeof(*moved));
		memcpy(&list->rows[to], moved, len * sizeof(*moved));
		free(moved);
	}
}

int view_run(struct db *db, uint64_t run_id, struct view_list *out,
	     struct err *err)
{
	struct db_rows rows = { 0 };
	struct view_list list = { 0 };

	if (db_query(db, &rows, err, sql_run,
		     DB_ARGS(DB_U64(run_id), DB_U64(run_id),
			     DB_U64(LIMIT_LIST))))
		return -1;
	list_read(&list, &rows);
	db_rows_release(&rows);
	if (list.n == 0 || list.rows[0].id != run_id) {
		view_list_release(&list);
		return 0;
	}
	gather_rounds(&list);
	*out = list;
	return 1;
}

int view_rows(struct db *db, const uint64_t *ids, size_t n,
	      struct view_list *out, struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_rows, DB_ARGS(DB_IDS(ids, n))))
		return -1;
	*out = (struct view_list){ 0 };
	list_read(out, &rows);
	db_rows_release(&rows);
	return 0;
}

int view_items(struct db *db, uint64_t run_id, uint64_t map_id,
	       enum state state, size_t limit, struct view_list *out,
	       struct err *err)
{
	struct db_rows rows = { 0 };
	struct strbuf sql = { 0 };
	int rc = -1;

	if (stmt_add(&sql, err, sql_items,
		     DB_ARGS(DB_U64(run_id), DB_U64(map_id))) ||
	    (state != STATE_COUNT &&
	     stmt_add(&sql, err, " AND status = ?",
		      DB_ARGS(DB_STR(state_name(state))))) ||
	    stmt_add(&sql, err, " ORDER BY item LIMIT ?",
		     DB_ARGS(DB_U64(limit))) ||
	    db_query(db, &rows, err, "?", DB_ARGS(DB_RAW(strbuf_str(&sql)))))
		goto out;
	*out = (struct view_list){ 0 };
	list_read(out, &rows);
	rc = 0;
out:
	db_rows_release(&rows);
	strbuf_release(&sql);
	return rc;
}

static int read_item_error(struct db *db, uint64_t run_id, struct view_row *map,
			   struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_item_error,
		     DB_ARGS(DB_U64(run_id), DB_U64(map->id),
			     DB_U64(map->failed_item))))
		return -1;
	free(map->failed_error);
	map->failed_error =
		db_rows_next(&rows) ? xstrdup(row_str(&rows, 0)) : NULL;
	db_rows_release(&rows);
	return 0;
}

static void read_counts(struct view_list *list, const struct db_rows *rows)
{
	size_t i;
	unsigned int state;

	for (i = 1; i < list->n; i++) {
		struct view_row *map = &list->rows[i];

		if (map->id != row_u64(rows, 0))
			continue;
		map->failed_item = (uint32_t)row_u64(rows, 1);
		for (state = 0; state < STATE_COUNT; state++)
			map->items_in[state] =
				(uint32_t)row_u64(rows, 2 + state);
	}
}

int view_count_items(struct db *db, struct view_list *list, struct err *err)
{
	struct db_rows rows = { 0 };
	size_t i, maps = 0;

	for (i = 1; i < list->n; i++)
		maps += list->rows[i].has_items;
	if (maps == 0)
		return 0;
	if (db_query(db, &rows, err, sql_count_items,
		     DB_ARGS(DB_U64(list->rows[0].id))))
		return -1;
	while (db_rows_next(&rows))
		read_counts(list, &rows);
	db_rows_release(&rows);
	for (i = 1; i < list->n; i++)
		if (list->rows[i].items_in[STATE_FAILED] > 0 &&
		    read_item_error(db, list->rows[0].id, &list->rows[i], err))
			return -1;
	return 0;
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
