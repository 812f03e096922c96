/* SPDX-License-Identifier: MIT */
#ifndef STORE_WORKERS_H
#define STORE_WORKERS_H

/**
 * Table `workers`: who is alive, and how busy. Nothing depends on it but
 * what people see; leases keep jobs safe. So none of the functions needs a
 * transaction.
 */

#include <stdint.h>

#include "base/util.h"

struct db;
struct err;

struct worker_row {
	uint64_t id; /* 0 before workers_add() */
	const char *name;
	const char *host;
	uint32_t pid;
	const char *queues; /* comma separated */
	uint32_t concurrency;
	const char *state; /* running, paused, draining */
	uint32_t running;
	uint64_t done;
	uint64_t failed;
	uint64_t rss_kib;
};

/**
 * Insert the row and set its id. Rows of workers that were silent for a day
 * go: a worker that is killed leaves its own.
 */
int workers_add(struct db *db, struct worker_row *row,
		struct err *err) MUST_CHECK;

/** Renew heartbeat_at and the figures; adds the row again when it is gone. */
int workers_beat(struct db *db, const struct worker_row *row,
		 struct err *err) MUST_CHECK;

/** Stopped in good order. */
int workers_del(struct db *db, uint64_t id, struct err *err) MUST_CHECK;

#endif
