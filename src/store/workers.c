/* SPDX-License-Identifier: MIT */

#include <config.h>

#include "base/err.h"
#include "db/db.h"
#include "store/workers.h"

/* Of those that were killed. Few rows, so a scan. */
static const char sql_forget[] =
	"DELETE FROM workers WHERE heartbeat_at < NOW(3) - INTERVAL 1 DAY";
static const char sql_add[] =
	"INSERT INTO workers (name, host, pid, queues, concurrency, state,"
	" started_at, heartbeat_at) VALUES (?, ?, ?, ?, ?, ?, NOW(3), NOW(3))";
static const char sql_last[] = "SELECT LAST_INSERT_ID()";

/* PRIMARY. A row that somebody removed comes back under its number. */
static const char sql_beat[] =
	"INSERT INTO workers (id, name, host, pid, queues, concurrency, state,"
	" running, done, failed, rss_kib, started_at, heartbeat_at)"
	" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NOW(3), NOW(3))"
	" ON DUPLICATE KEY UPDATE queues = ?, concurrency = ?, state = ?,"
	" running = ?, done = ?, failed = ?, rss_kib = ?,"
	" heartbeat_at = NOW(3)";
static const char sql_del[] = "DELETE FROM workers WHERE id = ?";

int workers_add(struct db *db, struct worker_row *row, struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_exec(db, NULL, err, sql_forget, DB_NO_ARGS) ||
	    db_exec(db, NULL, err, sql_add,
		    DB_ARGS(DB_STR(row->name), DB_STR(row->host),
			    DB_U64(row->pid), DB_STR(row->queues),
			    DB_U64(row->concurrency), DB_STR(row->state))) ||
	    db_query(db, &rows, err, sql_last, DB_NO_ARGS))
		return -1;
	if (db_rows_next(&rows))
		row->id = row_u64(&rows, 0);
	db_rows_release(&rows);
	return 0;
}

int workers_beat(struct db *db, const struct worker_row *row, struct err *err)
{
	return db_exec(db, NULL, err, sql_beat,
		       DB_ARGS(DB_U64(row->id), DB_STR(row->name),
			       DB_STR(row->host), DB_U64(row->pid),
			       DB_STR(row->queues), DB_U64(row->concurrency),
			       DB_STR(row->state), DB_U64(row->running),
			       DB_U64(row->done), DB_U64(row->failed),
			       DB_U64(row->rss_kib), DB_STR(row->queues),
			       DB_U64(row->concurrency), DB_STR(row->state),
			       DB_U64(row->running), DB_U64(row->done),
			       DB_U64(row->failed), DB_U64(row->rss_kib)));
}

int workers_del(struct db *db, uint64_t id, struct err *err)
{
	return db_exec(db, NULL, err, sql_del, DB_ARGS(DB_U64(id)));
}
