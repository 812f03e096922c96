/* SPDX-License-Identifier: MIT */

#include <config.h>

#include "base/err.h"
#include "db/db.h"
#include "store/event.h"

/* PRIMARY of jobs and of episode_jobs. */
static const char sql_log[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" message, created_at)"
	" SELECT s.run_id, s.episode_id, s.id, 'log', ?, NOW(3)"
	" FROM jobs j JOIN episode_jobs s ON s.id = ?"
	" WHERE j.id = ? AND j.fence = ?";

int event_log(struct db *db, const struct event_line *lines, size_t n,
	      struct err *err)
{
	struct db_batch batch = { 0 };
	size_t i;
	int rc = -1;

	/* One COMMIT, not one for each line. */
	if (db_begin(db, err))
		return -1;
	for (i = 0; i < n; i++)
		if (db_batch_add(db, &batch, err, sql_log,
				 DB_ARGS(DB_STR(lines[i].message),
					 DB_U64(lines[i].step_id),
					 DB_U64(lines[i].job_id),
					 DB_U64(lines[i].fence))))
			goto out;
	if (db_batch_run(db, &batch, err) || db_commit(db, err))
		goto out;
	rc = 0;
out:
	if (rc)
		db_rollback(db);
	db_batch_release(&batch);
	return rc;
}
