/* SPDX-License-Identifier: MIT */

/*
 * A job whose step is over, or is not there, is for nothing: the worker that
 * claims it only drops it. It goes when nobody holds it: the runs are locked,
 * so that no retry revives the step meanwhile, and jobs that a claim has
 * locked just now are left to it.
 */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "db/db.h"
#include "store/audit.h"

enum {
	TRIES = 10,
	PAGE = 100
};

#define ENDED "('done', 'failed', 'skipped', 'cancelled')"

/* PRIMARY of both. */
#define SQL_STALE                                         \
 "SELECT j.id, s.run_id, s.step, s.status FROM jobs j"    \
 " LEFT JOIN episode_jobs s ON s.id = j.step_id"          \
 " WHERE j.step_id IS NOT NULL AND j.reserved_at IS NULL" \
 " AND (s.id IS NULL OR s.status IN " ENDED ")"
static const char sql_stale[] = SQL_STALE " AND j.id > ? ORDER BY j.id LIMIT ?";
static const char sql_still[] = SQL_STALE " AND j.id IN (?) ORDER BY j.id";
static const char sql_lock_runs[] =
	"SELECT id FROM episode_jobs FORCE INDEX (PRIMARY)"
	" WHERE id IN (?) ORDER BY id FOR UPDATE";
static const char sql_lock_jobs[] =
	"SELECT id FROM jobs FORCE INDEX (PRIMARY)"
	" WHERE id IN (?) AND reserved_at IS NULL ORDER BY id"
	" FOR UPDATE SKIP LOCKED";
static const char sql_delete[] = "DELETE FROM jobs WHERE id = ?";

struct stale {
	struct audit *audit;
	uint64_t ids[PAGE];
	size_t n;
	uint64_t runs[PAGE];
	size_t runs_n;
	struct strbuf lines; /* ended by "\n" each */
	uint64_t lines_n;
};

/* "job 91 is for image of run 7, which is done". */
static void describe(struct stale *stale, const struct db_rows *row)
{
	struct strbuf *lines = &stale->lines;

	strbuf_addf(lines, "job %" PRIu64 " is for ", row_u64(row, 0));
	if (row_is_null(row, 1))
		strbuf_adds(lines, "a step that is not there");
	else
		strbuf_addf(lines, "%s of run %" PRIu64 ", which is %s",
			    row_str(row, 2), row_u64(row, 1), row_str(row, 3));
	strbuf_adds(lines, stale->audit->is_mending ? ": deleted\n" : "\n");
	stale->lines_n++;
}

static int find(struct db *db, struct stale *stale, uint64_t after,
		struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_stale,
		     DB_ARGS(DB_U64(after), DB_U64(PAGE))))
		return -1;
	stale->n = stale->runs_n = stale->lines_n = 0;
	strbuf_clear(&stale->lines);
	while (stale->n < PAGE && db_rows_next(&rows)) {
		stale->ids[stale->n++] = row_u64(&rows, 0);
		if (!row_is_null(&rows, 1))
			stale->runs[stale->runs_n++] = row_u64(&rows, 1);
		if (!stale->audit->is_mending)
			describe(stale, &rows);
	}
	db_rows_release(&rows);
	return 0;
}

/* `ids` gets those that the statement gives of them. */
static int lock(struct db *db, const char *sql, uint64_t *ids, size_t *n,
		struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql, DB_ARGS(DB_IDS(ids, *n))))
		return -1;
	*n = 0;
	while (db_rows_next(&rows))
		ids[(*n)++] = row_u64(&rows, 0);
	db_rows_release(&rows);
	return 0;
}

static int delete_body(struct db *db, void *arg, struct err *err)
{
	struct stale *stale = arg;
	struct db_rows rows = { 0 };
	struct db_batch batch = { 0 };
	uint64_t ids[PAGE], runs[PAGE];
	size_t n = stale->n, runs_n = stale->runs_n;
	int rc = -1;

	memcpy(ids, stale->ids, n * sizeof(*ids));
	memcpy(runs, stale->runs, runs_n * sizeof(*runs));
	stale->lines_n = 0;
	strbuf_clear(&stale->lines);
	if (lock(db, sql_lock_runs, runs, &runs_n, err) ||
	    lock(db, sql_lock_jobs, ids, &n, err) ||
	    db_query(db, &rows, err, sql_still, DB_ARGS(DB_IDS(ids, n))))
		goto out;
	while (db_rows_next(&rows)) {
		describe(stale, &rows);
		if (db_batch_add(db, &batch, err, sql_delete,
				 DB_ARGS(DB_U64(row_u64(&rows, 0)))))
			goto out;
	}
	rc = db_batch_run(db, &batch, err);
out:
	db_rows_release(&rows);
	db_batch_release(&batch);
	return rc;
}

/* Whatever became of it: the jobs that are left are looked for again. */
static int look_body(struct db *db, void *arg, struct err *err)
{
	(void)db;
	(void)arg;
	(void)err;
	return 0;
}

static void tell(const struct stale *stale)
{
	const char *p = strbuf_str(&stale->lines);

	while (*p) {
		char *line = xstrndup(p, strcspn(p, "\n"));

		stale->audit->tell(stale->audit->arg, line);
		p += strlen(line) + 1;
		free(line);
	}
	stale->audit->found += stale->lines_n;
}

int audit_jobs(struct db *db, struct audit *audit, struct err *err)
{
	static const struct db_sure sure = { .body = delete_body,
					     .look = look_body };
	struct stale stale = { .audit = audit };
	uint64_t after = 0;
	int rc;

	do {
		rc = find(db, &stale, after, err);
		if (rc == 0 && stale.n > 0) {
			after = stale.ids[stale.n - 1];
			if (audit->is_mending)
				rc = db_transact_sure(db, TRIES, &sure, &stale,
						      err);
		}
		if (rc == 0)
			tell(&stale);
	} while (rc == 0 && stale.n == PAGE);
	strbuf_release(&stale.lines);
	return rc;
}
