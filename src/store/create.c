/* SPDX-License-Identifier: MIT */

/*
 * runs_create(): a pipeline's job becomes a run.
 *
 * Ids are read back by uuid and run_id, never computed: a multi-row INSERT
 * gives consecutive ids only under some settings of the server. The jobs of
 * the first steps are made by INSERT ... SELECT from the step rows, the same
 * statement shape that the settling of a finished step uses.
 */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "db/db.h"
#include "plan/pipeline.h"
#include "store/run.h"

/*
 * PRIMARY of jobs for each row: the run is as old as the job it comes from,
 * unless that says a time that cannot be.
 */
static const char sql_insert_run[] =
	"INSERT INTO episode_jobs (uuid, episode_id, definition_id, pipeline,"
	" kind, status, waiting_on, input, queue, options, available_at,"
	" unique_key, created_at)"
	" SELECT ?, ?, ?, ?, 'run', 'queued', ?, ?, ?, ?, ?, ?,"
	" IF(created_at <= UNIX_TIMESTAMP(), FROM_UNIXTIME(created_at), NOW(3))"
	" FROM jobs WHERE id = ?";

/* episode_jobs_uuid_unique. */
static const char sql_run_ids[] =
	"SELECT id, uuid FROM episode_jobs WHERE uuid IN (?)";

static const char sql_insert_steps[] =
	"INSERT INTO episode_jobs (uuid, run_id, episode_id, pipeline, step,"
	" kind, round, status, waiting_on, queue, created_at) VALUES ";
static const char sql_step_values[] = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NOW(3))";

/* Which steps, and in the order of the index they are found by. */
#define SQL_JOBS(which, order)                                        \
 "INSERT INTO jobs (queue, payload, attempts, available_at,"          \
 " created_at, step_id)"                                              \
 " SELECT s.queue, CONCAT('{\"uuid\":\"', s.uuid,"                    \
 " '\",\"displayName\":\"', s.pipeline, '/', s.step,"                 \
 " '\",\"job\":\"stepq.step\",\"data\":{\"episode_job_id\":', s.id,"  \
 " '}}'), 0, COALESCE(IF(s.parent_id IS NULL, r.available_at, NULL)," \
 " UNIX_TIMESTAMP()), UNIX_TIMESTAMP(), s.id"                         \
 " FROM episode_jobs s JOIN episode_jobs r ON r.id = s.run_id"        \
 " WHERE " which                                                      \
 " IN (?) AND s.status = 'queued'"                                    \
 " AND s.waiting_on = 0 ORDER BY " order

/* PRIMARY or episode_jobs_uuid_unique. */
const char run_sql_jobs[] = SQL_JOBS("s.?", "s.id");

/* episode_jobs_run_id_index. */
const char run_sql_jobs_of_runs[] =
	SQL_JOBS("s.run_id", "s.run_id, s.parent_id, s.item, s.id");

