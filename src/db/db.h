/* SPDX-License-Identifier: MIT */
#ifndef DB_DB_H
#define DB_DB_H

/**
 * One connection to MySQL or MariaDB; the only room that knows <mysql.h>.
 *
 * Calls block, bounded by the timeouts of the options. Statements are
 * templates with `?` for values (see db/stmt.h). Every connect sets the
 * session up: utf8mb4, strict sql_mode, time zone +00:00, READ COMMITTED,
 * short lock waits. max_allowed_packet is read, and a longer statement is
 * refused here (ERR_LIMIT) before the server would drop the connection.
 * They return 0, or -1 with `err` filled in, where nothing else is said.
 *
 * Errors are sorted, in err->code:
 *   ERR_DB_LOST       no connection (any more), or a server that cannot write
 *                     just now (failover, read only, not ready, shutting
 *                     down); the handle is closed, db_connect() opens it again
 *   ERR_DB_RETRY      deadlock, lock wait, certification failure, a disk that
 *                     is full just now: the transaction is rolled back
 *   ERR_DB_DUP        unique key
 *   ERR_DB_UNCERTAIN  connection lost while COMMIT was under way: it may have
 *                     happened or not, and the caller must look
 *   ERR_DB_AUTH       user, password or schema refused
 *   ERR_DB            all else, for example a value the column refuses
 *
 * A deadlock can be told by a result instead of by the query, and what is
 * sent after it would run outside the transaction. So each statement of a
 * transaction, and COMMIT, first asks SERVER_STATUS_IN_TRANS, and gives
 * ERR_DB_RETRY when the transaction is gone.
 */

#include <stdint.h>

#include "base/strbuf.h"
#include "base/util.h"
#include "db/stmt.h"

struct db;
struct err;

/** Borrowed strings: they must outlive the handle. */
struct db_options {
	const char *const *hosts; /* "host[:port]", tried in turn */
	size_t hosts_n;
	const char *socket; /* used instead of hosts when not empty */
	const char *user;
	const char *password;
	const char *name; /* schema; NULL or empty: none selected */
	const char *tls;  /* "off", "on" (encrypt), "verify" (and check name) */
	int64_t connect_ms; /* at most this long for each host */
	int64_t io_ms;      /* at most this long for one answer */
};

/** A handle that is not connected yet. */
struct db *db_new(const struct db_options *options);
void db_free(struct db **db);

/**
 * Connect unless connected: the host that answered last, then the others in
 * turn, once each. No waiting between tries; that is the caller's.
 */
int db_connect(struct db *db, struct err *err) MUST_CHECK;

/** Close the connection; the next db_connect() opens a new one. */
void db_disconnect(struct db *db);
int db_is_connected(const struct db *db);

/**
 * Let an answer take `io_ms`, 0 for ever, from the next connect on. Returns
 * what it was before.
 */
int64_t db_set_io_ms(struct db *db, int64_t io_ms);

/** "MariaDB 10.11.19 on 127.0.0.1:3306", good until the next connect. */
const char *db_server(const struct db *db);
int db_is_mariadb(const struct db *db);
uint64_t db_max_packet(const struct db *db);

/** Statements sent since db_new(), for tests and figures. */
uint64_t db_statements(const struct db *db);

int db_begin(struct db *db, struct err *err) MUST_CHECK;

/** ERR_DB_UNCERTAIN when the connection broke while it was under way. */
int db_commit(struct db *db, struct err *err) MUST_CHECK;

/** Roll back, whatever state the connection is in; never fails. */
void db_rollback(struct db *db);
int db_in_transaction(const struct db *db);

/**
 * Run one statement without a result set. `affected` (may be NULL) gets the
 * rows matched by WHERE, changed or not.
 */
int db_exec(struct db *db, uint64_t *affected, struct err *err, const char *sql,
	    const struct db_arg *args, size_t args_n) MUST_CHECK;

/**
 * Several statements in one round trip. Start with `struct db_batch b = {
 * 0 };`, add, run, release. A batch sends itself in parts that fit the packet.
 */
struct db_batch {
	struct strbuf sql;  /* what has not been sent */
	size_t waiting;     /* statements in it */
	uint64_t *affected; /* rows matched by each statement that was sent */
	size_t sent;
	size_t alloc;
};

int db_batch_add(struct db *db, struct db_batch *batch, struct err *err,
		 const char *sql, const struct db_arg *args,
		 size_t args_n) MUST_CHECK;

/**
 * Send what waits. Afterwards affected[0..sent-1] is filled. On failure that
 * is how far it went: `sent` is the place, from 0, of what failed.
 */
int db_batch_run(struct db *db, struct db_batch *batch,
		 struct err *err) MUST_CHECK;
void db_batch_release(struct db_batch *batch);

/**
 * Run one statement and hold its rows, all of them, in memory. Start with
 * `struct db_rows rows = { 0 };`; db_rows_release() accepts that too.
 */
struct db_rows {
	void *result;
	char **row;
	unsigned long *lengths;
	uint64_t count;
	unsigned int columns;
};

int db_query(struct db *db, struct db_rows *rows, struct err *err,
	     const char *sql, const struct db_arg *args,
	     size_t args_n) MUST_CHECK;

/** Step to the next row: 1, or 0 behind the last. */
int db_rows_next(struct db_rows *rows);
void db_rows_release(struct db_rows *rows);

/** Columns of the row under the cursor, from 0. */
int row_is_null(const struct db_rows *rows, unsigned int column);
/** The text, NULL for NULL; good until the next row. */
const char *row_str(const struct db_rows *rows, unsigned int column);
size_t row_len(const struct db_rows *rows, unsigned int column);
/** Numbers; NULL and what is no number give 0. */
uint64_t row_u64(const struct db_rows *rows, unsigned int column);
int64_t row_i64(const struct db_rows *rows, unsigned int column);
double row_double(const struct db_rows *rows, unsigned int column);

/**
 * Run statements that a file holds, which may contain several and procedure
 * bodies (multi-statement, results drained). For migrations.
 */
int db_run_script(struct db *db, const char *sql, size_t len,
		  struct err *err) MUST_CHECK;

/**
 * Run `body` in a transaction and replay it while it fails with a lost
 * connection or a deadlock, up to `tries` times with growing pauses (it
 * blocks: for commands, not for a worker's turn). `body` returns 1 or 0 to
 * commit, -1 to roll back. The result is body's; ERR_DB_UNCERTAIN is passed
 * on to the caller and not replayed.
 */
typedef int (*db_body_fn)(struct db *db, void *arg, struct err *err);
int db_transact(struct db *db, int tries, db_body_fn body, void *arg,
		struct err *err) MUST_CHECK;

/** What is done, and how to tell whether it was. */
struct db_sure {
	db_body_fn body;
	db_body_fn look; /* 1: it was done; 0: it was not */
};

/**
 * As db_transact(), but a COMMIT of unknown fate is looked up and, where it
 * did not happen, done again. 0 when it is done.
 */
int db_transact_sure(struct db *db, int tries, const struct db_sure *sure,
		     void *arg, struct err *err) MUST_CHECK;

#endif
