/* SPDX-License-Identifier: MIT */
#ifndef CLI_REASON_H
#define CLI_REASON_H

/**
 * Why a step waits, in words: what holds it up first, then what to type.
 */

#include <stdint.h>

struct rundown;
struct strbuf;
struct why;

/** Appended, as said of the step: "runs on a-01 for 53s, ...". */
void reason_add(struct strbuf *sb, const struct rundown *rundown,
		const struct why *why);

/** The same for a job that is no run yet. */
void reason_add_job(struct strbuf *sb, const struct why *why, int64_t now_ms);

#endif
