/* SPDX-License-Identifier: MIT */

/*
 * A run that looks wrong is locked and read again, and then what is wrong is:
 * all that counters and jobs follow from changes under the lock of the run
 * (see store/queue.h); a claim changes only who holds a job and what is
 * running.
 *
 * Jobs are made by the statement that makes all jobs of steps. It asks for
 * steps that are queued and wait for nothing, so that is what they are for a
 * moment; their counters, and the state of those that wait for a time or a
 * person, are set behind it, before anybody else sees them.
 */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "db/db.h"
#include "plan/pipeline.h"
#include "store/audit.h"
#include "store/audit_load.h"
#include "store/run.h"

enum {
	TRIES = 10
};

/* PRIMARY. */
static const char sql_lock[] =
	"SELECT id FROM episode_jobs FORCE INDEX (PRIMARY)"
	" WHERE id = ? FOR UPDATE";

/* episode_jobs_run_id_index, and jobs_step_id_index for each row. */
static const char sql_jobless[] =
	"SELECT i.id FROM episode_jobs i WHERE i.run_id = ? AND i.parent_id = ?"
	" AND i.status IN ('queued', 'running', 'retrying')"
	" AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.step_id = i.id)"
	" ORDER BY i.item";

/* PRIMARY. */
static const char sql_queue[] =
	"UPDATE episode_jobs FORCE INDEX (PRIMARY) SET status = 'queued',"
	" waiting_on = 0, worker = NULL WHERE id IN (?)";
static const char sql_park[] =
	"UPDATE episode_jobs FORCE INDEX (PRIMARY) SET status = 'waiting'"
	" WHERE id IN (?)";
static const char sql_waiting_on[] =
	"UPDATE episode_jobs SET waiting_on = ? WHERE id = ?";
static const char sql_next_item[] =
	"UPDATE episode_jobs SET next_item = ? WHERE id = ?";
static const char sql_run_done[] =
	"UPDATE episode_jobs SET status = 'done', progress = 100,"
	" completed_at = NOW(3), unique_key = NULL WHERE id = ?";

/* episode_jobs_run_id_index. */
static const char sql_items_wait[] =
	"UPDATE episode_jobs SET waiting_on = 0 WHERE run_id = ?"
	" AND parent_id = ? AND waiting_on > 0"
	" AND status IN ('waiting', 'queued', 'retrying')";

/* jobs_step_id_index. 4294967295 is SETTLE_NO_TIME. */
static const char sql_park_jobs[] =
	"UPDATE episode_jobs s STRAIGHT_JOIN jobs j ON j.step_id = s.id"
	" SET j.available_at = IF(s.value IS NULL,"
	" COALESCE(s.available_at, 4294967295), UNIX_TIMESTAMP())"
	" WHERE s.id IN (?)";

static const char sql_event_done[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" state, progress, message, created_at)"
	" SELECT id, episode_id, id, 'state', status, progress, pipeline,"
	" NOW(3) FROM episode_jobs WHERE id = ?";
static const char sql_event_mended[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" message, created_at) SELECT id, episode_id, id, 'log',"
	" LEFT(CONCAT('mended: ', ?), 1000), NOW(3)"
	" FROM episode_jobs WHERE id = ?";

struct ids {
	uint64_t *v;
	size_t n;
};

/* The definitions of the runs so far, each once. */
struct known {
	uint64_t id;
	struct pipeline *pipeline;
};

struct checking {
	struct audit *audit;
	struct known *known;
	size_t known_n;
	/* of one run */
	uint64_t run_id;
	struct audited run;
	struct audit_finding *findings;
	size_t findings_n;
	struct ids queue; /* rows that get a job */
	struct ids park;  /* those of them that only wait by it */
	struct db_batch batch;
};

static void ids_add(struct ids *ids, uint64_t id)
{
	ids->v = xreallocarray(ids->v, ids->n + 1, sizeof(*ids->v));
	ids->v[ids->n++] = id;
}

static void ids_clear(struct ids *ids)
{
	free(ids->v);
	*ids = (struct ids){ 0 };
}

static void reset(struct checking *checking)
{
	audited_release(&checking->run);
	free(checking->findings);
	checking->findings = NULL;
	checking->findings_n = 0;
	ids_clear(&checking->queue);
	ids_clear(&checking->park);
	db_batch_release(&checking->batch);
}

static int load_pipeline(struct db *db, struct checking *checking, uint64_t id,
			 struct pipeline **out, struct err *err)
{
	struct pipeline *pipeline = NULL;
	char *text = NULL;
	size_t i;
	int rc;

	for (i = 0; i < checking->known_n; i++)
		if (checking->known[i].id == id) {
			*out = checking->known[i].pipeline;
			return 0;
		}
	rc = definition_get(db, id, &text, err);
	if (rc > 0)
		rc = pipeline_parse(text, &pipeline, err);
	free(text);
	if (rc < 0 && err_is_database(err))
		return -1;
	checking->known = xreallocarray(checking->known, checking->known_n + 1,
					sizeof(*checking->known));
	checking->known[checking->known_n++] = (struct known){ id, pipeline };
	*out = pipeline;
	return 0;
}

/* Findings of one run: how many; without a definition there are none. */
static int check(struct db *db, struct checking *checking,
		 const struct audited *run, struct err *err)
{
	struct pipeline *pipeline;

	free(checking->findings);
	checking->findings = NULL;
	checking->findings_n = 0;
	if (run->run.rows_n == 0)
		return 0;
	if (load_pipeline(db, checking, run->definition_id, &pipeline, err))
		return -1;
	if (!pipeline)
		return 0;
	checking->findings =
		xcalloc(run->run.rows_n * AUDIT_ROW_MOST + AUDIT_RUN_MOST,
			sizeof(*checking->findings));
	checking->findings_n =
		audit_check(pipeline, &run->run, checking->findings);
	return 0;
}

static int find_jobless(struct db *db, struct checking *checking,
			uint64_t map_id, struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_jobless,
		     DB_ARGS(DB_U64(checking->run_id), DB_U64(map_id))))
		return -1;
	while (db_rows_next(&rows))
		ids_add(&checking->queue, row_u64(&rows, 0));
	db_rows_release(&rows);
	return 0;
}

