/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "plan/pipeline.h"
#include "plan/scope.h"

/* From a definition with ' for ". */
static struct pipeline *parse(const char *text, char *error)
{
	struct pipeline *pipeline = NULL;
	struct err err = { 0 };
	char *json = xstrdup(text), *p;

	for (p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	if (pipeline_parse(json, &pipeline, &err) && error)
		memcpy(error, err.text, sizeof(err.text));
	else if (!pipeline)
		fail_msg("%s", err.text);
	free(json);
	return pipeline;
}

#define STEP(name, needs, more) \
 "{'name':'" name "','engine':'e','needs':[" needs "]" more "}"
#define PIPELINE(steps) "{'name':'p','steps':[" steps "]}"

static void assert_needs(const struct pipeline *pipeline, const char *step,
			 const char *want)
{
	int index = pipeline_step_index(pipeline, step);
	const struct pipeline_step *s = &pipeline->steps[index];
	struct strbuf text = { 0 };
	size_t i, k, found;

	for (i = 0; i < s->needs_n; i++) {
		const struct pipeline_step *need =
			&pipeline->steps[s->needs[i]];

		strbuf_addf(&text, "%s%s", i ? " " : "", need->name);
		for (k = 0, found = 0; k < need->feeds_n; k++)
			found += need->feeds[k] == (size_t)index;
		assert_int_equal(found, 1);
	}
	assert_string_equal(strbuf_str(&text), want);
	strbuf_release(&text);
}

static void who_needs_a_step_needs_its_fallbacks_too(void **state)
{
	struct pipeline *p = parse(
		PIPELINE(STEP("a", "", ",'fallback':'b'") "," STEP(
			"b", "",
			",'fallback':'c'") "," STEP("c", "",
						    "") "," STEP("d", "'b'",
								 "") "," STEP("e",
									      "'a','c'",
									      "")),
		NULL);

	(void)state;
	assert_needs(p, "a", "");
	assert_needs(p, "b", "a");
	assert_needs(p, "c", "a b");
	assert_needs(p, "d", "a b c");
	assert_needs(p, "e", "a b c");
	assert_int_equal(p->steps[0].policy, POLICY_CONTINUE);
	assert_int_equal(p->steps[2].policy, POLICY_FAIL);
	pipeline_unref(&p);
}

static void a_loop_is_what_lies_between(void **state)
{
	struct pipeline *p = parse(
		PIPELINE(STEP("a", "", "") "," STEP("b", "'a'", "") "," STEP(
			"c", "'b'",
			"") "," STEP("x", "'a'",
				     "") "," STEP("d", "'c','x'",
						  ",'again':{'to':'b','when':"
						  "'true','at_most':2}") "," STEP("e",
										  "'d','x'",
										  "")),
		NULL);
	static const unsigned char body[] = { 0, 1, 1, 0, 1, 0 };

	(void)state;
	assert_memory_equal(p->steps[4].again.body, body, 6);
	assert_true(scope_sees(p, 1, 0));
	assert_true(scope_sees(p, 1, 1));
	assert_true(scope_sees(p, 1, 4));
	assert_false(scope_sees(p, 1, 3));
	assert_false(scope_sees(p, 1, 5));
	assert_false(scope_sees(p, 0, 1));
	pipeline_unref(&p);
}

static void what_makes_no_graph_is_refused(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
		{ PIPELINE(STEP("a", "", ",'fallback':'a'")),
		  "step 'a' is its own fallback" },
		{ PIPELINE(STEP("a", "", ",'fallback':'x'")),
		  "the fallback of step 'a' is 'x', which is no step" },
		{ PIPELINE(STEP("a", "", ",'fallback':'c'") "," STEP(
			  "b", "", ",'fallback':'c'") "," STEP("c", "", "")),
		  "step 'c' is the fallback of 'a' already" },
		{ PIPELINE(STEP("a", "'b'", ",'fallback':'b'") "," STEP("b", "",
									"")),
		  "step 'a' needs 'b', its own fallback" },
		{ PIPELINE(STEP("a", "", ",'fallback':'b'") "," STEP(
			  "b", "", ",'fallback':'a'")),
		  "a ring of fallbacks: b -> a -> b" },
		{ PIPELINE(STEP("a", "", ",'again':{'to':'x','when':'1'}")),
		  "step 'a' goes back to 'x', which is no step" },
		{ PIPELINE(STEP("a", "",
				",'again':{'to':'b','when':'1'}") "," STEP("b",
									   "",
									   "")),
		  "step 'a' goes back to 'b', which it does not need" },
		{ PIPELINE(STEP("a", "", "") "," STEP("b", "'a'", "") "," STEP(
			  "c", "'b'",
			  ",'again':{'to':'a','when':'1'}") "," STEP("d", "'b'",
								     "")),
		  "step 'd' needs 'b', which may be done again because of "
		  "'c': it must need 'c' instead" },
		{ PIPELINE(STEP("a", "", ",'again':{'to':'a'}")),
		  "'again' has no 'when'" },
		{ PIPELINE("{'name':'a','needs':[]}"),
		  "step 'a' has neither engine nor gate nor time" },
		{ PIPELINE(STEP("a", "", ",'each':'.x','min_done':'half'")),
		  "min_done: 'half' is no number of items and no share" },
		{ PIPELINE(STEP("a", "", ",'each':'.x','min_done':'101%'")),
		  "min_done: '101%' is no number of items and no share" },
	};
	char error[ERR_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_null(parse(rows[i].text, error));
		if (!strstr(error, rows[i].want))
			fail_msg("row %zu: %s", i, error);
	}
}

