/* SPDX-License-Identifier: MIT */
#ifndef PLAN_EXPR_H
#define PLAN_EXPR_H

/**
 * jq programs, by libjq: compiled once (about 27 ms each in jq 1.6), run
 * often (microseconds). An expression must give exactly one value.
 *
 * In `input` expressions `.` is the state of the run. In `output` and `cost`
 * `.` is the engine's answer, and $state is the state.
 */

#include "base/json.h"
#include "base/util.h"

struct err;
struct expr;

enum expr_kind {
	EXPR_STATE,    /* . is the state */
	EXPR_ITEMS,    /* . is the state, any number of values */
	EXPR_RESPONSE, /* . is the answer, $state the state */
};

/** Compile. ERR_CONFIG with jq's own message when the program is wrong. */
int expr_new(const char *program, enum expr_kind kind, struct expr **out,
	     struct err *err) MUST_CHECK;
/** Count references: steps with the same program share one. */
struct expr *expr_ref(struct expr *expr);
void expr_free(struct expr **expr);

/**
 * Run. Borrows both values (`response` is ignored by EXPR_STATE). ERR_INPUT
 * with the program and the reason when it fails, gives nothing or gives more
 * than one value.
 */
int expr_run(struct expr *expr, jv state, jv response, jv *out,
	     struct err *err) MUST_CHECK;

/** All values of an EXPR_ITEMS, `max` at most, as an array. */
int expr_run_all(struct expr *expr, jv state, size_t max, jv *items_out,
		 struct err *err) MUST_CHECK;

/** Run one that must give true or false. */
int expr_run_bool(struct expr *expr, jv state, int *out,
		  struct err *err) MUST_CHECK;

#endif