/* Which rows get a job. */
static int collect(struct db *db, struct checking *checking, struct err *err)
{
	size_t i;

	for (i = 0; i < checking->findings_n; i++) {
		const struct audit_finding *finding = &checking->findings[i];
		uint64_t id;

		if (finding->row >= checking->run.run.rows_n)
			continue;
		id = checking->run.ids[finding->row];
		switch (finding->fault) {
		case AUDIT_PARKED:
			ids_add(&checking->park, id);
			ids_add(&checking->queue, id);
			break;
		case AUDIT_READY:
		case AUDIT_NO_JOB:
		case AUDIT_MAP_STUCK:
		case AUDIT_MAP_READY:
			ids_add(&checking->queue, id);
			break;
		case AUDIT_ITEMS:
			if (find_jobless(db, checking, id, err))
				return -1;
			break;
		case AUDIT_WAITS:
		case AUDIT_MAP_WAITS:
		case AUDIT_MAP_NEXT:
		case AUDIT_ITEMS_WAIT:
		case AUDIT_RUN_WAITS:
		case AUDIT_RUN_DONE:
		case AUDIT_FAULTS:
			break;
		}
	}
	return 0;
}

static int add_jobs(struct db *db, struct checking *checking, struct err *err)
{
	struct db_batch *batch = &checking->batch;
	struct db_arg queue = DB_IDS(checking->queue.v, checking->queue.n);
	struct db_arg park = DB_IDS(checking->park.v, checking->park.n);

	if (checking->queue.n == 0)
		return 0;
	if (db_batch_add(db, batch, err, sql_queue, DB_ARGS(queue)) ||
	    db_batch_add(db, batch, err, run_sql_jobs,
			 DB_ARGS(DB_RAW("id"), queue)))
		return -1;
	if (checking->park.n == 0)
		return 0;
	return db_batch_add(db, batch, err, sql_park, DB_ARGS(park)) ||
			       db_batch_add(db, batch, err, sql_park_jobs,
					    DB_ARGS(park))
		       ? -1
		       : 0;
}

/* Maps count their items, whether that was wrong or was changed above. */
static int add_map_counts(struct db *db, struct checking *checking,
			  struct err *err)
{
	size_t i;

	for (i = 0; i < checking->run.run.rows_n; i++) {
		const struct audit_row *row = &checking->run.rows[i];

		if (row->has_items && !state_is_final(row->state) &&
		    !row->is_held &&
		    db_batch_add(db, &checking->batch, err, sql_waiting_on,
				 DB_ARGS(DB_U64(row->items_n -
						row->items.ended),
					 DB_U64(checking->run.ids[i]))))
			return -1;
	}
	return 0;
}

static int add_finding(struct db *db, struct checking *checking,
		       const struct audit_finding *finding, struct err *err)
{
	struct db_batch *batch = &checking->batch;
	struct db_arg must = DB_U64(finding->must);
	struct db_arg id = finding->row < checking->run.run.rows_n
				   ? DB_U64(checking->run.ids[finding->row])
				   : DB_U64(checking->run_id);

	if (finding->fault == AUDIT_WAITS || finding->fault == AUDIT_RUN_WAITS)
		return db_batch_add(db, batch, err, sql_waiting_on,
				    DB_ARGS(must, id));
	if (finding->fault == AUDIT_MAP_NEXT)
		return db_batch_add(db, batch, err, sql_next_item,
				    DB_ARGS(must, id));
	if (finding->fault == AUDIT_ITEMS_WAIT)
		return db_batch_add(db, batch, err, sql_items_wait,
				    DB_ARGS(DB_U64(checking->run_id), id));
	if (finding->fault == AUDIT_RUN_DONE)
		return db_batch_add(db, batch, err, sql_run_done,
				    DB_ARGS(id)) ||
				       db_batch_add(db, batch, err,
						    sql_event_done, DB_ARGS(id))
			       ? -1
			       : 0;
	return 0;
}

