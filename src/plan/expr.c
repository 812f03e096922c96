/* SPDX-License-Identifier: MIT */

/*
 * A program is compiled as the body of a function between a head and a tail
 * of ours. The head hands it its input: `$state` cannot be an argument of
 * libjq's, because those are bound when a program is compiled. It also takes
 * away what an expression has no use for: `halt` and `stderr` would act on the
 * worker, and `input` and `debug` call callbacks that jq_init() of 1.6 leaves
 * as it finds the memory. `import` and `include` are out since they must come
 * first. The tail gathers at most two values, so that a run always goes to
 * its end: libjq 1.6 aborts when a run is left in the middle of path(..).
 *
 * jq_state is neither reentrant nor small (builtins are compiled into each,
 * which is where the 27 ms go), so steps with the same program share one.
 *
 * There is no limit on the time a program takes: libjq 1.6 offers none. Who
 * writes the configuration is trusted not to write an endless loop.
 */

#include <config.h>

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jq.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "plan/expr.h"

struct expr {
	jq_state *jq;
	char *program;
	char *message; /* the first that libjq reported */
	enum expr_kind kind;
	unsigned int refs;
};

/* All in one line: a program's first line is line 1 in libjq's messages. */
static const char head[] =
	"def halt: error(\"halt is not taken here\"); "
	"def halt_error: halt; def halt_error(f): halt; "
	"def input: error(\"there is no input to read\"); def inputs: input; "
	"def input_filename: null; def input_line_number: 0; "
	"def debug: .; def stderr: .; ";
static const char head_state[] = ". | def program: ";
static const char head_response[] = ".[0] as $state | .[1] | def program: ";
static const char tail[] = "\n; [limit(2; program)]";
static const char tail_items[] = "\n; [limit(100001; program)]";

enum {
	PROGRAM_SHOWN = 80,
	REASON_SHOWN = 300,
};

/* libjq reports what it has to say piece by piece; the first is the cause. */
static void keep_first(void *data, jv msg)
{
	struct expr *expr = data;

	if (!expr->message && jv_get_kind(msg) == JV_KIND_STRING)
		expr->message = xstrdup(jv_string_value(msg));
	jv_free(msg);
}

static unsigned int count_lines(const char *s)
{
	unsigned int lines = 1;

	while ((s = strchr(s, '\n'))) {
		lines++;
		s++;
	}
	return lines;
}

/*
 * "jq: error: syntax error, unexpected '}' (Unix shell quoting issues?) at
 * <top-level>, line 2:\n..." to "syntax error, unexpected '}' in line 2". An
 * error in a line behind the program's last is one about our tail.
 */
static void add_reason(struct strbuf *out, const char *message,
		       const char *program)
{
	static const char prefix[] = "jq: error: ";
	static const char place[] = " at <top-level>, line ";
	size_t len = strcspn(message, "\n"), digits = 0;
	const char *line = strstr(message, place);
	uint64_t number = 0;
	char *text;

	if (line) {
		len = (size_t)(line - message);
		line += strlen(place);
		digits = strspn(line, "0123456789");
		text = xstrndup(line, digits);
		if (num_u64(text, &number))
			number = 0;
		free(text);
	}
	if (number > count_lines(program)) {
		strbuf_adds(out, "syntax error at its end");
		return;
	}
	if (strncmp(message, prefix, strlen(prefix)) == 0) {
		message += strlen(prefix);
		len -= strlen(prefix);
	}
	text = xstrndup(message, len);
	len = strlen(text);
	if (strstr(text, " (Unix shell"))
		len = (size_t)(strstr(text, " (Unix shell") - text);
	strbuf_add_excerpt(out, text, len, REASON_SHOWN);
	free(text);
	if (line)
		strbuf_addf(out, " in line %.*s", (int)digits, line);
}

static void add_program(struct strbuf *out, const char *program)
{
	strbuf_addc(out, '\'');
	strbuf_add_excerpt(out, program, strlen(program), PROGRAM_SHOWN);
	strbuf_addc(out, '\'');
}

