/* SPDX-License-Identifier: MIT */
#ifndef PLAN_EXPR_H
#define PLAN_EXPR_H

/**
 * jq programs, by libjq: compiled once (about 27 ms each in jq 1.6), run
 * often (microseconds).
 *
 * A run gets LIMIT_JQ_MS of processor time; one that needs more is stopped
 * and fails, and the next of that program gets half of it, until one ends. A
 * single call into libjq's C code is stopped only once it returns. Searches
 * with a regular expression end by themselves (Oniguruma gives up after ten
 * million steps), texts made by `*` have a ceiling. The memory a program takes
 * has none: recursion without an end takes 1.3 GB in that second, `.[n] = 1`
 * behind the end of a list 16 bytes times n, and both more than there is end
 * the process. So do values nested tens of thousands deep, which libjq frees by
 * recursion: `until(false; [.])`.
 *
 * Programs do not see the environment: it holds passwords, and what they give
 * is sent to engines and stored. `env` fails; `$ENV` is a text that says so.
 */

#include <stddef.h>

#include "base/json.h"
#include "base/util.h"

struct err;
struct expr;

enum expr_kind {
	EXPR_STATE,    /* . is the state */
	EXPR_RESPONSE, /* . is the answer, $state the state */
	EXPR_ITEMS,    /* . is the state; gives a stream of values */
};

/** Compile. ERR_CONFIG with jq's own message when the program is wrong. */
int expr_new(const char *program, enum expr_kind kind, struct expr **out,
	     struct err *err) MUST_CHECK;
/** Count references: steps with the same program share one. */
struct expr *expr_ref(struct expr *expr);
void expr_free(struct expr **expr);

/**
 * Run one that is not EXPR_ITEMS, for exactly one value. Borrows both values
 * (`response` is ignored by EXPR_STATE). ERR_INPUT with the program and the
 * reason when it fails, takes too long, gives nothing or more than one value.
 */
int expr_run(struct expr *expr, jv state, jv response, jv *out,
	     struct err *err) MUST_CHECK;

/** Run an EXPR_STATE that must give true or false; ERR_INPUT if not. */
int expr_run_bool(struct expr *expr, jv state, int *out,
		  struct err *err) MUST_CHECK;

/**
 * Run an EXPR_ITEMS: all values it gives, as one array. None is an empty
 * array, more than `max` is ERR_INPUT. One single value is one item, but two
 * of them are taken for mistakes, ERR_INPUT: null, as `.pannels` gives, and a
 * list, as `.panels` gives where `.panels[]` was meant. A program that has []
 * in it somewhere may give a single list, so that a list of lists is free to
 * hold just one; `[.panels][]` makes one item of a list.
 */
int expr_run_all(struct expr *expr, jv state, size_t max, jv *items_out,
		 struct err *err) MUST_CHECK;

#endif
