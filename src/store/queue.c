/* SPDX-License-Identifier: MIT */

/*
 * The claim is one range scan of (queue, available_at): pending rows and rows
 * whose lease ran out lie in it alike, delayed and held ones lie beyond it.
 * The order (available_at, id) is the index's own, so nothing is sorted and
 * only the rows taken are locked.
 *
 * The index is forced, here and wherever rows are locked: of a table with few
 * rows a server may as well read all, and locks all it reads, so that workers
 * wait for each other's rows.
 *
 * The claim writes available_at, the indexed column, but only ever to a value
 * outside the scanned range; that is what keeps it free of deadlocks.
 *
 * MySQL and MariaDB assign from left to right in an UPDATE of one table: lost
 * and attempts look at reserved_at before it changes. No counter may run over:
 * one such row would keep all that are claimed with it from being claimed.
 * lost and attempts stop at the end, the fence goes round as uint32_t does.
 *
 * A row is a worker's while its fence is the claim's and reserved_at is set: a
 * row that was given back keeps its fence until it is claimed again.
 *
 * A heartbeat renews reserved_at too. It stays below available_at then, even
 * when a server with a clock that is behind has taken over, and a Laravel
 * worker on the same queue does not think that the job was given up.
 */

#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "db/db.h"
#include "store/queue.h"

enum {
	COUNTER_MAX = 65535 /* of jobs.attempts and jobs.lost */
};

/* Index jobs_queue_available_at_index, a range, no sort. */
const char queue_sql_select[] =
	"SELECT id, attempts, fence, lost, available_at, reserved_at IS NOT"
	" NULL, LENGTH(payload), IF(LENGTH(payload) <= ?, payload, NULL)"
	" FROM jobs FORCE INDEX (jobs_queue_available_at_index)"
	" WHERE queue = ? AND available_at <= UNIX_TIMESTAMP()"
	" AND (reserved_at IS NULL OR reserved_at < available_at)"
	" ORDER BY available_at, id LIMIT ?"
	" FOR UPDATE SKIP LOCKED";

/* PRIMARY. */
static const char sql_reserve[] =
	"UPDATE jobs FORCE INDEX (PRIMARY) SET"
	" lost = IF(reserved_at IS NULL, 0, LEAST(lost + 1, 65535)),"
	" attempts = LEAST(attempts + (reserved_at IS NULL), 65535),"
	" reserved_at = UNIX_TIMESTAMP(),"
	" available_at = UNIX_TIMESTAMP() + ?,"
	" fence = fence + 1 & 4294967295, reserved_by = ?"
	" WHERE id IN (?)";

/* jobs_queue_available_at_index and PRIMARY of queues, for each queue. */
static const char sql_look[] =
	"SELECT ?, EXISTS (SELECT 1 FROM jobs"
	" FORCE INDEX (jobs_queue_available_at_index)"
	" WHERE queue = ? AND available_at <= UNIX_TIMESTAMP()"
	" AND (reserved_at IS NULL OR reserved_at < available_at)),"
	" EXISTS (SELECT 1 FROM queues WHERE name = ? AND paused_at IS NOT"
	" NULL), CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED)";

/* PRIMARY. */
static const char sql_lock[] =
	"SELECT id, fence FROM jobs FORCE INDEX (PRIMARY)"
	" WHERE id IN (?) AND reserved_at IS NOT NULL ORDER BY id FOR UPDATE";
static const char sql_hold[] =
	"UPDATE jobs FORCE INDEX (PRIMARY) SET reserved_at = UNIX_TIMESTAMP(),"
	" available_at = UNIX_TIMESTAMP() + ? WHERE id IN (?)";
static const char sql_held[] =
	"SELECT id, fence FROM jobs"
	" WHERE id IN (?) AND reserved_by = ? AND reserved_at IS NOT NULL";

void job_release(struct job *job)
{
	free(job->queue);
	free(job->payload);
	*job = (struct job){ 0 };
}

static uint64_t lease_seconds(int64_t lease_ms)
{
	return (uint64_t)(lease_ms + 999) / 1000;
}

int queue_look(struct db *db, const char *const *queues, size_t n,
	       struct queue_look *looks, int64_t *now_ms, struct err *err)
{
	struct strbuf sql = { 0 };
	struct db_rows rows = { 0 };
	size_t i;
	int rc = -1;

	for (i = 0; i < n; i++) {
		if (i)
			strbuf_adds(&sql, " UNION ALL ");
		if (stmt_add(&sql, err, sql_look,
			     DB_ARGS(DB_U64(i), DB_STR(queues[i]),
				     DB_STR(queues[i]))))
			goto out;
	}
	if (db_query(db, &rows, err, "?", DB_ARGS(DB_RAW(strbuf_str(&sql)))))
		goto out;
	while (db_rows_next(&rows)) {
		i = row_u64(&rows, 0);
		assert(i < n);
		looks[i].is_due = row_u64(&rows, 1) != 0;
		looks[i].is_paused = row_u64(&rows, 2) != 0;
		*now_ms = row_i64(&rows, 3);
	}
	rc = 0;
out:
	db_rows_release(&rows);
	strbuf_release(&sql);
	return rc;
}

