/* SPDX-License-Identifier: MIT */

/*
 * A page is read by a statement for the runs, one for their steps and jobs,
 * one for the items of maps. Workers go on between these, so without a lock
 * the three may disagree where nothing is wrong.
 *
 * Rows without a run are the first range of episode_jobs_run_id_index, by id:
 * a run that is over costs one look at its row, its steps none.
 */

#include <config.h>

#include <stdlib.h>

#include "base/mem.h"
#include "db/db.h"
#include "store/audit_load.h"

#define LIVE "('queued', 'running', 'failed')"
#define ENDED "('done', 'failed', 'skipped', 'cancelled')"
#define ACTIVE "('queued', 'running', 'retrying')"

/* episode_jobs_run_id_index. Of a failed run other branches may go on. */
static const char sql_next[] =
	"SELECT r.id FROM episode_jobs r"
	" FORCE INDEX (episode_jobs_run_id_index)"
	" WHERE r.run_id IS NULL AND r.parent_id IS NULL AND r.item IS NULL"
	" AND r.id > ? AND r.status IN " LIVE
	" AND (r.status <> 'failed' OR EXISTS (SELECT 1 FROM episode_jobs s"
	" WHERE s.run_id = r.id AND (s.status IN " ACTIVE
	" OR s.status = 'waiting' AND s.waiting_on = 0)))"
	" ORDER BY r.id LIMIT ?";

/* PRIMARY. */
static const char sql_runs[] =
	"SELECT id, status, waiting_on, definition_id FROM episode_jobs"
	" WHERE id IN (?) AND run_id IS NULL AND status IN " LIVE;

/* episode_jobs_run_id_index, and jobs_step_id_index for each row. */
static const char sql_rows[] =
	"SELECT s.run_id, s.id, s.step, s.round, s.status, s.waiting_on,"
	" s.status = 'waiting' AND s.started_at IS NOT NULL,"
	" (SELECT COUNT(*) FROM jobs j WHERE j.step_id = s.id),"
	" EXISTS (SELECT 1 FROM jobs h WHERE h.step_id = s.id"
	" AND h.reserved_at IS NOT NULL), s.items, s.next_item"
	" FROM episode_jobs s WHERE s.run_id IN (?) AND s.parent_id IS NULL"
	" ORDER BY s.run_id, s.id";
static const char sql_items[] =
	"SELECT i.parent_id, COUNT(*), SUM(i.status IN " ENDED
	"),"
	" SUM(i.status IN " ACTIVE "), SUM(i.status IN " ACTIVE
	" AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.step_id = i.id)),"
	" MIN(IF(i.status = 'waiting', i.item, NULL)),"
	" SUM(i.status IN ('waiting', 'queued', 'retrying')"
	" AND i.waiting_on > 0)"
	" FROM episode_jobs i WHERE i.run_id IN (?) AND i.parent_id IN (?)"
	" GROUP BY i.parent_id";

int audit_next(struct db *db, uint64_t after, uint64_t ids[AUDIT_PAGE],
	       size_t *n_out, struct err *err)
{
	struct db_rows rows = { 0 };
	size_t n = 0;

	if (db_query(db, &rows, err, sql_next,
		     DB_ARGS(DB_U64(after), DB_U64(AUDIT_PAGE))))
		return -1;
	while (n < AUDIT_PAGE && db_rows_next(&rows))
		ids[n++] = row_u64(&rows, 0);
	db_rows_release(&rows);
	*n_out = n;
	return 0;
}

void audited_release(struct audited *audited)
{
	size_t i;

	for (i = 0; i < audited->run.rows_n; i++)
		free(audited->names[i]);
	free(audited->names);
	free(audited->ids);
	free(audited->rows);
	*audited = (struct audited){ 0 };
}

static struct audited *find_run(struct audited *runs, size_t n, uint64_t id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (runs[i].id == id)
			return &runs[i];
	return NULL;
}

static int load_runs(struct db *db, const uint64_t *ids, size_t n,
		     struct audited *out, struct err *err)
{
	struct db_rows rows = { 0 };
	size_t i;

