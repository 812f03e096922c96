/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "plan/expr.h"

static jv json(const char *text)
{
	struct err err = { 0 };
	jv v;

	if (json_parse(text, strlen(text), &v, &err))
		fail_msg("%s", err.text);
	return v;
}

/* The result as text, or the error's; the caller frees it. */
static char *run(struct expr *expr, int *rc_out)
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

/* Run twice: what one run leaves behind must not change the next. */
static void assert_run(const char *program, enum expr_kind kind, int rc,
		       const char *want)
{
	struct err err = { 0 };
	struct expr *expr;
	int i, got;

	if (expr_new(program, kind, &expr, &err))
		fail_msg("%s", err.text);
	for (i = 0; i < 2; i++) {
		char *text = run(expr, &got);

		assert_string_equal(text, want);
		assert_int_equal(got, rc);
		free(text);
	}
	expr_free(&expr);
	assert_null(expr);
}

static void input_sees_the_state(void **state)
{
	(void)state;
	assert_run(".", EXPR_STATE, 0, "{\"a\":{\"b\":1},\"list\":[1,2]}");
	assert_run("{t: .a.b}", EXPR_STATE, 0, "{\"t\":1}");
	assert_run("def f: 3; f # with a comment", EXPR_STATE, 0, "3");
	assert_run("\n.a\n| .b\n", EXPR_STATE, 0, "1");
	assert_run("null", EXPR_STATE, 0, "null");
	assert_run("false", EXPR_STATE, 0, "false");
	assert_run(". as $x | [.list[] | . + $x.a.b]", EXPR_STATE, 0, "[2,3]");
}

static void output_sees_the_answer_and_the_state(void **state)
{
	(void)state;
	assert_run(".cost", EXPR_RESPONSE, 0, "0.5");
	assert_run("{text, b: $state.a.b}", EXPR_RESPONSE, 0,
		   "{\"text\":\"x\",\"b\":1}");
}

static void it_must_give_exactly_one_value(void **state)
{
	(void)state;
	assert_run("empty", EXPR_STATE, -1, "'empty': it gives no value");
	assert_run(".list[]", EXPR_STATE, -1,
		   "'.list[]': it gives more than one value");
	assert_run(".list[]?", EXPR_STATE, -1,
		   "'.list[]?': it gives more than one value");
	assert_run("try (1, 2) catch 3", EXPR_STATE, -1,
		   "'try (1, 2) catch 3': it gives more than one value");
	assert_run("repeat(1)", EXPR_STATE, -1,
		   "'repeat(1)': it gives more than one value");
}

/* In a child: libjq 1.6 loses 18 bytes when `break` unwinds a path. */
static void a_run_left_in_a_path_does_no_harm(void **state)
{
	struct err err = { 0 };
	int status, rc, i;
	struct expr *expr;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		rc = expr_new("path(..)", EXPR_STATE, &expr, &err);
		for (i = 0; rc == 0 && i < 2; i++) {
			free(run(expr, &rc));
			rc += 1;
		}
		expr_free(&expr);
		_exit(rc == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 1);
}

static void what_fails_says_why(void **state)
{
	(void)state;
	assert_run(".a[0]", EXPR_STATE, -1,
		   "'.a[0]': Cannot index object with number");
	assert_run("error(\"boom\")", EXPR_STATE, -1,
		   "'error(\"boom\")': boom");
	assert_run("error({a: 1})", EXPR_STATE, -1,
		   "'error({a: 1})': {\"a\":1}");
}

static void what_would_act_on_the_worker_is_taken_away(void **state)
{
	(void)state;
	assert_run("halt", EXPR_STATE, -1, "'halt': halt is not taken here");
	assert_run("halt_error", EXPR_STATE, -1,
		   "'halt_error': halt is not taken here");
	assert_run("halt_error(1)", EXPR_STATE, -1,
		   "'halt_error(1)': halt is not taken here");
	assert_run("input", EXPR_STATE, -1,
		   "'input': there is no input to read");
	assert_run("[inputs]", EXPR_STATE, -1,
		   "'[inputs]': there is no input to read");
	assert_run("input_filename", EXPR_STATE, 0, "null");
	assert_run("input_line_number", EXPR_STATE, 0, "0");
	assert_run(".a | debug | stderr", EXPR_STATE, 0, "{\"b\":1}");
}

static void a_wrong_program_is_told_in_one_line(void **state)
{
	static const struct {
		const char *program;
		const char *want;
	} rows[] = {
		{ "", "is empty" },
		{ " \n", "is empty" },
		{ ".a[", "'.a[' is no jq program: syntax error at its end" },
		{ "# only this",
		  "'# only this' is no jq program: syntax error "
		  "at its end" },
		{ ".a |\n.b }",
		  "'.a | .b }' is no jq program: syntax error, "
		  "unexpected INVALID_CHARACTER in line 2" },
		{ "foo(1)",
		  "'foo(1)' is no jq program: foo/1 is not defined "
		  "in line 1" },
		{ "$state",
		  "'$state' is no jq program: $state is not defined "
		  "in line 1" },
		{ "1) | (2",
		  "'1) | (2' is no jq program: syntax error, "
		  "unexpected INVALID_CHARACTER in line 1" },
		{ "1; 2", "'1; 2' is no jq program: syntax error at its end" },
		{ "import \"a\" as a; 1",
		  "'import \"a\" as a; 1' is no jq program: syntax error, "
		  "unexpected import in line 1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct expr *expr = NULL;
		struct err err = { 0 };

		assert_int_equal(expr_new(rows[i].program, EXPR_STATE, &expr,
					  &err),
				 -1);
		assert_int_equal(err.code, ERR_CONFIG);
		assert_string_equal(err.text, rows[i].want);
		assert_null(expr);
	}
}

static void a_long_program_is_cut_in_messages(void **state)
{
	char program[200];
	struct expr *expr;
	struct err err = { 0 };

	(void)state;
	memset(program, '(', sizeof(program) - 1);
	program[sizeof(program) - 1] = '\0';
	assert_int_equal(expr_new(program, EXPR_STATE, &expr, &err), -1);
	assert_true(strlen(err.text) < 150);
}

static void the_last_reference_frees(void **state)
{
	struct expr *expr, *second;
	struct err err = { 0 };
	char *text;
	int rc;

	(void)state;
	assert_int_equal(expr_new(".a.b", EXPR_STATE, &expr, &err), 0);
	second = expr_ref(expr);
	expr_free(&expr);
	text = run(second, &rc);
	assert_string_equal(text, "1");
	free(text);
	expr_free(&second);
	expr_free(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_sees_the_state),
		cmocka_unit_test(output_sees_the_answer_and_the_state),
		cmocka_unit_test(it_must_give_exactly_one_value),
		cmocka_unit_test(a_run_left_in_a_path_does_no_harm),
		cmocka_unit_test(what_fails_says_why),
		cmocka_unit_test(what_would_act_on_the_worker_is_taken_away),
		cmocka_unit_test(a_wrong_program_is_told_in_one_line),
		cmocka_unit_test(a_long_program_is_cut_in_messages),
		cmocka_unit_test(the_last_reference_frees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
