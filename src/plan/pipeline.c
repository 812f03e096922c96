/* SPDX-License-Identifier: MIT */

/*
 * A step without `needs` needs the step written before it, so that a plain
 * list of steps is a chain; `needs = []` makes one that waits for nothing.
 * The definition always has the needs written out: what a run keeps does not
 * depend on what absence means.
 */

#include <config.h>

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "conf/conf.h"
#include "plan/definition.h"
#include "plan/expr.h"
#include "plan/graph.h"
#include "plan/pipeline.h"

const struct conf_key pipeline_keys[] = {
	{ "name", CONF_STR, NULL, "1", "64", CONF_REQUIRED,
	  offsetof(struct pipeline, name),
	  "What a job calls it: letters, digits, '.', '_' and '-'" },
	{ "steps", CONF_GROUP, NULL, NULL, NULL, CONF_REQUIRED, 0,
	  "A list of groups, one for each step" },
};
const size_t pipeline_keys_n = sizeof(pipeline_keys) / sizeof(*pipeline_keys);

#define AT(field) offsetof(struct pipeline_step, field)

const struct conf_key step_keys[] = {
	{ "name", CONF_STR, NULL, "1", "64", CONF_REQUIRED, AT(name),
	  "What other steps and expressions call it: letters, digits and '_'" },
	{ "engine", CONF_STR, NULL, "1", "64", CONF_REQUIRED, AT(engine),
	  "The engine that it calls" },
	{ "needs", CONF_STRINGS, NULL, NULL, "256", 0, AT(needs_names),
	  "Steps that must be finished before it starts; unset, the step "
	  "written before it; [], none" },
	{ "input", CONF_EXPR, NULL, NULL, NULL, 0, AT(input_text),
	  "What the engine gets, as a jq program over the run's state; unset, "
	  "the whole state" },
	{ "output", CONF_EXPR, NULL, NULL, NULL, 0, AT(output_text),
	  "What is kept as the step's result, as a jq program over the "
	  "engine's answer; unset, the answer" },
	{ "cost", CONF_EXPR, NULL, NULL, NULL, 0, AT(cost_text),
	  "What the step cost, as a jq program over the engine's answer; "
	  "unset, nothing" },
	{ "queue", CONF_STR, NULL, "1", "255", 0, AT(queue),
	  "Queue that its job goes to; unset, the queue of the run" },
	{ "tries", CONF_INT, NULL, "0", "65535", 0, AT(tries),
	  "Attempts it gets, 0 for no end; unset, what its engine says" },
	{ "backoff", CONF_DURS, NULL, "0", "30d", 0, AT(backoff_ms),
	  "Waits before the second, third, ... attempt; unset, what its "
	  "engine says" },
	{ "timeout", CONF_DUR, NULL, "0", "30d", 0, AT(timeout_ms),
	  "How long one attempt may take, 0 for no end; unset, what its "
	  "engine says" },
	{ "weight", CONF_NUM, "1", "0", "1000000", 0, AT(weight),
	  "Its share of the run's progress, next to the other steps'" },
	{ "state", CONF_STR, NULL, "1", "32", 0, AT(state),
	  "What the run's stage is called while it runs; unset, its name" },
};
const size_t step_keys_n = sizeof(step_keys) / sizeof(*step_keys);

const char *const pipeline_expr_keys[] = { "input", "output", "cost", NULL };

#undef AT

static void pipeline_free(struct pipeline *pipeline)
{
	size_t i;

	graph_release(pipeline);
	for (i = 0; i < pipeline->steps_n; i++) {
		struct pipeline_step *step = &pipeline->steps[i];

		conf_unfill(step_keys, step_keys_n, step);
		expr_free(&step->input);
		expr_free(&step->output);
		expr_free(&step->cost);
	}
	free(pipeline->steps);
	free(pipeline->name);
	free(pipeline->definition);
	free(pipeline);
}

struct pipeline *pipeline_ref(struct pipeline *pipeline)
{
	pipeline->refs++;
	return pipeline;
}

void pipeline_unref(struct pipeline **pipeline)
{
	struct pipeline *p = *pipeline;

	*pipeline = NULL;
	if (p && --p->refs == 0)
		pipeline_free(p);
}

