/* SPDX-License-Identifier: MIT */
#ifndef DB_HANDLE_H
#define DB_HANDLE_H

/**
 * What the files of db/ share of a connection. Nobody else includes this.
 */

#include <mysql.h>

#include "db/db.h"

struct db {
	struct db_options options;
	MYSQL *mysql;  /* NULL: not connected */
	size_t host;   /* the one to try first */
	int has_begun; /* a transaction, not committed or rolled back yet */
	int is_mariadb;
	uint64_t max_packet;
	uint64_t statements;
	struct strbuf server; /* "MariaDB 10.11.19 on 127.0.0.1:3306" */
	struct strbuf sql;    /* the statement under way */
};

/**
 * Fill `err` from the connection's last error, return -1 and leave the
 * connection as db.h promises for this class: closed or rolled back.
 */
int db_fail(struct db *db, struct err *err);

/** Start db->sql anew, with the longest statement as its ceiling. */
int db_build(struct db *db, struct err *err, const char *sql,
	     const struct db_arg *args, size_t args_n) MUST_CHECK;

/**
 * Send `sql`, which holds `count` statements. 1: the first answer is there,
 * for db_take_result(); 0 is not returned.
 */
int db_send(struct db *db, const struct strbuf *sql, size_t count,
	    struct err *err) MUST_CHECK;

/** Take the answer; `*result_out` is NULL when it has no rows. */
int db_take_result(struct db *db, MYSQL_RES **result_out, uint64_t *affected,
		   struct err *err) MUST_CHECK;

/** 1: one more answer is there, 0: that was the last. */
int db_next_result(struct db *db, struct err *err) MUST_CHECK;

/**
 * Send db->sql and take all its answers. `rows` (may be NULL) gets the first
 * that has rows, `affected` (may be NULL) the count of the last.
 */
int db_run(struct db *db, size_t count, struct db_rows *rows,
	   uint64_t *affected, struct err *err) MUST_CHECK;

#endif
