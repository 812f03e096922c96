/* SPDX-License-Identifier: MIT */

/*
 * Transactions against a real server. Only what a server cannot be made to do
 * at a given moment, to lose the answer to COMMIT or to refuse it, is done in
 * the client: mysql_real_query() is wrapped.
 */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

#include "base/clock.h"
#include "base/err.h"
#include "store/tables.h"

/* What becomes of the next COMMIT. */
struct fate {
	int is_cut;          /* the connection breaks before it is sent */
	unsigned int number; /* it is answered with this error */
	int is_done;         /* but was carried out */
};

static struct fate commit_fate;

int __real_mysql_real_query(MYSQL *mysql, const char *sql, unsigned long len);
int __wrap_mysql_real_query(MYSQL *mysql, const char *sql, unsigned long len);

int __wrap_mysql_real_query(MYSQL *mysql, const char *sql, unsigned long len)
{
	struct fate fate = { 0 };

	if (len == 6 && memcmp(sql, "COMMIT", 6) == 0) {
		fate = commit_fate;
		commit_fate = (struct fate){ 0 };
	}
	if (fate.is_cut)
		(void)shutdown(mysql->net.fd, SHUT_RDWR);
	if (!fate.number)
		return __real_mysql_real_query(mysql, sql, len);
	if (fate.is_done)
		(void)__real_mysql_real_query(mysql, sql, len);
	else
		(void)__real_mysql_real_query(mysql, "ROLLBACK", 8);
	mysql->net.last_errno = fate.number;
	return 1;
}

static struct testdb *server(void **state)
{
	struct tables *tables = *state;

	return tables->server;
}

static void kill_connection(void **state, struct db *db)
{
	struct db_rows rows = { 0 };
	struct err err = { 0 };
	char sql[64];

	must(db_query(db, &rows, &err, "SELECT CONNECTION_ID()", DB_NO_ARGS),
	     &err);
	assert_true(db_rows_next(&rows));
	(void)snprintf(sql, sizeof(sql), "KILL %s", row_str(&rows, 0));
	testdb_exec(server(state), sql);
	db_rows_release(&rows);
}

static void a_refused_value_leaves_the_transaction_open(void **state)
{
	struct db *db = tables_db(state);
	struct err err = { 0 };

	must_begin(db);
	must_exec(db, "UPDATE t SET n = 1 WHERE id = 1");
	assert_int_equal(db_exec(db, NULL, &err,
				 "UPDATE t SET s = ? WHERE id = 2",
				 DB_ARGS(DB_STR("longer than ten"))),
			 -1);
	assert_int_equal(err.code, ERR_DB);
	assert_int_equal(err.number, ER_DATA_TOO_LONG);
	assert_int_equal(db_exec(db, NULL, &err,
				 "INSERT INTO t VALUES (1, 0, '')", DB_NO_ARGS),
			 -1);
	assert_int_equal(err.code, ERR_DB_DUP);
	assert_int_equal(err.number, ER_DUP_ENTRY);
	assert_true(db_in_transaction(db));
	assert_int_equal(code_of_commit(db), ERR_NONE);
	assert_int_equal(count(state, "SELECT n FROM t WHERE id = 1"), 1);
}

static void rollback_undoes_and_may_be_called_at_any_time(void **state)
{
	struct db *db = tables_db(state);

	db_rollback(db);
	must_begin(db);
	must_exec(db, "UPDATE t SET n = 1");
	db_rollback(db);
	db_rollback(db);
	assert_false(db_in_transaction(db));
	assert_int_equal(count(state, "SELECT SUM(n) FROM t"), 0);
	db_disconnect(db);
	db_rollback(db);
}

/* MariaDB answers from a copy unless nobody has asked for 100 ms. */
enum {
	LOCK_WAIT_POLL_US = 150000
};

static int is_waiting_for_a_lock(void **state)
{
	return count(state,
		     "SELECT COUNT(*) FROM information_schema.innodb_trx"
		     " WHERE trx_state = 'LOCK WAIT'") > 0;
}

/*
 * Start a process that holds row 2, with much more to undo than others have,
 * and waits for row 1: whoever then asks for row 2 is the deadlock's victim.
 */
