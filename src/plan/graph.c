/* SPDX-License-Identifier: MIT */

/*
 * A walk in depth from each step to what it needs. On the way back the set of
 * all that a step needs, directly or not, is the union of its needs and of
 * their sets, which are complete by then. A step that is met while it is
 * still on the path closes a cycle. Depth and sets are bounded by LIMIT_STEPS.
 *
 * A step and its fallback are one to all others: who needs one needs both, so
 * that nobody starts before it is known which of them counts.
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

static int has_need(const struct pipeline_step *step, size_t index)
{
	size_t i;

	for (i = 0; i < step->needs_n; i++)
		if (step->needs[i] == index)
			return 1;
	return 0;
}

static void add_index(size_t **list, size_t *n, size_t index)
{
	*list = xreallocarray(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = index;
}

static void add_need(struct pipeline *pipeline, size_t index, size_t need)
{
	struct pipeline_step *step = &pipeline->steps[index];

	if (has_need(step, need))
		return;
	add_index(&step->needs, &step->needs_n, need);
	add_index(&pipeline->steps[need].feeds, &pipeline->steps[need].feeds_n,
		  index);
}

/* "a -> b -> a", where an arrow means "is replaced by". */
static int check_ring(const struct pipeline *pipeline, size_t index,
		      struct err *err)
{
	const struct pipeline_step *steps = pipeline->steps;
	struct strbuf text = { 0 };
	size_t at = index;

	strbuf_adds(&text, steps[index].name);
	while (steps[at].has_fallback) {
		at = steps[at].fallback_index;
		strbuf_addf(&text, " -> %s", steps[at].name);
		if (at == index) {
			(void)err_set(err, ERR_CONFIG,
				      "a ring of fallbacks: %s",
				      strbuf_str(&text));
			strbuf_release(&text);
			return -1;
		}
	}
	strbuf_release(&text);
	return 0;
}

/* Who stands in for whom. */
static int pair_fallback(struct pipeline *pipeline, size_t index,
			 struct err *err)
{
	struct pipeline_step *step = &pipeline->steps[index], *other;
	int found;

	if (!step->fallback)
		return 0;
	found = pipeline_step_index(pipeline, step->fallback);
	if (found < 0)
		return err_set(err, ERR_CONFIG,
			       "the fallback of step '%s' is '%s', which is no "
			       "step",
			       step->name, step->fallback);
	if ((size_t)found == index)
		return err_set(err, ERR_CONFIG, "step '%s' is its own fallback",
			       step->name);
	other = &pipeline->steps[found];
	if (other->is_fallback)
		return err_set(err, ERR_CONFIG,
			       "step '%s' is the fallback of '%s' already",
			       other->name,
			       pipeline->steps[other->fallback_of].name);
	step->has_fallback = 1;
	step->fallback_index = (size_t)found;
	other->is_fallback = 1;
	other->fallback_of = index;
	return check_ring(pipeline, index, err);
}

/*
 * Need a step, and with it all that stands in for it: from the first of the
 * row of fallbacks to its last, or to the one that needs them itself.
 */
static void need_all_of(struct pipeline *pipeline, size_t index, size_t need)
{
	const struct pipeline_step *steps = pipeline->steps;

	while (steps[need].is_fallback)
		need = steps[need].fallback_of;
	while (need != index) {
		add_need(pipeline, index, need);
		if (!steps[need].has_fallback)
			break;
		need = steps[need].fallback_index;
	}
}

static int is_own_fallback(const struct pipeline *pipeline, size_t index,
			   size_t need)
{
	const struct pipeline_step *step = &pipeline->steps[index];

	while (step->has_fallback) {
		if (step->fallback_index == need)
			return 1;
		step = &pipeline->steps[step->fallback_index];
	}
	return 0;
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
		if ((size_t)need == index)
			return err_set(err, ERR_CONFIG, "a cycle: %s -> %s",
				       step->name, step->name);
		if (is_own_fallback(pipeline, index, (size_t)need))
			return err_set(err, ERR_CONFIG,
				       "step '%s' needs '%s', its own "
				       "fallback",
				       step->name, step->needs_names[i]);
		need_all_of(pipeline, index, (size_t)need);
	}
	if (step->is_fallback)
		need_all_of(pipeline, index, step->fallback_of);
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

/* The steps of a loop: all on the ways from where it goes back to its end. */
static int close_loop(struct pipeline *pipeline, size_t end, struct err *err)
{
	struct pipeline_step *step = &pipeline->steps[end];
	size_t n = pipeline->steps_n, i, k;
	int to;

	if (!step->again.to)
		return 0;
	to = pipeline_step_index(pipeline, step->again.to);
	if (to < 0)
		return err_set(err, ERR_CONFIG,
			       "step '%s' goes back to '%s', which is no step",
			       step->name, step->again.to);
	if ((size_t)to != end && !step->above[to])
		return err_set(err, ERR_CONFIG,
			       "step '%s' goes back to '%s', which it does not "
			       "need",
			       step->name, step->again.to);
	step->again.index = (size_t)to;
	step->again.body = xcalloc(n, sizeof(*step->again.body));
	for (i = 0; i < n; i++)
		step->again.body[i] =
			(i == end || step->above[i]) &&
			(i == (size_t)to || pipeline->steps[i].above[to]);
	for (i = 0; i < n; i++) {
		for (k = 0; k < n; k++)
			if (!step->again.body[i] && step->again.body[k] &&
			    k != end && has_need(&pipeline->steps[i], k))
				return err_set(
					err, ERR_CONFIG,
					"step '%s' needs '%s', which may be "
					"done again because of '%s': it must "
					"need '%s' instead",
					pipeline->steps[i].name,
					pipeline->steps[k].name, step->name,
					step->name);
	}
	return 0;
}

int graph_link(struct pipeline *pipeline, size_t *step_out, struct err *err)
{
	struct walk walk = { .pipeline = pipeline };
	size_t i;

	assert(pipeline->steps_n <= LIMIT_STEPS);
	for (i = 0; i < pipeline->steps_n; i++) {
		*step_out = i;
		if (pair_fallback(pipeline, i, err))
			return -1;
	}
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
	for (i = 0; i < pipeline->steps_n; i++) {
		*step_out = i;
		if (close_loop(pipeline, i, err))
			return -1;
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
		free(step->again.body);
		step->needs = NULL;
		step->feeds = NULL;
		step->above = NULL;
		step->again.body = NULL;
		step->needs_n = 0;
		step->feeds_n = 0;
		step->has_fallback = 0;
		step->is_fallback = 0;
	}
}
