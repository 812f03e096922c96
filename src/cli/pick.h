/* SPDX-License-Identifier: MIT */
#ifndef CLI_PICK_H
#define CLI_PICK_H

/**
 * The failed jobs that a command line names: ids, uuids, ranges "5-9", "run:7"
 * or the uuid of a run for those of its steps, and "all", walked through page
 * by page, the oldest first. Jobs that fail while that goes on are not among
 * them.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/util.h"
#include "store/failed.h"

struct cmd_ctx;
struct err;

struct pick {
	struct failed_filter *ranges; /* sorted by their first id */
	size_t n;
	size_t unknown; /* names that are nothing's; each was told on stderr */
	size_t at;      /* of the range that pick_next() is in */
};

/**
 * All-zero is the empty value. No words mean all; `queue` keeps to one queue
 * where it is not NULL, and is borrowed.
 */
int pick_read(const struct cmd_ctx *ctx, int argc, char **argv,
	      const char *queue, struct pick *out, struct err *err) MUST_CHECK;

/** The next ids, LIMIT_BULK at most: 1, or 0 at the end. */
int pick_next(const struct cmd_ctx *ctx, struct pick *pick,
	      uint64_t ids[LIMIT_BULK], size_t *n_out,
	      struct err *err) MUST_CHECK;
void pick_release(struct pick *pick);

#endif
