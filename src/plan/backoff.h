/* SPDX-License-Identifier: MIT */
#ifndef PLAN_BACKOFF_H
#define PLAN_BACKOFF_H

/**
 * How long to wait before the next attempt: the value of the list that
 * belongs to the number of failures so far, its last one when there are more
 * failures than values, plus up to `jitter` of it at random.
 */

#include <stdint.h>

/**
 * `list` is ended by -1 (NULL or empty: no wait), `failures` counts from 1,
 * `jitter` is 0..1, `random` any 32 bits: the same gives the same.
 */
int64_t backoff_ms(const int64_t *list, unsigned int failures, double jitter,
		   uint32_t random);

#endif