	if (db_query(db, &rows, err, sql_runs, DB_ARGS(DB_IDS(ids, n))))
		return -1;
	while (db_rows_next(&rows))
		for (i = 0; i < n; i++) {
			if (ids[i] != row_u64(&rows, 0))
				continue;
			out[i].id = ids[i];
			out[i].run.state = state_from_name(row_str(&rows, 1));
			out[i].run.waiting_on = (uint32_t)row_u64(&rows, 2);
			out[i].definition_id = row_u64(&rows, 3);
		}
	db_rows_release(&rows);
	return 0;
}

static void add_row(struct audited *run, const struct db_rows *rows)
{
	size_t n = run->run.rows_n++;

	run->rows = xreallocarray(run->rows, n + 1, sizeof(*run->rows));
	run->ids = xreallocarray(run->ids, n + 1, sizeof(*run->ids));
	run->names = xreallocarray(run->names, n + 1, sizeof(char *));
	run->ids[n] = row_u64(rows, 1);
	run->names[n] = xstrdup(row_str(rows, 2));
	run->rows[n] = (struct audit_row){
		.step = run->names[n],
		.round = (uint32_t)row_u64(rows, 3),
		.state = state_from_name(row_str(rows, 4)),
		.waiting_on = (uint32_t)row_u64(rows, 5),
		.was_parked = row_u64(rows, 6) != 0,
		.jobs = (uint32_t)row_u64(rows, 7),
		.is_held = row_u64(rows, 8) != 0,
		.has_items = !row_is_null(rows, 9),
		.items_n = (uint32_t)row_u64(rows, 9),
		.next_item = (uint32_t)row_u64(rows, 10),
	};
	run->run.rows = run->rows;
}

static int load_rows(struct db *db, const uint64_t *ids, size_t n,
		     struct audited *out, struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_rows, DB_ARGS(DB_IDS(ids, n))))
		return -1;
	while (db_rows_next(&rows)) {
		struct audited *run = find_run(out, n, row_u64(&rows, 0));

		if (run)
			add_row(run, &rows);
	}
	db_rows_release(&rows);
	return 0;
}

static struct audit_items *find_items(struct audited *runs, size_t n,
				      uint64_t map_id)
{
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < runs[i].run.rows_n; k++)
			if (runs[i].ids[k] == map_id)
				return &runs[i].rows[k].items;
	return NULL;
}

static int load_items(struct db *db, const uint64_t *ids, size_t n,
		      struct audited *out, struct err *err)
{
	struct db_rows rows = { 0 };
	uint64_t *maps = NULL;
	size_t i, k, maps_n = 0;
	int rc = -1;

	for (i = 0; i < n; i++)
		for (k = 0; k < out[i].run.rows_n; k++) {
			const struct audit_row *row = &out[i].rows[k];

			if (!row->has_items || state_is_final(row->state))
				continue;
			maps = xreallocarray(maps, maps_n + 1, sizeof(*maps));
			maps[maps_n++] = out[i].ids[k];
		}
	if (maps_n > 0 &&
	    db_query(db, &rows, err, sql_items,
		     DB_ARGS(DB_IDS(ids, n), DB_IDS(maps, maps_n))))
		goto out;
	while (maps_n > 0 && db_rows_next(&rows)) {
		struct audit_items *items =
			find_items(out, n, row_u64(&rows, 0));

		items->rows = (uint32_t)row_u64(&rows, 1);
		items->ended = (uint32_t)row_u64(&rows, 2);
		items->active = (uint32_t)row_u64(&rows, 3);
		items->jobless = (uint32_t)row_u64(&rows, 4);
		items->counting = (uint32_t)row_u64(&rows, 6);
		items->has_waiting = !row_is_null(&rows, 5);
		items->first_waiting = (uint32_t)row_u64(&rows, 5);
	}
	rc = 0;
out:
	db_rows_release(&rows);
	free(maps);
	return rc;
}

int audit_load(struct db *db, const uint64_t *ids, size_t n,
	       struct audited *out, struct err *err)
{
	size_t i;

	if (load_runs(db, ids, n, out, err) == 0 &&
	    load_rows(db, ids, n, out, err) == 0 &&
	    load_items(db, ids, n, out, err) == 0)
		return 0;
	for (i = 0; i < n; i++)
		audited_release(&out[i]);
	return -1;
}
