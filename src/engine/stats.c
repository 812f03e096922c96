/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <inttypes.h>

#include "base/strbuf.h"
#include "engine/stats.h"

void stats_begin(struct stats *stats)
{
	stats->calls++;
	stats->in_flight++;
	stats->peak = MAX(stats->peak, stats->in_flight);
}

void stats_end(struct stats *stats, unsigned int status)
{
	assert(stats->in_flight > 0 && status < STATS_STATUSES);
	stats->in_flight--;
	stats->by_status[status]++;
}

void stats_dump(const struct stats *stats, struct strbuf *out)
{
	const char *comma = "";
	size_t i;

	strbuf_addf(out,
		    "{\"calls\":%" PRIu64 ",\"in_flight\":%" PRIu64
		    ",\"peak_in_flight\":%" PRIu64 ",\"by_status\":{",
		    stats->calls, stats->in_flight, stats->peak);
	for (i = 0; i < STATS_STATUSES; i++) {
		if (stats->by_status[i] == 0)
			continue;
		strbuf_addf(out, "%s\"%zu\":%" PRIu64, comma, i,
			    stats->by_status[i]);
		comma = ",";
	}
	strbuf_adds(out, "}}");
}
