/* SPDX-License-Identifier: MIT */

/*
 * The rows of a run that repeats another one: the run; its steps in the order
 * in which a new run has them; behind them the later rounds of those that are
 * kept, in the order they had, since what steps contribute to the state comes
 * in the order of their rows; the items of maps.
 *
 * Results are copied by INSERT ... SELECT and never leave the server. What is
 * kept costs the new run nothing. A row that is kept behind one that is new
 * (RERUN_ONLY) counts it in waiting_on, and stays finished when it is fed.
 *
 * A map that has its items gets its job like any step that waits for nothing;
 * only then is it told how many of them are not finished.
 */

#include <config.h>

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/util.h"
#include "plan/pipeline.h"
#include "store/rerun_rows.h"
#include "store/run.h"

/* A time by which the old run's attempts had to end is not the new one's. */
static const char sql_insert_run[] =
	"INSERT INTO episode_jobs (uuid, episode_id, definition_id, pipeline,"
	" kind, status, waiting_on, progress, input, queue, options,"
	" available_at, created_at, origin_id, unique_key)"
	" SELECT ?, episode_id, ?, pipeline, 'run', 'queued', ?, ? / 100, ?,"
	" queue, JSON_REMOVE(options, '$.retryUntil'), UNIX_TIMESTAMP(),"
	" NOW(3), id, ?"
	" FROM episode_jobs WHERE id = ?";

/* episode_jobs_uuid_unique. */
static const char sql_run_id[] = "SELECT id FROM episode_jobs WHERE uuid = ?";

/* PRIMARY. */
static const char sql_keep[] =
	"INSERT INTO episode_jobs (uuid, run_id, episode_id, pipeline, step,"
	" kind, round, status, attempts, waiting_on, progress, message, input,"
	" value, result, error, worker, queue, items, next_item, origin_id,"
	" created_at, started_at, completed_at)"
	" SELECT UUID(), ?, episode_id, pipeline, step, kind, ?, status,"
	" attempts, ?, progress, message, input, value, result, error, worker,"
	" queue, items, next_item, id, NOW(3), started_at, completed_at"
	" FROM episode_jobs WHERE id = ?";

/* episode_jobs_run_id_index; the items come before the row of their map. */
static const char sql_map_items[] =
	"UPDATE episode_jobs SET items = ?, next_item = 0, waiting_on = ?,"
	" progress = ROUND(100 * (items - waiting_on) / items, 2)"
	" WHERE run_id = ? AND parent_id IS NULL AND step = ?";

static const char sql_keep_items[] =
	"INSERT INTO episode_jobs (uuid, run_id, parent_id, episode_id,"
	" pipeline, step, item, kind, round, status, attempts, progress,"
	" message, input, value, result, error, worker, queue, origin_id,"
	" created_at, started_at, completed_at)"
	" SELECT UUID(), m.run_id, m.id, o.episode_id, o.pipeline, o.step,"
	" o.item, 'item', m.round, o.status, o.attempts, o.progress, o.message,"
	" o.input, o.value, o.result, o.error, o.worker, o.queue, o.id, NOW(3),"
	" o.started_at, o.completed_at"
	" FROM episode_jobs o STRAIGHT_JOIN episode_jobs m ON m.run_id = ?"
	" AND m.parent_id IS NULL AND m.step = ? AND m.round = ?"
	" WHERE o.run_id = ? AND o.parent_id = ? AND o.status IN (?)";
static const char sql_new_items[] =
	"INSERT INTO episode_jobs (uuid, run_id, parent_id, episode_id,"
	" pipeline, step, item, kind, round, status, value, queue, created_at)"
	" SELECT UUID(), m.run_id, m.id, o.episode_id, o.pipeline, o.step,"
	" o.item, 'item', m.round, 'waiting', o.value, m.queue, NOW(3)"
	" FROM episode_jobs o STRAIGHT_JOIN episode_jobs m ON m.run_id = ?"
	" AND m.parent_id IS NULL AND m.step = ? AND m.round = 1"
	" WHERE o.run_id = ? AND o.parent_id = ? AND o.status <> 'done'";