static const char sql_event_queued[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" state, progress, message, created_at)"
	" SELECT id, episode_id, id, 'state', status, progress, pipeline,"
	" NOW(3) FROM episode_jobs WHERE id IN (?) ORDER BY id";

static struct db_arg episode_arg(const struct run_new *run)
{
	return run->has_episode ? DB_U64(run->episode_id) : DB_NULL;
}

const char *run_unique_key(const struct pipeline *pipeline, int has_episode,
			   uint64_t episode_id, char key[RUN_UNIQUE_KEY])
{
	if (!pipeline->is_unique || !has_episode)
		return NULL;
	(void)snprintf(key, RUN_UNIQUE_KEY, "%s:%" PRIu64, pipeline->name,
		       episode_id);
	return key;
}

static int insert_runs(struct db *db, const struct run_new *runs, size_t n,
		       struct err *err)
{
	struct db_batch batch = { 0 };
	char key[RUN_UNIQUE_KEY];
	size_t i;
	int rc = -1;

	for (i = 0; i < n; i++) {
		const struct run_new *run = &runs[i];

		if (db_batch_add(db, &batch, err, sql_insert_run,
				 DB_ARGS(DB_STR(run->uuid), episode_arg(run),
					 DB_U64(run->definition_id),
					 DB_STR(run->pipeline->name),
					 DB_U64(run->pipeline->steps_n),
					 DB_STR(run->input), DB_STR(run->queue),
					 DB_STR(run->options), DB_U64(run->due),
					 DB_STR(run_unique_key(run->pipeline,
							       run->has_episode,
							       run->episode_id,
							       key)),
					 DB_U64(run->job_id))))
			goto out;
	}
	if (db_batch_run(db, &batch, err))
		goto out;
	for (i = 0; i < n; i++)
		if (batch.affected[i] != 1) {
			(void)err_set(err, ERR_NOT_FOUND,
				      "job %" PRIu64 " is gone",
				      runs[i].job_id);
			goto out;
		}
	rc = 0;
out:
	db_batch_release(&batch);
	return rc;
}

/* ids[i] gets the row of runs[i]. */
static int read_run_ids(struct db *db, const struct run_new *runs, size_t n,
			uint64_t *ids, struct err *err)
{
	struct strbuf list = { 0 };
	struct db_rows rows = { 0 };
	size_t i;
	int rc = -1;

	for (i = 0; i < n; i++)
		if (stmt_add(&list, err, i ? ",?" : "?",
			     DB_ARGS(DB_STR(runs[i].uuid))))
			goto out;
	if (db_query(db, &rows, err, sql_run_ids,
		     DB_ARGS(DB_RAW(strbuf_str(&list)))))
		goto out;
	while (db_rows_next(&rows))
		for (i = 0; i < n; i++)
			if (strcmp(runs[i].uuid, row_str(&rows, 1)) == 0)
				ids[i] = row_u64(&rows, 0);
	rc = 0;
out:
	db_rows_release(&rows);
	strbuf_release(&list);
	return rc;
}

int run_rows_add(struct db *db, struct db_batch *batch,
		 const struct run_row *rows, size_t n, struct err *err)
{
	struct strbuf values = { 0 };
	size_t i;
	int rc = -1;

	for (i = 0; i < n; i++) {
		const struct run_row *row = &rows[i];
		char uuid[UUID_TEXT];

		uuid_new(uuid);
		if (row->uuid)
			memcpy(row->uuid, uuid, UUID_TEXT);
		if (i)
			strbuf_adds(&values, ", ");
		if (stmt_add(&values, err, sql_step_values,
			     DB_ARGS(DB_STR(uuid), DB_U64(row->run_id),
				     row->has_episode ? DB_U64(row->episode_id)
						      : DB_NULL,
				     DB_STR(row->pipeline),
				     DB_STR(row->step->name),
				     DB_STR(pipeline_kind_name(
					     row->step->kind)),
				     DB_U64(row->round),
				     DB_STR(row->waiting_on ? "waiting"
							    : "queued"),
				     DB_U64(row->waiting_on),
				     DB_STR(row->step->queue ? row->step->queue
							     : row->queue))))
			goto out;
	}
	if (n == 0 || db_batch_add(db, batch, err, "??",
				   DB_ARGS(DB_RAW(sql_insert_steps),
					   DB_RAW(strbuf_str(&values)))) == 0)
		rc = 0;
out:
	strbuf_release(&values);
	return rc;
}

static int insert_steps_of(struct db *db, const struct run_new *run,
			   uint64_t run_id, struct db_batch *batch,
			   struct err *err)
{
	const struct pipeline *pipeline = run->pipeline;
	struct run_row *rows = xcalloc(pipeline->steps_n, sizeof(*rows));
	size_t i;
	int rc;

	for (i = 0; i < pipeline->steps_n; i++)
		rows[i] = (struct run_row){
			.run_id = run_id,
			.episode_id = run->episode_id,
			.has_episode = run->has_episode,
			.pipeline = pipeline->name,
			.step = &pipeline->steps[i],
			.queue = run->queue,
			.waiting_on = (uint32_t)pipeline->steps[i].needs_n,
			.round = 1,
		};
	rc = run_rows_add(db, batch, rows, pipeline->steps_n, err);
	free(rows);
	return rc;
}

int runs_create(struct db *db, const struct run_new *runs, size_t n,
		uint64_t *ids, struct err *err)
{
	struct db_batch batch = { 0 };
	size_t i;
	int rc = -1;

	if (insert_runs(db, runs, n, err) ||
	    read_run_ids(db, runs, n, ids, err))
		goto out;
	for (i = 0; i < n; i++)
		if (insert_steps_of(db, &runs[i], ids[i], &batch, err))
			goto out;
	if (db_batch_add(db, &batch, err, run_sql_jobs_of_runs,
			 DB_ARGS(DB_IDS(ids, n))) ||
	    db_batch_add(db, &batch, err, sql_event_queued,
			 DB_ARGS(DB_IDS(ids, n))) ||
	    db_batch_run(db, &batch, err))
		goto out;
	rc = 0;
out:
	db_batch_release(&batch);
	return rc;
}
