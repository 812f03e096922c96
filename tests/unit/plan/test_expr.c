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

static void a_run_left_in_a_path_does_no_harm(void **state)
{
	(void)state;
	assert_run(".list | path(..)", EXPR_STATE, -1,
		   "'.list | path(..)': it gives more than one value");
	assert_run(".list | first(path(..))", EXPR_STATE, 0, "[]");
	assert_run(".list | path(..) | error", EXPR_STATE, -1,
		   "'.list | path(..) | error': []");
}

static void what_fails_says_why(void **state)
{
	(void)state;
	assert_run(".a.b[]", EXPR_STATE, -1,
		   "'.a.b[]': Cannot iterate over number (1)");
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

static void the_environment_is_not_shown(void **state)
{
	static const char text[] =
		"\"the environment is not shown to expressions\"";

	(void)state;
	assert_int_equal(setenv("EXPR_SECRET", "s3cret", 1), 0);
	assert_run("env.EXPR_SECRET", EXPR_STATE, -1,
		   "'env.EXPR_SECRET': the environment is not shown to "
		   "expressions");
	assert_run("$ENV.EXPR_SECRET?", EXPR_STATE, -1,
		   "'$ENV.EXPR_SECRET?': it gives no value");
	assert_run("$ENV", EXPR_STATE, 0, text);
	assert_run("$ENV", EXPR_RESPONSE, 0, text);
}

static void data_does_not_bring_libjq_down(void **state)
{
	(void)state;
	assert_run("0 | strftime(null)", EXPR_STATE, -1,
		   "'0 | strftime(null)': the format of a time must be a "
		   "text");
	assert_run("0 | strflocaltime(1)", EXPR_STATE, -1,
		   "'0 | strflocaltime(1)': the format of a time must be a "
		   "text");
	assert_run("0 | strftime(\"%Y\")", EXPR_STATE, 0, "\"1970\"");
	assert_run("0, 1.5 | todate | select(. != \"1970-01-01T00:00:00Z\")",
		   EXPR_STATE, 0, "\"1970-01-01T00:00:01Z\"");
	assert_run("1e18 | try todate catch \"too late\"", EXPR_STATE, 0,
		   "\"too late\"");
	assert_run("1e18 | try strflocaltime(\"%Y\") catch \"too late\"",
		   EXPR_STATE, 0, "\"too late\"");
	assert_run("[\"ab\", \"\" | indices(\"\"), index(\"\"), rindex(\"\")]",
		   EXPR_STATE, 0, "[[],null,null,[],null,null]");
	assert_run("\"abab\" | [indices(\"b\"), index(\"b\"), rindex(\"b\")]",
		   EXPR_STATE, 0, "[[1,3],1,3]");
	assert_run("[(null | indices(\"\")), ([1, 2] | index(2))]", EXPR_STATE,
		   0, "[null,1]");
	/* What has but constants is done by the compiler in jq 1.8. */
	assert_run(
		"\"x\" * (.a.b * 1e9)", EXPR_STATE, -1,
		"'\"x\" * (.a.b * 1e9)': a text times a number is larger than "
		"64 MiB");
	assert_run(
		"1e9 * (.t // \"x\")", EXPR_STATE, -1,
		"'1e9 * (.t // \"x\")': a text times a number is larger than "
		"64 MiB");
}

static void multiplication_is_as_ever(void **state)
{
	(void)state;
	assert_run("[(1, 2) * (3, 4)]", EXPR_STATE, 0, "[3,6,4,8]");
	assert_run("[\"ab\" * (1, 2), 2 * (\"ab\", \"\")]", EXPR_STATE, 0,
		   "[\"ab\",\"abab\",\"abab\",\"\"]");
	/* null in jq 1.6 and 1.7 */
	assert_run("\"ab\" * 0 // \"\"", EXPR_STATE, 0, "\"\"");
	assert_run("{a: {b: 1}} * {a: {c: 2}}", EXPR_STATE, 0,
		   "{\"a\":{\"b\":1,\"c\":2}}");
	assert_run(".a.b *= 3 | .a.b", EXPR_STATE, 0, "3");
	assert_run("1e9 * 1e9", EXPR_STATE, 0, "1e+18");
	assert_run("\"x\" * .a", EXPR_STATE, -1,
		   "'\"x\" * .a': string (\"x\") and object ({\"b\":1}) cannot "
		   "be multiplied");
}

static void bool_is_true_or_false_alone(void **state)
{
	static const struct {
		const char *program;
		int rc;
		int is_true;
		const char *want;
	} rows[] = {
		{ ".a.b == 1", 0, 1, NULL },
		{ ".a.b | not", 0, 0, NULL },
		{ ".missing", -1, 0,
		  "'.missing': it gives null, not true or false" },
		{ ".a", -1, 0, "'.a': it gives {\"b\":1}, not true or false" },
		{ "[range(100)]", -1, 0,
		  "'[range(100)]': it gives "
		  "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,"
		  "..., not true or false" },
		{ "empty", -1, 0, "'empty': it gives no value" },
		{ "true, true", -1, 0,
		  "'true, true': it gives more than one value" },
	};
	jv v = json("{\"a\":{\"b\":1}}");
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = { 0 };
		struct expr *expr;
		int is_true = -1;

		assert_int_equal(expr_new(rows[i].program, EXPR_STATE, &expr,
					  &err),
				 0);
		assert_int_equal(expr_run_bool(expr, v, &is_true, &err),
				 rows[i].rc);
		assert_int_equal(is_true, rows[i].rc ? -1 : rows[i].is_true);
		assert_string_equal(err.text, rows[i].rc ? rows[i].want : "");
		expr_free(&expr);
	}
	jv_free(v);
}

