/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_STATS_H
#define ENGINE_STATS_H

/**
 * Counts of calls, for GET /stats. Kept and read by the server's thread
 * alone.
 */

#include <stdint.h>

struct strbuf;

enum {
	STATS_STATUSES = 600
};

struct stats {
	uint64_t calls;
	uint64_t in_flight;
	uint64_t peak;                      /* of in_flight */
	uint64_t by_status[STATS_STATUSES]; /* 0: never answered */
};

void stats_begin(struct stats *stats);
void stats_end(struct stats *stats, unsigned int status);

/** As a JSON object, appended. */
void stats_dump(const struct stats *stats, struct strbuf *out);

#endif
