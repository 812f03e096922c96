/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <ctype.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "plan/check.h"
#include "plan/pipeline.h"

static int is_letter(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

/* NULL when the name will do. */
static const char *pipeline_name_problem(const char *name)
{
	const char *p;

	for (p = name; *p; p++)
		if (!is_letter(*p) && !isdigit((unsigned char)*p) &&
		    !strchr(".-", *p))
			return "may have letters, digits, '.', '_' and '-' "
			       "only";
	if (strncmp(name, "stepq.", 6) == 0)
		return "must not begin with 'stepq.'";
	return NULL;
}

/* It is `.name` in expressions, beside the state's own members. */
static const char *step_name_problem(const char *name)
{
	static const char *const reserved[] = { "input", "item", "index", "run",
						"errors" };
	const char *p;
	size_t i;

	for (p = name; *p; p++)
		if (!is_letter(*p) && !(p > name && isdigit((unsigned char)*p)))
			return "may have letters, digits and '_' only, and "
			       "begins with no digit";
	for (i = 0; i < ARRAY_SIZE(reserved); i++)
		if (strcmp(name, reserved[i]) == 0)
			return "is what expressions call something else "
			       "(input, item, index, run, errors)";
	return NULL;
}

static void check_name(const struct conf_node *node, const char *key,
		       const char *name, const char *problem,
		       struct conf_report *report)
{
	if (problem)
		conf_report_add(report, conf_node_get(node, key), "'%.80s' %s",
				name, problem);
}

void check_pipeline_name(const struct pipeline *pipeline,
			 const struct conf_node *node,
			 struct conf_report *report)
{
	if (pipeline->name)
		check_name(node, "name", pipeline->name,
			   pipeline_name_problem(pipeline->name), report);
}

static void hint_step(const struct pipeline *pipeline, const char *word,
		      struct conf_report *report)
{
	const char *names[LIMIT_STEPS], *near;
	size_t n = 0, i;

	for (i = 0; i < pipeline->steps_n; i++)
		if (pipeline->steps[i].name)
			names[n++] = pipeline->steps[i].name;
	near = conf_nearest(word, names, n);
	if (near)
		conf_report_hint(report, "did you mean '%s'?", near);
}

static void check_known(const struct pipeline *pipeline, const char *name,
			const struct conf_node *place,
			struct conf_report *report)
{
	if (!name || pipeline_step_index(pipeline, name) >= 0)
		return;
	conf_report_add(report, place, "no step '%.80s'", name);
	hint_step(pipeline, name, report);
}

/* `node` is the step's `needs`. */
static void check_needs(const struct pipeline *pipeline,
			const struct pipeline_step *step,
			const struct conf_node *node,
			struct conf_report *report)
{
	size_t i, k;

	for (i = 0; step->needs_names[i]; i++) {
		const char *name = step->needs_names[i];
		const struct conf_node *place =
			conf_node_kind(node) == CONF_NODE_LIST
				? conf_node_at(node, i)
				: node;

		check_known(pipeline, name, place, report);
		for (k = 0; k < i; k++)
			if (strcmp(step->needs_names[k], name) == 0)
				break;
		if (k < i)
			conf_report_add(report, place,
					"'%.80s' stands here "
					"twice",
					name);
	}
}

static int is_a_fallback(const struct pipeline *pipeline, const char *name)
{
	size_t i;

	for (i = 0; name && i < pipeline->steps_n; i++)
		if (pipeline->steps[i].fallback &&
		    strcmp(pipeline->steps[i].fallback, name) == 0)
			return 1;
	return 0;
}

/* A fallback needs what it stands in for, which plan/graph.c adds. */
static void default_needs(const struct pipeline *pipeline,
			  struct pipeline_step *step)
{
	step->needs_names = xcalloc(2, sizeof(*step->needs_names));
	if (step > pipeline->steps && !is_a_fallback(pipeline, step->name))
		step->needs_names[0] = xstrdup(step[-1].name);
}

/* Keys that mean something for a step of some kinds only. */
static void check_keys(const struct conf_node *node, const char *const *keys,
		       const char *problem, struct conf_report *report)
{
	const struct conf_node *place;

	for (; *keys; keys++) {
		place = conf_node_get(node, *keys);
		if (place)
			conf_report_add(report, place, "%s", problem);
	}
}

static void check_kind(const struct pipeline_step *step,
		       const struct conf_node *node, struct conf_report *report)
{
	static const char *const of_calls[] = { "each",  "output",  "cost",
						"tries", "backoff", "timeout",
						NULL };
	static const char *const of_maps[] = { "min_done", "at_once", NULL };
	static const char *const of_gates[] = { "engine", "wait", "until",
						NULL };
	static const char *const input[] = { "input", NULL };
	int is_timer = step->wait_ms >= 0 || step->until_text;

	if (step->gate.is_set)
		check_keys(node, of_gates, "a gate has none", report);
	if (step->wait_ms >= 0 && step->until_text)
		conf_report_add(report, conf_node_get(node, "until"),
				"there is a wait already");
	if (!step->engine) {
		if (!step->gate.is_set && !is_timer)
			conf_report_add(report, node,
					"needs an engine, a gate, or a time to "
					"wait for (wait, until)");
		check_keys(node, of_calls, "means nothing without an engine",
			   report);
		if (!step->gate.is_set)
			check_keys(node, input,
				   "means nothing without an engine", report);
	}
	if (!step->each_text)
		check_keys(node, of_maps, "means nothing without each", report);
	if (step->gate.is_set && step->gate.deadline_ms < 0 &&
	    conf_find(node, "gate.on_deadline"))
		conf_report_add(report, conf_find(node, "gate.on_deadline"),
				"means nothing without a deadline");
}

static void check_failure(const struct pipeline *pipeline,
			  const struct pipeline_step *step,
			  const struct conf_node *node,
			  struct conf_report *report)
{
	const struct conf_node *policy = conf_node_get(node, "on_failure");

	check_known(pipeline, step->fallback, conf_node_get(node, "fallback"),
		    report);
	if (step->fallback && policy)
		conf_report_add(report, policy,
				"a step with a fallback goes on with that");
}

/* A name in the state that steps share must be nobody's own. */
static void check_into(const struct pipeline *pipeline,
		       const struct pipeline_step *step,
		       const struct conf_node *node, struct conf_report *report)
{
	int other;

	if (!step->into)
		return;
	check_name(node, "into", step->into, step_name_problem(step->into),
		   report);
	other = pipeline_step_index(pipeline, step->into);
	if (other >= 0 && &pipeline->steps[other] != step)
		conf_report_add(report, conf_node_get(node, "into"),
				"'%.80s' is the name of another step",
				step->into);
}

void check_step(struct pipeline *pipeline, size_t index,
		const struct conf_node *node, struct conf_report *report)
{
	struct pipeline_step *step = &pipeline->steps[index];

	if (step->name) {
		check_name(node, "name", step->name,
			   step_name_problem(step->name), report);
		if ((size_t)pipeline_step_index(pipeline, step->name) < index)
			conf_report_add(report, conf_node_get(node, "name"),
					"a step '%.80s' is there already",
					step->name);
	}
	check_kind(step, node, report);
	check_failure(pipeline, step, node, report);
	check_into(pipeline, step, node, report);
	check_known(pipeline, step->again.to, conf_find(node, "again.to"),
		    report);
	if (step->needs_names)
		check_needs(pipeline, step, conf_node_get(node, "needs"),
			    report);
	else
		default_needs(pipeline, step);
}
