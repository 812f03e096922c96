/* SPDX-License-Identifier: MIT */

/*
 * Runs that no worker has begun: all there is of them is a pipeline's job,
 * and what it is for stands in its payload. The server searches and reads
 * payloads, which never leave it; it is asked without locks, and the one row
 * that is found is locked by id and looked at again.
 */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "db/db.h"
#include "plan/pipeline.h"
#include "store/control.h"
#include "store/run.h"

enum {
	TRIES = 10
};

/* MySQL refuses to read what is no JSON; CASE keeps it from trying. */
#define PAYLOAD(path)                                            \
 "CASE WHEN JSON_VALID(payload) THEN JSON_UNQUOTE(JSON_EXTRACT(" \
 "payload, '" path "')) END"

/* All of jobs. LIKE is cheap, and leaves few payloads to be parsed. */
static const char sql_by_uuid[] =
	"SELECT id FROM jobs WHERE step_id IS NULL AND payload LIKE ?"
	" AND LOWER(" PAYLOAD("$.uuid") ") = LOWER(?)"
	" AND " PAYLOAD("$.job") " <> 'stepq.step'"
	" ORDER BY id LIMIT 1";
static const char sql_by_episode[] =
	"SELECT LOWER(" PAYLOAD("$.uuid") ") FROM jobs WHERE step_id IS NULL"
	" AND payload LIKE ? AND " PAYLOAD("$.job") " = ?"
	" AND " PAYLOAD("$.data.episode_id") " = ? LIMIT 1";

/* PRIMARY. */
static const char sql_lock[] =
	"SELECT reserved_at IS NULL FROM jobs FORCE INDEX (PRIMARY)"
	" WHERE id = ? FOR UPDATE";
static const char sql_delete[] = "DELETE FROM jobs WHERE id = ?";

/* PRIMARY, then episode_jobs_uuid_unique. */
static const char sql_look[] =
	"SELECT (SELECT COUNT(*) FROM jobs WHERE id = ?),"
	" (SELECT COUNT(*) FROM episode_jobs WHERE uuid = ?)";

/* episode_jobs_unique_key_unique. */
static const char sql_live[] =
	"SELECT id, uuid FROM episode_jobs WHERE unique_key = ?";

struct pending {
	const char *uuid;
	uint64_t job_id;
	enum pending_outcome outcome;
};

/* "%word%"; the words here hold no sign of LIKE's but '_', which may match. */
static struct db_arg like(char *buf, size_t size, const char *word)
{
	(void)snprintf(buf, size, "%%%s%%", word);
	return DB_STR(buf);
}

static int find(struct db *db, struct pending *pending, struct err *err)
{
	char pattern[UUID_TEXT + 2];
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_by_uuid,
		     DB_ARGS(like(pattern, sizeof(pattern), pending->uuid),
			     DB_STR(pending->uuid))))
		return -1;
	pending->job_id = db_rows_next(&rows) ? row_u64(&rows, 0) : 0;
	db_rows_release(&rows);
	return 0;
}

/* A job that is gone by now was taken, as far as anyone knows. */
static int delete_body(struct db *db, void *arg, struct err *err)
{
	struct pending *pending = arg;
	struct db_arg id;
	struct db_rows rows = { 0 };

	pending->outcome = PENDING_NONE;
	if (find(db, pending, err))
		return -1;
	if (pending->job_id == 0)
		return 0;
	id = DB_U64(pending->job_id);
	if (db_query(db, &rows, err, sql_lock, DB_ARGS(id)))
		return -1;
	pending->outcome = db_rows_next(&rows) && row_u64(&rows, 0)
				   ? PENDING_DELETED
				   : PENDING_TAKEN;
	db_rows_release(&rows);
	if (pending->outcome == PENDING_TAKEN)
		return 0;
	return db_exec(db, NULL, err, sql_delete, DB_ARGS(id));
}

/* 1 when the job is gone; where it became a run, that was not our doing. */
static int look_body(struct db *db, void *arg, struct err *err)
{
	struct pending *pending = arg;
	struct db_rows rows = { 0 };
	int is_gone;

	if (db_query(db, &rows, err, sql_look,
		     DB_ARGS(DB_U64(pending->job_id), DB_STR(pending->uuid))))
		return -1;
	is_gone = db_rows_next(&rows) && row_u64(&rows, 0) == 0;
	if (is_gone && row_u64(&rows, 1) > 0)
		pending->outcome = PENDING_TAKEN;
	db_rows_release(&rows);
	return is_gone;
}

int run_cancel_pending(struct db *db, const char *uuid,
		       enum pending_outcome *out, struct err *err)
{
	const struct db_sure sure = { delete_body, look_body };
	struct pending pending = { .uuid = uuid };

	if (!uuid_is_valid(uuid))
		return err_set(err, ERR_USAGE, "'%s' is not a uuid", uuid);
	if (db_transact_sure(db, TRIES, &sure, &pending, err))
		return -1;
	*out = pending.outcome;
	return 0;
}

/* 1 or 0. */
static int read_live(struct db *db, const char *key, struct run_live *out,
		     struct err *err)
{
	struct db_rows rows = { 0 };
	int found;

	if (db_query(db, &rows, err, sql_live, DB_ARGS(DB_STR(key))))
		return -1;
	found = db_rows_next(&rows);
	if (found) {
		out->run_id = row_u64(&rows, 0);
		(void)snprintf(out->uuid, sizeof(out->uuid), "%s",
			       row_str(&rows, 1));
	}
	db_rows_release(&rows);
	return found;
}

static int read_pending(struct db *db, const char *pipeline,
			uint64_t episode_id, struct run_live *out,
			struct err *err)
{
	char pattern[LIMIT_NAME + 3], episode[24];
	struct db_rows rows = { 0 };
	int found;

	(void)snprintf(episode, sizeof(episode), "%" PRIu64, episode_id);
	if (db_query(db, &rows, err, sql_by_episode,
		     DB_ARGS(like(pattern, sizeof(pattern), pipeline),
			     DB_STR(pipeline), DB_STR(episode))))
		return -1;
	found = db_rows_next(&rows);
	if (found) {
		const char *uuid = row_str(&rows, 0);

		*out = (struct run_live){ 0 };
		if (uuid && uuid_is_valid(uuid))
			memcpy(out->uuid, uuid, UUID_TEXT);
	}
	db_rows_release(&rows);
	return found;
}

/* A job may have become a run between two looks: hence the third. */
int run_live(struct db *db, const struct pipeline *pipeline,
	     uint64_t episode_id, struct run_live *out, struct err *err)
{
	char buf[RUN_UNIQUE_KEY];
	const char *key = run_unique_key(pipeline, 1, episode_id, buf);
	struct run_live live = { 0 };
	int found;

	if (!key)
		return 0;
	found = read_live(db, key, &live, err);
	if (found == 0)
		found = read_pending(db, pipeline->name, episode_id, &live,
				     err);
	if (found == 0)
		found = read_live(db, key, &live, err);
	if (found > 0)
		*out = live;
	return found;
}
