/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/tables.h"

static struct testdb *server(void **state)
{
	struct tables *tables = *state;

	return tables->server;
}

static void a_session_is_set_up(void **state)
{
	struct db *db = tables_db(state);
	struct db_rows rows = { 0 };
	struct err err = { 0 };
	const char *isolation = db_is_mariadb(db) ? "@@tx_isolation"
						  : "@@transaction_isolation";

	must(db_query(db, &rows, &err,
		      "SELECT @@sql_mode, @@time_zone, @@character_set_client,"
		      " @@character_set_results, @@collation_connection, ?,"
		      " @@innodb_lock_wait_timeout",
		      DB_ARGS(DB_RAW(isolation))),
	     &err);
	assert_true(db_rows_next(&rows));
	assert_non_null(strstr(row_str(&rows, 0), "STRICT_TRANS_TABLES"));
	assert_null(strstr(row_str(&rows, 0), "NO_BACKSLASH_ESCAPES"));
	assert_string_equal(row_str(&rows, 1), "+00:00");
	assert_string_equal(row_str(&rows, 2), "utf8mb4");
	assert_string_equal(row_str(&rows, 3), "utf8mb4");
	assert_string_equal(row_str(&rows, 4), "utf8mb4_unicode_ci");
	assert_string_equal(row_str(&rows, 5), "READ-COMMITTED");
	assert_int_equal(row_u64(&rows, 6), 5);
	db_rows_release(&rows);
	assert_non_null(strstr(db_server(db), " on /"));
	assert_true(db_max_packet(db) >= KIB);
}

static void affected_counts_the_rows_that_match(void **state)
{
	struct db *db = tables_db(state);
	struct err err = { 0 };
	uint64_t n = 77;

	must(db_exec(db, &n, &err, "UPDATE t SET n = 0 WHERE id IN (?)",
		     DB_ARGS(DB_IDS(((uint64_t[]){ 1, 2, 99 }), 3))),
	     &err);
	assert_int_equal(n, 2);
	must(db_exec(db, &n, &err, "DELETE FROM t WHERE id IN (?)",
		     DB_ARGS(DB_IDS(NULL, 0))),
	     &err);
	assert_int_equal(n, 0);
}

static void every_byte_of_a_string_comes_back(void **state)
{
	struct db *db = tables_db(state);
	struct db_rows rows = { 0 };
	struct err err = { 0 };
	char text[140];
	size_t i, len;

	for (i = 0; i < 128; i++)
		text[i] = (char)i;
	len = i + 7;
	memcpy(text + i, "\xf0\x9f\x90\x88\xea\xb8\x80", 7);
	must(db_exec(db, NULL, &err, "INSERT INTO u (s) VALUES (?)",
		     DB_ARGS(DB_TEXT(text, len))),
	     &err);
	must(db_query(db, &rows, &err, "SELECT s FROM u WHERE s = ?",
		      DB_ARGS(DB_TEXT(text, len))),
	     &err);
	assert_true(db_rows_next(&rows));
	assert_int_equal(row_len(&rows, 0), len);
	assert_memory_equal(row_str(&rows, 0), text, len);
	db_rows_release(&rows);
}

static void rows_have_types_and_nulls(void **state)
{
	struct db *db = tables_db(state);
	struct db_rows rows = { 0 };
	struct err err = { 0 };

	must(db_query(db, &rows, &err,
		      "SELECT 18446744073709551615, -3, 1.25, NULL, 'x'"
		      " UNION ALL SELECT 1, 2, 3, 4, 5",
		      DB_NO_ARGS),
	     &err);
	assert_int_equal(rows.count, 2);
	assert_int_equal(rows.columns, 5);
	assert_true(db_rows_next(&rows));
	assert_true(row_u64(&rows, 0) == UINT64_MAX);
	assert_int_equal(row_i64(&rows, 1), -3);
	assert_int_equal(row_u64(&rows, 1), 0);
	assert_true(row_double(&rows, 2) == 1.25);
	assert_true(row_is_null(&rows, 3));
	assert_null(row_str(&rows, 3));
	assert_int_equal(row_len(&rows, 3), 0);
	assert_int_equal(row_u64(&rows, 3), 0);
	assert_int_equal(row_u64(&rows, 4), 0);
	assert_false(row_is_null(&rows, 4));
	assert_true(db_rows_next(&rows));
	assert_false(db_rows_next(&rows));
	db_rows_release(&rows);
	assert_false(db_rows_next(&rows));
	db_rows_release(&rows);
}

