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
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "conf/conf.h"
#include "plan/expr.h"
#include "plan/pipeline.h"
#include "unit/conf/sandbox.h"

/* Load a pipeline; NULL with the errors, which the caller frees. */
static struct pipeline *load(const char *members, char **errors_out)
{
	struct conf_report report = { 0 };
	char *text = xasprintf("pipelines = ( {\n%s\n } );", members);
	struct pipeline *pipeline;
	struct conf *conf;

	sandbox_write("main.conf", text);
	conf = conf_read("main.conf", &report);
	assert_non_null(conf);
	pipeline = pipeline_load(
		conf_node_at(conf_find(conf_root(conf), "pipelines"), 0),
		&report);
	*errors_out = strbuf_detach(&report.text);
	conf_free(&conf);
	free(text);
	return pipeline;
}

static struct pipeline *load_good(const char *members)
{
	char *errors;
	struct pipeline *pipeline = load(members, &errors);

	assert_string_equal(errors, "");
	assert_non_null(pipeline);
	free(errors);
	return pipeline;
}

static struct pipeline *parse_good(const char *definition)
{
	struct pipeline *pipeline = NULL;
	struct err err = { 0 };

	if (pipeline_parse(definition, &pipeline, &err))
		fail_msg("%s", err.text);
	return pipeline;
}

static void assert_list(const size_t *list, size_t n, const char *want)
{
	struct strbuf text = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		strbuf_addf(&text, "%zu", list[i]);
	assert_string_equal(strbuf_str(&text), want);
	strbuf_release(&text);
}

static const char diamond[] =
	"name = \"d\"; steps = ("
	"{ name = \"bottom\"; engine = \"e\"; needs = [\"left\", \"right\"]; },"
	"{ name = \"left\"; engine = \"e\"; needs = [\"top\"]; },"
	"{ name = \"right\"; engine = \"e\"; needs = \"top\"; weight = 2; },"
	"{ name = \"top\"; engine = \"e\"; needs = []; } );";

static void a_plain_list_is_a_chain(void **state)
{
	struct pipeline *pipeline = load_good(
		"name = \"p\"; steps = ("
		"{ name = \"a\"; engine = \"e\"; },"
		"{ name = \"b\"; engine = \"e\"; },"
		"{ name = \"c\"; engine = \"e\"; needs = []; } );");

	(void)state;
	assert_int_equal(pipeline->steps_n, 3);
	assert_list(pipeline->steps[0].needs, pipeline->steps[0].needs_n, "");
	assert_list(pipeline->steps[1].needs, pipeline->steps[1].needs_n, "0");
	assert_list(pipeline->steps[2].needs, pipeline->steps[2].needs_n, "");
	assert_list(pipeline->steps[0].feeds, pipeline->steps[0].feeds_n, "1");
	assert_list(pipeline->steps[1].feeds, pipeline->steps[1].feeds_n, "");
	pipeline_unref(&pipeline);
	assert_null(pipeline);
	pipeline_unref(&pipeline);
}

static void edges_go_both_ways_and_all_the_way_up(void **state)
{
	static const unsigned char above[4][4] = {
		{ 0, 1, 1, 1 }, { 0, 0, 0, 1 }, { 0, 0, 0, 1 }, { 0, 0, 0, 0 }
	};
	struct pipeline *pipeline = load_good(diamond);
	const struct pipeline_step *steps = pipeline->steps;
	size_t i;

	(void)state;
	assert_list(steps[0].needs, steps[0].needs_n, "12");
	assert_list(steps[1].needs, steps[1].needs_n, "3");
	assert_list(steps[3].feeds, steps[3].feeds_n, "12");
	assert_list(steps[2].feeds, steps[2].feeds_n, "0");
	for (i = 0; i < 4; i++)
		assert_memory_equal(steps[i].above, above[i], 4);
	assert_true(pipeline->weight == 5);
	assert_int_equal(pipeline_step_index(pipeline, "right"), 2);
	assert_int_equal(pipeline_step_index(pipeline, "none"), -1);
	pipeline_unref(&pipeline);
}

