/* SPDX-License-Identifier: MIT */

/*
 * Maps. Rows for items are made in pieces, one piece a transaction, by the
 * worker that holds the map's job; a crash between two pieces leaves a map
 * that knows how many items it has and how many rows there are.
 *
 * Only at_once items have a job at a time. Whenever items end, as many are
 * let in, in the order of the list: `next_item` of the map says from where to
 * look, so nothing is looked at twice. Jobs of items are due from now on and
 * not from the run's own time, so whatever was pushed before they were let in
 * goes before them, and a large map holds up nobody.
 *
 * All of it happens under the lock of the run.
 */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/uuid.h"
#include "plan/state.h"
#include "store/run.h"
#include "store/work.h"

/* A large map may be most of the table; its rows lie together here. */
#define FORCED " FORCE INDEX (episode_jobs_run_id_index)"

/*
 * PRIMARY for the map, episode_jobs_run_id_index for each of its items: after a
 * COMMIT whose fate is unknown they may be there, and the job is held still.
 */
static const char sql_add_rows[] =
	"INSERT INTO episode_jobs (uuid, run_id, parent_id, episode_id,"
	" pipeline, step, item, kind, round, status, queue, value, created_at)"
	" SELECT v.uuid, m.run_id, m.id, m.episode_id, m.pipeline, m.step,"
	" v.item, 'item', m.round, 'waiting', m.queue, v.value, NOW(3)"
	" FROM episode_jobs m JOIN (?) v WHERE m.id = ?"
	" AND NOT EXISTS (SELECT 1 FROM episode_jobs i" FORCED
	" WHERE i.run_id = m.run_id AND i.parent_id = m.id"
	" AND i.item = v.item)";

/* PRIMARY, then a range of episode_jobs_run_id_index, in its order. */
static const char sql_find[] =
	"(SELECT m.id map, i.id, i.item FROM episode_jobs m STRAIGHT_JOIN"
	" episode_jobs i" FORCED
	" ON i.run_id = m.run_id AND i.parent_id = m.id"
	" AND i.item >= m.next_item WHERE m.id = ? AND i.status = 'waiting'"
	" ORDER BY i.item LIMIT ?)";

/* episode_jobs_run_id_index, all of these. */
static const char sql_active[] =
	"SELECT COUNT(*) FROM episode_jobs" FORCED
	" WHERE run_id = ? AND parent_id = ?"
	" AND status IN ('queued', 'running', 'retrying')";
static const char sql_count[] = "SELECT COUNT(*) FROM episode_jobs" FORCED
				" WHERE run_id = ? AND parent_id = ?";
static const char sql_length[] =
	"SELECT COALESCE(SUM(LENGTH(result)), 0) FROM episode_jobs" FORCED
	" WHERE run_id = ? AND parent_id = ?";
static const char sql_load[] =
	"SELECT item, status, result, error FROM episode_jobs" FORCED
	" WHERE run_id = ? AND parent_id = ? ORDER BY item";

/* PRIMARY of both; before the map itself changes; the run may be over. */
static const char sql_run[] =
	"UPDATE episode_jobs r FORCE INDEX (PRIMARY)"
	" STRAIGHT_JOIN episode_jobs m FORCE INDEX (PRIMARY) ON m.id = ?"
	" SET r.cost = r.cost + ?, r.progress = IF(r.status = 'done', 100,"
	" LEAST(99.99, r.progress +"
	" (FLOOR(? * (m.items - m.waiting_on + ?) / m.items) -"
	" FLOOR(? * (m.items - m.waiting_on) / m.items)) / 100))"
	" WHERE r.id = ?";

/* PRIMARY. The assignments run from left to right. */
static const char sql_map[] =
	"UPDATE episode_jobs SET waiting_on = waiting_on - ?, cost = cost + ?,"
	" next_item = GREATEST(next_item, ?),"
	" progress = ROUND(100 * (items - waiting_on) / items, 2),"
	" status = IF(waiting_on = 0 AND status IN (?), 'queued', status)"
	" WHERE id = ?";
static const char sql_let_in[] =
	"UPDATE episode_jobs FORCE INDEX (PRIMARY) SET status = 'queued'"
	" WHERE id IN (?) AND status IN (?)";

