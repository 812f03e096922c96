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
#include "plan/engine.h"
#include "plan/pipeline.h"
#include "plan/plan.h"
#include "unit/conf/sandbox.h"

/* Load and compile a file; the errors, which the caller frees. */
static struct plan *load_file(const char *path, char **errors_out)
{
	struct conf_report report = { 0 };
	struct conf *conf = conf_read(path, &report);
	struct plan *plan;

	assert_non_null(conf);
	plan = plan_load(conf, &report);
	assert_non_null(plan);
	plan_compile(plan, conf, &report);
	conf_free(&conf);
	*errors_out = strbuf_detach(&report.text);
	return plan;
}

static struct plan *load(const char *text, char **errors_out)
{
	sandbox_write("main.conf", text);
	return load_file("main.conf", errors_out);
}

static void assert_errors(const char *text, const char *want)
{
	char *errors;
	struct plan *plan = load(text, &errors);

	assert_string_equal(errors, want);
	free(errors);
	plan_unref(&plan);
}

#define E "engines: { text: { dummy = { }; }; image: { dummy = { }; }; };\n"
#define S(name, engine) "{ name = \"" name "\"; engine = \"" engine "\"; }"

static void engines_and_pipelines_are_found_by_name(void **state)
{
	char *errors;
	struct plan *plan = load(
		E "pipelines = ( { name = \"p\"; steps = ( " S(
			"a",
			"text") " ); }, { name = \"q\"; steps = ( " S("a",
								      "image") " ); } );",
		&errors);

	(void)state;
	assert_string_equal(errors, "");
	assert_int_equal(plan->engines_n, 2);
	assert_int_equal(plan->pipelines_n, 2);
	assert_string_equal(plan_engine(plan, "image")->name, "image");
	assert_null(plan_engine(plan, "none"));
	assert_string_equal(plan_pipeline(plan, "q")->name, "q");
	assert_null(plan_pipeline(plan, "none"));
	assert_true(plan_pipeline(plan, "q")->is_compiled);
	free(errors);
	plan_unref(&plan);
}

static void nothing_configured_is_an_empty_plan(void **state)
{
	char *errors;
	struct plan *plan = load("", &errors);

	(void)state;
	assert_string_equal(errors, "");
	assert_int_equal(plan->engines_n, 0);
	assert_int_equal(plan->pipelines_n, 0);
	free(errors);
	plan_unref(&plan);
	assert_null(plan);
	plan_unref(&plan);
}

static void all_errors_are_found_in_one_go(void **state)
{
	(void)state;
	assert_errors("engines = 5; pipelines = { };",
		      "main.conf:1: engines: must be a group { NAME: {...} }\n"
		      "main.conf:1: pipelines: must be a list ( {...}, ... "
		      ")\n");
	assert_errors(
		E "pipelines = (\n"
		  "{ name = \"p\"; steps = ( " S("a", "txt") " ); },\n"
		  "{ name = \"q\"; steps = ( " S("1", "nothing") " ); },\n"
		  "{ name = \"r\"; steps = ( " S("a", "text") " ); },\n"
		  "{ name = \"r\"; steps = ( " S("a", "text") " ); },\n"
		  "5 );",
		"main.conf:3: pipelines[p].steps[a].engine: no engine 'txt'\n"
		"  hint: did you mean 'text'?\n"
		"main.conf:4: pipelines[q].steps[1].name: '1' may have "
		"letters, digits and '_' only, and begins with no digit\n"
		"main.conf:4: pipelines[q].steps[1].engine: no engine "
		"'nothing'\n"
		"main.conf:6: pipelines[r]: a pipeline 'r' is there already\n"
		"main.conf:7: pipelines[4]: must be a group { ... }\n");
}

static void an_engine_must_be_a_group(void **state)
{
	(void)state;
	assert_errors("engines: { e = 5; };",
		      "main.conf:1: engines.e: must be a group { ... }\n");
}

static void the_number_of_pipelines_is_bounded(void **state)
{
	struct strbuf text = { 0 };
	unsigned int i;

	(void)state;
	strbuf_adds(&text, "pipelines = ( 0");
	for (i = 0; i < LIMIT_PIPELINES; i++)
		strbuf_adds(&text, ", 0");
	strbuf_adds(&text, " );");
	assert_errors(strbuf_str(&text),
		      "main.conf:1: pipelines: more than 1000 pipelines\n");
	strbuf_release(&text);
}

static void a_wrong_program_is_told_with_its_line(void **state)
{
	(void)state;
	assert_errors(
		"engines: { e: { dummy = {\n result = \".[\"; }; }; };\n"
		"pipelines = ( 5, { name = \"p\"; steps = (\n"
		"{ name = \"a\"; engine = \"e\";\n"
		"  cost = \"nope\";\n"
		"  input = \".[\"; } ); } );",
		"main.conf:3: pipelines[0]: must be a group { ... }\n"
		"main.conf:2: engines.e.dummy.result: '.[' is no jq "
		"program: syntax error at its end\n"
		"main.conf:6: pipelines[p].steps[a].input: '.[' is no jq "
		"program: syntax error at its end\n"
		"main.conf:5: pipelines[p].steps[a].cost: 'nope' is no "
		"jq program: nope/0 is not defined in line 1\n");
}

static void an_unknown_pipeline_hints_at_the_nearest(void **state)
{
	char *errors;
	struct plan *plan =
		load(E "pipelines = ( { name = \"pipeline.full\"; steps = ( " S(
			     "a", "text") " ); } );",
		     &errors);
	struct plan none = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(plan_no_pipeline(plan, "pipeline.ful", &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text,
			    "no pipeline 'pipeline.ful'\n"
			    "hint: did you mean 'pipeline.full'?");
	assert_int_equal(plan_no_pipeline(plan, "x", &err), -1);
	assert_string_equal(err.text, "no pipeline 'x'");
	assert_int_equal(plan_no_pipeline(&none, "x", &err), -1);
	assert_string_equal(err.text,
			    "no pipeline 'x'\n"
			    "hint: the configuration has no pipelines");
	free(errors);
	plan_unref(&plan);
}

static void what_runs_keeps_its_plan(void **state)
{
	char *errors;
	struct plan *plan = load(E, &errors), *second = plan_ref(plan);

	(void)state;
	plan_unref(&plan);
	assert_non_null(plan_engine(second, "text"));
	plan_unref(&second);
	free(errors);
}

static void the_shipped_configuration_is_free_of_errors(void **state)
{
	const char *top = getenv("top_srcdir");
	struct plan *plan;
	char *path, *errors;

	(void)state;
	if (!top)
		skip();
	path = xasprintf("%s/conf/stepq.conf", top);
	plan = load_file(path, &errors);
	assert_string_equal(errors, "");
	assert_int_equal(plan->pipelines_n, 4);
	assert_int_equal(plan_pipeline(plan, "pipeline.full")->steps_n, 5);
	free(errors);
	free(path);
	plan_unref(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(engines_and_pipelines_are_found_by_name),
		SANDBOX_TEST(nothing_configured_is_an_empty_plan),
		SANDBOX_TEST(all_errors_are_found_in_one_go),
		SANDBOX_TEST(an_engine_must_be_a_group),
		SANDBOX_TEST(the_number_of_pipelines_is_bounded),
		SANDBOX_TEST(a_wrong_program_is_told_with_its_line),
		SANDBOX_TEST(an_unknown_pipeline_hints_at_the_nearest),
		SANDBOX_TEST(what_runs_keeps_its_plan),
		SANDBOX_TEST(the_shipped_configuration_is_free_of_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
