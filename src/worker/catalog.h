/* SPDX-License-Identifier: MIT */
#ifndef WORKER_CATALOG_H
#define WORKER_CATALOG_H

/**
 * Pipelines by the number their definition is kept under: those of the
 * configuration, which new runs get, and those that runs under way began
 * with. All are compiled. All-zero is the empty catalog.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct db;
struct err;
struct pipeline;
struct plan;

struct catalog_entry {
	uint64_t id;
	struct pipeline *pipeline; /* one reference */
};

struct catalog {
	struct catalog_entry *entries;
	size_t n;
	size_t alloc;
};

void catalog_release(struct catalog *catalog);

/** Make every pipeline of `plan` known to the database. */
int catalog_sync(struct catalog *catalog, struct db *db,
		 const struct plan *plan, struct err *err) MUST_CHECK;

/** The number of a pipeline that catalog_sync() has seen. */
uint64_t catalog_id(const struct catalog *catalog,
		    const struct pipeline *pipeline);

/**
 * The pipeline of a definition, borrowed; read from the database when it is
 * not known yet. ERR_NOT_FOUND or ERR_CONFIG when it is none.
 */
int catalog_get(struct catalog *catalog, struct db *db, uint64_t id,
		struct pipeline **out, struct err *err) MUST_CHECK;

#endif
