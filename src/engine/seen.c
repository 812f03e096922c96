/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "engine/dice.h"
#include "engine/seen.h"

enum {
	SEEN_SLOTS = 1 << 20,
	SEEN_MAX = SEEN_SLOTS / 8 * 7
};

/*
 * Keys are kept as their 64-bit hash alone: that two of a million collide
 * has odds of one to 37 million. The pages of a table that is hardly used
 * are never touched.
 */
struct seen {
	size_t used;
	struct seen_slot {
		uint64_t hash; /* 0: free */
		uint64_t count;
	} slots[SEEN_SLOTS];
};

struct seen *seen_new(void)
{
	return xcalloc(1, sizeof(struct seen));
}

void seen_free(struct seen **seen)
{
	free(*seen);
	*seen = NULL;
}

int seen_count(struct seen *seen, const char *key, uint64_t *before,
	       struct err *err)
{
	uint64_t hash = dice_hash(key) | 1;
	size_t i = (size_t)(hash >> 20) % SEEN_SLOTS;

	while (seen->slots[i].hash != 0 && seen->slots[i].hash != hash)
		i = (i + 1) % SEEN_SLOTS;
	if (seen->slots[i].hash == 0) {
		if (seen->used == SEEN_MAX)
			return err_set(err, ERR_LIMIT,
				       "%d keys seen, no more can be counted",
				       SEEN_MAX);
		seen->slots[i].hash = hash;
		seen->used++;
	}
	*before = seen->slots[i].count++;
	return 0;
}
