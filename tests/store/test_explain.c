/* SPDX-License-Identifier: MIT */

/*
 * How the server finds the rows. All that a worker sends is explained as it
 * is sent, over tables with many rows and over tables with few: a scan of the
 * first is slow, and one of the second locks what others hold.
 */

#include <config.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mysql.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "db/script.h"
#include "play.h"
#include "store/event.h"
#include "store/workers.h"

enum {
	MANY = 100000, /* jobs that are due, and as many that are not */
	ROWS = 20000,  /* of episode_jobs and of episode_events */
	FEW = 8        /* steps of a run in the small tables */
};

/* What is done with statements on their way to the server. */
static struct {
	int is_on;
	int is_lax; /* what locks nothing may scan */
	unsigned int explained;
} wire;

int __real_mysql_real_query(MYSQL *mysql, const char *sql, unsigned long len);
int __wrap_mysql_real_query(MYSQL *mysql, const char *sql, unsigned long len);

static int begins(const char *sql, const char *word)
{
	return strncmp(sql, word, strlen(word)) == 0;
}

static int is_explainable(const char *sql)
{
	return begins(sql, "SELECT") || begins(sql, "UPDATE") ||
	       begins(sql, "DELETE") || begins(sql, "INSERT INTO") ||
	       begins(sql, "REPLACE");
}

static int locks(const char *sql)
{
	return begins(sql, "UPDATE") || begins(sql, "DELETE") ||
	       strstr(sql, "FOR UPDATE");
}

/* MySQL shows a column more, partitions, between table and type. */
static void check_row(MYSQL_ROW row, unsigned int columns, const char *sql)
{
	const char *kind = row[1], *table = row[2];
	const char *type = row[columns == 10 ? 3 : 4];
	const char *extra = row[columns - 1];

	if (extra && strstr(extra, "filesort"))
		fail_msg("sorted: %s", sql);
	/* Rows that are only inserted, and lists of the statement's own. */
	if (!type || !table || *table == '<' || strcmp(kind, "INSERT") == 0 ||
	    strcmp(kind, "REPLACE") == 0)
		return;
	if (strcmp(type, "ALL") == 0 || strcmp(type, "index") == 0)
		fail_msg("%s is read from end to end: %s", table, sql);
}

/* The table with a row for each table read; MySQL 9 draws a tree otherwise. */
static const char *explain_word(int is_mariadb)
{
	return is_mariadb ? "EXPLAIN " : "EXPLAIN FORMAT=TRADITIONAL ";
}

/* On the connection that sends it: MariaDB locks while it explains. */
static void explain(MYSQL *mysql, const char *sql)
{
	int is_mariadb =
		strstr(mysql_get_server_info(mysql), "MariaDB") != NULL;
	char *text = xasprintf("%s%s", explain_word(is_mariadb), sql);
	MYSQL_RES *result = NULL;
	MYSQL_ROW row;

	if (__real_mysql_real_query(mysql, text, strlen(text)) == 0)
		result = mysql_store_result(mysql);
	if (!result)
		fail_msg("%s: %s", mysql_error(mysql), sql);
	while ((row = mysql_fetch_row(result)))
		if (!wire.is_lax || locks(sql))
			check_row(row, mysql_num_fields(result), sql);
	mysql_free_result(result);
	free(text);
	wire.explained++;
}

int __wrap_mysql_real_query(MYSQL *mysql, const char *sql, unsigned long len)
{
	struct script script;
	struct statement one;

	script_init(&script, sql, len);
	while (wire.is_on && script_next(&script, &one)) {
		char *text = xstrndup(one.sql, one.len);

		if (is_explainable(text))
			explain(mysql, text);
		free(text);
	}
	return __real_mysql_real_query(mysql, sql, len);
}

static int teardown(void **state)
{
	wire.is_on = 0;
	return play_teardown(state);
}

/* Double a table of one row until it has `n`, by `columns` of itself. */
static void grow(struct play *p, const char *table, const char *columns,
		 const char *values, unsigned int n)
{
	unsigned int have;

	for (have = 1; have < n; have *= 2)
		play_exec(p, "INSERT INTO %s (%s) SELECT %s FROM %s LIMIT %u",
			  table, columns, values, table, n - have);
}

