/* SPDX-License-Identifier: MIT */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

/**
 * The schema: files schema/NNNN_name.sql, embedded at build time, applied in
 * the order of their numbers. Each file is written so that it can run again
 * (a crash in the middle, or DDL that commits by itself, leaves it half
 * done), and records itself in stepq_migrations as its last statement, so the
 * plain mysql client loads the same files. A named lock keeps two hosts
 * apart.
 *
 * A line "DELIMITER x" means what it means to the mysql client.
 */

#include <stddef.h>

#include "base/util.h"

struct db;
struct err;

struct migration {
	int version;
	const char *name; /* "0001_jobs" */
	const char *sql;
	size_t len;
};

/** Made from schema/ by a rule of the build; a NULL name ends it. */
extern const struct migration migrations[];

/** The newest version this binary carries. */
int migrate_newest(void);

/** The version the database has; 0 when it has none of ours. */
int migrate_version(struct db *db, int *version_out,
		    struct err *err) MUST_CHECK;

/**
 * 1 when the schema is as this binary needs it, -1 with what to do: none yet,
 * too old (run migrate), newer than this binary.
 */
int migrate_check(struct db *db, struct err *err) MUST_CHECK;

/**
 * Apply what is missing. `report` is called before each file with its name.
 * 1 when something was applied, 0 when nothing was missing. Safe to call from
 * two hosts at once, and again after a crash at any point. The connection
 * is opened anew without a limit for one answer, as long as it takes; it is
 * closed afterwards when that failed.
 */
int migrate_run(struct db *db, void (*report)(void *arg, const char *name),
		void *arg, struct err *err) MUST_CHECK;

#endif
