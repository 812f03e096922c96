/* SPDX-License-Identifier: MIT */
#ifndef UNIT_PLAN_EXPR_PLAY_H
#define UNIT_PLAN_EXPR_PLAY_H

/** Expressions run over one state and one answer that all tests share. */

#include "base/json.h"
#include "plan/expr.h"

jv json(const char *text);

/** The result as text, or the error's; the caller frees it. */
char *expr_play(struct expr *expr, int *rc_out);

/** Run twice: what one run leaves behind must not change the next. */
void assert_run(const char *program, enum expr_kind kind, int rc,
		const char *want);

#endif