static const char sql_event[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" state, progress, message, created_at)"
	" SELECT id, episode_id, id, 'state', status, progress, pipeline,"
	" NOW(3) FROM episode_jobs WHERE id = ?";

static void add_name(char **list, const char *name)
{
	char *longer = *list ? xasprintf("%s, %s", *list, name) : xstrdup(name);

	free(*list);
	*list = longer;
}

/* Hundredths of a percent, as if the new run had done it itself. */
static uint64_t kept_share(const struct making *making)
{
	const struct pipeline *pipeline = making->pipeline;
	double weight = 0;
	size_t i;

	for (i = 0; i < making->rows_n; i++) {
		const struct old_row *row = &making->rows[i];
		double share = pipeline->steps[row->step].weight;
		enum rerun_what what = making->steps[row->step].what;

		if (!row->is_latest || what == RERUN_FRESH)
			continue;
		weight += what == RERUN_KEEP ? share
					     : share * row->done / row->items;
	}
	return MIN(9999U, (uint64_t)(weight / pipeline->weight * 10000));
}

int rerun_find(struct db *db, const char *uuid, uint64_t *id_out,
	       struct err *err)
{
	struct db_rows rows = { 0 };
	int found;

	if (db_query(db, &rows, err, sql_run_id, DB_ARGS(DB_STR(uuid))))
		return -1;
	found = db_rows_next(&rows);
	if (found)
		*id_out = row_u64(&rows, 0);
	db_rows_release(&rows);
	return found;
}

static int insert_run(struct db *db, struct making *making, struct err *err)
{
	const struct rerun *rerun = making->rerun;
	const struct pipeline *pipeline = making->pipeline;
	struct rerun_made *out = making->out;
	char key[RUN_UNIQUE_KEY];
	uint64_t again = 0;
	size_t i;

	for (i = 0; i < pipeline->steps_n; i++) {
		int is_again = making->steps[i].what != RERUN_KEEP;

		add_name(is_again ? &out->again : &out->kept,
			 pipeline->steps[i].name);
		again += is_again;
	}
	if (db_exec(db, NULL, err, sql_insert_run,
		    DB_ARGS(DB_STR(out->uuid), DB_U64(making->definition_id),
			    DB_U64(again), DB_U64(kept_share(making)),
			    rerun->input ? DB_STR(rerun->input)
					 : DB_RAW("input"),
			    DB_STR(run_unique_key(pipeline, making->has_episode,
						  making->episode_id, key)),
			    DB_U64(rerun->run_id))))
		return -1;
	return rerun_find(db, out->uuid, &out->run_id, err) < 0 ? -1 : 0;
}

static int is_kept(const struct making *making, const struct old_row *row)
{
	return making->steps[row->step].what == RERUN_KEEP;
}

static int is_later(const struct making *making, const struct old_row *row)
{
	return row->round > 1 && !making->steps[row->step].is_together;
}

static int add_kept(struct db *db, struct making *making,
		    const struct old_row *row, struct err *err)
{
	uint32_t waits = making->steps[row->step].waits;

	return db_batch_add(db, &making->batch, err, sql_keep,
			    DB_ARGS(DB_U64(making->out->run_id),
				    DB_U64(row->round),
				    DB_U64(row->is_latest ? waits : 0),
				    DB_U64(row->id)));
}

static int add_new(struct db *db, struct making *making, size_t step,
		   struct err *err)
{
	const struct run_row row = {
		.run_id = making->out->run_id,
		.episode_id = making->episode_id,
		.has_episode = making->has_episode,
		.pipeline = making->name,
		.step = &making->pipeline->steps[step],
		.queue = making->queue,
		.waiting_on = making->steps[step].waits,
		.round = 1,
	};

	return run_rows_add(db, &making->batch, &row, 1, err);
}

/* The first row of each step, in the pipeline's order. */
static int add_first_rows(struct db *db, struct making *making, struct err *err)
{
	size_t i, k;
	int rc = 0;

	for (i = 0; i < making->pipeline->steps_n && rc == 0; i++) {
		if (making->steps[i].what != RERUN_KEEP)
			rc = add_new(db, making, i, err);
		for (k = 0; k < making->rows_n && rc == 0; k++)
			if (making->rows[k].step == i &&
			    is_kept(making, &making->rows[k]) &&
			    !is_later(making, &making->rows[k]))
				rc = add_kept(db, making, &making->rows[k],
					      err);
	}
	return rc;
}

static int add_later_rows(struct db *db, struct making *making, struct err *err)
{
	size_t i;

	for (i = 0; i < making->rows_n; i++)
		if (is_kept(making, &making->rows[i]) &&
		    is_later(making, &making->rows[i]) &&
		    add_kept(db, making, &making->rows[i], err))
			return -1;
	return 0;
}

static int add_items(struct db *db, struct making *making,
		     const struct old_row *row, const char *states,
		     struct err *err)
{
	uint32_t round = is_kept(making, row) ? row->round : 1;

	return db_batch_add(
		db, &making->batch, err, sql_keep_items,
		DB_ARGS(DB_U64(making->out->run_id),
			DB_STR(making->pipeline->steps[row->step].name),
			DB_U64(round), DB_U64(making->rerun->run_id),
			DB_U64(row->id), DB_RAW(states)));
}

/* Its finished items, the others as new ones, and the map is told. */
static int add_map(struct db *db, struct making *making,
		   const struct old_row *row, struct err *err)
{
	struct db_arg run = DB_U64(making->out->run_id);
	struct db_arg name = DB_STR(making->pipeline->steps[row->step].name);

	if (add_items(db, making, row, "'done'", err) ||
	    db_batch_add(db, &making->batch, err, sql_new_items,
			 DB_ARGS(run, name, DB_U64(making->rerun->run_id),
				 DB_U64(row->id))))
		return -1;
	return db_batch_add(db, &making->batch, err, sql_map_items,
			    DB_ARGS(DB_U64(row->items),
				    DB_U64(row->items - row->done), run, name));
}

static int add_all_items(struct db *db, struct making *making, struct err *err)
{
	static const char finals[] = "'done','failed','skipped','cancelled'";
	size_t i;
	int rc = 0;

	for (i = 0; i < making->rows_n && rc == 0; i++) {
		const struct old_row *row = &making->rows[i];

		if (row->rows > 0 && is_kept(making, row))
			rc = add_items(db, making, row, finals, err);
		else if (row->is_latest &&
			 making->steps[row->step].what == RERUN_ITEMS)
			rc = add_map(db, making, row, err);
	}
	return rc;
}

int rerun_write(struct db *db, struct making *making, struct err *err)
{
	struct db_batch *batch = &making->batch;
	int mirror = run_can_mirror(db, err);
	struct db_arg run;

	if (mirror < 0 || insert_run(db, making, err))
		return -1;
	run = DB_IDS(&making->out->run_id, 1);
	if (add_first_rows(db, making, err) ||
	    add_later_rows(db, making, err) ||
	    db_batch_add(db, batch, err, run_sql_jobs_of_runs, DB_ARGS(run)) ||
	    add_all_items(db, making, err) ||
	    db_batch_add(db, batch, err, sql_event, DB_ARGS(run)) ||
	    (mirror &&
	     db_batch_add(db, batch, err, run_sql_mirror, DB_ARGS(run))))
		return -1;
	return db_batch_run(db, batch, err);
}
