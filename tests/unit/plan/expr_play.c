/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "unit/plan/expr_play.h"

jv json(const char *text)
{
	struct err err = { 0 };
	jv v;

	if (json_parse(text, strlen(text), &v, &err))
		fail_msg("%s", err.text);
	return v;
}

/* The result as text, or the error's; the caller frees it. */
char *expr_play(struct expr *expr, int *rc_out)
{
	jv state = json("{\"a\":{\"b\":1},\"list\":[1,2]}");
	jv response = json("{\"cost\":0.5,\"text\":\"x\"}");
	struct err err = { 0 };
	char *text;
	jv v;

	*rc_out = expr_run(expr, state, response, &v, &err);
	if (*rc_out == 0) {
		text = json_text(v);
		jv_free(v);
	} else {
		assert_int_equal(err.code, ERR_INPUT);
		text = strdup(err.text);
	}
	jv_free(state);
	jv_free(response);
	return text;
}

/* What was "stopped after 1 s" is stopped after 0.5 s the second time. */
static void as_the_first(char *text)
{
	static const char half[] = "after 0.5 s";
	char *at = strstr(text, half);

	if (!at)
		return;
	at += strlen("after ");
	*at = '1';
	memmove(at + 1, at + strlen("0.5"), strlen(at + strlen("0.5")) + 1);
}

/* Run twice: what one run leaves behind must not change the next. */
void assert_run(const char *program, enum expr_kind kind, int rc,
		const char *want)
{
	struct err err = { 0 };
	struct expr *expr;
	int i, got;

	if (expr_new(program, kind, &expr, &err))
		fail_msg("%s", err.text);
	for (i = 0; i < 2; i++) {
		char *text = expr_play(expr, &got);

		if (i == 1)
			as_the_first(text);
		assert_string_equal(text, want);
		assert_int_equal(got, rc);
		free(text);
	}
	expr_free(&expr);
	assert_null(expr);
}
