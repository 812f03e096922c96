/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mysql.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "runs.h"

enum {
	EPISODE_MANY = 500, /* of runs that only fill the tables */
	SENT_MOST = 64,
	CR_LOST_NUMBER = 2013
};

static char *read_rows(const char *name)
{
	const char *top = getenv("top_srcdir");
	char *path = xasprintf("%s/tests/lib/%s", top ? top : ".", name);
	FILE *file = fopen(path, "r");
	struct strbuf text = { 0 };
	char piece[4096];
	size_t n;

	if (!file)
		fail_msg("cannot open %s", path);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		strbuf_add(&text, piece, n);
	(void)fclose(file);
	free(path);
	return strbuf_detach(&text);
}

static void load(struct play *p, const char *name)
{
	char *rows = read_rows(name);

	testdb_exec(p->server, rows);
	free(rows);
}

int runs_setup(void **state)
{
	int rc = play_setup(state);

	load(*state, "runs.sql");
	return rc;
}

int graphs_setup(void **state)
{
	int rc = runs_setup(state);
	struct play *p = *state;

	play_exec(p, "DELETE FROM workers; DELETE FROM queues");
	load(p, "graphs.sql");
	return rc;
}

/* What is done with statements on their way to the server. */
static struct {
	int is_recording;
	char *sent[SENT_MOST];
	size_t sent_n;
	int lost_commits;
	int is_done;
} wire;

int __real_mysql_real_query(MYSQL *mysql, const char *sql, unsigned long len);
int __wrap_mysql_real_query(MYSQL *mysql, const char *sql, unsigned long len);

int __wrap_mysql_real_query(MYSQL *mysql, const char *sql, unsigned long len)
{
	int is_commit = len == 6 && memcmp(sql, "COMMIT", 6) == 0;

	if (wire.is_recording && len > 6 && memcmp(sql, "SELECT", 6) == 0) {
		assert_true(wire.sent_n < SENT_MOST);
		wire.sent[wire.sent_n++] = xstrndup(sql, len);
	}
	if (!is_commit || wire.lost_commits == 0)
		return __real_mysql_real_query(mysql, sql, len);
	wire.lost_commits--;
	(void)__real_mysql_real_query(mysql,
				      wire.is_done ? "COMMIT" : "ROLLBACK",
				      wire.is_done ? 6 : 8);
	mysql->net.last_errno = CR_LOST_NUMBER;
	return 1;
}

void runs_grow(struct play *p)
{
	int i;

	for (i = 0; i < 8; i++)
		play_exec(p,
			  "INSERT INTO episode_jobs (uuid, run_id, episode_id,"
			  " pipeline, step, status, queue, created_at)"
			  " SELECT UUID(), run_id + 1000 * (%d + 1), %d,"
			  " pipeline, step, status, queue, created_at"
			  " FROM episode_jobs;"
			  "INSERT INTO jobs (step_id, queue, payload,"
			  " available_at, created_at) SELECT step_id + 1000"
			  " * (%d + 1), 'q', '', 1, 0 FROM jobs;"
			  "INSERT INTO episode_events (run_id, episode_job_id,"
			  " kind, created_at) SELECT run_id + 1000 * (%d + 1),"
			  " 1, 'log', created_at FROM episode_events",
			  i, EPISODE_MANY + i, i, i);
	play_exec(p, "ANALYZE TABLE episode_jobs, episode_events, jobs");
}

void runs_record(void)
{
	wire.is_recording = 1;
}

void runs_lose_commit(int times, int is_done)
{
	wire.lost_commits = times;
	wire.is_done = is_done;
}

/* EXPLAIN shows the aliases: e and o are episode_jobs, j is jobs. */
static int is_checked(const char *table)
{
	return strncmp(table, "episode_", 8) == 0 || strcmp(table, "e") == 0 ||
	       strcmp(table, "o") == 0 || strcmp(table, "j") == 0;
}

/* MySQL shows a column more, partitions, between table and type. */
static void check_plan_row(const struct db_rows *rows, const char *sql)
{
	const char *table = row_str(rows, 2);
	unsigned int at = rows->columns == 10 ? 3 : 4;
	const char *type = row_str(rows, at);
	const char *key = row_str(rows, at + 2);
	const char *extra = row_str(rows, rows->columns - 1);

	if (!table || !type || !is_checked(table))
		return;
	if (strcmp(type, "ALL") == 0 || strcmp(type, "index") == 0)
		fail_msg("%s is read from end to end: %s", table, sql);
	if (strcmp(table, "episode_events") == 0 &&
	    (!key || strcmp(key, "episode_events_run_id_index") != 0))
		fail_msg("events of other runs are read: %s", sql);
	if (extra && strstr(extra, "filesort"))
		fail_msg("%s is sorted: %s", table, sql);
}

static void check_plan(struct play *p, const char *sql)
{
	struct db_rows rows = { 0 };
	struct err err = { 0 };
	char *explain = xasprintf("EXPLAIN FORMAT=TRADITIONAL %s", sql);

	if (db_query(p->db, &rows, &err, "?", DB_ARGS(DB_RAW(explain))))
		fail_msg("%s: %s", err.text, sql);
	while (db_rows_next(&rows))
		check_plan_row(&rows, sql);
	db_rows_release(&rows);
	free(explain);
}

void runs_check_plans(struct play *p)
{
	size_t i;

	wire.is_recording = 0;
	assert_true(wire.sent_n > 0);
	for (i = 0; i < wire.sent_n; i++) {
		check_plan(p, wire.sent[i]);
		free(wire.sent[i]);
	}
	wire.sent_n = 0;
}