static pid_t start_rival(void **state)
{
	int64_t deadline = clock_mono_ms() + 20000;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct db *db = db_new(testdb_options(server(state)));
		struct err err = { 0 };
		int rc = db_connect(db, &err) == 0 ? db_begin(db, &err) : -1;
		int i;

		for (i = 0; i < 200 && rc == 0; i++)
			rc = db_exec(db, NULL, &err,
				     "INSERT INTO u (s) VALUES ('')",
				     DB_NO_ARGS);
		if (rc == 0)
			rc = db_exec(db, NULL, &err,
				     "UPDATE t SET n = 2 WHERE id = 2",
				     DB_NO_ARGS);
		if (rc == 0)
			rc = db_exec(db, NULL, &err,
				     "UPDATE t SET n = 2 WHERE id = 1",
				     DB_NO_ARGS);
		if (rc == 0)
			rc = db_commit(db, &err);
		_exit(rc == 0 ? 0 : 1);
	}
	do {
		if (clock_mono_ms() > deadline)
			fail_msg("the rival does not wait for row 1");
		(void)usleep(LOCK_WAIT_POLL_US);
	} while (!is_waiting_for_a_lock(state));
	return pid;
}

static void assert_rival_committed(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* The victim of a deadlock: nothing it does afterwards may be committed. */
static void assert_transaction_is_gone(void **state, struct db *db)
{
	assert_false(db_in_transaction(db));
	assert_int_equal(code_of(db, "UPDATE t SET n = 9 WHERE id = 3"),
			 ERR_DB_RETRY);
	assert_int_equal(code_of_commit(db), ERR_DB_RETRY);
	db_rollback(db);
	assert_int_equal(count(state, "SELECT n FROM t WHERE id = 3"), 0);
	assert_true(db_is_connected(db));
	must_exec(db, "UPDATE t SET n = 7 WHERE id = 4");
	assert_int_equal(count(state, "SELECT n FROM t WHERE id = 4"), 7);
}

static void a_deadlock_told_by_the_query_is_a_retry(void **state)
{
	struct db *db = tables_db(state);
	struct err err = { 0 };
	pid_t rival;

	must_begin(db);
	must_exec(db, "UPDATE t SET n = 1 WHERE id = 1");
	rival = start_rival(state);
	assert_int_equal(db_exec(db, NULL, &err,
				 "UPDATE t SET n = 1 WHERE id = 2", DB_NO_ARGS),
			 -1);
	assert_int_equal(err.code, ERR_DB_RETRY);
	assert_int_equal(err.number, ER_LOCK_DEADLOCK);
	assert_rival_committed(rival);
	assert_transaction_is_gone(state, db);
}

static void a_deadlock_told_by_the_result_is_a_retry(void **state)
{
	struct db *db = tables_db(state);
	struct db_rows rows = { 0 };
	struct err err = { 0 };
	pid_t rival;

	must_begin(db);
	must_exec(db, "UPDATE t SET n = 1 WHERE id = 1");
	rival = start_rival(state);
	assert_int_equal(db_query(db, &rows, &err,
				  "SELECT id FROM t WHERE id > 1 FOR UPDATE",
				  DB_NO_ARGS),
			 -1);
	assert_int_equal(err.code, ERR_DB_RETRY);
	assert_int_equal(err.number, ER_LOCK_DEADLOCK);
	assert_null(rows.result);
	assert_rival_committed(rival);
	assert_transaction_is_gone(state, db);
}

static void a_lock_wait_rolls_all_of_the_transaction_back(void **state)
{
	struct db *db = tables_db(state),
		  *other = testdb_connect(server(state));

	must_begin(other);
	must_exec(other, "UPDATE t SET n = 1 WHERE id = 2");
	must_exec(db, "SET SESSION innodb_lock_wait_timeout = 1");
	must_begin(db);
	must_exec(db, "UPDATE t SET n = 5 WHERE id = 1");
	assert_int_equal(code_of(db, "UPDATE t SET n = 5 WHERE id = 2"),
			 ERR_DB_RETRY);
	/* Row 1 is free again, though the server alone would have held it. */
	must_exec(other, "UPDATE t SET n = 6 WHERE id = 1");
	assert_int_equal(code_of_commit(other), ERR_NONE);
	assert_transaction_is_gone(state, db);
	assert_int_equal(count(state, "SELECT n FROM t WHERE id = 1"), 6);
	db_free(&other);
}

static void a_transaction_that_ended_unseen_is_a_retry(void **state)
{
	struct db *db = tables_db(state);

	must_begin(db);
	/* DDL commits. */
	must_exec(db, "CREATE TABLE IF NOT EXISTS u (id INT)");
	assert_transaction_is_gone(state, db);
}

static void a_killed_connection_is_lost_and_opened_again(void **state)
{
	struct db *db = tables_db(state);
	struct err err = { 0 };

	must_begin(db);
	must_exec(db, "UPDATE t SET n = 1");
	kill_connection(state, db);
	assert_int_equal(code_of(db, "UPDATE t SET n = 1"), ERR_DB_LOST);
	assert_false(db_is_connected(db));
	assert_int_equal(code_of(db, "DO 1"), ERR_DB_LOST);
	assert_int_equal(code_of_commit(db), ERR_DB_LOST);
	must(db_connect(db, &err), &err);
	must_exec(db, "UPDATE t SET n = 2 WHERE id = 1");
	assert_int_equal(count(state, "SELECT SUM(n) FROM t"), 2);
}

static void a_commit_on_a_killed_connection_is_uncertain(void **state)
{
	struct db *db = tables_db(state);

	must_begin(db);
	must_exec(db, "UPDATE t SET n = 1 WHERE id = 1");
	kill_connection(state, db);
	assert_int_equal(code_of_commit(db), ERR_DB_UNCERTAIN);
	assert_false(db_is_connected(db));
	db_rollback(db);
	assert_int_equal(count(state, "SELECT n FROM t WHERE id = 1"), 0);
}

static void a_commit_that_cannot_be_sent_is_uncertain(void **state)
{
	struct db *db = tables_db(state);

	must_begin(db);
	must_exec(db, "UPDATE t SET n = 1 WHERE id = 1");
	commit_fate.is_cut = 1;
	assert_int_equal(code_of_commit(db), ERR_DB_UNCERTAIN);
	assert_int_equal(count(state, "SELECT n FROM t WHERE id = 1"), 0);
}

static void a_commit_whose_answer_is_lost_is_uncertain(void **state)
{
	struct db *db = tables_db(state);

	must_begin(db);
	must_exec(db, "UPDATE t SET n = 1 WHERE id = 1");
	commit_fate.number = CR_SERVER_LOST;
	commit_fate.is_done = 1;
	assert_int_equal(code_of_commit(db), ERR_DB_UNCERTAIN);
	assert_int_equal(count(state, "SELECT n FROM t WHERE id = 1"), 1);
}

static void a_commit_that_is_refused_has_not_happened(void **state)
{
	static const struct {
		unsigned int number;
		enum err_code want;
	} rows[] = {
		{ ER_LOCK_DEADLOCK, ERR_DB_RETRY },
		{ ER_OPTION_PREVENTS_STATEMENT, ERR_DB_LOST },
	};
	struct db *db = tables_db(state);
	struct err err = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		must(db_connect(db, &err), &err);
		must_begin(db);
		must_exec(db, "UPDATE t SET n = 1 WHERE id = 1");
		commit_fate.number = rows[i].number;
		assert_int_equal(code_of_commit(db), rows[i].want);
		assert_int_equal(count(state, "SELECT SUM(n) FROM t"), 0);
		db_rollback(db);
	}
}

