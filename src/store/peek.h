/* SPDX-License-Identifier: MIT */
#ifndef STORE_PEEK_H
#define STORE_PEEK_H

/**
 * What a payload says of itself in its first bytes: enough to show a failed
 * job in a list without reading 20 MB. The text may end anywhere and be
 * anything; what cannot be told stays empty.
 */

#include <stddef.h>
#include <stdint.h>

/** The expression that selects what peek_payload() looks at. */
#define PEEK_PAYLOAD "LEFT(payload, 2048)"

struct peek {
	char *name;       /* displayName, else job; NULL: neither */
	int is_step;      /* it is the job of a step */
	uint64_t step_id; /* of that step; 0: not said */
	int has_episode;
	uint64_t episode_id; /* of a pipeline's job */
};

/** All-zero is the empty value. */
void peek_payload(const char *text, size_t len, struct peek *out);
void peek_release(struct peek *peek);

#endif
