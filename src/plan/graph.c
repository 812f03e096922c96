/* SPDX-License-Identifier: MIT */

/*
 * A walk in depth from each step to what it needs. On the way back the set of
 * all that a step needs, directly or not, is the union of its needs and of
 * their sets, which are complete by then. A step that is met while it is
 * still on the path closes a cycle. Depth and sets are bounded by LIMIT_STEPS.
 */

#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "plan/graph.h"
#include "plan/pipeline.h"

struct walk {
	struct pipeline *pipeline;
	size_t path[LIMIT_STEPS];
	size_t depth;
	unsigned char is_on_path[LIMIT_STEPS];
};

static void add_index(size_t **list, size_t *n, size_t index)
{
	*list = xreallocarray(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = index;
}

static int resolve(struct pipeline *pipeline, size_t index, struct err *err)
{
	struct pipeline_step *step = &pipeline->steps[index];
	size_t i;
	int need;

	for (i = 0; step->needs_names[i]; i++) {
		need = pipeline_step_index(pipeline, step->needs_names[i]);
		if (need < 0)
			return err_set(err, ERR_CONFIG,
				       "step '%s' needs '%s', which is no step",
				       step->name, step->needs_names[i]);
		add_index(&step->needs, &step->needs_n, (size_t)need);
		add_index(&pipeline->steps[need].feeds,
			  &pipeline->steps[need].feeds_n, index);
	}
	return 0;
}

/* "a -> b -> a", where an arrow means "needs". */
static int report_cycle(const struct walk *walk, size_t again, struct err *err)
{
	const struct pipeline_step *steps = walk->pipeline->steps;
	struct strbuf text = { 0 };
	size_t i = 0;

	while (walk->path[i] != again)
		i++;
	for (; i < walk->depth; i++)
		strbuf_addf(&text, "%s -> ", steps[walk->path[i]].name);
	strbuf_adds(&text, steps[again].name);
	(void)err_set(err, ERR_CONFIG, "a cycle: %s", strbuf_str(&text));
	strbuf_release(&text);
	return -1;
}

static int visit(struct walk *walk, size_t index, struct err *err)
{
	struct pipeline_step *step = &walk->pipeline->steps[index];
	size_t steps_n = walk->pipeline->steps_n, i, k;

	if (walk->is_on_path[index])
		return report_cycle(walk, index, err);
	if (step->above)
		return 0;
	walk->is_on_path[index] = 1;
	walk->path[walk->depth++] = index;
	for (i = 0; i < step->needs_n; i++)
		if (visit(walk, step->needs[i], err))
			return -1;
	step->above = xcalloc(steps_n, sizeof(*step->above));
	for (i = 0; i < step->needs_n; i++) {
		size_t need = step->needs[i];

		step->above[need] = 1;
		for (k = 0; k < steps_n; k++)
			step->above[k] |= walk->pipeline->steps[need].above[k];
	}
	walk->depth--;
	walk->is_on_path[index] = 0;
	return 0;
}

int graph_link(struct pipeline *pipeline, size_t *step_out, struct err *err)
{
	struct walk walk = { .pipeline = pipeline };
	size_t i;

	assert(pipeline->steps_n <= LIMIT_STEPS);
	for (i = 0; i < pipeline->steps_n; i++) {
		*step_out = i;
		if (resolve(pipeline, i, err))
			return -1;
	}
	for (i = 0; i < pipeline->steps_n; i++) {
		if (visit(&walk, i, err)) {
			*step_out = walk.path[walk.depth - 1];
			return -1;
		}
	}
	return 0;
}

void graph_release(struct pipeline *pipeline)
{
	size_t i;

	for (i = 0; i < pipeline->steps_n; i++) {
		struct pipeline_step *step = &pipeline->steps[i];

		free(step->needs);
		free(step->feeds);
		free(step->above);
		step->needs = NULL;
		step->feeds = NULL;
		step->above = NULL;
		step->needs_n = 0;
		step->feeds_n = 0;
	}
}
