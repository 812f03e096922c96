/* SPDX-License-Identifier: MIT */
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

/**
 * What the tests of db/ share: a table `t` (id, n, s) with the rows 1 to 4,
 * an empty table `u` (id, s), and a connection, all new for each test.
 */

#include <stdint.h>

#include "base/err.h"
#include "lib/testdb.h"

struct tables {
	struct testdb *server;
	struct db *db;
};

#define TABLES_TEST(test, tables)                                              \
 cmocka_unit_test_prestate_setup_teardown(test, tables_setup, tables_teardown, \
					  (tables))

int tables_setup(void **state);
int tables_teardown(void **state);

/** Make both tables anew. */
void tables_fill(struct testdb *server);

/** The connection of this test. */
struct db *tables_db(void **state);

/** Fail the test with err->text where `rc` is -1. */
void must(int rc, const struct err *err);

/** Statements that have to work. */
void must_exec(struct db *db, const char *sql);
void must_begin(struct db *db);

/** How a statement ends, and COMMIT; ERR_NONE when it works. */
enum err_code code_of(struct db *db, const char *sql);
enum err_code code_of_commit(struct db *db);

/** What another connection sees. */
uint64_t count(void **state, const char *sql);

#endif
