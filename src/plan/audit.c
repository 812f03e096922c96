/* SPDX-License-Identifier: MIT */

/*
 * A step that is not finished is in exactly one of these (the counters and
 * jobs are kept so by store/settle.c, in the transaction that changes them):
 *
 *	waiting, for the steps in waiting_on             no job
 *	waiting for a time or a person, waiting_on 0     one job, due later
 *	queued, running, retrying, waiting_on 0          one job
 *	a map, running, waiting_on counts its items      no job, its items go on
 *	a map that is to go on letting items in          one job
 *
 * Whatever a worker holds is left alone: it may be about to change, and if
 * the worker is dead the next one takes it as it is.
 */

#include <config.h>

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"
#include "plan/audit.h"
#include "plan/pipeline.h"

struct findings {
	struct audit_finding *v;
	size_t n;
};

static void add(struct findings *findings, enum audit_fault fault, size_t row,
		uint32_t is, uint32_t must)
{
	findings->v[findings->n++] =
		(struct audit_finding){ fault, row, is, must };
}

static const struct audit_row *latest(const struct audit_run *run,
				      const char *step)
{
	const struct audit_row *found = NULL;
	size_t i;

	for (i = 0; i < run->rows_n; i++)
		if (strcmp(run->rows[i].step, step) == 0 &&
		    (!found || found->round < run->rows[i].round))
			found = &run->rows[i];
	return found;
}

/* What needs it can go on. */
static int is_finished(const struct pipeline *pipeline,
		       const struct audit_row *row)
{
	int index = pipeline_step_index(pipeline, row->step);

	return row->state == STATE_DONE || row->state == STATE_SKIPPED ||
	       (row->state == STATE_FAILED && index >= 0 &&
		pipeline->steps[index].policy == POLICY_CONTINUE);
}

/* How many of the steps that it needs are not finished. */
static uint32_t needs_left(const struct pipeline *pipeline,
			   const struct audit_run *run,
			   const struct audit_row *row)
{
	int index = pipeline_step_index(pipeline, row->step);
	const struct pipeline_step *step;
	uint32_t left = 0;
	size_t i;

	if (index < 0)
		return row->waiting_on;
	step = &pipeline->steps[index];
	for (i = 0; i < step->needs_n; i++) {
		const struct audit_row *need =
			latest(run, pipeline->steps[step->needs[i]].name);

		left += need && !is_finished(pipeline, need);
	}
	return left;
}

/* A map whose items have rows, or will have. */
static void check_map(const struct audit_row *row, size_t index,
		      struct findings *findings)
{
	const struct audit_items *items = &row->items;
	uint32_t left = row->items_n - items->ended;
	int is_going = row->jobs > 0;

	if (row->waiting_on != left)
		add(findings, AUDIT_MAP_WAITS, index, row->waiting_on, left);
	if (items->has_waiting && items->first_waiting < row->next_item)
		add(findings, AUDIT_MAP_NEXT, index, row->next_item,
		    items->first_waiting);
	if (items->jobless > 0)
		add(findings, AUDIT_ITEMS, index, items->jobless, 0);
	if (items->counting > 0)
		add(findings, AUDIT_ITEMS_WAIT, index, items->counting, 0);
	if (is_going)
		return;
	if (row->state != STATE_RUNNING)
		add(findings, AUDIT_NO_JOB, index, 0, 1);
	else if (left == 0)
		add(findings, AUDIT_MAP_READY, index, 0, 1);
	else if (items->active == 0 || items->rows < row->items_n)
		add(findings, AUDIT_MAP_STUCK, index, 0, 1);
}

static void check_step(const struct pipeline *pipeline,
		       const struct audit_run *run, size_t index,
		       struct findings *findings)
{
	const struct audit_row *row = &run->rows[index];
	uint32_t must = 0;

