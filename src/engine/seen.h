/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_SEEN_H
#define ENGINE_SEEN_H

/**
 * How often each idempotency key was seen. Only keys of calls whose faults
 * ask for it are counted. A million keys fit; beyond that, counting fails
 * rather than forgetting, since a forgotten key would fail a second time.
 */

#include <stdint.h>

#include "base/util.h"

struct seen;
struct err;

struct seen *seen_new(void);
void seen_free(struct seen **seen);

/** Count a call of `key`; `before` gets the number of those before it. */
int seen_count(struct seen *seen, const char *key, uint64_t *before,
	       struct err *err) MUST_CHECK;

#endif