static void job_from_row(struct job *job, const struct db_rows *row,
			 const char *queue)
{
	int was_held = row_u64(row, 5) != 0;
	uint32_t attempts = (uint32_t)row_u64(row, 1);
	uint32_t lost = (uint32_t)row_u64(row, 3);

	*job = (struct job){
		.id = row_u64(row, 0),
		.fence = (uint32_t)row_u64(row, 2) + 1,
		.attempts =
			was_held ? attempts : MIN(attempts + 1, COUNTER_MAX),
		.lost = was_held ? MIN(lost + 1, COUNTER_MAX) : 0,
		.due = (uint32_t)row_u64(row, 4),
		.queue = xstrdup(queue),
		.payload_len = row_u64(row, 6),
	};
	if (!row_is_null(row, 7))
		job->payload = xstrndup(row_str(row, 7), row_len(row, 7));
}

int queue_claim(struct db *db, const struct queue_claim *claim, struct job *out,
		size_t *n_out, struct err *err)
{
	struct db_rows rows = { 0 };
	uint64_t *ids = xcalloc(claim->limit, sizeof(*ids));
	size_t n = 0;
	int rc = -1;

	if (db_query(db, &rows, err, queue_sql_select,
		     DB_ARGS(DB_U64(claim->payload_max), DB_STR(claim->queue),
			     DB_U64(claim->limit))))
		goto out;
	while (n < claim->limit && db_rows_next(&rows)) {
		job_from_row(&out[n], &rows, claim->queue);
		ids[n] = out[n].id;
		n++;
	}
	if (n > 0 &&
	    db_exec(db, NULL, err, sql_reserve,
		    DB_ARGS(DB_U64(lease_seconds(claim->lease_ms)),
			    DB_U64(claim->worker_id), DB_IDS(ids, n)))) {
		while (n > 0)
			job_release(&out[--n]);
		goto out;
	}
	*n_out = n;
	rc = n > 0;
out:
	db_rows_release(&rows);
	free(ids);
	return rc;
}

static int cmp_ref(const void *a, const void *b)
{
	const struct job_ref *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* Mark the refs that a row (id, fence) of `rows` speaks for. */
static void mark_held(struct db_rows *rows, struct job_ref *refs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		refs[i].is_held = 0;
	while (db_rows_next(rows)) {
		struct job_ref key = { .id = row_u64(rows, 0) };
		struct job_ref *ref =
			bsearch(&key, refs, n, sizeof(*refs), cmp_ref);

		if (ref && ref->fence == row_u64(rows, 1))
			ref->is_held = 1;
	}
}

static uint64_t *ref_ids(const struct job_ref *refs, size_t n)
{
	uint64_t *ids = xcalloc(n, sizeof(*ids));
	size_t i;

	for (i = 0; i < n; i++)
		ids[i] = refs[i].id;
	return ids;
}

int queue_hold(struct db *db, struct job_ref *refs, size_t n, int64_t lease_ms,
	       struct err *err)
{
	struct db_rows rows = { 0 };
	uint64_t *ids;
	size_t i, held = 0;
	int rc = -1;

	qsort(refs, n, sizeof(*refs), cmp_ref);
	ids = ref_ids(refs, n);
	if (db_query(db, &rows, err, sql_lock, DB_ARGS(DB_IDS(ids, n))))
		goto out;
	mark_held(&rows, refs, n);
	for (i = 0; i < n; i++)
		if (refs[i].is_held)
			ids[held++] = refs[i].id;
	if (held > 0 && db_exec(db, NULL, err, sql_hold,
				DB_ARGS(DB_U64(lease_seconds(lease_ms)),
					DB_IDS(ids, held))))
		goto out;
	rc = 0;
out:
	db_rows_release(&rows);
	free(ids);
	return rc;
}

int queue_held(struct db *db, uint64_t worker_id, struct job_ref *refs,
	       size_t n, struct err *err)
{
	struct db_rows rows = { 0 };
	uint64_t *ids;
	int rc = -1;

	qsort(refs, n, sizeof(*refs), cmp_ref);
	ids = ref_ids(refs, n);
	if (db_query(db, &rows, err, sql_held,
		     DB_ARGS(DB_IDS(ids, n), DB_U64(worker_id))))
		goto out;
	mark_held(&rows, refs, n);
	rc = 0;
out:
	db_rows_release(&rows);
	free(ids);
	return rc;
}
