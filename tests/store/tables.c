/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/tables.h"

void tables_fill(struct testdb *server)
{
	testdb_exec(server,
		    "DROP TABLE IF EXISTS t, u;"
		    "CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL,"
		    " s VARCHAR(10)) ENGINE=InnoDB;"
		    "INSERT INTO t VALUES (1,0,'a'),(2,0,'b'),(3,0,NULL),"
		    " (4,0,'');"
		    "CREATE TABLE u (id INT AUTO_INCREMENT PRIMARY KEY,"
		    " s LONGTEXT) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
}

int tables_setup(void **state)
{
	struct tables *tables = *state;

	tables_fill(tables->server);
	tables->db = testdb_connect(tables->server);
	return 0;
}

int tables_teardown(void **state)
{
	struct tables *tables = *state;

	db_free(&tables->db);
	return 0;
}

struct db *tables_db(void **state)
{
	struct tables *tables = *state;

	return tables->db;
}

void must(int rc, const struct err *err)
{
	if (rc < 0)
		fail_msg("%s", err->text);
}

void must_exec(struct db *db, const char *sql)
{
	struct err err = { 0 };

	must(db_exec(db, NULL, &err, sql, DB_NO_ARGS), &err);
}

void must_begin(struct db *db)
{
	struct err err = { 0 };

	must(db_begin(db, &err), &err);
}

enum err_code code_of(struct db *db, const char *sql)
{
	struct err err = { 0 };

	if (db_exec(db, NULL, &err, sql, DB_NO_ARGS) == 0)
		return ERR_NONE;
	return err.code;
}

enum err_code code_of_commit(struct db *db)
{
	struct err err = { 0 };

	return db_commit(db, &err) == 0 ? ERR_NONE : err.code;
}

uint64_t count(void **state, const char *sql)
{
	struct tables *tables = *state;

	return testdb_u64(tables->server, sql);
}
