/* SPDX-License-Identifier: MIT */

/*
 * Which files are missing is asked file by file, inside the lock: whoever
 * waited for another host's run finds nothing left to do. The lock is tried
 * again and again instead of waited for in the server, because a wait there
 * would have to end before the connection's own timeout does.
 *
 * Altering a large table takes its time, so the connection is opened anew
 * without a limit for one answer, and closed at the end. The lock goes with
 * the connection, whichever way that ends.
 */

#include <config.h>

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/util.h"
#include "db/db.h"
#include "db/migrate.h"

/* MySQL takes 64 characters; a schema's name alone may have as many. */
static const char sql_lock[] =
	"SELECT GET_LOCK(LEFT(CONCAT('stepq.migrate.', DATABASE()), 64), 0)";

static const char sql_state[] =
	"SELECT COALESCE(MAX(version), 0), COALESCE(SUM(version <= ?), 0)"
	" FROM stepq_migrations";

static const char sql_is_applied[] =
	"SELECT version FROM stepq_migrations WHERE version = ?";

enum {
	LOCK_WAIT_MS = 60000,
	LOCK_PAUSE_NS = 100000000,
	NO_SUCH_TABLE = 1146 /* ER_NO_SUCH_TABLE */
};

static size_t migrations_count(void)
{
	size_t n = 0;

	while (migrations[n].name)
		n++;
	return n;
}

int migrate_newest(void)
{
	return migrations[migrations_count() - 1].version;
}

/* The newest file the database has, and how many of those we know. */
static int state_read(struct db *db, int *newest, size_t *known,
		      struct err *err)
{
	struct db_rows rows = { 0 };
	struct err why = { 0 };

	*newest = 0;
	*known = 0;
	if (db_query(db, &rows, &why, sql_state,
		     DB_ARGS(DB_I64(migrate_newest()))) < 0) {
		if (why.number == NO_SUCH_TABLE)
			return 0;
		if (err)
			*err = why;
		return err_wrap(err, "reading the version of the schema");
	}
	if (db_rows_next(&rows)) {
		*newest = (int)row_i64(&rows, 0);
		*known = (size_t)row_u64(&rows, 1);
	}
	db_rows_release(&rows);
	return 0;
}

int migrate_version(struct db *db, int *version_out, struct err *err)
{
	size_t known;

	return state_read(db, version_out, &known, err);
}

static int too_new(int version, struct err *err)
{
	(void)err_set(err, ERR_DB,
		      "the schema has version %d, this stepq knows %d", version,
		      migrate_newest());
	return err_hint(err,
			"install the version of stepq that made it, or a "
			"newer one");
}

/* 1 up to date, 0 something is missing; -1 also when it is newer than we. */
static int is_current(struct db *db, int *version, struct err *err)
{
	size_t known;

	if (state_read(db, version, &known, err) < 0)
		return -1;
	if (*version > migrate_newest())
		return too_new(*version, err);
	return known == migrations_count();
}

int migrate_check(struct db *db, struct err *err)
{
	int version, current = is_current(db, &version, err);

	if (current != 0)
		return current;
	if (version == 0)
		(void)err_set(err, ERR_DB,
			      "the database has no tables of stepq");
	else
		(void)err_set(err, ERR_DB,
			      "the schema has version %d, this stepq needs %d",
			      version, migrate_newest());
	return err_hint(err, "run stepq migrate");
}

static int lock_take(struct db *db, struct err *err)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	int64_t deadline = clock_mono_ms() + LOCK_WAIT_MS;

	for (;;) {
		struct db_rows rows = { 0 };
		int is_ours;

		if (db_query(db, &rows, err, sql_lock, DB_NO_ARGS) < 0)
			return err_wrap(err, "locking the schema");
		is_ours = db_rows_next(&rows) && row_u64(&rows, 0) == 1;
		db_rows_release(&rows);
		if (is_ours)
			return 0;
		if (clock_mono_ms() >= deadline)
			return err_set(err, ERR_DB_RETRY,
				       "another stepq migrate has been at work "
				       "on this schema for %d seconds",
				       LOCK_WAIT_MS / 1000);
		(void)nanosleep(&pause, NULL);
	}
}

/* 1 applied, 0 not. */
static int is_applied(struct db *db, int version, struct err *err)
{
	struct db_rows rows = { 0 };
	struct err why = { 0 };
	int found;

	if (db_query(db, &rows, &why, sql_is_applied,
		     DB_ARGS(DB_I64(version))) < 0) {
		if (why.number == NO_SUCH_TABLE)
			return 0;
		if (err)
			*err = why;
		return -1;
	}
	found = rows.count > 0;
	db_rows_release(&rows);
	return found;
}

static int apply_missing(struct db *db,
			 void (*report)(void *arg, const char *name), void *arg,
			 struct err *err)
{
	const struct migration *m;
	int done = 0;

	for (m = migrations; m->name; m++) {
		int applied = is_applied(db, m->version, err);

		if (applied > 0)
			continue;
		if (applied == 0) {
			if (report)
				report(arg, m->name);
			applied = db_run_script(db, m->sql, m->len, err);
		}
		if (applied < 0)
			return err_wrap(err, "schema/%s.sql", m->name);
		done = 1;
	}
	return done;
}

static int run_alone(struct db *db, void (*report)(void *arg, const char *name),
		     void *arg, struct err *err)
{
	int version, current = is_current(db, &version, err);

	if (current != 0)
		return current < 0 ? -1 : 0;
	if (lock_take(db, err) < 0)
		return -1;
	return apply_missing(db, report, arg, err);
}

int migrate_run(struct db *db, void (*report)(void *arg, const char *name),
		void *arg, struct err *err)
{
	int64_t io_ms = db_set_io_ms(db, 0);
	int rc = -1;

	db_disconnect(db);
	if (db_connect(db, err) == 0)
		rc = run_alone(db, report, arg, err);
	db_disconnect(db);
	(void)db_set_io_ms(db, io_ms);
	if (rc < 0)
		return -1;
	return db_connect(db, err) < 0 ? -1 : rc;
}