/* `n` jobs that are due `in_s` from now, or some minutes later. */
static void many_jobs(struct play *p, int in_s, unsigned int n)
{
	char *values = xasprintf(
		"queue, payload, UNIX_TIMESTAMP() + %d +"
		" FLOOR(RAND() * 500), 0",
		in_s);

	(void)play_push(p, "default", in_s);
	play_exec(p,
		  "CREATE TABLE more LIKE jobs; INSERT INTO more SELECT *"
		  " FROM jobs ORDER BY id DESC LIMIT 1");
	grow(p, "more", "queue, payload, available_at, created_at", values, n);
	play_exec(p,
		  "INSERT INTO jobs (queue, payload, available_at,"
		  " created_at) SELECT queue, payload, available_at, 0"
		  " FROM more; DROP TABLE more; ANALYZE TABLE jobs");
	free(values);
}

static void many_steps(struct play *p)
{
	play_exec(p, "INSERT INTO episodes (id) VALUES (1)");
	grow(p, "episodes", "title", "title", ROWS / 10);
	play_exec(p,
		  "INSERT INTO episode_jobs (uuid, run_id, episode_id,"
		  " pipeline, step, status, queue, created_at) VALUES"
		  " (UUID(), 1, 1, 'old', 'old', 'done', 'default',"
		  " NOW(3))");
	grow(p, "episode_jobs",
	     "uuid, run_id, episode_id, pipeline, step, status, queue,"
	     " created_at",
	     "UUID(), FLOOR(RAND() * 4000), FLOOR(RAND() * 2000), pipeline,"
	     " step, status, queue, created_at",
	     ROWS);
	play_exec(p,
		  "INSERT INTO episode_events (run_id, episode_job_id,"
		  " kind, created_at) VALUES (1, 1, 'state', NOW(3))");
	grow(p, "episode_events", "run_id, episode_job_id, kind, created_at",
	     "FLOOR(RAND() * 4000), FLOOR(RAND() * 20000), kind, created_at",
	     ROWS);
	play_exec(p, "ANALYZE TABLE episodes, episode_jobs, episode_events");
}

static void explain_claim(struct play *p, uint64_t limit)
{
	struct db_rows rows = { 0 };
	struct strbuf sql = { 0 };
	unsigned int at;

	strbuf_adds(&sql, explain_word(db_is_mariadb(p->db)));
	strbuf_adds(&sql, queue_sql_select);
	play_must(p, db_query(p->db, &rows, &p->err, strbuf_str(&sql),
			      DB_ARGS(DB_U64(1000), DB_STR("default"),
				      DB_U64(limit))));
	assert_int_equal(rows.count, 1);
	assert_int_equal(db_rows_next(&rows), 1);
	at = rows.columns == 10 ? 3 : 4;
	assert_string_equal(row_str(&rows, at), "range");
	assert_string_equal(row_str(&rows, at + 2),
			    "jobs_queue_available_at_index");
	assert_null(strstr(row_str(&rows, rows.columns - 1), "filesort"));
	db_rows_release(&rows);
	strbuf_release(&sql);
}

static void the_claim_is_a_range_of_a_small_table(void **state)
{
	struct play *p = *state;
	int i;

	explain_claim(p, 1);
	for (i = 0; i < 10; i++)
		(void)play_push(p, "default", i < 5 ? -1 : 100);
	play_exec(p, "ANALYZE TABLE jobs");
	explain_claim(p, 1);
	explain_claim(p, 100);
}

static uint64_t rows_read(struct play *p)
{
	struct db_rows rows = { 0 };
	uint64_t n = 0;

	play_must(p, db_query(p->db, &rows, &p->err,
			      "SHOW SESSION STATUS LIKE 'Handler_read%'",
			      DB_NO_ARGS));
	while (db_rows_next(&rows))
		n += row_u64(&rows, 1);
	db_rows_release(&rows);
	return n;
}

static void the_claim_is_a_range_of_a_large_table(void **state)
{
	struct play *p = *state;
	static const char *const queues[] = { "default" };
	struct queue_look look;
	struct job jobs[10];
	uint64_t before;
	int64_t now_ms;
	size_t i;

	many_jobs(p, 1000, MANY);
	explain_claim(p, 10);
	before = rows_read(p);
	assert_int_equal(play_claim(p, "default", 10, jobs), 0);
	play_must(p, queue_look(p->db, queues, 1, &look, &now_ms, &p->err));
	assert_false(look.is_due);
	assert_in_range(rows_read(p) - before, 0, 20);

	many_jobs(p, -1000, MANY);
	explain_claim(p, 1);
	explain_claim(p, 10);
	explain_claim(p, 200);
	before = rows_read(p);
	assert_int_equal(play_claim(p, "default", 10, jobs), 10);
	play_must(p, queue_look(p->db, queues, 1, &look, &now_ms, &p->err));
	assert_true(look.is_due);
	assert_in_range(rows_read(p) - before, 10, 60);
	for (i = 0; i < 10; i++)
		job_release(&jobs[i]);
	play_exec(p, "TRUNCATE TABLE jobs");
}

