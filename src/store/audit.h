/* SPDX-License-Identifier: MIT */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

/**
 * Looks for runs that cannot go on because rows do not agree, after somebody
 * changed them by hand or deleted jobs, and mends them. plan/audit.h says
 * what is looked for; besides, jobs of steps that are over or gone.
 *
 * Live runs are read in pages, without locks. Where something is suspicious
 * the run is locked, read again, and mended in one transaction of its own.
 * Nothing that a worker holds is touched.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct db;
struct err;

struct audit {
	int is_mending;                            /* else only told */
	void (*tell)(void *arg, const char *line); /* for each that is found */
	void *arg;

	/* filled */
	uint64_t runs; /* that are live */
	uint64_t found;
};

/** All live runs. What was told before an error was mended. */
int audit_runs(struct db *db, struct audit *audit, struct err *err) MUST_CHECK;

/** All jobs of steps; those that are for nothing are deleted. */
int audit_jobs(struct db *db, struct audit *audit, struct err *err) MUST_CHECK;

#endif
