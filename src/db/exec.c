/* SPDX-License-Identifier: MIT */

/*
 * Statements and transactions.
 *
 * The trap this file is built around: a deadlock can be reported by the
 * result instead of by the query. mysql_real_query() of SELECT ... FOR UPDATE
 * returns 0, mysql_store_result() returns NULL with error 1213, the whole
 * transaction is rolled back, and what is sent next runs on its own and is
 * committed at once. Hence the two rules here: the error number is looked at
 * after every result, and nothing is sent in a transaction unless the server
 * said in its last answer that it is in one.
 */

#include <config.h>

#include <assert.h>

#include "base/err.h"
#include "base/limits.h"
#include "db/errors.h"
#include "db/handle.h"
#include "db/script.h"

/*
 * What goes with a statement into its packet: the command, and two bytes for
 * the query attributes that libmysqlclient announces. Both servers refuse a
 * packet that is as long as the limit.
 */
enum {
	PACKET_EXTRA = 3
};

static size_t statement_max(const struct db *db)
{
	size_t packet = (size_t)db->max_packet;

	return packet > PACKET_EXTRA + 1 ? packet - PACKET_EXTRA - 1 : 1;
}

static int too_long(const struct db *db, struct err *err)
{
	(void)err_set(err, ERR_LIMIT,
		      "a statement is longer than the %llu bytes that fit",
		      (unsigned long long)statement_max(db));
	return err_hint(err,
			"raise max_allowed_packet of the server, or make "
			"the value smaller");
}

static int is_in_transaction(const struct db *db)
{
	return db->mysql &&
	       (db->mysql->server_status & SERVER_STATUS_IN_TRANS) != 0;
}

int db_send(struct db *db, const struct strbuf *sql, size_t count,
	    struct err *err)
{
	if (!db->mysql)
		return err_set(err, ERR_DB_LOST,
			       "not connected to the database");
	if (db->has_begun && !is_in_transaction(db))
		return err_set(err, ERR_DB_RETRY,
			       "the server has rolled the transaction back");
	if (sql->is_full || sql->len > statement_max(db))
		return too_long(db, err);
	db->statements += count;
	if (mysql_real_query(db->mysql, strbuf_str(sql), sql->len) != 0)
		return db_fail(db, err);
	return 1;
}

int db_take_result(struct db *db, MYSQL_RES **result_out, uint64_t *affected,
		   struct err *err)
{
	MYSQL_RES *result = mysql_store_result(db->mysql);

	if (!result && mysql_errno(db->mysql) != 0)
		return db_fail(db, err);
	*affected = mysql_affected_rows(db->mysql);
	*result_out = result;
	return 0;
}

int db_next_result(struct db *db, struct err *err)
{
	int rc = mysql_next_result(db->mysql);

	if (rc > 0)
		return db_fail(db, err);
	return rc == 0;
}

static int build_start(struct db *db, struct err *err)
{
	if (!db->mysql)
		return err_set(err, ERR_DB_LOST,
			       "not connected to the database");
	/* One large result must not keep its memory for ever. */
	if (db->sql.alloc > (size_t)MIB)
		strbuf_release(&db->sql);
	strbuf_clear(&db->sql);
	db->sql.max = statement_max(db);
	return 0;
}

int db_build(struct db *db, struct err *err, const char *sql,
	     const struct db_arg *args, size_t args_n)
{
	if (build_start(db, err) < 0)
		return -1;
	if (stmt_add(&db->sql, err, sql, args, args_n) < 0)
		return too_long(db, err);
	return 0;
}

static void rows_take(struct db_rows *rows, MYSQL_RES *result)
{
	rows->result = result;
	rows->count = mysql_num_rows(result);
	rows->columns = mysql_num_fields(result);
}

int db_run(struct db *db, size_t count, struct db_rows *rows,
	   uint64_t *affected, struct err *err)
{
	uint64_t last = 0;
	int rc = db_send(db, &db->sql, count, err);

	while (rc > 0) {
		MYSQL_RES *result = NULL;

		rc = db_take_result(db, &result, &last, err);
		if (rows && !rows->result && result)
			rows_take(rows, result);
		else
			mysql_free_result(result);
		if (rc == 0)
			rc = db_next_result(db, err);
	}
	if (rc < 0) {
		if (rows)
			db_rows_release(rows);
		return -1;
	}
	if (affected)
		*affected = last;
	return 0;
}

int db_exec(struct db *db, uint64_t *affected, struct err *err, const char *sql,
	    const struct db_arg *args, size_t args_n)
{
	if (db_build(db, err, sql, args, args_n) < 0)
		return -1;
	return db_run(db, 1, NULL, affected, err);
}

int db_query(struct db *db, struct db_rows *rows, struct err *err,
	     const char *sql, const struct db_arg *args, size_t args_n)
{
	db_rows_release(rows);
	if (db_build(db, err, sql, args, args_n) < 0)
		return -1;
	return db_run(db, 1, rows, NULL, err);
}

int db_in_transaction(const struct db *db)
{
	return db->has_begun && is_in_transaction(db);
}

int db_begin(struct db *db, struct err *err)
{
	assert(!db_in_transaction(db));
	db->has_begun = 0;
	if (db_exec(db, NULL, err, "START TRANSACTION", DB_NO_ARGS) < 0)
		return -1;
	db->has_begun = 1;
	return 0;
}

int db_commit(struct db *db, struct err *err)
{
	int was_open = db_in_transaction(db);
	struct err why = { 0 };

	assert(db->has_begun);
	if (db_exec(db, NULL, &why, "COMMIT", DB_NO_ARGS) == 0) {
		db->has_begun = 0;
		return 0;
	}
	if (was_open && why.code == ERR_DB_LOST &&
	    !errors_is_refusal((unsigned int)why.number))
		why.code = ERR_DB_UNCERTAIN;
	if (err)
		*err = why;
	return -1;
}

void db_rollback(struct db *db)
{
	if (db_in_transaction(db) &&
	    mysql_real_query(db->mysql, "ROLLBACK", 8) != 0)
		db_disconnect(db);
	db->has_begun = 0;
}

int db_run_script(struct db *db, const char *sql, size_t len, struct err *err)
{
	struct statement statement;
	struct script script;

	script_init(&script, sql, len);
	while (script_next(&script, &statement)) {
		if (build_start(db, err) < 0)
			return -1;
		strbuf_add(&db->sql, statement.sql, statement.len);
		if (db_run(db, 1, NULL, NULL, err) < 0)
			return err_wrap(err, "line %u", statement.line);
	}
	return 0;
}
