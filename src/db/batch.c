/* SPDX-License-Identifier: MIT */

/*
 * Several statements in one round trip. The server stops at the first that
 * fails, and the error stands in that statement's place among the answers;
 * so `sent` tells which it was.
 */

#include <config.h>

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "db/handle.h"

int db_batch_add(struct db *db, struct db_batch *batch, struct err *err,
		 const char *sql, const struct db_arg *args, size_t args_n)
{
	if (db_build(db, err, sql, args, args_n) < 0)
		return -1;
	/* One byte for the semicolon between the two. */
	if (batch->waiting > 0 &&
	    batch->sql.len + 1 + db->sql.len > db->sql.max &&
	    db_batch_run(db, batch, err) < 0)
		return -1;
	if (batch->waiting > 0)
		strbuf_addc(&batch->sql, ';');
	strbuf_add(&batch->sql, db->sql.buf, db->sql.len);
	batch->waiting++;
	return 0;
}

static void affected_add(struct db_batch *batch, uint64_t affected)
{
	if (batch->sent == batch->alloc) {
		batch->alloc = batch->alloc ? batch->alloc * 2 : 16;
		batch->affected = xreallocarray(batch->affected, batch->alloc,
						sizeof(*batch->affected));
	}
	batch->affected[batch->sent++] = affected;
}

static int answers_take(struct db *db, struct db_batch *batch, struct err *err)
{
	int rc = 1;

	while (rc > 0) {
		MYSQL_RES *result = NULL;
		uint64_t affected = 0;

		if (db_take_result(db, &result, &affected, err) < 0)
			return -1;
		mysql_free_result(result);
		affected_add(batch, affected);
		rc = db_next_result(db, err);
	}
	return rc;
}

int db_batch_run(struct db *db, struct db_batch *batch, struct err *err)
{
	size_t waiting = batch->waiting, last = batch->sent + waiting;
	int rc;

	if (waiting == 0)
		return 0;
	rc = db_send(db, &batch->sql, waiting, err);
	if (rc > 0)
		rc = answers_take(db, batch, err);
	strbuf_clear(&batch->sql);
	batch->waiting = 0;
	if (rc < 0)
		return err_wrap(err, "statement %zu of %zu", batch->sent + 1,
				last);
	return 0;
}

void db_batch_release(struct db_batch *batch)
{
	strbuf_release(&batch->sql);
	free(batch->affected);
	*batch = (struct db_batch){ 0 };
}
