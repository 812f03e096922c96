/* SPDX-License-Identifier: MIT */
#ifndef PLAN_RERUN_H
#define PLAN_RERUN_H

/**
 * What a run that repeats another one takes over from it, and what it does
 * again.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct err;
struct pipeline;

/** A row of the old run, of a step that the new one has as well. */
struct rerun_row {
	size_t step; /* index in the new run's pipeline */
	uint32_t round;
	int is_finished; /* what needs it could go on */
	int has_failed;  /* it, or an item of it, tolerated or not */
	uint32_t items;  /* of a map, if all have rows; else 0 */
	uint32_t items_done;
};

enum rerun_mode {
	RERUN_DOWNSTREAM, /* a step and all that waits for it */
	RERUN_ONLY,       /* a step, and nothing else */
	RERUN_FAILED,     /* what failed, and all that waits for it */
};

struct rerun_ask {
	enum rerun_mode mode;
	const char *from; /* of RERUN_FAILED: only this step; or NULL */
};

enum rerun_what {
	RERUN_KEEP,  /* its rows are copied */
	RERUN_FRESH, /* it gets one new row */
	RERUN_ITEMS, /* the same, and a copy of its items that are done */
};

struct rerun_step {
	enum rerun_what what;
	/*
	 * Of a loop whose steps are not all kept: all its rounds come before
	 * what is new behind it, and not each behind the round before.
	 */
	int is_together;
	uint32_t waits; /* steps it needs that are not kept */
};

/**
 * Fill `out`, which has room for every step of `pipeline`: 1, or 0 when
 * nothing is to be done again. ERR_NOT_FOUND for a step that is not there,
 * ERR_INPUT when RERUN_ONLY would keep what is not finished.
 */
int rerun_decide(const struct pipeline *pipeline, const struct rerun_row *rows,
		 size_t n, const struct rerun_ask *ask, struct rerun_step *out,
		 struct err *err) MUST_CHECK;

#endif