	if (row->state == STATE_WAITING)
		must = needs_left(pipeline, run, row);
	if (row->waiting_on != must)
		add(findings, AUDIT_WAITS, index, row->waiting_on, must);
	if (row->jobs > 0 || must > 0)
		return;
	if (row->state != STATE_WAITING)
		add(findings, AUDIT_NO_JOB, index, 0, 1);
	else
		add(findings, row->was_parked ? AUDIT_PARKED : AUDIT_READY,
		    index, 0, 1);
}

size_t audit_check(const struct pipeline *pipeline, const struct audit_run *run,
		   struct audit_finding *out)
{
	struct findings findings = { .v = out };
	uint32_t left = 0;
	size_t i;

	for (i = 0; i < run->rows_n; i++) {
		const struct audit_row *row = &run->rows[i];

		left += !is_finished(pipeline, row);
		if (state_is_final(row->state) || row->is_held)
			continue;
		if (row->has_items)
			check_map(row, i, &findings);
		else
			check_step(pipeline, run, i, &findings);
	}
	if (run->rows_n > 0 && run->waiting_on != left)
		add(&findings, AUDIT_RUN_WAITS, run->rows_n, run->waiting_on,
		    left);
	if (run->rows_n > 0 && left == 0 &&
	    (run->state == STATE_QUEUED || run->state == STATE_RUNNING))
		add(&findings, AUDIT_RUN_DONE, run->rows_n, 0, 1);
	assert(findings.n <= run->rows_n * AUDIT_ROW_MOST + AUDIT_RUN_MOST);
	return findings.n;
}

/* "2 steps", "1 item". */
static void add_count(struct strbuf *out, uint32_t n, const char *noun)
{
	strbuf_addf(out, "%" PRIu32 " %s%s", n, noun, n == 1 ? "" : "s");
}

static void add_unfinished(struct strbuf *out, uint32_t n)
{
	strbuf_addf(out, ", %" PRIu32 " %s unfinished", n,
		    n == 1 ? "is" : "are");
}

void audit_describe(const struct audit_run *run,
		    const struct audit_finding *finding, struct strbuf *out)
{
	const struct audit_row *row =
		finding->row < run->rows_n ? &run->rows[finding->row] : NULL;

	strbuf_adds(out, row ? row->step : "it");
	if (row && row->round > 1)
		strbuf_addf(out, " in round %" PRIu32, row->round);
	switch (finding->fault) {
	case AUDIT_WAITS:
	case AUDIT_RUN_WAITS:
		strbuf_adds(out, " waits for ");
		add_count(out, finding->is, "step");
		add_unfinished(out, finding->must);
		break;
	case AUDIT_MAP_WAITS:
		strbuf_adds(out, " waits for ");
		add_count(out, finding->is, "item");
		add_unfinished(out, finding->must);
		break;
	case AUDIT_MAP_NEXT:
		strbuf_addf(out,
			    " goes on from item %" PRIu32 ", but item %" PRIu32
			    " waits",
			    finding->is, finding->must);
		break;
	case AUDIT_READY:
		strbuf_adds(out, " waits for nothing and is not queued");
		break;
	case AUDIT_PARKED:
	case AUDIT_NO_JOB:
		strbuf_addf(out, " is %s and has no job",
			    row ? state_name(row->state) : "live");
		break;
	case AUDIT_MAP_STUCK:
		strbuf_adds(out, " has items to do, and none goes on");
		break;
	case AUDIT_MAP_READY:
		strbuf_adds(out, " has no items left and is not queued");
		break;
	case AUDIT_ITEMS:
		strbuf_adds(out, ": ");
		add_count(out, finding->is, "item");
		strbuf_adds(out, " to be run without a job");
		break;
	case AUDIT_ITEMS_WAIT:
		strbuf_adds(out, ": ");
		add_count(out, finding->is, "item");
		strbuf_adds(out, " waiting for steps");
		break;
	case AUDIT_RUN_DONE:
		strbuf_addf(out, " is %s, and all of it is finished",
			    state_name(run->state));
		break;
	case AUDIT_FAULTS:
		break;
	}
}
