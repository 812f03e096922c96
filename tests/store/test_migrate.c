/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "db/migrate.h"
#include "store/tables.h"

#define TEST(test) \
 cmocka_unit_test_prestate_setup_teardown(test, setup, tables_teardown, &tables)

enum {
	RIVALS = 3
};

/* The schema is empty, and tables->db is connected to it. */
static int setup(void **state)
{
	struct tables *tables = *state;

	testdb_clear(tables->server);
	tables->db = testdb_connect(tables->server);
	return 0;
}

static void count_report(void *arg, const char *name)
{
	int *n = arg;

	assert_non_null(name);
	++*n;
}

static int migrate(struct db *db, int *applied)
{
	struct err err = { 0 };
	int rc;

	*applied = 0;
	rc = migrate_run(db, count_report, applied, &err);
	must(rc, &err);
	return rc;
}

static int version_of(struct db *db)
{
	struct err err = { 0 };
	int version = -1;

	must(migrate_version(db, &version, &err), &err);
	return version;
}

static void an_empty_schema_has_version_0_and_a_hint(void **state)
{
	struct db *db = tables_db(state);
	struct err err = { 0 };

	assert_int_equal(version_of(db), 0);
	assert_int_equal(migrate_check(db, &err), -1);
	assert_int_equal(err.code, ERR_DB);
	assert_non_null(strstr(err.text, "\nhint: run stepq migrate"));
}

static void every_file_is_applied_once_and_recorded(void **state)
{
	struct db *db = tables_db(state);
	struct err err = { 0 };
	int applied;

	assert_int_equal(migrate(db, &applied), 1);
	assert_int_equal(applied, migrate_newest());
	assert_int_equal(version_of(db), migrate_newest());
	assert_int_equal(migrate_check(db, &err), 1);
	assert_int_equal(count(state, "SELECT COUNT(*) FROM stepq_migrations"),
			 applied);
	assert_int_equal(migrate(db, &applied), 0);
	assert_int_equal(applied, 0);
}

static void a_version_behind_is_told_and_mended(void **state)
{
	struct tables *tables = *state;
	struct err err = { 0 };
	int applied;

	(void)migrate(tables->db, &applied);
	testdb_exec(
		tables->server,
		"DELETE FROM stepq_migrations ORDER BY version DESC LIMIT 2");
	assert_int_equal(migrate_check(tables->db, &err), -1);
	assert_non_null(strstr(err.text, "\nhint: run stepq migrate"));
	/* Both files run a second time over what they have made. */
	assert_int_equal(migrate(tables->db, &applied), 1);
	assert_int_equal(applied, 2);
	assert_int_equal(migrate_check(tables->db, &err), 1);
}

static void a_file_left_out_in_the_middle_is_found(void **state)
{
	struct tables *tables = *state;
	struct err err = { 0 };
	int applied;

	(void)migrate(tables->db, &applied);
	testdb_exec(tables->server,
		    "DELETE FROM stepq_migrations WHERE version = 2;"
		    "DROP TABLE failed_jobs");
	assert_int_equal(migrate_check(tables->db, &err), -1);
	assert_int_equal(migrate(tables->db, &applied), 1);
	assert_int_equal(applied, 1);
	assert_int_equal(count(state, "SELECT COUNT(*) FROM failed_jobs"), 0);
}

static void files_may_run_again_over_rows(void **state)
{
	struct tables *tables = *state;
	int applied;

	(void)migrate(tables->db, &applied);
	testdb_exec(
		tables->server,
		"CALL stepq_push('p', 1, NULL); CALL stepq_push('p', 2, '1');"
		"DELETE FROM stepq_migrations");
	assert_int_equal(version_of(tables->db), 0);
	assert_int_equal(migrate(tables->db, &applied), 1);
	assert_int_equal(applied, migrate_newest());
	assert_int_equal(count(state, "SELECT COUNT(*) FROM jobs"), 2);
}

static void a_newer_schema_is_left_alone(void **state)
{
	struct tables *tables = *state;
	struct err err = { 0 };
	int applied;

	(void)migrate(tables->db, &applied);
	testdb_exec(tables->server,
		    "INSERT INTO stepq_migrations (version, name)"
		    " VALUES (9999, '9999_later')");
	assert_int_equal(migrate_check(tables->db, &err), -1);
	assert_non_null(strstr(err.text, "9999"));
	assert_non_null(strstr(err.text, "\nhint: "));
	assert_int_equal(migrate_run(tables->db, NULL, NULL, &err), -1);
	assert_non_null(strstr(err.text, "9999"));
}

static void hosts_at_once_apply_each_file_once(void **state)
{
	struct tables *tables = *state;
	pid_t pids[RIVALS];
	int i, status, applied = 0;

	for (i = 0; i < RIVALS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			struct db *db = db_new(testdb_options(tables->server));
			struct err err = { 0 };
			int n = 0;

			if (migrate_run(db, count_report, &n, &err) < 0)
				n = 99;
			_exit(n);
		}
	}
	for (i = 0; i < RIVALS; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		applied += WEXITSTATUS(status);
	}
	assert_int_equal(applied, migrate_newest());
}

static void a_table_of_the_application_is_named(void **state)
{
	struct tables *tables = *state;
	struct err err = { 0 };

	testdb_exec(tables->server, "CREATE TABLE episode_jobs (id INT)");
	assert_int_equal(migrate_run(tables->db, NULL, NULL, &err), -1);
	assert_int_equal(err.code, ERR_DB);
	assert_non_null(
		strstr(err.text, "schema/0004_episode_jobs.sql: line "));
	assert_non_null(strstr(err.text, "run_id"));
	must(db_connect(tables->db, &err), &err);
	assert_int_equal(version_of(tables->db), 3);
}

static void without_a_schema_it_fails_at_once(void **state)
{
	struct tables *tables = *state;
	struct db_options options = *testdb_options(tables->server);
	struct err err = { 0 };
	struct db *db;

	options.name = NULL;
	db = db_new(&options);
	assert_int_equal(migrate_run(db, NULL, NULL, &err), -1);
	assert_int_equal(err.code, ERR_DB);
	db_free(&db);
}

static void the_connection_is_usable_afterwards(void **state)
{
	struct db *db = tables_db(state);
	int applied;

	(void)migrate(db, &applied);
	must_exec(db, "DO 1");
	assert_int_equal(db_set_io_ms(db, 1), 30000);
}

int main(void)
{
	struct tables tables = { 0 };
	const struct CMUnitTest tests[] = {
		TEST(an_empty_schema_has_version_0_and_a_hint),
		TEST(every_file_is_applied_once_and_recorded),
		TEST(a_version_behind_is_told_and_mended),
		TEST(a_file_left_out_in_the_middle_is_found),
		TEST(files_may_run_again_over_rows),
		TEST(a_newer_schema_is_left_alone),
		TEST(hosts_at_once_apply_each_file_once),
		TEST(a_table_of_the_application_is_named),
		TEST(without_a_schema_it_fails_at_once),
		TEST(the_connection_is_usable_afterwards),
	};
	int failed;

	tables.server = testdb_start(NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	testdb_free(&tables.server);
	return failed;
}