static void a_definition_keeps_every_key(void **state)
{
	static const char text[] =
		"{\"name\":\"p\",\"unique\":true,\"steps\":[{\"name\":\"a\","
		"\"engine\":\"e\",\"needs\":[],\"when\":\"true\",\"each\":"
		"\".x[]\",\"min_done\":\"50%\",\"at_once\":3,\"wait_ms\":5,"
		"\"again\":{\"to\":\"a\",\"when\":\".a\",\"at_most\":2},"
		"\"on_failure\":\"skip\",\"into\":\"b\",\"merge\":\"deep\"},"
		"{\"name\":\"g\",\"needs\":[\"a\"],\"gate\":{\"on_reject\":"
		"\"continue\",\"on_deadline\":\"approve\",\"deadline_ms\":7},"
		"\"fallback\":\"t\"},{\"name\":\"t\",\"needs\":[],"
		"\"until\":\".input.at\"}]}";
	struct pipeline *p = parse(text, NULL);

	(void)state;
	assert_string_equal(p->definition, text);
	assert_int_equal(p->steps[0].kind, PIPELINE_MAP);
	assert_int_equal(p->steps[0].policy, POLICY_SKIP);
	assert_int_equal(p->steps[0].merge, MERGE_DEEP);
	assert_true(p->steps[0].min_done.share == 0.5);
	assert_int_equal(p->steps[1].kind, PIPELINE_GATE);
	assert_int_equal(p->steps[2].kind, PIPELINE_TIMER);
	pipeline_unref(&p);
}

static void a_gate_may_say_nothing(void **state)
{
	struct pipeline *p =
		parse("{'name':'p','steps':[{'name':'g','needs':[],"
		      "'gate':{}}]}",
		      NULL);

	(void)state;
	assert_int_equal(p->steps[0].kind, PIPELINE_GATE);
	assert_int_equal(p->steps[0].gate.deadline_ms, -1);
	pipeline_unref(&p);
}

static void assert_scope(const char *pipeline_text, size_t step,
			 const struct scope_row *rows, size_t n,
			 const char *want)
{
	struct pipeline *p = parse(pipeline_text, NULL);
	jv scope = scope_add(jv_object(), p, step, rows, n);
	jv sorted = jv_dump_string(scope, JV_PRINT_SORTED);

	assert_string_equal(jv_string_value(sorted), want);
	jv_free(sorted);
	pipeline_unref(&p);
}