static void a_server_that_went_away_is_lost_until_it_is_back(void **state)
{
	struct db *db = tables_db(state);
	struct err err = { 0 };

	if (!testdb_is_private())
		skip();
	must_begin(db);
	must_exec(db, "UPDATE t SET n = 1");
	testdb_kill_server(server(state));
	assert_int_equal(code_of(db, "UPDATE t SET n = 2"), ERR_DB_LOST);
	db_rollback(db);
	assert_int_equal(db_connect(db, &err), -1);
	assert_int_equal(err.code, ERR_DB_LOST);
	assert_non_null(strstr(err.text, "cannot connect to /"));
	testdb_start_server(server(state));
	must(db_connect(db, &err), &err);
	must_exec(db, "UPDATE t SET n = 3 WHERE id = 1");
	assert_int_equal(count(state, "SELECT SUM(n) FROM t"), 3);
}

/* A body that fails with `code` the first `failures` times. */
struct course {
	enum err_code code;
	int failures;
	int result;
	int calls;
};

static int body(struct db *db, void *arg, struct err *err)
{
	struct course *course = arg;

	course->calls++;
	if (db_exec(db, NULL, err, "UPDATE t SET n = n + 1 WHERE id = 1",
		    DB_NO_ARGS) < 0)
		return -1;
	if (course->calls <= course->failures) {
		if (course->code == ERR_DB_LOST)
			db_disconnect(db);
		return err_set(err, course->code, "as the course has it");
	}
	return course->result;
}