static void the_definition_has_what_is_set_in_order(void **state)
{
	struct pipeline *pipeline = load_good(
		"name = \"p.1\"; steps = ("
		"{ state = \"s\"; timeout = \"5m\"; backoff = (1, \"2s\");"
		"  tries = 0; queue = \"q\"; cost = \".cost\";"
		"  output = \".\"; input = \"{a: \\\"\\\\(1)\\\"}\";"
		"  engine = \"e\"; name = \"a\"; weight = 0.1; },"
		"{ name = \"b\"; engine = \"f\"; } );");

	(void)state;
	assert_string_equal(
		pipeline->definition,
		"{\"name\":\"p.1\",\"steps\":[{\"name\":\"a\",\"engine\":\"e\","
		"\"needs\":[],\"input\":\"{a: \\\"\\\\(1)\\\"}\","
		"\"output\":\".\",\"cost\":\".cost\",\"queue\":\"q\","
		"\"tries\":0,\"backoff_ms\":[1000,2000],\"timeout_ms\":300000,"
		"\"weight\":0.1,\"state\":\"s\"},"
		"{\"name\":\"b\",\"engine\":\"f\",\"needs\":[\"a\"]}]}");
	pipeline_unref(&pipeline);
}

static void a_definition_comes_back_as_it_was(void **state)
{
	struct pipeline *pipeline = load_good(
		"name = \"p\"; steps = ("
		"{ name = \"a\"; engine = \"e\"; timeout = 0; tries = 7;"
		"  backoff = []; weight = 3; queue = \"q\"; state = \"s\";"
		"  input = \".x\"; output = \".y\"; cost = \".z\"; },"
		"{ name = \"b\"; engine = \"f\"; needs = []; } );");
	struct pipeline *parsed = parse_good(pipeline->definition);
	const struct pipeline_step *step = &parsed->steps[0];

	(void)state;
	assert_string_equal(parsed->definition, pipeline->definition);
	assert_string_equal(parsed->name, "p");
	assert_int_equal(parsed->steps_n, 2);
	assert_string_equal(step->engine, "e");
	assert_int_equal(step->timeout_ms, 0);
	assert_int_equal(step->tries, 7);
	assert_int_equal(step->backoff_ms[0], -1);
	assert_true(step->weight == 3);
	assert_string_equal(step->queue, "q");
	assert_string_equal(step->state, "s");
	assert_string_equal(step->input_text, ".x");
	assert_string_equal(step->output_text, ".y");
	assert_string_equal(step->cost_text, ".z");
	assert_int_equal(parsed->steps[1].tries, -1);
	assert_int_equal(parsed->steps[1].timeout_ms, -1);
	assert_null(parsed->steps[1].backoff_ms);
	assert_true(parsed->weight == 4);
	assert_int_equal(parsed->steps[1].needs_n, 0);
	pipeline_unref(&parsed);
	pipeline_unref(&pipeline);
}

static void a_definition_in_another_form_becomes_the_same(void **state)
{
	struct pipeline *pipeline = parse_good(
		" {\"later\": 1, \"steps\": [{\"needs\": [], \"new\": true,"
		" \"engine\": \"e\", \"name\": \"a\", \"weight\": 1}],"
		" \"name\": \"p\"} ");

	(void)state;
	assert_string_equal(pipeline->definition,
			    "{\"name\":\"p\",\"steps\":[{\"name\":\"a\","
			    "\"engine\":\"e\",\"needs\":[]}]}");
	pipeline_unref(&pipeline);
}