static void a_call_with_several_results_leaves_the_next_in_step(void **state)
{
	struct db *db = tables_db(state);
	struct db_rows rows = { 0 };
	struct err err = { 0 };

	testdb_exec(server(state),
		    "DROP PROCEDURE IF EXISTS p;"
		    "DELIMITER //\n"
		    "CREATE PROCEDURE p() BEGIN"
		    " SELECT 1; SELECT 2; END//");
	must(db_query(db, &rows, &err, "CALL p()", DB_NO_ARGS), &err);
	assert_true(db_rows_next(&rows));
	assert_int_equal(row_u64(&rows, 0), 1);
	must(db_query(db, &rows, &err, "SELECT 3", DB_NO_ARGS), &err);
	assert_true(db_rows_next(&rows));
	assert_int_equal(row_u64(&rows, 0), 3);
	db_rows_release(&rows);
	must_exec(db, "CALL p()");
	must_exec(db, "DO 1");
}

static void a_statement_that_does_not_fit_is_not_sent(void **state)
{
	static const char around[] = "DO ''";
	struct db *db = tables_db(state);
	size_t len = (size_t)db_max_packet(db) - 3 - sizeof(around);
	char *text = xmalloc(len + 1);
	struct err err = { 0 };
	uint64_t sent;

	memset(text, 'a', len + 1);
	must_begin(db);
	must(db_exec(db, NULL, &err, "DO ?", DB_ARGS(DB_TEXT(text, len))),
	     &err);
	sent = db_statements(db);
	assert_int_equal(db_exec(db, NULL, &err, "DO ?",
				 DB_ARGS(DB_TEXT(text, len + 1))),
			 -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.text, "max_allowed_packet"));
	assert_int_equal(db_statements(db), sent);
	assert_true(db_in_transaction(db));
	must_exec(db, "DO 1");
	free(text);
}

