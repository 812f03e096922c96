/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SCOPE_H
#define PLAN_SCOPE_H

/**
 * The state that a step's expressions see: what the steps above it have
 * contributed, each under its name (`into`, or the step's own).
 *
 * In a loop, its steps see the earlier rounds of all steps of the loop too.
 * A fallback that ran contributes to the name of what it stood in for as
 * well. A step that failed without failing the run is null, and `.errors`
 * has its error; one that was skipped is absent.
 *
 * The idea of reducers (replace, append, merge) is LangGraph's.
 */

#include <stddef.h>

#include "base/json.h"
#include "plan/state.h"

struct pipeline;

/** A row of a run. Borrowed. */
struct scope_row {
	size_t step; /* index */
	enum state state;
	const char *result; /* JSON; NULL: none */
	const char *error;  /* NULL: none */
};

/** Whether `step` sees what `other` contributes. */
int scope_sees(const struct pipeline *pipeline, size_t step, size_t other);

/**
 * Add to the object `state` what `step` sees of `rows`, which are in the
 * order in which they were made. Takes over `state`.
 */
jv scope_add(jv state, const struct pipeline *pipeline, size_t step,
	     const struct scope_row *rows, size_t n) MUST_CHECK;

/** Add what one row contributes, whoever looks. Takes over `state`. */
jv scope_contribute(jv state, const struct pipeline *pipeline,
		    const struct scope_row *row) MUST_CHECK;

#endif
