/* SPDX-License-Identifier: MIT */

/*
 * A step without `needs` needs the step written before it, so that a plain
 * list of steps is a chain; `needs = []` makes one that waits for nothing.
 * The definition always has the needs written out: what a run keeps does not
 * depend on what absence means.
 */

#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "conf/conf.h"
#include "plan/check.h"
#include "plan/definition.h"
#include "plan/expr.h"
#include "plan/graph.h"
#include "plan/pipeline.h"

const struct conf_key pipeline_keys[] = {
	{ "name", CONF_STR, NULL, "1", "64", CONF_REQUIRED,
	  offsetof(struct pipeline, name),
	  "What a job calls it: letters, digits, '.', '_' and '-'" },
	{ "unique", CONF_BOOL, "false", NULL, NULL, 0,
	  offsetof(struct pipeline, is_unique),
	  "Whether an episode may have one live run of it only" },
	{ "steps", CONF_GROUP, NULL, NULL, NULL, CONF_REQUIRED, 0,
	  "A list of groups, one for each step" },
};
const size_t pipeline_keys_n = sizeof(pipeline_keys) / sizeof(*pipeline_keys);

const char *const pipeline_expr_keys[] = { "when",       "each",   "until",
					   "input",      "output", "cost",
					   "again.when", NULL };

#define KIND_NAME(symbol, name, doc) [PIPELINE_##symbol] = (name),
static const char *const kind_names[] = { PIPELINE_KINDS(KIND_NAME) };

const char *pipeline_kind_name(enum pipeline_kind kind)
{
	return kind_names[kind];
}

struct slot {
	const char *text;
	struct expr **expr;
	enum expr_kind kind;
};

static struct slot slot_of(struct pipeline_step *step, const char *key)
{
	const struct {
		const char *key;
		struct slot slot;
	} slots[] = {
		{ "when", { step->when_text, &step->when, EXPR_STATE } },
		{ "each", { step->each_text, &step->each, EXPR_ITEMS } },
		{ "until", { step->until_text, &step->until, EXPR_STATE } },
		{ "input", { step->input_text, &step->input, EXPR_STATE } },
		{ "output",
		  { step->output_text, &step->output, EXPR_RESPONSE } },
		{ "cost", { step->cost_text, &step->cost, EXPR_RESPONSE } },
		{ "again.when",
		  { step->again.when_text, &step->again.when, EXPR_STATE } },
	};
	size_t i = 0;

	while (strcmp(slots[i].key, key) != 0)
		i++;
	return slots[i].slot;
}

static void pipeline_free(struct pipeline *pipeline)
{
	const char *const *key;
	size_t i;

	graph_release(pipeline);
	for (i = 0; i < pipeline->steps_n; i++) {
		struct pipeline_step *step = &pipeline->steps[i];

		conf_unfill(step_keys, step_keys_n, step);
		conf_unfill(step_gate_keys, step_gate_keys_n, step);
		conf_unfill(step_again_keys, step_again_keys_n, step);
		for (key = pipeline_expr_keys; *key; key++)
			expr_free(slot_of(step, *key).expr);
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

/* "3" or "80%". */
static int read_quota(const char *text, struct pipeline_quota *out)
{
	size_t len = text ? strlen(text) : 0;
	uint64_t n;
	double percent;
	char *number;
	int rc = -1;

	*out = (struct pipeline_quota){ .count = -1, .share = 1 };
	if (!text)
		return 0;
	if (len > 1 && text[len - 1] == '%') {
		number = xstrndup(text, len - 1);
		if (num_double(number, &percent) == 0 && percent >= 0 &&
		    percent <= 100) {
			out->share = percent / 100;
			rc = 0;
		}
		free(number);
	} else if (num_u64(text, &n) == 0 && n <= LIMIT_MAP_ITEMS) {
		out->count = (int64_t)n;
		rc = 0;
	}
	return rc;
}

static int is_word(const char *text, const char *word)
{
	return text && strcmp(text, word) == 0;
}

/* What the texts mean. */
static int derive(struct pipeline_step *step, struct err *err)
{
	if (step->gate.is_set)
		step->kind = PIPELINE_GATE;
	else if (!step->engine)
		step->kind = PIPELINE_TIMER;
	else
		step->kind = step->each_text ? PIPELINE_MAP : PIPELINE_CALL;
	if (step->fallback || is_word(step->policy_text, "continue"))
		step->policy = POLICY_CONTINUE;
	else if (is_word(step->policy_text, "skip"))
		step->policy = POLICY_SKIP;
	if (is_word(step->merge_text, "append"))
		step->merge = MERGE_APPEND;
	else if (is_word(step->merge_text, "deep"))
		step->merge = MERGE_DEEP;
	if (step->kind == PIPELINE_TIMER && step->wait_ms < 0 &&
	    !step->until_text)
		return err_set(err, ERR_CONFIG,
			       "step '%s' has neither engine nor gate nor time",
			       step->name);
	if (read_quota(step->min_done_text, &step->min_done))
		return err_set(err, ERR_CONFIG,
			       "min_done: '%s' is no number of items and no "
			       "share like \"80%%\"",
			       step->min_done_text);
	return 0;
}

/* The edges, the sum of the weights and the text, once all names are in. */
static int complete(struct pipeline *pipeline, size_t *step_out,
		    struct err *err)
{
	struct strbuf text = { 0 };
	size_t i;

	for (i = 0; i < pipeline->steps_n; i++) {
		*step_out = i;
		if (derive(&pipeline->steps[i], err))
			return -1;
		pipeline->weight += pipeline->steps[i].weight;
	}
	if (graph_link(pipeline, step_out, err))
		return -1;
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

static void fill_step(const struct conf_node *node, struct pipeline_step *step,
		      struct conf_report *report)
{
	const struct conf_node *part;

	conf_fill(node, "", step_keys, step_keys_n, step, report);
	if (conf_node_kind(node) != CONF_NODE_GROUP)
		return;
	part = conf_node_get(node, "gate");
	step->gate.is_set = part != NULL;
	if (part)
		conf_fill(part, "", step_gate_keys, step_gate_keys_n, step,
			  report);
	part = conf_node_get(node, "again");
	if (part)
		conf_fill(part, "", step_again_keys, step_again_keys_n, step,
			  report);
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
		fill_step(conf_node_at(steps, i), &pipeline->steps[i], report);
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
	check_pipeline_name(pipeline, node, report);
	if (steps)
		load_steps(pipeline, steps, report);
	if (report->count == before && complete(pipeline, &step, &err))
		conf_report_add(report, conf_node_at(steps, step), "%s",
				err.text);
	if (report->count != before)
		pipeline_unref(&pipeline);
	return pipeline;
}