static void a_broken_definition_is_refused(void **state)
{
#define STEP(more) \
 "{\"name\":\"p\",\"steps\":[{\"name\":\"a\",\"engine\":\"e\"" more "}]}"
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
		{ "", "definition of a pipeline: empty" },
		{ "5", "definition of a pipeline: no name or no steps" },
		{ "{\"name\":\"p\"}",
		  "definition of a pipeline: no name or no steps" },
		{ "{\"name\":\"p\",\"steps\":[]}",
		  "definition of a pipeline: no name or no steps" },
		{ "{\"name\":5,\"steps\":[{}]}",
		  "definition of a pipeline: 'name' is not a string" },
		{ "{\"name\":\"p\",\"steps\":[5]}",
		  "definition of a pipeline: 'needs' is not a list of names" },
		{ "{\"name\":\"p\",\"steps\":[{\"needs\":[]}]}",
		  "definition of a pipeline: a step has no name" },
		{ STEP(""),
		  "definition of a pipeline: 'needs' is not a list of names" },
		{ STEP(",\"needs\":[5]"),
		  "definition of a pipeline: 'needs' is not a list of names" },
		{ STEP(",\"needs\":[\"b\"]"),
		  "definition of pipeline 'p': step 'a' needs 'b', which is no "
		  "step" },
		{ STEP(",\"needs\":[\"a\"]"),
		  "definition of pipeline 'p': a cycle: a -> a" },
		{ STEP(",\"needs\":[],\"tries\":-1"),
		  "definition of a pipeline: 'tries' is not a whole number" },
		{ STEP(",\"needs\":[],\"backoff_ms\":5"),
		  "definition of a pipeline: 'backoff_ms' is not a list of "
		  "numbers" },
		{ STEP(",\"needs\":[],\"backoff_ms\":[1,-1]"),
		  "definition of a pipeline: 'backoff_ms' is not a list of "
		  "numbers" },
		{ STEP(",\"needs\":[],\"weight\":\"x\""),
		  "definition of a pipeline: 'weight' is not a number" },
		{ STEP(",\"needs\":[],\"weight\":0"),
		  "definition of pipeline 'p': the weights of all steps add up "
		  "to nothing" },
		{ STEP(",\"needs\":[],\"queue\":5"),
		  "definition of a pipeline: 'queue' is not a string" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pipeline *pipeline = NULL;
		struct err err = { 0 };

		assert_int_equal(pipeline_parse(rows[i].text, &pipeline, &err),
				 -1);
		assert_string_equal(err.text, rows[i].want);
		assert_null(pipeline);
	}
#undef STEP
}

#define STEPS(list) "name = \"p\"; steps = ( " list " );"
#define A "{ name = \"a\"; engine = \"e\"; }"
#define AT "main.conf:2: pipelines[p]"

struct wrong {
	const char *members;
	const char *want;
};

static void assert_wrong(const struct wrong *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char *errors;

		assert_null(load(rows[i].members, &errors));
		assert_string_equal(errors, rows[i].want);
		free(errors);
	}
}

static void what_is_wrong_with_it_is_told(void **state)
{
	static const struct wrong rows[] = {
		{ "",
		  "main.conf:1: pipelines[0]: 'name' is missing\n"
		  "main.conf:1: pipelines[0]: 'steps' is missing\n" },
		{ "name = \"p\"; steps = ();",
		  AT ".steps: must have 1 to 256 steps\n" },
		{ "name = \"p\"; steps = { };",
		  AT ".steps: must be a list ( {...}, ... )\n" },
		{ "name = \"p q\"; steps = ( " A " );",
		  "main.conf:2: pipelines[p q].name: 'p q' may have letters, "
		  "digits, '.', '_' and '-' only\n" },
		{ "name = \"stepq.step\"; steps = ( " A " );",
		  "main.conf:2: pipelines[stepq.step].name: 'stepq.step' must "
		  "not begin with 'stepq.'\n" },
		{ STEPS("5"), AT ".steps[0]: must be a group { ... }\n" },
		{ STEPS("{ }"), AT ".steps[0]: 'name' is missing\n" AT
				   ".steps[0]: needs an engine, a gate, or a "
				   "time to wait for (wait, until)\n" },
		{ STEPS("{ name = \"1a\"; engine = \"e\"; }"),
		  AT ".steps[1a].name: '1a' may have letters, digits and '_' "
		     "only, and begins with no digit\n" },
		{ STEPS("{ name = \"a-b\"; engine = \"e\"; }"),
		  AT ".steps[a-b].name: 'a-b' may have letters, digits and '_' "
		     "only, and begins with no digit\n" },
		{ STEPS("{ name = \"run\"; engine = \"e\"; }"),
		  AT ".steps[run].name: 'run' is what expressions call "
		     "something else (input, item, index, run, errors)\n" },
		{ STEPS(A "," A), AT ".steps[a].name: a step 'a' is there "
				     "already\n" },
		{ STEPS(A ", { name = \"b\"; engine = \"e\";\n"
			  "needs = [\"aa\"]; }"),
		  "main.conf:3: pipelines[p].steps[b].needs[0]: no step 'aa'\n"
		  "  hint: did you mean 'a'?\n" },
		{ STEPS(A ", { name = \"b\"; engine = \"e\"; "
			  "needs = [\"a\", \"a\"]; }"),
		  AT ".steps[b].needs[1]: 'a' stands here twice\n" },
		{ STEPS("{ name = \"a\"; engine = \"e\"; needs = [\"c\"]; },"
			"{ name = \"b\"; engine = \"e\"; },"
			"{ name = \"c\"; engine = \"e\"; }"),
		  AT ".steps[b]: a cycle: a -> c -> b -> a\n" },
		{ STEPS("{ name = \"a\"; engine = \"e\"; needs = [\"b\"]; },"
			"{ name = \"b\"; engine = \"e\"; needs = [\"c\"]; },"
			"{ name = \"c\"; engine = \"e\"; }"),
		  AT ".steps[c]: a cycle: b -> c -> b\n" },
		{ STEPS("{ name = \"a\"; engine = \"e\"; needs = \"a\"; }"),
		  AT ".steps[a]: a cycle: a -> a\n" },
		{ STEPS(A ", { name = \"b\"; engine = \"e\"; eahc = \".x\"; }"),
		  AT ".steps[b].eahc: unknown key\n  hint: did you mean "
		     "'each'?\n" },
		{ STEPS("{ name = \"a\"; engine = \"e\"; weight = 0; }"),
		  AT ".steps[a]: the weights of all steps add up to "
		     "nothing\n" },
		{ STEPS("{ name = \"a\"; engine = \"e\"; tries = 65536; "
			"timeout = \"x\"; }"),
		  AT ".steps[a].tries: '65536' is more than 65535\n" AT
		     ".steps[a].timeout: 'x' is not a duration like 500ms, "
		     "90s or 1h30m\n" },
		{ "uniqe = true; " STEPS(A),
		  AT ".uniqe: unknown key\n"
		     "  hint: did you mean 'unique'?\n" },
	};

	(void)state;
	assert_wrong(rows, ARRAY_SIZE(rows));
}

