/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "plan/engine.h"
#include "plan/expr.h"
#include "plan/pipeline.h"
#include "plan/plan.h"

static void load_engines(struct plan *plan, const struct conf_node *node,
			 struct conf_report *report)
{
	size_t n, i;

	if (!node)
		return;
	if (conf_node_kind(node) != CONF_NODE_GROUP) {
		conf_report_add(report, node,
				"must be a group { NAME: {...} }");
		return;
	}
	n = conf_node_count(node);
	plan->engines = xcalloc(n, sizeof(*plan->engines));
	plan->engines_n = n;
	for (i = 0; i < n; i++)
		engine_load(conf_node_at(node, i), &plan->engines[i], report);
}

static void check_engine(const struct plan *plan, const struct conf_node *node,
			 struct conf_report *report)
{
	const char *name = node ? conf_node_text(node) : NULL, *near;
	const char **names;
	size_t i;

	if (!name || plan_engine(plan, name))
		return;
	conf_report_add(report, node, "no engine '%.80s'", name);
	names = xcalloc(plan->engines_n + 1, sizeof(*names));
	for (i = 0; i < plan->engines_n; i++)
		names[i] = plan->engines[i].name;
	near = conf_nearest(name, names, plan->engines_n);
	if (near)
		conf_report_hint(report, "did you mean '%s'?", near);
	free(names);
}

/* Also of a pipeline that has other errors: all are found in one go. */
static void check_engines(const struct plan *plan, const struct conf_node *node,
			  struct conf_report *report)
{
	const struct conf_node *steps, *step;
	size_t i;

	if (conf_node_kind(node) != CONF_NODE_GROUP)
		return;
	steps = conf_node_get(node, "steps");
	for (i = 0; steps && (step = conf_node_at(steps, i)); i++)
		if (conf_node_kind(step) == CONF_NODE_GROUP)
			check_engine(plan, conf_node_get(step, "engine"),
				     report);
}

static void load_pipeline(struct plan *plan, const struct conf_node *node,
			  struct conf_report *report)
{
	struct pipeline *pipeline = pipeline_load(node, report);

	check_engines(plan, node, report);
	if (!pipeline)
		return;
	if (plan_pipeline(plan, pipeline->name)) {
		conf_report_add(report, node,
				"a pipeline '%s' is there already",
				pipeline->name);
		pipeline_unref(&pipeline);
		return;
	}
	plan->pipelines[plan->pipelines_n++] = pipeline;
}

struct plan *plan_load(const struct conf *conf, struct conf_report *report)
{
	const struct conf_node *node =
		conf_node_get(conf_root(conf), "pipelines");
	struct plan *plan = xcalloc(1, sizeof(*plan));
	size_t i;

	plan->refs = 1;
	load_engines(plan, conf_node_get(conf_root(conf), "engines"), report);
	if (!node)
		return plan;
	if (conf_node_kind(node) != CONF_NODE_LIST) {
		conf_report_add(report, node, "must be a list ( {...}, ... )");
		return plan;
	}
	if (conf_node_count(node) > LIMIT_PIPELINES) {
		conf_report_add(report, node, "more than %u pipelines",
				LIMIT_PIPELINES);
		return plan;
	}
	plan->pipelines =
		xcalloc(conf_node_count(node), sizeof(struct pipeline *));
	for (i = 0; i < conf_node_count(node); i++)
		load_pipeline(plan, conf_node_at(node, i), report);
	return plan;
}

static void compile_engine(struct engine *engine, const struct conf_node *node,
			   struct conf_report *report)
{
	const struct conf_node *dummy = conf_node_get(node, "dummy");
	struct err err;

	if (!engine->dummy.result_text || engine->dummy.result)
		return;
	if (expr_new(engine->dummy.result_text, EXPR_STATE,
		     &engine->dummy.result, &err))
		conf_report_add(report, conf_node_get(dummy, "result"), "%s",
				err.text);
}

static void compile_pipeline(struct pipeline *pipeline,
			     const struct conf_node *node,
			     struct conf_report *report)
{
	const struct conf_node *steps = conf_node_get(node, "steps");
	unsigned int before = report->count;
	const char *const *key;
	struct err err;
	size_t i;

	for (i = 0; i < pipeline->steps_n; i++)
		for (key = pipeline_expr_keys; *key; key++)
			if (pipeline_compile_key(pipeline, i, *key, &err))
				conf_report_add(
					report,
					conf_find(conf_node_at(steps, i), *key),
					"%s", err.text);
	pipeline->is_compiled = report->count == before;
}

/* The member of the list `pipelines` that `pipeline` was made from. */
static const struct conf_node *find_pipeline(const struct conf_node *list,
					     const struct pipeline *pipeline)
{
	const struct conf_node *node, *name;
	size_t i;

	for (i = 0; (node = conf_node_at(list, i)); i++) {
		if (conf_node_kind(node) != CONF_NODE_GROUP)
			continue;
		name = conf_node_get(node, "name");
		if (name && conf_node_text(name) &&
		    strcmp(conf_node_text(name), pipeline->name) == 0)
			break;
	}
	return node;
}

void plan_compile(struct plan *plan, const struct conf *conf,
		  struct conf_report *report)
{
	const struct conf_node *root = conf_root(conf);
	const struct conf_node *engines = conf_node_get(root, "engines");
	const struct conf_node *pipelines = conf_node_get(root, "pipelines");
	size_t i;

	for (i = 0; i < plan->engines_n; i++)
		compile_engine(&plan->engines[i], conf_node_at(engines, i),
			       report);
	for (i = 0; i < plan->pipelines_n; i++)
		compile_pipeline(plan->pipelines[i],
				 find_pipeline(pipelines, plan->pipelines[i]),
				 report);
}

struct plan *plan_ref(struct plan *plan)
{
	plan->refs++;
	return plan;
}

void plan_unref(struct plan **plan)
{
	struct plan *p = *plan;
	size_t i;

	*plan = NULL;
	if (!p || --p->refs > 0)
		return;
	for (i = 0; i < p->engines_n; i++)
		engine_release(&p->engines[i]);
	for (i = 0; i < p->pipelines_n; i++)
		pipeline_unref(&p->pipelines[i]);
	free(p->engines);
	free(p->pipelines);
	free(p);
}

const struct engine *plan_engine(const struct plan *plan, const char *name)
{
	size_t i;

	for (i = 0; i < plan->engines_n; i++)
		if (strcmp(plan->engines[i].name, name) == 0)
			return &plan->engines[i];
	return NULL;
}

struct pipeline *plan_pipeline(const struct plan *plan, const char *name)
{
	size_t i;

	for (i = 0; i < plan->pipelines_n; i++)
		if (strcmp(plan->pipelines[i]->name, name) == 0)
			return plan->pipelines[i];
	return NULL;
}

int plan_no_pipeline(const struct plan *plan, const char *name, struct err *err)
{
	const char **names = xcalloc(plan->pipelines_n + 1, sizeof(*names));
	const char *near;
	size_t i;

	for (i = 0; i < plan->pipelines_n; i++)
		names[i] = plan->pipelines[i]->name;
	near = conf_nearest(name, names, plan->pipelines_n);
	(void)err_set(err, ERR_NOT_FOUND, "no pipeline '%.100s'", name);
	if (near)
		(void)err_hint(err, "did you mean '%s'?", near);
	else if (plan->pipelines_n == 0)
		(void)err_hint(err, "the configuration has no pipelines");
	free(names);
	return -1;
}
