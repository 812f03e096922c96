/* SPDX-License-Identifier: MIT */

/*
 * Privileges are found out by trying: statements of each kind that match no
 * row. Grants can be given in so many ways (roles, columns, wildcards, a
 * server that is read only) that reading them would be a guess.
 *
 * EXPLAIN's columns have different places in MySQL and MariaDB, and rows are
 * read by number here: the number of columns tells which it is.
 */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "db/db.h"
#include "store/doctor.h"
#include "store/queue.h"

enum {
	EXPLAIN_MYSQL_COLUMNS = 12, /* with partitions and filtered */
	SAMPLE_LIMIT = 100,
};

static const char *const tables[] = {
	"jobs",           "failed_jobs",       "projects",         "episodes",
	"definitions",    "episode_jobs",      "workers",          "queues",
	"episode_events", "run_cancellations", "stepq_migrations",
};

static const char sql_ping[] = "DO 0";

static const char sql_server[] =
	"SELECT VERSION(), CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";

static const char sql_isolation[] =
	"SHOW SESSION VARIABLES WHERE Variable_name IN"
	" ('transaction_isolation', 'tx_isolation')";

static const char sql_tables[] =
	"SELECT table_name FROM information_schema.tables"
	" WHERE table_schema = DATABASE()";

/* Any index will do whose first columns are these; unique ones too. */
static const char sql_index[] =
	"SELECT COUNT(*) FROM information_schema.statistics a"
	" JOIN information_schema.statistics b ON"
	" b.table_schema = a.table_schema AND b.table_name = a.table_name"
	" AND b.index_name = a.index_name"
	" WHERE a.table_schema = DATABASE() AND a.table_name = 'jobs'"
	" AND a.seq_in_index = 1 AND a.column_name = 'queue'"
	" AND a.sub_part IS NULL AND b.seq_in_index = 2"
	" AND b.column_name = 'available_at'";

/* What workers and commands do. None of these matches a row. */
static const char *const sql_writes[] = {
	"INSERT INTO jobs SELECT * FROM jobs WHERE 1 = 0",
	"UPDATE jobs SET id = id WHERE 1 = 0",
	"DELETE FROM jobs WHERE 1 = 0",
	"INSERT INTO failed_jobs SELECT * FROM failed_jobs WHERE 1 = 0",
	"DELETE FROM failed_jobs WHERE 1 = 0",
	"INSERT INTO definitions SELECT * FROM definitions WHERE 1 = 0",
	"INSERT INTO episode_jobs SELECT * FROM episode_jobs WHERE 1 = 0",
	"UPDATE episode_jobs SET id = id WHERE 1 = 0",
	"INSERT INTO episode_events SELECT * FROM episode_events WHERE 1 = 0",
	"UPDATE episodes SET id = id WHERE 1 = 0",
	"INSERT INTO workers SELECT * FROM workers WHERE 1 = 0",
	"UPDATE workers SET id = id WHERE 1 = 0",
	"DELETE FROM workers WHERE 1 = 0",
	"INSERT INTO run_cancellations SELECT * FROM run_cancellations"
	" WHERE 1 = 0",
	"DELETE FROM run_cancellations WHERE 1 = 0",
	"SELECT * FROM queues WHERE 1 = 0",
	"SELECT * FROM projects WHERE 1 = 0",
};

/* A full scan of a small table. */
static const char sql_workers[] =
	"SELECT name, host, queues,"
	" TIMESTAMPDIFF(MICROSECOND, heartbeat_at, NOW(3)) DIV 1000"
	" FROM workers ORDER BY heartbeat_at DESC LIMIT ?";

static const char sql_paused[] =
	"SELECT name FROM queues WHERE paused_at IS NOT NULL"
	" ORDER BY name LIMIT ?";

int doctor_ping(struct db *db, struct err *err)
{
	return db_exec(db, NULL, err, sql_ping, DB_NO_ARGS);
}

/* "10.11.19-MariaDB-0+deb12u1", "8.0.36"; 8.0.1 and 10.6 can do it. */
static int has_skip_locked(const char *version, int is_mariadb)
{
	unsigned int major = 0, minor = 0, patch = 0;

	if (sscanf(version, "%u.%u.%u", &major, &minor, &patch) < 2)
		return 0;
	if (is_mariadb)
		return major > 10 || (major == 10 && minor >= 6);
	return major > 8 || (major == 8 && (minor > 0 || patch >= 1));
}