static struct map_news *news_of(struct work *work, const struct settle *item)
{
	uint64_t map_id =
		item->kind == SETTLE_MAP ? item->step_id : item->parent_id;
	size_t i;

	for (i = 0; i < work->maps_n; i++)
		if (work->maps[i].map_id == map_id)
			return &work->maps[i];
	work->maps[work->maps_n] = (struct map_news){
		.run_id = item->run_id,
		.map_id = map_id,
		.share = item->share,
	};
	return &work->maps[work->maps_n++];
}

static int add_rows(struct db *db, struct work *work, const struct settle *item,
		    struct err *err)
{
	const struct settle_map *map = item->map;
	struct strbuf values = { 0 };
	char uuid[UUID_TEXT];
	size_t i;
	int rc = -1;

	for (i = 0; i < map->n; i++) {
		uuid_new(uuid);
		if (stmt_add(&values, err,
			     i ? " UNION ALL SELECT ?, ?, ?"
			       : "SELECT ? uuid, ? item, ? value",
			     DB_ARGS(DB_STR(uuid), DB_U64(map->first + i),
				     DB_STR(map->values[i]))))
			goto out;
	}
	rc = db_batch_add(db, &work->batch, err, sql_add_rows,
			  DB_ARGS(DB_RAW(strbuf_str(&values)),
				  DB_U64(item->step_id)));
out:
	strbuf_release(&values);
	return rc;
}

int items_add_rows(struct db *db, struct work *work, struct err *err)
{
	size_t i, n = 0;

	for (i = 0; i < work->n; i++) {
		const struct settle *item = work->items[i];

		if (item->kind != SETTLE_MAP || item->map->n == 0 ||
		    item->outcome != SETTLE_WRITTEN)
			continue;
		if (add_rows(db, work, item, err))
			return -1;
		n++;
	}
	return n > 0 ? db_batch_run(db, &work->batch, err) : 0;
}

static int count(struct db *db, const char *sql, uint64_t run_id,
		 uint64_t map_id, uint64_t *out, struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql,
		     DB_ARGS(DB_U64(run_id), DB_U64(map_id))))
		return -1;
	*out = db_rows_next(&rows) ? row_u64(&rows, 0) : 0;
	db_rows_release(&rows);
	return 0;
}

/* Which maps this work touches, and how many items each may let in. */
static int collect(struct db *db, struct work *work, struct err *err)
{
	size_t i;

	for (i = 0; i < work->n; i++) {
		const struct settle *item = work->items[i];
		struct map_news *news;
		uint64_t active;

		if (item->kind == SETTLE_MAP &&
		    item->outcome == SETTLE_WRITTEN) {
			news = news_of(work, item);
			if (count(db, sql_active, news->run_id, news->map_id,
				  &active, err))
				return -1;
			/* What ended just now is not active any more. */
			news->is_counted = 1;
			news->let_in_max = 0;
			if (active < item->map->at_once)
				news->let_in_max =
					item->map->at_once - (uint32_t)active;
		} else if (item->parent_id && settle_goes_on(item)) {
			news = news_of(work, item);
			news->ended_n++;
			news->let_in_max += !news->is_counted;
		}
	}
	return 0;
}

int items_find(struct db *db, struct work *work, struct err *err)
{
	struct strbuf sql = { 0 };
	struct db_rows rows = { 0 };
	size_t i;
	int rc = -1;

	if (collect(db, work, err))
		return -1;
	for (i = 0; i < work->maps_n; i++) {
		struct map_news *news = &work->maps[i];

		news->let_in.v = xcalloc(news->let_in_max, sizeof(uint64_t));
		strbuf_adds(&sql, i ? " UNION ALL " : "");
		if (stmt_add(&sql, err, sql_find,
			     DB_ARGS(DB_U64(news->map_id),
				     DB_U64(news->let_in_max))))
			goto out;
	}
	if (work->maps_n > 0 &&
	    db_query(db, &rows, err, "?", DB_ARGS(DB_RAW(strbuf_str(&sql)))))
		goto out;
	while (work->maps_n > 0 && db_rows_next(&rows)) {
		for (i = 0; work->maps[i].map_id != row_u64(&rows, 0); i++)
			;
		ids_add(&work->maps[i].let_in, row_u64(&rows, 1));
		work->maps[i].next_item = (uint32_t)row_u64(&rows, 2) + 1;
	}
	rc = 0;
out:
	db_rows_release(&rows);
	strbuf_release(&sql);
	return rc;
}