static void transact_replays_what_a_new_try_may_mend(void **state)
{
	struct db *db = tables_db(state);
	static const enum err_code rows[] = { ERR_DB_RETRY, ERR_DB_LOST };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct course course = { rows[i], 2, 1, 0 };
		struct err err = { 0 };

		assert_int_equal(db_transact(db, 3, body, &course, &err), 1);
		assert_int_equal(course.calls, 3);
		assert_int_equal(count(state, "SELECT SUM(n) FROM t"), 1);
		assert_false(db_in_transaction(db));
		tables_fill(server(state));
	}
}

static void transact_gives_up_after_its_tries(void **state)
{
	struct db *db = tables_db(state);
	struct course course = { ERR_DB_RETRY, 9, 1, 0 };
	struct err err = { 0 };

	assert_int_equal(db_transact(db, 3, body, &course, &err), -1);
	assert_int_equal(err.code, ERR_DB_RETRY);
	assert_int_equal(course.calls, 3);
	assert_int_equal(count(state, "SELECT SUM(n) FROM t"), 0);
}

static void transact_does_not_replay_other_errors(void **state)
{
	struct db *db = tables_db(state);
	struct course course = { ERR_INPUT, 9, 1, 0 };
	struct err err = { 0 };

	assert_int_equal(db_transact(db, 3, body, &course, &err), -1);
	assert_int_equal(err.code, ERR_INPUT);
	assert_int_equal(course.calls, 1);
	assert_false(db_in_transaction(db));
	assert_int_equal(count(state, "SELECT SUM(n) FROM t"), 0);
}

static void transact_commits_when_there_was_nothing_to_do(void **state)
{
	struct db *db = tables_db(state);
	struct course course = { ERR_NONE, 0, 0, 0 };
	struct err err = { 0 };

	assert_int_equal(db_transact(db, 1, body, &course, &err), 0);
	assert_int_equal(count(state, "SELECT SUM(n) FROM t"), 1);
}

static void transact_does_not_replay_an_uncertain_commit(void **state)
{
	struct db *db = tables_db(state);
	struct course course = { ERR_NONE, 0, 1, 0 };
	struct err err = { 0 };

	commit_fate.number = CR_SERVER_LOST;
	commit_fate.is_done = 1;
	assert_int_equal(db_transact(db, 3, body, &course, &err), -1);
	assert_int_equal(err.code, ERR_DB_UNCERTAIN);
	assert_int_equal(course.calls, 1);
	assert_int_equal(count(state, "SELECT SUM(n) FROM t"), 1);
}

int main(void)
{
	struct tables tables = { 0 };
	const struct CMUnitTest tests[] = {
		TABLES_TEST(a_refused_value_leaves_the_transaction_open,
			    &tables),
		TABLES_TEST(rollback_undoes_and_may_be_called_at_any_time,
			    &tables),
		TABLES_TEST(a_deadlock_told_by_the_query_is_a_retry, &tables),
		TABLES_TEST(a_deadlock_told_by_the_result_is_a_retry, &tables),
		TABLES_TEST(a_lock_wait_rolls_all_of_the_transaction_back,
			    &tables),
		TABLES_TEST(a_transaction_that_ended_unseen_is_a_retry,
			    &tables),
		TABLES_TEST(a_killed_connection_is_lost_and_opened_again,
			    &tables),
		TABLES_TEST(a_commit_on_a_killed_connection_is_uncertain,
			    &tables),
		TABLES_TEST(a_commit_that_cannot_be_sent_is_uncertain, &tables),
		TABLES_TEST(a_commit_whose_answer_is_lost_is_uncertain,
			    &tables),
		TABLES_TEST(a_commit_that_is_refused_has_not_happened, &tables),
		TABLES_TEST(a_server_that_went_away_is_lost_until_it_is_back,
			    &tables),
		TABLES_TEST(transact_replays_what_a_new_try_may_mend, &tables),
		TABLES_TEST(transact_gives_up_after_its_tries, &tables),
		TABLES_TEST(transact_does_not_replay_other_errors, &tables),
		TABLES_TEST(transact_commits_when_there_was_nothing_to_do,
			    &tables),
		TABLES_TEST(transact_does_not_replay_an_uncertain_commit,
			    &tables),
	};
	int failed;

	tables.server = testdb_start(NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	testdb_free(&tables.server);
	return failed;
}
