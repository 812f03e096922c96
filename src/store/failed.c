/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "db/db.h"
#include "store/failed.h"
#include "store/peek.h"

enum {
	TRIES = 10
};

/* PRIMARY, backwards for the list. */
#define LIST_COLUMNS                                              \
 "id, uuid, connection, queue, " PEEK_PAYLOAD                     \
 ", SUBSTRING_INDEX(LEFT("                                        \
 "exception, 1000), '\\n', 1),"                                   \
 " TIMESTAMPDIFF(MICROSECOND, '1970-01-01', failed_at) DIV 1000," \
 " TIMESTAMPDIFF(MICROSECOND, '1970-01-01', NOW(3)) DIV 1000,"    \
 " LENGTH(payload)"
static const char sql_list[] =
	"SELECT " LIST_COLUMNS " FROM failed_jobs WHERE 1";
static const char sql_load[] = "SELECT " LIST_COLUMNS
			       ", LEFT(exception, ?) FROM failed_jobs"
			       " WHERE id = ?";
static const char sql_count[] = "SELECT COUNT(*) FROM failed_jobs WHERE 1";

/* PRIMARY. */
static const char sql_page[] =
	"SELECT id, LENGTH(payload) FROM failed_jobs WHERE 1";
static const char sql_delete[] = "DELETE FROM failed_jobs WHERE id IN (?)";

/* failed_jobs_uuid_unique. */
static const char sql_find[] = "SELECT id FROM failed_jobs WHERE uuid = ?";

/*
 * PRIMARY or episode_jobs_uuid_unique, episode_jobs_run_id_index,
 * failed_jobs_uuid_unique.
 */
static const char sql_of_run[] =
	"SELECT f.id FROM episode_jobs r STRAIGHT_JOIN episode_jobs s"
	" FORCE INDEX (episode_jobs_run_id_index) ON s.run_id = r.id"
	" STRAIGHT_JOIN failed_jobs f ON f.uuid = s.uuid"
	" WHERE r.? = ? AND r.run_id IS NULL AND s.parent_id IS NULL"
	" AND s.item IS NULL AND s.status = 'failed' LIMIT ?";

/* PRIMARY. */
static const char sql_steps[] =
	"SELECT id, run_id, episode_id, step FROM episode_jobs"
	" WHERE id IN (?) AND run_id IS NOT NULL";

static void job_release(struct failed_job *job)
{
	free(job->uuid);
	free(job->connection);
	free(job->queue);
	free(job->name);
	free(job->step);
	free(job->why);
	free(job->exception);
	free(job->payload);
}

void failed_list_release(struct failed_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		job_release(&list->jobs[i]);
	free(list->jobs);
	*list = (struct failed_list){ 0 };
}

void failed_retried_release(struct failed_retried *retried)
{
	free(retried->name);
	free(retried->queue);
	free(retried->step);
	free(retried->kept);
	free(retried->others);
	*retried = (struct failed_retried){ 0 };
}

/* '%word%' with the signs that LIKE knows taken literally. */
static char *like_pattern(const char *word)
{
	struct strbuf sb = { 0 };

	strbuf_addc(&sb, '%');
	for (; *word; word++) {
		if (strchr("%_\\", *word))
			strbuf_addc(&sb, '\\');
		strbuf_addc(&sb, *word);
	}
	strbuf_addc(&sb, '%');
	return strbuf_detach(&sb);
}

static int add_grep(struct strbuf *sql, const char *word, struct err *err)
{
	char *pattern = like_pattern(word);
	int rc = stmt_add(sql, err,
			  " AND (exception LIKE ? OR " PEEK_PAYLOAD " LIKE ?)",
			  DB_ARGS(DB_STR(pattern), DB_STR(pattern)));

	free(pattern);
	return rc;
}