/* "0.1 + 0.25": what the items of a map that ended have cost. */
static int costs_of(const struct work *work, const struct map_news *news,
		    struct strbuf *out, struct err *err)
{
	size_t i;

	strbuf_adds(out, "0");
	for (i = 0; i < work->n; i++) {
		const struct settle *item = work->items[i];

		if (item->parent_id == news->map_id && settle_goes_on(item) &&
		    item->kind == SETTLE_DONE &&
		    stmt_add(out, err, " + CAST(? AS DECIMAL(14,6))",
			     DB_ARGS(DB_STR(item->cost))))
			return -1;
	}
	return 0;
}

static int add_map(struct db *db, struct work *work,
		   const struct map_news *news, struct err *err)
{
	struct db_batch *batch = &work->batch;
	struct db_arg share = DB_I64((int64_t)(news->share * 100));
	struct db_arg map = DB_U64(news->map_id), ended = DB_U64(news->ended_n);
	struct db_arg let_in = DB_IDS(news->let_in.v, news->let_in.n);
	struct strbuf costs = { 0 };
	struct db_arg cost;
	int rc = -1;

	if (costs_of(work, news, &costs, err))
		goto out;
	cost = DB_RAW(strbuf_str(&costs));
	if (news->ended_n > 0 &&
	    db_batch_add(db, batch, err, sql_run,
			 DB_ARGS(map, cost, share, ended, share,
				 DB_U64(news->run_id))))
		goto out;
	if (db_batch_add(db, batch, err, sql_map,
			 DB_ARGS(ended, cost, DB_U64(news->next_item),
				 DB_RAW(state_sources(EVENT_COLLECT)), map)))
		goto out;
	if (news->ended_n > 0 && db_batch_add(db, batch, err, run_sql_jobs,
					      DB_ARGS(DB_RAW("id"), map)))
		goto out;
	if (news->let_in.n > 0 &&
	    (db_batch_add(db, batch, err, sql_let_in,
			  DB_ARGS(let_in,
				  DB_RAW(state_sources(EVENT_READY)))) ||
	     db_batch_add(db, batch, err, run_sql_jobs,
			  DB_ARGS(DB_RAW("id"), let_in))))
		goto out;
	rc = 0;
out:
	strbuf_release(&costs);
	return rc;
}

int items_add(struct db *db, struct work *work, struct err *err)
{
	size_t i;

	for (i = 0; i < work->maps_n; i++)
		if (add_map(db, work, &work->maps[i], err))
			return -1;
	return 0;
}

int run_items_count(struct db *db, uint64_t run_id, uint64_t map_id,
		    uint32_t *count_out, struct err *err)
{
	uint64_t n;

	if (count(db, sql_count, run_id, map_id, &n, err))
		return -1;
	*count_out = (uint32_t)n;
	return 0;
}

int run_items_load(struct db *db, uint64_t run_id, uint64_t map_id,
		   struct run_item **out, size_t *n_out, struct err *err)
{
	struct db_rows rows = { 0 };
	struct run_item *items;
	uint64_t length;
	size_t i = 0;

	if (count(db, sql_length, run_id, map_id, &length, err))
		return -1;
	if (length > LIMIT_MAP_RESULT)
		return err_set(err, ERR_LIMIT,
			       "the results of its items are %" PRIu64
			       " bytes together, more than %zu",
			       length, LIMIT_MAP_RESULT);
	if (db_query(db, &rows, err, sql_load,
		     DB_ARGS(DB_U64(run_id), DB_U64(map_id))))
		return -1;
	items = xcalloc(rows.count, sizeof(*items));
	while (db_rows_next(&rows)) {
		items[i].item = (uint32_t)row_u64(&rows, 0);
		items[i].state = state_from_name(row_str(&rows, 1));
		items[i].result = xstrdup(row_str(&rows, 2));
		items[i].error = xstrdup(row_str(&rows, 3));
		i++;
	}
	*out = items;
	*n_out = i;
	db_rows_release(&rows);
	return 0;
}

void run_items_free(struct run_item *items, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(items[i].result);
		free(items[i].error);
	}
	free(items);
}
