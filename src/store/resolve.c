/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "base/uuid.h"
#include "db/db.h"
#include "store/resolve.h"

/* PRIMARY. */
static const char sql_by_id[] =
	"SELECT id FROM episode_jobs WHERE id = ? AND run_id IS NULL";

/* episode_jobs_uuid_unique. */
static const char sql_by_uuid[] =
	"SELECT COALESCE(run_id, id), id FROM episode_jobs WHERE uuid = ?";

/*
 * episode_jobs_episode_id_index, backwards: an episode's steps lie between
 * its runs, so this passes over those of the newest one.
 */
static const char sql_by_episode[] =
	"SELECT id FROM episode_jobs"
	" FORCE INDEX (episode_jobs_episode_id_index)"
	" WHERE episode_id = ? AND run_id IS NULL ORDER BY id DESC LIMIT 1";

/* 1 with the first row, its last column as row_id; 0 without one. */
static int find(struct db *db, const char *sql, struct db_arg arg,
		struct resolved *out, struct err *err)
{
	struct db_rows rows = { 0 };
	int found;

	if (db_query(db, &rows, err, sql, DB_ARGS(arg)))
		return -1;
	found = db_rows_next(&rows);
	if (found) {
		out->run_id = row_u64(&rows, 0);
		out->row_id = row_u64(&rows, rows.columns - 1);
	}
	db_rows_release(&rows);
	return found;
}

static int not_found(struct err *err, const char *what)
{
	(void)err_set(err, ERR_NOT_FOUND, "%s", what);
	return err_hint(err, "stepq runs lists them");
}

static int by_uuid(struct db *db, const char *uuid, struct resolved *out,
		   struct err *err)
{
	int found = find(db, sql_by_uuid, DB_STR(uuid), out, err);

	if (found < 0)
		return -1;
	if (found)
		return 0;
	(void)err_set(err, ERR_NOT_FOUND, "no run %s", uuid);
	return err_hint(err,
			"a job becomes a run when a worker takes it; stepq"
			" why %s tells what it waits for",
			uuid);
}

static int by_episode(struct db *db, const char *text, struct resolved *out,
		      struct err *err)
{
	uint64_t episode;
	char what[64];
	int found;

	if (num_u64(text, &episode))
		return err_set(err, ERR_USAGE,
			       "'episode:%s' does not end in a number", text);
	found = find(db, sql_by_episode, DB_U64(episode), out, err);
	if (found < 0)
		return -1;
	if (found)
		return 0;
	(void)snprintf(what, sizeof(what), "no run of episode %" PRIu64,
		       episode);
	return not_found(err, what);
}

static int by_number(struct db *db, uint64_t number, struct resolved *out,
		     struct err *err)
{
	struct resolved run = { 0 }, newest = { 0 };
	int is_run, is_episode;
	char what[64];

	is_run = find(db, sql_by_id, DB_U64(number), &run, err);
	if (is_run < 0)
		return -1;
	is_episode = find(db, sql_by_episode, DB_U64(number), &newest, err);
	if (is_episode < 0)
		return -1;
	if (!is_run && !is_episode) {
		(void)snprintf(what, sizeof(what),
			       "no run and no episode %" PRIu64, number);
		return not_found(err, what);
	}
	*out = is_run ? run : newest;
	out->is_also_episode =
		is_run && is_episode && newest.run_id != run.run_id;
	return 0;
}

int resolve_run(struct db *db, const char *text, struct resolved *out,
		struct err *err)
{
	static const char prefix[] = "episode:";
	struct resolved found = { 0 };
	uint64_t number;
	int rc;

	if (strncmp(text, prefix, strlen(prefix)) == 0)
		rc = by_episode(db, text + strlen(prefix), &found, err);
	else if (uuid_is_valid(text))
		rc = by_uuid(db, text, &found, err);
	else if (num_u64(text, &number) == 0)
		rc = by_number(db, number, &found, err);
	else
		return err_set(err, ERR_USAGE,
			       "'%s' is no run: give its number, its uuid or"
			       " episode:ID",
			       text);
	if (rc == 0)
		*out = found;
	return rc;
}