static void a_script_is_not_cut_to_what_fits(void **state)
{
	struct db *db = tables_db(state);
	struct strbuf sql = { 0 };
	struct err err = { 0 };
	size_t i;

	for (i = 0; i < db_max_packet(db); i += 16)
		strbuf_adds(&sql, "DO 1 -- comment\n");
	assert_int_equal(db_run_script(db, sql.buf, sql.len, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	must_exec(db, "DO 1");
	strbuf_release(&sql);
}

static void a_batch_reports_each_statement(void **state)
{
	struct db *db = tables_db(state);
	struct db_batch batch = { 0 };
	struct err err = { 0 };

	must(db_batch_run(db, &batch, &err), &err);
	assert_int_equal(batch.sent, 0);
	must(db_batch_add(db, &batch, &err, "UPDATE t SET n = 1 WHERE id < ?",
			  DB_ARGS(DB_U64(3))),
	     &err);
	must(db_batch_add(db, &batch, &err, "SELECT 1 UNION SELECT 2",
			  DB_NO_ARGS),
	     &err);
	must(db_batch_add(db, &batch, &err, "DELETE FROM t WHERE id = 9",
			  DB_NO_ARGS),
	     &err);
	assert_int_equal(batch.sent, 0);
	must(db_batch_run(db, &batch, &err), &err);
	assert_int_equal(batch.sent, 3);
	assert_int_equal(batch.affected[0], 2);
	assert_int_equal(batch.affected[2], 0);
	must_exec(db, "DO 1");
	db_batch_release(&batch);
}

static void a_batch_names_the_statement_that_fails(void **state)
{
	static const char *const rows[] = { "1", "2", "'no number'", "4" };
	struct db *db = tables_db(state);
	struct db_batch batch = { 0 };
	struct err err = { 0 };
	size_t i;

	must_begin(db);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		must(db_batch_add(db, &batch, &err,
				  "UPDATE t SET n = ? WHERE id = 1",
				  DB_ARGS(DB_RAW(rows[i]))),
		     &err);
	assert_int_equal(db_batch_run(db, &batch, &err), -1);
	assert_int_equal(err.code, ERR_DB);
	assert_non_null(strstr(err.text, "statement 3 of 4: "));
	assert_int_equal(batch.sent, 2);
	db_batch_release(&batch);
	assert_int_equal(code_of_commit(db), ERR_NONE);
	assert_int_equal(count(state, "SELECT n FROM t WHERE id = 1"), 2);
}

static void a_batch_goes_in_parts_that_fit(void **state)
{
	struct db *db = tables_db(state);
	size_t len = (size_t)db_max_packet(db) / 3;
	struct db_batch batch = { 0 };
	struct err err = { 0 };
	char *text = xmalloc(len);
	int i;

	memset(text, 'a', len);
	for (i = 0; i < 7; i++)
		must(db_batch_add(db, &batch, &err,
				  "INSERT INTO u (s) VALUES (?)",
				  DB_ARGS(DB_TEXT(text, len))),
		     &err);
	assert_int_equal(batch.sent, 6);
	must(db_batch_run(db, &batch, &err), &err);
	assert_int_equal(batch.sent, 7);
	for (i = 0; i < 7; i++)
		assert_int_equal(batch.affected[i], 1);
	assert_int_equal(count(state, "SELECT COUNT(*) FROM u"), 7);
	db_batch_release(&batch);
	free(text);
}

static void a_script_names_the_line_that_fails(void **state)
{
	static const char sql[] = "DO 1;\n-- nothing;\n\nDO 2; FAULT;\nDO 3";
	struct db *db = tables_db(state);
	struct err err = { 0 };

	assert_int_equal(db_run_script(db, sql, strlen(sql), &err), -1);
	assert_int_equal(err.code, ERR_DB);
	assert_non_null(strstr(err.text, "line 4: "));
}

static void an_answer_is_not_waited_for_longer_than_allowed(void **state)
{
	struct db_options options = *testdb_options(server(state));
	struct err err = { 0 };
	struct db *db;
	int64_t begin_ms;

	options.io_ms = 1000;
	db = db_new(&options);
	must(db_connect(db, &err), &err);
	begin_ms = clock_mono_ms();
	assert_int_equal(code_of(db, "DO SLEEP(20)"), ERR_DB_LOST);
	assert_true(clock_mono_ms() - begin_ms < 10000);
	db_free(&db);
}

static void a_user_or_schema_that_is_refused_is_told(void **state)
{
	struct db_options options = *testdb_options(server(state));
	struct err err = { 0 };
	struct db *db;

	testdb_exec(server(state),
		    "CREATE USER IF NOT EXISTS 'stepq_test'@'localhost'"
		    " IDENTIFIED BY 'secret'");
	options.user = "stepq_test";
	options.password = "wrong";
	db = db_new(&options);
	assert_int_equal(db_connect(db, &err), -1);
	assert_int_equal(err.code, ERR_DB_AUTH);
	assert_non_null(strstr(err.text, options.socket));
	assert_null(strstr(err.text, "wrong"));
	db_free(&db);
	testdb_exec(server(state), "DROP USER 'stepq_test'@'localhost'");

	options = *testdb_options(server(state));
	options.name = "stepq_no_such_schema";
	db = db_new(&options);
	assert_int_equal(db_connect(db, &err), -1);
	assert_int_equal(err.code, ERR_DB_AUTH);
	assert_non_null(strstr(err.text, "stepq_no_such_schema"));
	db_free(&db);
}

int main(void)
{
	static const char *const options[] = { "--max-allowed-packet=1M",
					       NULL };
	struct tables tables = { 0 };
	const struct CMUnitTest tests[] = {
		TABLES_TEST(a_session_is_set_up, &tables),
		TABLES_TEST(affected_counts_the_rows_that_match, &tables),
		TABLES_TEST(every_byte_of_a_string_comes_back, &tables),
		TABLES_TEST(rows_have_types_and_nulls, &tables),
		TABLES_TEST(a_call_with_several_results_leaves_the_next_in_step,
			    &tables),
		TABLES_TEST(a_statement_that_does_not_fit_is_not_sent, &tables),
		TABLES_TEST(a_script_is_not_cut_to_what_fits, &tables),
		TABLES_TEST(a_batch_reports_each_statement, &tables),
		TABLES_TEST(a_batch_names_the_statement_that_fails, &tables),
		TABLES_TEST(a_batch_goes_in_parts_that_fit, &tables),
		TABLES_TEST(a_script_names_the_line_that_fails, &tables),
		TABLES_TEST(an_answer_is_not_waited_for_longer_than_allowed,
			    &tables),
		TABLES_TEST(a_user_or_schema_that_is_refused_is_told, &tables),
	};
	int failed;

	tables.server = testdb_start(options);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	testdb_free(&tables.server);
	return failed;
}
