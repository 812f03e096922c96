/* SPDX-License-Identifier: MIT */

/*
 * First each step by itself: what the user named and what is not finished is
 * done again, the rest is kept. Then what waits for one that is done again
 * is done again too; its items as well, since what they are made of may
 * change. A map by itself keeps its finished items, unless it was named to
 * be done again in full.
 *
 * The latest round of a step is the one that counts, here as anywhere.
 */

#include <config.h>

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "conf/conf.h"
#include "plan/pipeline.h"
#include "plan/rerun.h"

struct decision {
	const struct pipeline *pipeline;
	const struct rerun_ask *ask;
	const struct rerun_row **latest; /* of each step; NULL: none */
	enum rerun_what *own;            /* of each step by itself */
	size_t from;                     /* steps_n: none */
};

static int no_step(const struct pipeline *pipeline, const char *name,
		   struct err *err)
{
	const char **names = xcalloc(pipeline->steps_n, sizeof(*names));
	const char *near;
	size_t i;

	for (i = 0; i < pipeline->steps_n; i++)
		names[i] = pipeline->steps[i].name;
	near = conf_nearest(name, names, pipeline->steps_n);
	(void)err_set(err, ERR_NOT_FOUND, "no step '%.100s' in pipeline '%s'",
		      name, pipeline->name);
	if (near)
		(void)err_hint(err, "did you mean '%s'?", near);
	free(names);
	return -1;
}

static int find_from(struct decision *decision, struct err *err)
{
	const char *name = decision->ask->from;
	int found;

	decision->from = decision->pipeline->steps_n;
	if (!name)
		return 0;
	found = pipeline_step_index(decision->pipeline, name);
	if (found < 0)
		return no_step(decision->pipeline, name, err);
	decision->from = (size_t)found;
	return 0;
}

static void find_latest(struct decision *decision, const struct rerun_row *rows,
			size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct rerun_row **latest =
			&decision->latest[rows[i].step];

		if (!*latest || (*latest)->round < rows[i].round)
			*latest = &rows[i];
	}
}

static enum rerun_what own_choice(const struct decision *decision, size_t step)
{
	const struct rerun_row *row = decision->latest[step];
	int is_named = decision->from == step;
	int is_again;

	if (!row)
		return RERUN_FRESH;
	if (decision->ask->mode == RERUN_FAILED)
		is_again =
			row->has_failed && (is_named || !decision->ask->from);
	else if (is_named)
		return RERUN_FRESH;
	else
		is_again = 0;
	if (row->is_finished && !is_again)
		return RERUN_KEEP;
	return decision->pipeline->steps[step].kind == PIPELINE_MAP &&
			       row->items > 0 && row->items_done > 0
		       ? RERUN_ITEMS
		       : RERUN_FRESH;
}

static enum rerun_what final_choice(const struct decision *decision,
				    size_t step)
{
	const unsigned char *above = decision->pipeline->steps[step].above;
	size_t i;

	if (decision->ask->mode == RERUN_ONLY)
		return decision->own[step];
	for (i = 0; i < decision->pipeline->steps_n; i++)
		if (above[i] && decision->own[i] != RERUN_KEEP)
			return RERUN_FRESH;
	return decision->own[step];
}

/* What was asked for is a step of which nothing has failed. */
static int is_in_vain(const struct decision *decision)
{
	const struct rerun_row *row;

	if (decision->ask->mode != RERUN_FAILED || !decision->ask->from)
		return 0;
	row = decision->latest[decision->from];
	return row && row->is_finished && !row->has_failed;
}

static int check_only(const struct decision *decision, struct err *err)
{
	struct strbuf names = { 0 };
	size_t i, n = 0;

	for (i = 0; i < decision->pipeline->steps_n; i++)
		if (i != decision->from && decision->own[i] != RERUN_KEEP)
			strbuf_addf(&names, "%s%s", n++ ? ", " : "",
				    decision->pipeline->steps[i].name);
	if (n > 0) {
		(void)err_set(err, ERR_INPUT,
			      "only '%s' cannot be done again: %.400s %s not "
			      "finished",
			      decision->ask->from, strbuf_str(&names),
			      n == 1 ? "is" : "are");
		(void)err_hint(err, "without --only the rest is done as well");
	}
	strbuf_release(&names);
	return n > 0 ? -1 : 0;
}

static void mark_loop(const struct decision *decision,
		      const unsigned char *body, struct rerun_step *out)
{
	size_t steps_n = decision->pipeline->steps_n, i;
	int is_new = 0;

	for (i = 0; i < steps_n; i++)
		is_new |= body[i] && out[i].what != RERUN_KEEP;
	for (i = 0; i < steps_n; i++)
		out[i].is_together |= body[i] && is_new;
}

/* What follows from the choices: how many are new. */
static size_t finish(const struct decision *decision, struct rerun_step *out)
{
	const struct pipeline *pipeline = decision->pipeline;
	size_t i, k, fresh = 0;

	for (i = 0; i < pipeline->steps_n; i++) {
		const struct pipeline_step *step = &pipeline->steps[i];

		for (k = 0; k < step->needs_n; k++)
			out[i].waits += out[step->needs[k]].what != RERUN_KEEP;
		if (step->again.body)
			mark_loop(decision, step->again.body, out);
		fresh += out[i].what != RERUN_KEEP;
	}
	return fresh;
}

int rerun_decide(const struct pipeline *pipeline, const struct rerun_row *rows,
		 size_t n, const struct rerun_ask *ask, struct rerun_step *out,
		 struct err *err)
{
	struct decision decision = { .pipeline = pipeline, .ask = ask };
	size_t i;
	int rc = -1;

	decision.latest =
		xcalloc(pipeline->steps_n, sizeof(struct rerun_row *));
	decision.own = xcalloc(pipeline->steps_n, sizeof(*decision.own));
	if (find_from(&decision, err))
		goto out;
	find_latest(&decision, rows, n);
	if (is_in_vain(&decision)) {
		rc = 0;
		goto out;
	}
	for (i = 0; i < pipeline->steps_n; i++)
		decision.own[i] = own_choice(&decision, i);
	if (ask->mode == RERUN_ONLY && check_only(&decision, err))
		goto out;
	for (i = 0; i < pipeline->steps_n; i++)
		out[i] = (struct rerun_step){
			.what = final_choice(&decision, i),
		};
	rc = finish(&decision, out) > 0;
out:
	free(decision.latest);
	free(decision.own);
	return rc;
}