static int mend(struct db *db, struct checking *checking, struct err *err)
{
	struct db_batch *batch = &checking->batch;
	int mirror = run_can_mirror(db, err);
	struct strbuf text = { 0 };
	size_t i;
	int rc = -1;

	if (mirror < 0 || collect(db, checking, err) ||
	    add_jobs(db, checking, err) || add_map_counts(db, checking, err))
		return -1;
	for (i = 0; i < checking->findings_n; i++) {
		strbuf_clear(&text);
		audit_describe(&checking->run.run, &checking->findings[i],
			       &text);
		if (add_finding(db, checking, &checking->findings[i], err) ||
		    db_batch_add(db, batch, err, sql_event_mended,
				 DB_ARGS(DB_STR(strbuf_str(&text)),
					 DB_U64(checking->run_id))))
			goto out;
	}
	if (mirror && db_batch_add(db, batch, err, run_sql_mirror,
				   DB_ARGS(DB_U64(checking->run_id))))
		goto out;
	rc = db_batch_run(db, batch, err);
out:
	strbuf_release(&text);
	return rc;
}

static int lock(struct db *db, uint64_t run_id, struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_lock, DB_ARGS(DB_U64(run_id))))
		return -1;
	db_rows_release(&rows);
	return 0;
}

static int run_body(struct db *db, void *arg, struct err *err)
{
	struct checking *checking = arg;

	reset(checking);
	if (lock(db, checking->run_id, err) ||
	    audit_load(db, &checking->run_id, 1, &checking->run, err) ||
	    check(db, checking, &checking->run, err))
		return -1;
	if (checking->findings_n == 0 || !checking->audit->is_mending)
		return 0;
	return mend(db, checking, err);
}

/* Whatever became of it: what is wrong still is looked for again. */
static int look_body(struct db *db, void *arg, struct err *err)
{
	(void)db;
	(void)arg;
	(void)err;
	return 0;
}

static void tell(const struct checking *checking)
{
	struct audit *audit = checking->audit;
	struct strbuf line = { 0 };
	size_t i;

	for (i = 0; i < checking->findings_n; i++) {
		strbuf_clear(&line);
		strbuf_addf(&line, "run %" PRIu64 ": ", checking->run_id);
		audit_describe(&checking->run.run, &checking->findings[i],
			       &line);
		strbuf_adds(&line, audit->is_mending ? ": mended" : "");
		audit->tell(audit->arg, strbuf_str(&line));
	}
	strbuf_release(&line);
	audit->found += checking->findings_n;
}

static int check_again(struct db *db, struct checking *checking, uint64_t id,
		       struct err *err)
{
	static const struct db_sure sure = { .body = run_body,
					     .look = look_body };

	checking->run_id = id;
	if (db_transact_sure(db, TRIES, &sure, checking, err))
		return -1;
	tell(checking);
	return 0;
}

static int check_page(struct db *db, struct checking *checking,
		      const uint64_t *ids, size_t n, struct err *err)
{
	struct audited runs[AUDIT_PAGE] = { 0 };
	unsigned char is_wrong[AUDIT_PAGE] = { 0 };
	size_t i;
	int rc;

	rc = audit_load(db, ids, n, runs, err);
	for (i = 0; i < n && rc == 0; i++) {
		rc = check(db, checking, &runs[i], err);
		is_wrong[i] = checking->findings_n > 0;
		checking->audit->runs += runs[i].id != 0;
	}
	for (i = 0; i < n; i++)
		audited_release(&runs[i]);
	for (i = 0; i < n && rc == 0; i++)
		if (is_wrong[i])
			rc = check_again(db, checking, ids[i], err);
	return rc;
}

int audit_runs(struct db *db, struct audit *audit, struct err *err)
{
	struct checking checking = { .audit = audit };
	uint64_t ids[AUDIT_PAGE], after = 0;
	size_t n;
	int rc;

	do {
		rc = audit_next(db, after, ids, &n, err);
		if (rc == 0 && n > 0) {
			after = ids[n - 1];
			rc = check_page(db, &checking, ids, n, err);
		}
	} while (rc == 0 && n == AUDIT_PAGE);
	reset(&checking);
	while (checking.known_n > 0)
		pipeline_unref(&checking.known[--checking.known_n].pipeline);
	free(checking.known);
	return rc;
}