static int add_filter(struct strbuf *sql, const struct failed_filter *filter,
		      struct err *err)
{
	if (filter->from &&
	    stmt_add(sql, err, " AND id >= ?", DB_ARGS(DB_U64(filter->from))))
		return -1;
	if (filter->to &&
	    stmt_add(sql, err, " AND id <= ?", DB_ARGS(DB_U64(filter->to))))
		return -1;
	if (filter->queue && stmt_add(sql, err, " AND queue = ?",
				      DB_ARGS(DB_STR(filter->queue))))
		return -1;
	if (filter->newer_ms > 0 &&
	    stmt_add(sql, err,
		     " AND failed_at >= NOW(3) - INTERVAL ? MICROSECOND",
		     DB_ARGS(DB_I64(filter->newer_ms * 1000))))
		return -1;
	if (filter->older_ms > 0 &&
	    stmt_add(sql, err,
		     " AND failed_at <= NOW(3) - INTERVAL ? MICROSECOND",
		     DB_ARGS(DB_I64(filter->older_ms * 1000))))
		return -1;
	return filter->grep ? add_grep(sql, filter->grep, err) : 0;
}

/* The column behind LIST_COLUMNS, of sql_load only. */
enum {
	COLUMN_EXCEPTION = 9
};

/* `step_id` gets the step that the job is of. */
static void job_read(struct failed_job *job, const struct db_rows *rows,
		     uint64_t *step_id)
{
	struct peek peek;

	job->id = row_u64(rows, 0);
	job->uuid = xstrdup(row_str(rows, 1));
	job->connection = xstrdup(row_str(rows, 2));
	job->queue = xstrdup(row_str(rows, 3));
	job->why = xstrdup(row_str(rows, 5));
	job->failed_ms = row_i64(rows, 6);
	job->payload_len = row_u64(rows, 8);
	peek_payload(row_str(rows, 4), row_len(rows, 4), &peek);
	job->name = peek.name;
	job->has_episode = peek.has_episode;
	job->episode_id = peek.episode_id;
	*step_id = peek.is_step ? peek.step_id : 0;
	if (rows->columns > COLUMN_EXCEPTION) {
		job->payload = xstrdup(row_str(rows, 4));
		job->exception = xstrdup(row_str(rows, COLUMN_EXCEPTION));
	}
}

/* The runs of the jobs that are of steps. */
static int read_steps(struct db *db, struct failed_list *list,
		      const uint64_t *step_ids, struct err *err)
{
	struct db_rows rows = { 0 };
	size_t i;

	if (db_query(db, &rows, err, sql_steps,
		     DB_ARGS(DB_IDS(step_ids, list->n))))
		return -1;
	while (db_rows_next(&rows)) {
		for (i = 0; i < list->n; i++) {
			struct failed_job *job = &list->jobs[i];

			if (step_ids[i] != row_u64(&rows, 0) || job->step)
				continue;
			job->run_id = row_u64(&rows, 1);
			job->has_episode = !row_is_null(&rows, 2);
			job->episode_id = row_u64(&rows, 2);
			job->step = xstrdup(row_str(&rows, 3));
		}
	}
	db_rows_release(&rows);
	return 0;
}

static int read_list(struct db *db, struct db_rows *rows,
		     struct failed_list *out, struct err *err)
{
	struct failed_list list = { 0 };
	uint64_t *step_ids = xcalloc(rows->count, sizeof(*step_ids));
	int rc = 0;

	list.jobs = xcalloc(rows->count, sizeof(*list.jobs));
	while (db_rows_next(rows)) {
		job_read(&list.jobs[list.n], rows, &step_ids[list.n]);
		list.now_ms = row_i64(rows, 7);
		list.n++;
	}
	if (list.n > 0)
		rc = read_steps(db, &list, step_ids, err);
	free(step_ids);
	if (rc)
		failed_list_release(&list);
	else
		*out = list;
	return rc;
}

int failed_list(struct db *db, const struct failed_filter *filter, size_t limit,
		struct failed_list *out, struct err *err)
{
	struct strbuf sql = { 0 };
	struct db_rows rows = { 0 };
	int rc = -1;

	strbuf_adds(&sql, sql_list);
	if (add_filter(&sql, filter, err) ||
	    stmt_add(&sql, err, " ORDER BY id DESC LIMIT ?",
		     DB_ARGS(DB_U64(limit))) ||
	    db_query(db, &rows, err, "?", DB_ARGS(DB_RAW(strbuf_str(&sql)))) ||
	    read_list(db, &rows, out, err))
		goto out;
	rc = 0;
out:
	db_rows_release(&rows);
	strbuf_release(&sql);
	return rc;
}