static int compile(struct expr *expr, struct err *err)
{
	struct strbuf text = { 0 };
	char *whole;
	int is_compiled;

	expr->jq = jq_init();
	if (!expr->jq)
		BUG("jq_init: out of memory");
	jq_set_error_cb(expr->jq, keep_first, expr);
	whole = xasprintf("%s%s%s%s", head,
			  expr->kind == EXPR_RESPONSE ? head_response
						      : head_state,
			  expr->program,
			  expr->kind == EXPR_ITEMS ? tail_items : tail);
	is_compiled = jq_compile(expr->jq, whole);
	free(whole);
	if (is_compiled)
		return 0;
	add_program(&text, expr->program);
	strbuf_adds(&text, " is no jq program: ");
	add_reason(&text, expr->message ? expr->message : "not accepted",
		   expr->program);
	(void)err_set(err, ERR_CONFIG, "%s", strbuf_str(&text));
	strbuf_release(&text);
	return -1;
}

int expr_new(const char *program, enum expr_kind kind, struct expr **out,
	     struct err *err)
{
	struct expr *expr;

	if (!program[strspn(program, " \t\r\n")])
		return err_set(err, ERR_CONFIG, "is empty");
	expr = xcalloc(1, sizeof(*expr));
	expr->program = xstrdup(program);
	expr->kind = kind;
	expr->refs = 1;
	if (compile(expr, err)) {
		expr_free(&expr);
		return -1;
	}
	*out = expr;
	return 0;
}

struct expr *expr_ref(struct expr *expr)
{
	expr->refs++;
	return expr;
}

void expr_free(struct expr **expr)
{
	struct expr *e = *expr;

	*expr = NULL;
	if (!e || --e->refs > 0)
		return;
	jq_teardown(&e->jq);
	free(e->program);
	free(e->message);
	free(e);
}

/* Takes `why`, what the program raised: a text or any other value. */
static int fail(const struct expr *expr, jv why, struct err *err)
{
	struct strbuf text = { 0 };
	jv shown = jv_get_kind(why) == JV_KIND_STRING ? why
						      : jv_dump_string(why, 0);

	add_program(&text, expr->program);
	strbuf_adds(&text, ": ");
	strbuf_add_excerpt(&text, jv_string_value(shown),
			   (size_t)jv_string_length_bytes(jv_copy(shown)),
			   REASON_SHOWN);
	(void)err_set(err, ERR_INPUT, "%s", strbuf_str(&text));
	strbuf_release(&text);
	jv_free(shown);
	return -1;
}

/* The array that the tail makes of the values. */
static int run(struct expr *expr, jv *values, struct err *err)
{
	jv v = jq_next(expr->jq), end;

	if (jv_is_valid(v)) {
		end = jq_next(expr->jq);
		assert(!jv_is_valid(end) && !jv_invalid_has_msg(jv_copy(end)));
		jv_free(end);
		*values = v;
		return 0;
	}
	if (jv_invalid_has_msg(jv_copy(v)))
		return fail(expr, jv_invalid_get_msg(v), err);
	jv_free(v);
	return fail(expr, jv_string("it fails without a message"), err);
}

int expr_run(struct expr *expr, jv state, jv response, jv *out, struct err *err)
{
	jv input, values;
	int n, rc = -1;

	if (expr->kind == EXPR_RESPONSE)
		input = JV_ARRAY_2(jv_copy(state), jv_copy(response));
	else
		input = jv_copy(state);
	jq_start(expr->jq, input, 0);
	if (run(expr, &values, err))
		return -1;
	n = jv_array_length(jv_copy(values));
	if (n == 0) {
		(void)fail(expr, jv_string("it gives no value"), err);
	} else if (n > 1) {
		(void)fail(expr, jv_string("it gives more than one value"),
			   err);
	} else {
		*out = jv_array_get(jv_copy(values), 0);
		rc = 0;
	}
	jv_free(values);
	return rc;
}

int expr_run_all(struct expr *expr, jv state, size_t max, jv *items_out,
		 struct err *err)
{
	jq_start(expr->jq, jv_copy(state), 0);
	if (run(expr, items_out, err))
		return -1;
	if ((size_t)jv_array_length(jv_copy(*items_out)) <= max)
		return 0;
	jv_free(*items_out);
	return err_set(err, ERR_INPUT, "gives more than %zu items", max);
}

int expr_run_bool(struct expr *expr, jv state, int *out, struct err *err)
{
	jv v;

	if (expr_run(expr, state, jv_null(), &v, err))
		return -1;
	*out = jv_get_kind(v) == JV_KIND_TRUE;
	if (*out || jv_get_kind(v) == JV_KIND_FALSE) {
		jv_free(v);
		return 0;
	}
	return fail(expr, v, err);
}
