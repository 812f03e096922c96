/* SPDX-License-Identifier: MIT */
#ifndef STORE_PUSH_H
#define STORE_PUSH_H

/**
 * Putting a job on a queue.
 */

#include <stdint.h>

#include "base/util.h"

struct db;
struct err;

/**
 * Insert a job that is due `delay_ms` from now on the server's clock, in
 * whole seconds and never early. Runs in the caller's transaction.
 */
int push_job(struct db *db, const char *queue, const char *payload,
	     int64_t delay_ms, uint64_t *id_out, struct err *err) MUST_CHECK;

#endif