static void keys_that_do_not_go_together_are_told(void **state)
{
	static const struct wrong rows[] = {
		{ STEPS("{ name = \"a\"; engine = \"e\"; gate: {}; }"),
		  AT ".steps[a].engine: a gate has none\n" },
		{ STEPS("{ name = \"a\"; engine = \"e\"; wait = 1; until = \"1\"; }"),
		  AT ".steps[a].until: there is a wait already\n" },
		{ STEPS("{ name = \"a\"; wait = 1; each = \".x\"; }"),
		  AT ".steps[a].each: means nothing without an engine\n" },
		{ STEPS("{ name = \"a\"; wait = 1; input = \".x\"; }"),
		  AT ".steps[a].input: means nothing without an engine\n" },
		{ STEPS("{ name = \"a\"; engine = \"e\"; at_once = 3; }"),
		  AT ".steps[a].at_once: means nothing without each\n" },
		{ STEPS("{ name = \"a\"; gate: { on_deadline = \"reject\"; }; }"),
		  AT ".steps[a].gate.on_deadline: means nothing without a "
		     "deadline\n" },
		{ STEPS("{ name = \"a\"; gate: { deadlin = 5; }; }"),
		  AT ".steps[a].gate.deadlin: unknown key\n"
		     "  hint: did you mean 'deadline'?\n" },
		{ STEPS("{ name = \"a\"; engine = \"e\"; into = \"run\"; }"),
		  AT ".steps[a].into: 'run' is what expressions call "
		     "something else (input, item, index, run, errors)\n" },
		{ STEPS("{ name = \"a\"; engine = \"e\"; fallback = \"b\"; }"),
		  AT
		  ".steps[a].fallback: no step 'b'\n  hint: did you mean 'a'?\n" },
		{ STEPS("{ name = \"a\"; engine = \"e\"; "
			"again: { to = \"x\"; when = \"true\"; }; }"),
		  AT
		  ".steps[a].again.to: no step 'x'\n  hint: did you mean 'a'?\n" },
		{ STEPS("{ name = \"a\"; engine = \"e\"; "
			"again: { to = \"a\"; }; }"),
		  AT ".steps[a].again: 'when' is missing\n" },
		{ STEPS("{ name = \"a\"; engine = \"e\"; each = \".x\"; "
			"min_done = \"half\"; }"),
		  AT ".steps[a]: min_done: 'half' is no number of items and no "
		     "share like \"80%\"\n" },
	};

	(void)state;
	assert_wrong(rows, ARRAY_SIZE(rows));
}