int doctor_server(struct db *db, struct doctor_server *out, struct err *err)
{
	struct db_rows rows = { 0 };
	struct doctor_server server = { 0 };

	if (db_query(db, &rows, err, sql_server, DB_NO_ARGS) < 0)
		return -1;
	if (db_rows_next(&rows)) {
		(void)snprintf(server.version, sizeof(server.version), "%s",
			       row_str(&rows, 0));
		server.now_ms = row_i64(&rows, 1);
	}
	db_rows_release(&rows);
	server.has_skip_locked =
		has_skip_locked(server.version, db_is_mariadb(db));
	if (db_query(db, &rows, err, sql_isolation, DB_NO_ARGS) < 0)
		return -1;
	if (db_rows_next(&rows))
		(void)snprintf(server.isolation, sizeof(server.isolation), "%s",
			       row_str(&rows, 1));
	db_rows_release(&rows);
	*out = server;
	return 0;
}

int doctor_missing_tables(struct db *db, struct strbuf *out, struct err *err)
{
	char is_found[ARRAY_SIZE(tables)] = { 0 };
	struct db_rows rows = { 0 };
	const char *comma = "";

	if (db_query(db, &rows, err, sql_tables, DB_NO_ARGS) < 0)
		return -1;
	while (db_rows_next(&rows))
		for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
			if (strcasecmp(row_str(&rows, 0), tables[i]) == 0)
				is_found[i] = 1;
	db_rows_release(&rows);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (is_found[i])
			continue;
		strbuf_addf(out, "%s%s", comma, tables[i]);
		comma = ", ";
	}
	return 0;
}

static int find_index(struct db *db, struct doctor_claim *out, struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_index, DB_NO_ARGS) < 0)
		return -1;
	out->has_index = db_rows_next(&rows) && row_u64(&rows, 0) > 0;
	db_rows_release(&rows);
	return 0;
}

int doctor_claim(struct db *db, struct doctor_claim *out, struct err *err)
{
	struct db_rows rows = { 0 };
	struct strbuf sql = { 0 };
	unsigned int shift;
	int rc;

	if (find_index(db, out, err) < 0)
		return -1;
	if (!out->has_index)
		return 0;
	strbuf_addf(&sql, "EXPLAIN FORMAT=TRADITIONAL %s", queue_sql_select);
	rc = db_query(db, &rows, err, strbuf_str(&sql),
		      DB_ARGS(DB_U64(MIB), DB_STR("default"),
			      DB_U64(SAMPLE_LIMIT)));
	strbuf_release(&sql);
	if (rc < 0)
		return -1;
	shift = rows.columns == EXPLAIN_MYSQL_COLUMNS;
	if (db_rows_next(&rows)) {
		const char *type = row_str(&rows, 3 + shift);
		const char *key = row_str(&rows, 5 + shift);
		const char *extra = row_str(&rows, rows.columns - 1);

		out->is_range = type && strcmp(type, "range") == 0;
		out->has_sort = extra && strstr(extra, "filesort");
		strbuf_adds(out->key, key ? key : "");
	}
	db_rows_release(&rows);
	return 0;
}

int doctor_may_write(struct db *db, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(sql_writes); i++) {
		struct db_rows rows = { 0 };

		if (db_query(db, &rows, err, sql_writes[i], DB_NO_ARGS) < 0)
			return -1;
		db_rows_release(&rows);
	}
	return 0;
}

int doctor_workers(struct db *db, struct doctor_workers *out, struct err *err)
{
	struct db_rows rows = { 0 };
	struct doctor_workers found = { 0 };

	if (db_query(db, &rows, err, sql_workers, DB_ARGS(DB_U64(LIMIT_LIST))) <
	    0)
		return -1;
	found.workers = xcalloc(rows.count, sizeof(*found.workers));
	while (db_rows_next(&rows))
		found.workers[found.n++] = (struct doctor_worker){
			.name = xstrdup(row_str(&rows, 0)),
			.host = xstrdup(row_str(&rows, 1)),
			.queues = xstrdup(row_str(&rows, 2)),
			.silent_ms = row_i64(&rows, 3),
		};
	db_rows_release(&rows);
	*out = found;
	return 0;
}

void doctor_workers_release(struct doctor_workers *workers)
{
	for (size_t i = 0; i < workers->n; i++) {
		free(workers->workers[i].name);
		free(workers->workers[i].host);
		free(workers->workers[i].queues);
	}
	free(workers->workers);
	*workers = (struct doctor_workers){ 0 };
}

int doctor_paused(struct db *db, struct strbuf *out, struct err *err)
{
	struct db_rows rows = { 0 };
	size_t n = 0;

	if (db_query(db, &rows, err, sql_paused, DB_ARGS(DB_U64(LIMIT_LIST))) <
	    0)
		return -1;
	while (db_rows_next(&rows))
		strbuf_addf(out, "%s%s", n++ ? ", " : "", row_str(&rows, 0));
	db_rows_release(&rows);
	return 0;
}