static void results_come_under_the_names_of_their_steps(void **state)
{
	static const struct scope_row rows[] = {
		{ 0, STATE_DONE, "1", NULL },
		{ 1, STATE_SKIPPED, NULL, NULL },
		{ 2, STATE_FAILED, NULL, "no" },
		{ 3, STATE_DONE, "3", NULL },
		{ 4, STATE_RUNNING, NULL, NULL },
	};

	(void)state;
	assert_scope(PIPELINE(STEP("a", "", "") "," STEP("b", "", "") "," STEP(
			     "c", "",
			     "") "," STEP("other", "",
					  "") "," STEP("d", "'a','b','c'", "")),
		     4, rows, 5,
		     "{\"a\":1,\"c\":null,\"errors\":{\"c\":\"no\"}}");
}

static void a_fallback_stands_for_what_failed(void **state)
{
	static const struct scope_row rows[] = {
		{ 0, STATE_FAILED, NULL, "no" },
		{ 1, STATE_DONE, "2", NULL },
	};

	(void)state;
	assert_scope(PIPELINE(STEP("a", "", ",'fallback':'b'") "," STEP(
			     "b", "", "") "," STEP("c", "'a'", "")),
		     2, rows, 2, "{\"a\":2,\"b\":2,\"errors\":{\"a\":\"no\"}}");
}

static void rounds_come_together_as_merge_says(void **state)
{
	static const struct scope_row rows[] = {
		{ 0, STATE_DONE, "{\"x\":{\"a\":1}}", NULL },
		{ 0, STATE_FAILED, NULL, "once" },
		{ 0, STATE_DONE, "{\"x\":{\"b\":2}}", NULL },
	};
	static const struct scope_row lists[] = {
		{ 0, STATE_DONE, "[1,[2]]", NULL },
		{ 1, STATE_DONE, "3", NULL },
		{ 0, STATE_DONE, "[]", NULL },
	};

	(void)state;
	assert_scope(PIPELINE(STEP("a", "", "") "," STEP("b", "'a'", "")), 1,
		     rows, 3, "{\"a\":{\"x\":{\"b\":2}}}");
	assert_scope(PIPELINE(STEP("a", "",
				   ",'merge':'deep'") "," STEP("b", "'a'", "")),
		     1, rows, 3, "{\"a\":{\"x\":{\"a\":1,\"b\":2}}}");
	assert_scope(
		PIPELINE(
			STEP("a", "", ",'merge':'append','into':'all'") "," STEP(
				"b", "",
				",'merge':'append',"
				"'into':'all'") "," STEP("c", "'a','b'", "")),
		2, lists, 3, "{\"all\":[1,[2],3]}");
}

/* Its later rounds are made when all else is there already. */
static void what_follows_a_loop_has_the_last_word(void **state)
{
	static const struct scope_row rows[] = {
		{ 0, STATE_DONE, "1", NULL }, { 1, STATE_DONE, "2", NULL },
		{ 2, STATE_DONE, "3", NULL }, { 3, STATE_RUNNING, NULL, NULL },
		{ 0, STATE_DONE, "4", NULL }, { 1, STATE_FAILED, NULL, "no" },
	};

	(void)state;
	assert_scope(
		PIPELINE(
			STEP("a", "", ",'into':'text'") "," STEP("b", "'a'", ",'fallback':'c','again':{'to':'a','when':'true'}") "," STEP(
				"c", "", ",'into':'text'") "," STEP("d", "'c'",
								    "")),
		3, rows, 6, "{\"b\":3,\"errors\":{\"b\":\"no\"},\"text\":3}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_needs_a_step_needs_its_fallbacks_too),
		cmocka_unit_test(a_loop_is_what_lies_between),
		cmocka_unit_test(what_makes_no_graph_is_refused),
		cmocka_unit_test(a_definition_keeps_every_key),
		cmocka_unit_test(a_gate_may_say_nothing),
		cmocka_unit_test(results_come_under_the_names_of_their_steps),
		cmocka_unit_test(a_fallback_stands_for_what_failed),
		cmocka_unit_test(rounds_come_together_as_merge_says),
		cmocka_unit_test(what_follows_a_loop_has_the_last_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