#undef STEPS
#undef A
#undef AT

static void a_chain_may_be_as_long_as_it_may(void **state)
{
	struct strbuf text = { 0 };
	struct pipeline *pipeline;
	char *errors;
	unsigned int i;

	(void)state;
	strbuf_adds(&text, "name = \"p\"; steps = (");
	for (i = 0; i < LIMIT_STEPS; i++)
		strbuf_addf(&text, "%s{ name = \"s%u\"; engine = \"e\"; }",
			    i ? "," : "", i);
	strbuf_adds(&text, ");");
	pipeline = load_good(strbuf_str(&text));
	assert_int_equal(pipeline->steps[LIMIT_STEPS - 1].above[0], 1);
	pipeline_unref(&pipeline);
	text.len -= 2;
	strbuf_adds(&text, ", { } );");
	assert_null(load(strbuf_str(&text), &errors));
	assert_string_equal(errors,
			    "main.conf:2: pipelines[p].steps: must "
			    "have 1 to 256 steps\n");
	free(errors);
	strbuf_release(&text);
}

static void equal_programs_are_compiled_once(void **state)
{
	struct pipeline *pipeline = load_good(
		"name = \"p\"; steps = ("
		"{ name = \"a\"; engine = \"e\"; cost = \".c\"; },"
		"{ name = \"b\"; engine = \"e\"; cost = \".c\"; "
		"input = \".c\"; },"
		"{ name = \"c\"; engine = \"e\"; } );");
	const struct pipeline_step *steps = pipeline->steps;
	struct err err = { 0 };
	struct expr *first;

	(void)state;
	assert_null(steps[0].cost);
	assert_int_equal(pipeline_compile(pipeline, &err), 0);
	assert_true(pipeline->is_compiled);
	assert_non_null(steps[0].cost);
	assert_ptr_equal(steps[0].cost, steps[1].cost);
	assert_ptr_not_equal(steps[1].cost, steps[1].input);
	assert_null(steps[2].cost);
	first = steps[0].cost;
	assert_int_equal(pipeline_compile(pipeline, &err), 0);
	assert_ptr_equal(steps[0].cost, first);
	pipeline_unref(&pipeline);
}

static void a_wrong_program_names_step_and_key(void **state)
{
	struct pipeline *pipeline = load_good(
		"name = \"p\"; steps = ("
		"{ name = \"a\"; engine = \"e\"; output = \".[\"; } "
		");");
	struct err err = { 0 };

	(void)state;
	assert_int_equal(pipeline_compile(pipeline, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_string_equal(err.text,
			    "step 'a': output: '.[' is no jq program: syntax "
			    "error at its end");
	assert_false(pipeline->is_compiled);
	pipeline_unref(&pipeline);
}

static void the_last_reference_frees(void **state)
{
	struct pipeline *pipeline = load_good(diamond), *second;

	(void)state;
	second = pipeline_ref(pipeline);
	assert_ptr_equal(pipeline, second);
	pipeline_unref(&pipeline);
	assert_string_equal(second->name, "d");
	pipeline_unref(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(a_plain_list_is_a_chain),
		SANDBOX_TEST(edges_go_both_ways_and_all_the_way_up),
		SANDBOX_TEST(the_definition_has_what_is_set_in_order),
		SANDBOX_TEST(a_definition_comes_back_as_it_was),
		SANDBOX_TEST(a_definition_in_another_form_becomes_the_same),
		SANDBOX_TEST(a_broken_definition_is_refused),
		SANDBOX_TEST(what_is_wrong_with_it_is_told),
		SANDBOX_TEST(keys_that_do_not_go_together_are_told),
		SANDBOX_TEST(a_chain_may_be_as_long_as_it_may),
		SANDBOX_TEST(equal_programs_are_compiled_once),
		SANDBOX_TEST(a_wrong_program_names_step_and_key),
		SANDBOX_TEST(the_last_reference_frees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