/* All that a worker sends once it is there, with items of each kind. */
static void be_a_worker(struct play *p, const struct shape *shape,
			const struct run_new *run)
{
	static const char *const queues[] = { "default", "high" };
	struct worker_row row = { .id = 1,
				  .name = "a",
				  .host = "b",
				  .queues = "c",
				  .state = "running" };
	struct queue_look looks[2];
	struct taken taken[FEW];
	struct settle items[FEW + 1];
	struct event_line line;
	struct job_ref refs[FEW];
	static char text[] = "said";
	int64_t now_ms;
	size_t i;

	play_must(p, queue_look(p->db, queues, 2, looks, &now_ms, &p->err));
	play_take_all(p, shape, taken, FEW);
	for (i = 0; i < FEW; i++) {
		items[i] = play_item(&taken[i], SETTLE_DONE);
		refs[i] = (struct job_ref){ .id = taken[i].job.id,
					    .fence = taken[i].job.fence };
	}
	play_must(p, db_begin(p->db, &p->err));
	play_must(p, queue_hold(p->db, refs, FEW, 30000, &p->err));
	play_must(p, workers_beat(p->db, &row, &p->err));
	play_must(p, db_commit(p->db, &p->err));
	play_must(p, queue_held(p->db, p->worker_id, refs, FEW, &p->err));
	line = (struct event_line){ .job_id = taken[0].job.id,
				    .fence = taken[0].job.fence,
				    .step_id = taken[0].step.id,
				    .message = text };
	play_must(p, event_log(p->db, &line, 1, &p->err));
	items[1].kind = SETTLE_RETRY;
	items[2].kind = SETTLE_RELEASE;
	items[3].kind = SETTLE_FAIL;
	items[FEW] = (struct settle){ .kind = SETTLE_EXPAND,
				      .job_id = run->job_id,
				      .fence = 1,
				      .expand = run };
	play_must(p, play_write(p, items, FEW + 1));
	for (i = 0; i <= FEW; i++)
		assert_int_equal(items[i].outcome, SETTLE_WRITTEN);
	play_must(p, workers_del(p->db, row.id, &p->err));
	for (i = 0; i < FEW; i++)
		taken_release(&taken[i]);
}

static void explain_a_worker(struct play *p, int is_lax)
{
	struct shape shape;
	struct run_new run, next;

	shape_init(&shape, "a b c d e f g h end:a,b,c,d,e,f,g,h more:a,e");
	run = play_new(p, &shape);
	run.has_episode = 1;
	run.episode_id = 1;
	run.due = 1;
	play_must(p, play_create(p, &run, 1));
	next = play_new(p, &shape);
	play_exec(p,
		  "UPDATE jobs SET reserved_at = 1, fence = 1"
		  " WHERE id = %" PRIu64,
		  next.job_id);
	play_exec(p, "INSERT IGNORE INTO episodes (id) VALUES (1)");
	wire.is_on = 1;
	wire.is_lax = is_lax;
	wire.explained = 0;
	be_a_worker(p, &shape, &next);
	wire.is_on = 0;
	assert_true(wire.explained > 40);
}

static void a_worker_reads_no_large_table_from_end_to_end(void **state)
{
	struct play *p = *state;

	many_jobs(p, 1000, ROWS);
	many_steps(p);
	explain_a_worker(p, 0);
}

static void a_worker_locks_no_row_by_a_scan_of_a_small_table(void **state)
{
	struct play *p = *state;

	explain_a_worker(p, 1);
}

#define EXPLAINED(claim) \
 cmocka_unit_test_prestate_setup_teardown(claim, play_setup, teardown, server)

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		EXPLAINED(the_claim_is_a_range_of_a_small_table),
		EXPLAINED(the_claim_is_a_range_of_a_large_table),
		EXPLAINED(a_worker_reads_no_large_table_from_end_to_end),
		EXPLAINED(a_worker_locks_no_row_by_a_scan_of_a_small_table),
	};
	int failed = cmocka_run_group_tests_name("explain", tests, NULL, NULL);

	return play_over(&server, failed);
}
