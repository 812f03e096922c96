/* SPDX-License-Identifier: MIT */

#include <config.h>

#include "base/err.h"
#include "db/db.h"
#include "store/push.h"

static const char sql_insert[] =
	"INSERT INTO jobs (queue, attempts, available_at, created_at, payload)"
	" VALUES (?, 0, UNIX_TIMESTAMP() + ?, UNIX_TIMESTAMP(), ?)";

static const char sql_id[] = "SELECT LAST_INSERT_ID()";

int push_job(struct db *db, const char *queue, const char *payload,
	     int64_t delay_ms, uint64_t *id_out, struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_exec(db, NULL, err, sql_insert,
		    DB_ARGS(DB_STR(queue), DB_I64((delay_ms + 999) / 1000),
			    DB_STR(payload))) < 0 ||
	    db_query(db, &rows, err, sql_id, DB_NO_ARGS) < 0)
		return err_wrap(err, "pushing to queue '%s'", queue);
	if (db_rows_next(&rows))
		*id_out = row_u64(&rows, 0);
	db_rows_release(&rows);
	return 0;
}
