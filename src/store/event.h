/* SPDX-License-Identifier: MIT */
#ifndef STORE_EVENT_H
#define STORE_EVENT_H

/**
 * Lines that a running step says, as events of its run. State events are
 * written where the state changes.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct db;
struct err;

struct event_line {
	uint64_t job_id;
	uint32_t fence;
	uint64_t step_id;
	char *message; /* at most LIMIT_MESSAGE bytes */
};

/**
 * Write lines of steps whose lease still holds; others are left out. It is a
 * transaction of its own: a crash may lose lines, never a result, and a COMMIT
 * of unknown fate may bring them twice.
 */
int event_log(struct db *db, const struct event_line *lines, size_t n,
	      struct err *err) MUST_CHECK;

#endif
