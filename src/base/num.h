/* SPDX-License-Identifier: MIT */
#ifndef BASE_NUM_H
#define BASE_NUM_H

/**
 * Numbers from text, whole or not at all: no leading blanks, nothing behind,
 * no overflow. 0 when parsed, -1 when not; `out` is written only then.
 */

#include <stdint.h>

#include "base/util.h"

int num_u64(const char *s, uint64_t *out) MUST_CHECK;
int num_i64(const char *s, int64_t *out) MUST_CHECK;
int num_double(const char *s, double *out) MUST_CHECK;

/** "true yes on 1" and "false no off 0", in any case. */
int num_bool(const char *s, int *out) MUST_CHECK;

/**
 * Whether `s` is a decimal number ("12", "-0.50") that DECIMAL(14,6) takes:
 * at most 8 digits before the point and 6 behind it.
 */
int num_is_money(const char *s);

/**
 * Durations: a number and a unit, "250ms" "90s" "5m" "2h" "1d", also summed
 * ("1m30s"); a bare number counts seconds, as Laravel's options do. In
 * milliseconds, never negative.
 */
int dur_parse(const char *s, int64_t *ms_out) MUST_CHECK;

enum {
	DUR_TEXT = 24
};

/** "250ms", "18.2s", "1m31s", "2h05m", "3d4h": for people. Returns `buf`. */
const char *dur_format(int64_t ms, char buf[DUR_TEXT]);

/**
 * Points in time as ISO 8601 writes them: "2026-01-31T09:00:00Z", with a
 * fraction, an offset ("+09:00") or a blank for the T; a date alone is its
 * first moment, and no offset means UTC. In milliseconds since 1970.
 */
int time_parse(const char *s, int64_t *ms_out) MUST_CHECK;

/** Sizes: "512", "64K", "8M", "1G" in bytes (K = 1024). */
int size_parse(const char *s, uint64_t *bytes_out) MUST_CHECK;

#endif
