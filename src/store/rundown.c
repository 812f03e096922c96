/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plan/pipeline.h"
#include "store/failed.h"
#include "store/run.h"
#include "store/rundown.h"

void rundown_release(struct rundown *rundown)
{
	view_list_release(&rundown->list);
	pipeline_unref(&rundown->pipeline);
	free(rundown->failed);
	*rundown = (struct rundown){ 0 };
}

/* What steps need is not told without it, and nothing else is lost. */
static int load_pipeline(struct db *db, struct rundown *rundown,
			 struct err *err)
{
	char *definition = NULL;
	int found = definition_get(db, rundown->list.rows[0].definition_id,
				   &definition, err);

	if (found > 0 && pipeline_parse(definition, &rundown->pipeline, NULL))
		rundown->pipeline = NULL;
	free(definition);
	return found < 0 ? -1 : 0;
}

static int load_failed(struct db *db, struct rundown *rundown, struct err *err)
{
	const struct view_list *list = &rundown->list;
	size_t i;

	rundown->failed = xcalloc(list->n, sizeof(*rundown->failed));
	for (i = 1; i < list->n; i++)
		if (list->rows[i].state == STATE_FAILED &&
		    failed_find(db, list->rows[i].uuid, &rundown->failed[i],
				err) < 0)
			return -1;
	return 0;
}

int rundown_load(struct db *db, uint64_t run_id, struct rundown *out,
		 struct err *err)
{
	struct rundown rundown = { 0 };
	int found = view_run(db, run_id, &rundown.list, err);

	if (found <= 0)
		return found;
	if (view_count_items(db, &rundown.list, err) ||
	    load_pipeline(db, &rundown, err) ||
	    load_failed(db, &rundown, err)) {
		rundown_release(&rundown);
		return -1;
	}
	*out = rundown;
	return 1;
}

const struct view_row *rundown_step(const struct rundown *rundown,
				    const char *name, uint32_t round)
{
	const struct view_row *found = NULL;
	size_t i;

	for (i = 1; i < rundown->list.n; i++) {
		const struct view_row *row = &rundown->list.rows[i];

		if (strcmp(row->step, name) == 0 &&
		    (round ? row->round == round
			   : !found || row->round > found->round))
			found = row;
	}
	return found;
}

static const struct pipeline_step *step_of(const struct rundown *rundown,
					   const struct view_row *row)
{
	int i = rundown->pipeline
			? pipeline_step_index(rundown->pipeline, row->step)
			: -1;

	return i < 0 ? NULL : &rundown->pipeline->steps[i];
}

const struct view_row *rundown_next_need(const struct rundown *rundown,
					 const struct view_row *step,
					 size_t *at)
{
	const struct pipeline_step *s = step_of(rundown, step);

	while (s && *at < s->needs_n) {
		size_t index = s->needs[(*at)++];
		const char *name = rundown->pipeline->steps[index].name;
		const struct view_row *need = rundown_step(rundown, name, 0);

		if (need && need->state != STATE_DONE &&
		    need->state != STATE_SKIPPED &&
		    !rundown_is_tolerated(rundown, need))
			return need;
	}
	return NULL;
}

/* A run whose pipeline is not known has not failed by what it tolerates. */
int rundown_is_tolerated(const struct rundown *rundown,
			 const struct view_row *step)
{
	const struct pipeline_step *s = step_of(rundown, step);

	if (step->state != STATE_FAILED)
		return 0;
	if (!s)
		return rundown->list.rows[0].state != STATE_FAILED;
	return s->policy != POLICY_FAIL && !rundown_failed_job(rundown, step);
}

const char *rundown_fallback(const struct rundown *rundown,
			     const struct view_row *step)
{
	const struct pipeline_step *s = step_of(rundown, step);

	return s && s->has_fallback ? s->fallback : NULL;
}

uint64_t rundown_failed_job(const struct rundown *rundown,
			    const struct view_row *step)
{
	return rundown->failed[step - rundown->list.rows];
}