static void assert_items(const char *program, size_t max, int rc,
			 const char *want)
{
	jv state =
		json("{\"panels\":[1,{\"a\":2},null],\"one\":[[1,2]],"
		     "\"none\":[]}");
	struct err err = { 0 };
	struct expr *expr;
	char *text;
	jv items;

	if (expr_new(program, EXPR_ITEMS, &expr, &err))
		fail_msg("%s", err.text);
	assert_int_equal(expr_run_all(expr, state, max, &items, &err), rc);
	if (rc) {
		assert_int_equal(err.code, ERR_INPUT);
		assert_string_equal(err.text, want);
	} else {
		text = json_text(items);
		assert_string_equal(text, want);
		free(text);
		jv_free(items);
	}
	expr_free(&expr);
	jv_free(state);
}

static void items_are_a_stream(void **state)
{
	(void)state;
	assert_items(".panels[]", 9, 0, "[1,{\"a\":2},null]");
	assert_items(".panels[]", 3, 0, "[1,{\"a\":2},null]");
	assert_items(".panels[]", 2, -1,
		     "'.panels[]': it gives more than 2 items");
	assert_items(".none[]", 9, 0, "[]");
	assert_items(".missing[]?", 9, 0, "[]");
	assert_items("1, 2", 9, 0, "[1,2]");
	assert_items("\"one\"", 9, 0, "[\"one\"]");
	assert_items(".panels, .none", 9, 0, "[[1,{\"a\":2},null],[]]");
	assert_items(".missing[]", 9, -1,
		     "'.missing[]': Cannot iterate over null (null)");
}

static void items_that_are_a_mistake_are_told(void **state)
{
	(void)state;
	assert_items(".panels", 9, -1,
		     "'.panels': it gives one list, not its elements; did "
		     "you mean '.panels[]'?");
	assert_items(".panels | map(1)", 9, -1,
		     "'.panels | map(1)': it gives one list, not its "
		     "elements; did you mean '(.panels | map(1))[]'?");
	assert_items(".one[]", 9, 0, "[[1,2]]");
	assert_items("[.panels][]", 9, 0, "[[1,{\"a\":2},null]]");
	assert_items(".missing", 9, -1, "'.missing': it gives null");
	assert_items("repeat(1)", 1000, -1,
		     "'repeat(1)': it gives more than 1000 items");
}

static void a_wrong_program_is_told_in_one_line(void **state)
{
	static const struct {
		const char *program;
		const char *want;
		const char
			*where; /* a newer libjq says first what it expected */
	} rows[] = {
		{ "", "is empty", "" },
		{ " \n", "is empty", "" },
		{ ".a[", "'.a[' is no jq program: syntax error",
		  " at its end" },
		{ "# only this", "'# only this' is no jq program: syntax error",
		  " at its end" },
		{ ".a |\n.b }",
		  "'.a | .b }' is no jq program: syntax error, "
		  "unexpected INVALID_CHARACTER",
		  " in line 2" },
		{ "foo(1)", "'foo(1)' is no jq program: foo/1 is not defined",
		  " in line 1" },
		{ "$state", "'$state' is no jq program: $state is not defined",
		  " in line 1" },
		{ "1) | (2",
		  "'1) | (2' is no jq program: syntax error, "
		  "unexpected INVALID_CHARACTER",
		  " in line 1" },
		{ "1; 2", "'1; 2' is no jq program: syntax error",
		  " at its end" },
		{ "import \"a\" as a; 1",
		  "'import \"a\" as a; 1' is no jq program: syntax error, "
		  "unexpected import",
		  " in line 1" },
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
		assert_ptr_equal(strstr(err.text, rows[i].want), err.text);
		assert_string_equal(err.text + strlen(err.text) -
					    strlen(rows[i].where),
				    rows[i].where);
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
	text = expr_play(second, &rc);
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
		cmocka_unit_test(the_environment_is_not_shown),
		cmocka_unit_test(data_does_not_bring_libjq_down),
		cmocka_unit_test(multiplication_is_as_ever),
		cmocka_unit_test(bool_is_true_or_false_alone),
		cmocka_unit_test(items_are_a_stream),
		cmocka_unit_test(items_that_are_a_mistake_are_told),
		cmocka_unit_test(a_wrong_program_is_told_in_one_line),
		cmocka_unit_test(a_long_program_is_cut_in_messages),
		cmocka_unit_test(the_last_reference_frees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
