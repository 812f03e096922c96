/* SPDX-License-Identifier: MIT */
#ifndef LIB_TESTDB_H
#define LIB_TESTDB_H

/**
 * A private database server for a test program, as tests/lib/mariadb.sh
 * starts it: main() calls testdb_start() before cmocka, and testdb_free()
 * after it. Where no server is installed, testdb_start() skips the program.
 *
 * Whatever fails in here fails the test.
 */

#include <stdint.h>

#include "db/db.h"

struct testdb;

/**
 * Start a server with these options of its own, a list that NULL ends; NULL
 * for none.
 */
struct testdb *testdb_start(const char *const *options);
void testdb_free(struct testdb **t);

/** Whether the server is the program's own, to be stopped and killed. */
int testdb_is_private(void);
void testdb_stop_server(struct testdb *t);
void testdb_kill_server(struct testdb *t);
void testdb_start_server(struct testdb *t);

/** The schema anew, empty; and with all tables of stepq. */
void testdb_clear(struct testdb *t);
void testdb_migrate(struct testdb *t);

/** Options for db_new(), good as long as `t`; a copy may be changed. */
const struct db_options *testdb_options(const struct testdb *t);

/** One more connection, for the caller to db_free(). */
struct db *testdb_connect(struct testdb *t);

/** Run `sql`, which may be several statements, on a connection of t's own. */
void testdb_exec(struct testdb *t, const char *sql);

/** First column of the first row; 0 or NULL when there is none. */
uint64_t testdb_u64(struct testdb *t, const char *sql);
/** For the caller to free(). */
char *testdb_str(struct testdb *t, const char *sql);

#endif