int failed_load(struct db *db, uint64_t id, struct failed_list *out,
		struct err *err)
{
	struct db_rows rows = { 0 };
	int rc;

	if (db_query(db, &rows, err, sql_load,
		     DB_ARGS(DB_U64(LIMIT_EXCEPTION), DB_U64(id))))
		return -1;
	rc = read_list(db, &rows, out, err);
	db_rows_release(&rows);
	if (rc)
		return -1;
	if (out->n == 0)
		failed_list_release(out);
	return out->n > 0;
}

int failed_count(struct db *db, const struct failed_filter *filter,
		 uint64_t *count_out, struct err *err)
{
	struct strbuf sql = { 0 };
	struct db_rows rows = { 0 };
	int rc = -1;

	strbuf_adds(&sql, sql_count);
	if (add_filter(&sql, filter, err) ||
	    db_query(db, &rows, err, "?", DB_ARGS(DB_RAW(strbuf_str(&sql)))))
		goto out;
	*count_out = db_rows_next(&rows) ? row_u64(&rows, 0) : 0;
	rc = 0;
out:
	db_rows_release(&rows);
	strbuf_release(&sql);
	return rc;
}

int failed_find(struct db *db, const char *uuid, uint64_t *id_out,
		struct err *err)
{
	struct db_rows rows = { 0 };
	int found;

	if (db_query(db, &rows, err, sql_find, DB_ARGS(DB_STR(uuid))))
		return -1;
	found = db_rows_next(&rows);
	if (found)
		*id_out = row_u64(&rows, 0);
	db_rows_release(&rows);
	return found;
}

int failed_of_run(struct db *db, const char *run, uint64_t *ids, size_t max,
		  size_t *n_out, struct err *err)
{
	struct db_rows rows = { 0 };
	struct db_arg name = DB_STR(run);
	struct db_arg column = DB_RAW("uuid");
	uint64_t number;
	size_t n = 0;

	if (num_u64(run, &number) == 0) {
		name = DB_U64(number);
		column = DB_RAW("id");
	}
	if (db_query(db, &rows, err, sql_of_run,
		     DB_ARGS(column, name, DB_U64(max))))
		return -1;
	while (db_rows_next(&rows))
		ids[n++] = row_u64(&rows, 0);
	db_rows_release(&rows);
	*n_out = n;
	return 0;
}

int failed_page(struct db *db, const struct failed_filter *filter, size_t max,
		uint64_t *ids, size_t *n_out, struct err *err)
{
	struct strbuf sql = { 0 };
	struct db_rows rows = { 0 };
	uint64_t bytes = 0;
	size_t n = 0;
	int rc = -1;

	strbuf_adds(&sql, sql_page);
	if (add_filter(&sql, filter, err) ||
	    stmt_add(&sql, err, " ORDER BY id LIMIT ?", DB_ARGS(DB_U64(max))) ||
	    db_query(db, &rows, err, "?", DB_ARGS(DB_RAW(strbuf_str(&sql)))))
		goto out;
	while (db_rows_next(&rows)) {
		bytes += row_u64(&rows, 1);
		if (n > 0 && bytes > LIMIT_BULK_BYTES)
			break;
		ids[n++] = row_u64(&rows, 0);
	}
	*n_out = n;
	rc = 0;
out:
	db_rows_release(&rows);
	strbuf_release(&sql);
	return rc;
}

struct deletion {
	const uint64_t *ids;
	size_t n;
	uint64_t deleted;
};

static int delete_body(struct db *db, void *arg, struct err *err)
{
	struct deletion *deletion = arg;

	return db_exec(db, &deletion->deleted, err, sql_delete,
		       DB_ARGS(DB_IDS(deletion->ids, deletion->n)));
}

/* What is deleted twice is gone all the same: no need to look. */
int failed_delete(struct db *db, const uint64_t *ids, size_t n,
		  uint64_t *deleted_out, struct err *err)
{
	struct deletion deletion = { .ids = ids, .n = n };
	struct err why = { 0 };
	int rc;

	do
		rc = db_transact(db, TRIES, delete_body, &deletion, &why);
	while (rc < 0 && why.code == ERR_DB_UNCERTAIN);
	if (rc == 0)
		*deleted_out = deletion.deleted;
	else if (err)
		*err = why;
	return rc;
}