int pipeline_step_index(const struct pipeline *pipeline, const char *name)
{
	size_t i;

	for (i = 0; i < pipeline->steps_n; i++)
		if (pipeline->steps[i].name &&
		    strcmp(pipeline->steps[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* The edges, the sum of the weights and the text, once all names are in. */
static int complete(struct pipeline *pipeline, size_t *step_out,
		    struct err *err)
{
	struct strbuf text = { 0 };
	size_t i;

	if (graph_link(pipeline, step_out, err))
		return -1;
	for (i = 0; i < pipeline->steps_n; i++)
		pipeline->weight += pipeline->steps[i].weight;
	if (!(pipeline->weight > 0 && isfinite(pipeline->weight))) {
		*step_out = 0;
		return err_set(err, ERR_CONFIG,
			       "the weights of all steps add up to nothing");
	}
	definition_write(pipeline, &text);
	pipeline->definition = strbuf_detach(&text);
	return 0;
}

int pipeline_parse(const char *definition, struct pipeline **out,
		   struct err *err)
{
	struct pipeline *pipeline = xcalloc(1, sizeof(*pipeline));
	size_t step;

	pipeline->refs = 1;
	if (definition_read(definition, pipeline, err)) {
		pipeline_unref(&pipeline);
		return -1;
	}
	if (complete(pipeline, &step, err)) {
		(void)err_wrap(err, "definition of pipeline '%s'",
			       pipeline->name);
		pipeline_unref(&pipeline);
		return -1;
	}
	*out = pipeline;
	return 0;
}

struct slot {
	const char *text;
	struct expr **expr;
	enum expr_kind kind;
};

static struct slot slot_of(struct pipeline_step *step, const char *key)
{
	if (strcmp(key, "input") == 0)
		return (struct slot){ step->input_text, &step->input,
				      EXPR_STATE };
	if (strcmp(key, "output") == 0)
		return (struct slot){ step->output_text, &step->output,
				      EXPR_RESPONSE };
	return (struct slot){ step->cost_text, &step->cost, EXPR_RESPONSE };
}

int pipeline_compile_key(struct pipeline *pipeline, size_t step,
			 const char *key, struct err *err)
{
	struct slot slot = slot_of(&pipeline->steps[step], key), other;
	size_t i;

	if (!slot.text || *slot.expr)
		return 0;
	for (i = 0; i < pipeline->steps_n; i++) {
		other = slot_of(&pipeline->steps[i], key);
		if (*other.expr && strcmp(other.text, slot.text) == 0) {
			*slot.expr = expr_ref(*other.expr);
			return 0;
		}
	}
	return expr_new(slot.text, slot.kind, slot.expr, err);
}

int pipeline_compile(struct pipeline *pipeline, struct err *err)
{
	const char *const *key;
	size_t i;

	if (pipeline->is_compiled)
		return 0;
	for (i = 0; i < pipeline->steps_n; i++)
		for (key = pipeline_expr_keys; *key; key++)
			if (pipeline_compile_key(pipeline, i, *key, err))
				return err_wrap(err, "step '%s': %s",
						pipeline->steps[i].name, *key);
	pipeline->is_compiled = 1;
	return 0;
}

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
	static const char *const reserved[] = { "input", "item", "run" };
	const char *p;
	size_t i;

	for (p = name; *p; p++)
		if (!is_letter(*p) && !(p > name && isdigit((unsigned char)*p)))
			return "may have letters, digits and '_' only, and "
			       "begins with no digit";
	for (i = 0; i < ARRAY_SIZE(reserved); i++)
		if (strcmp(name, reserved[i]) == 0)
			return "is what expressions call something else "
			       "(input, item, run)";
	return NULL;
}

static void check_name(const struct conf_node *node, const char *name,
		       const char *problem, struct conf_report *report)
{
	if (problem)
		conf_report_add(report, conf_node_get(node, "name"),
				"'%.80s' %s", name, problem);
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

		if (pipeline_step_index(pipeline, name) < 0) {
			conf_report_add(report, place, "no step '%.80s'", name);
			hint_step(pipeline, name, report);
		}
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

/* All names are in `pipeline`, so that steps may need later ones. */
static void check_step(struct pipeline *pipeline, size_t index,
		       const struct conf_node *node, struct conf_report *report)
{
	struct pipeline_step *step = &pipeline->steps[index];
	const struct conf_node *needs = conf_node_get(node, "needs");
	int first;

	if (step->name) {
		first = pipeline_step_index(pipeline, step->name);
		check_name(node, step->name, step_name_problem(step->name),
			   report);
		if ((size_t)first < index)
			conf_report_add(report, conf_node_get(node, "name"),
					"a step '%.80s' is there already",
					step->name);
	}
	if (step->needs_names) {
		check_needs(pipeline, step, needs, report);
		return;
	}
	step->needs_names = xcalloc(2, sizeof(*step->needs_names));
	if (index > 0)
		step->needs_names[0] = xstrdup(step[-1].name);
}

static void load_steps(struct pipeline *pipeline, const struct conf_node *steps,
		       struct conf_report *report)
{
	size_t n = conf_node_count(steps), i;

	if (conf_node_kind(steps) != CONF_NODE_LIST) {
		conf_report_add(report, steps, "must be a list ( {...}, ... )");
		return;
	}
	if (n == 0 || n > LIMIT_STEPS) {
		conf_report_add(report, steps, "must have 1 to %u steps",
				LIMIT_STEPS);
		return;
	}
	pipeline->steps = xcalloc(n, sizeof(*pipeline->steps));
	pipeline->steps_n = n;
	for (i = 0; i < n; i++)
		conf_fill(conf_node_at(steps, i), "", step_keys, step_keys_n,
			  &pipeline->steps[i], report);
	for (i = 0; i < n; i++)
		if (conf_node_kind(conf_node_at(steps, i)) == CONF_NODE_GROUP)
			check_step(pipeline, i, conf_node_at(steps, i), report);
}

struct pipeline *pipeline_load(const struct conf_node *node,
			       struct conf_report *report)
{
	struct pipeline *pipeline = xcalloc(1, sizeof(*pipeline));
	const struct conf_node *steps = NULL;
	unsigned int before = report->count;
	struct err err;
	size_t step;

	pipeline->refs = 1;
	conf_fill(node, "", pipeline_keys, pipeline_keys_n, pipeline, report);
	if (conf_node_kind(node) == CONF_NODE_GROUP)
		steps = conf_node_get(node, "steps");
	if (pipeline->name)
		check_name(node, pipeline->name,
			   pipeline_name_problem(pipeline->name), report);
	if (steps)
		load_steps(pipeline, steps, report);
	if (report->count == before && complete(pipeline, &step, &err))
		conf_report_add(report, conf_node_at(steps, step), "%s",
				err.text);
	if (report->count != before)
		pipeline_unref(&pipeline);
	return pipeline;
}
