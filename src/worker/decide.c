/* SPDX-License-Identifier: MIT */

/*
 * A step whose job is claimed waits for nothing any more; what it does is
 * decided here, from the rows of its run, before it is started:
 *
 *	skip it      what it needs was skipped, or `when` says so
 *	park it      until a time, or until a person has answered
 *	finish it    a time has come, a person has answered, a map is empty
 *	start it     its engine is called, or a map makes rows for its items
 *
 * A step that was started before, or was parked, is past its `when`.
 */

#include <config.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "plan/decide.h"
#include "plan/expr.h"
#include "plan/pipeline.h"
#include "plan/scope.h"
#include "worker/task.h"

static jv run_value(const struct run_step *step)
{
	jv run = jv_object();

	run = jv_object_set(run, jv_string("id"),
			    jv_number((double)step->run_id));
	run = jv_object_set(run, jv_string("uuid"), jv_string(step->run_uuid));
	run = jv_object_set(run, jv_string("pipeline"),
			    jv_string(step->pipeline));
	run = jv_object_set(run, jv_string("round"), jv_number(step->round));
	return jv_object_set(run, jv_string("episode_id"),
			     step->has_episode
				     ? jv_number((double)step->episode_id)
				     : jv_null());
}

/*
 * The rows of the run by step: what is seen of them, which rows wait for this
 * step, what state each step is in. Of several rounds the last one counts.
 */
static void look_around(struct task *task, const struct task_sight *sight,
			enum state *states)
{
	const struct pipeline *pipeline = task->pipeline;
	const struct pipeline_step *step = task_step(task);
	struct scope_row *rows = xcalloc(sight->n, sizeof(*rows));
	size_t i, k, n = 0;

	task->feeds = xcalloc(step->feeds_n, sizeof(*task->feeds));
	task->rounds = xcalloc(pipeline->steps_n, sizeof(*task->rounds));
	for (i = 0; i < sight->n; i++) {
		const struct run_result *result = &sight->results[i];
		int index = pipeline_step_index(pipeline, result->step);

		if (result->run_id != task->step.run_id || index < 0)
			continue;
		rows[n++] = (struct scope_row){ (size_t)index, result->state,
						result->result, result->error };
		states[index] = result->state;
		task->rounds[index] = result->round;
		for (k = 0; k < step->feeds_n; k++)
			if (step->feeds[k] == (size_t)index)
				task->feeds[k] = result->step_id;
	}
	task->scope = jv_object_set(jv_object(), jv_string("input"),
				    json_stored(task->step.run_input));
	task->scope = jv_object_set(task->scope, jv_string("run"),
				    run_value(&task->step));
	task->scope = scope_add(task->scope, pipeline, task->index, rows, n);
	free(rows);
}

static void see(struct task *task, const struct task_sight *sight,
		enum state *states)
{
	if (sight->sibling)
		task->scope = jv_copy(sight->sibling->scope);
	else
		look_around(task, sight, states);
	task->has_scope = 1;
	task->state = jv_copy(task->scope);
	if (task->step.parent_id) {
		task->state = jv_object_set(task->state, jv_string("item"),
					    json_stored(task->step.value));
		task->state = jv_object_set(task->state, jv_string("index"),
					    jv_number(task->step.item));
	}
	task->share = 100 * task_step(task)->weight / task->pipeline->weight;
	if (task->step.has_items && task->step.items > 0)
		task->share = 0; /* its items brought it */
}

static void skip(struct task *task, const char *why)
{
	task_end(task, SETTLE_SKIP);
	task->settle.message = why;
}

/* 1: it goes on; 0: it has ended. */
static int check_when(struct task *task, const enum state *states,
		      const struct task_limits *limits)
{
	const struct pipeline_step *step = task_step(task);
	enum decide_path path =
		decide_path(task->pipeline, task->index, states);
	struct err err;
	int is_true;

	if (path == PATH_SKIP) {
		skip(task, step->is_fallback
				   ? "what it stands in for has not failed"
				   : "all it needs was skipped");
		return 0;
	}
	if (path == PATH_RUN)
		return 1;
	if (expr_run_bool(step->when, task->state, &is_true, &err)) {
		(void)err_wrap(&err, "when");
		task_fail(task, err.text, NULL, limits);
		return 0;
	}
	if (!is_true)
		skip(task, "its condition (when) is false");
	return is_true;
}

static void park(struct task *task, uint32_t until, const char *what)
{
	task_end(task, SETTLE_PARK);
	task->settle.until = until;
	task->settle.message = what;
}

static uint32_t after_ms(const struct task_limits *limits, int64_t ms)
{
	int64_t s = (limits->server_now_ms + ms + 999) / 1000;

	return (uint32_t)MIN(s, (int64_t)SETTLE_NO_TIME - 1);
}

/* The time that `until` gives: 0, or -1 with `err`. */
static int read_until(struct task *task, int64_t *ms, struct err *err)
{
	const struct pipeline_step *step = task_step(task);
	double seconds = -1;
	jv v;

	if (expr_run(step->until, task->state, jv_null(), &v, err))
		return err_wrap(err, "until");
	if (jv_get_kind(v) == JV_KIND_NUMBER)
		seconds = jv_number_value(v);
	else if (jv_get_kind(v) == JV_KIND_STRING &&
		 time_parse(jv_string_value(v), ms) == 0)
		seconds = (double)*ms / 1000;
	jv_free(v);
	if (!(seconds >= 0 && seconds < SETTLE_NO_TIME))
		return err_set(err, ERR_INPUT,
			       "until: gives no time: seconds since 1970 or a "
			       "text like 2026-01-31T09:00:00Z");
	*ms = (int64_t)ceil(seconds) * 1000;
	return 0;
}

static int check_time(struct task *task, const struct task_limits *limits)
{
	const struct pipeline_step *step = task_step(task);
	struct err err;
	int64_t ms;

	if (step->wait_ms < 0 && !step->until)
		return 1;
	if (task->step.is_parked) {
		if (!task->step.is_due)
			park(task, task->step.until, "waits for a time");
		return task->step.is_due;
	}
	if (step->wait_ms >= 0) {
		ms = limits->server_now_ms + step->wait_ms;
	} else if (read_until(task, &ms, &err)) {
		task_fail(task, err.text, NULL, limits);
		return 0;
	}
	if (ms <= limits->server_now_ms)
		return 1;
	park(task, after_ms(limits, ms - limits->server_now_ms),
	     "waits for a time");
	return 0;
}

/* What a person gave as the reason: a text, {"reason": text}, or anything. */
static void add_why(struct strbuf *out, jv result)
{
	const char *text = NULL;

	if (jv_get_kind(result) == JV_KIND_STRING)
		text = jv_string_value(result);
	else if (jv_get_kind(result) == JV_KIND_OBJECT)
		text = json_str(result, "reason");
	if (jv_get_kind(result) != JV_KIND_NULL)
		strbuf_adds(out, ": ");
	if (text)
		strbuf_adds(out, text);
	else if (jv_get_kind(result) != JV_KIND_NULL)
		json_dump(result, out);
}

/* `answer` is taken over: {"approved": ..., "result": ...}. */
static void answered(struct task *task, jv answer, const char *by,
		     const struct task_limits *limits)
{
	const struct pipeline_step *step = task_step(task);
	jv approved = json_get(answer, "approved");
	jv result = json_get(answer, "result");
	struct strbuf reason = { .max = LIMIT_MESSAGE };
	int is_approved = jv_get_kind(approved) == JV_KIND_TRUE;

	jv_free(approved);
	answer = jv_object_set(answer, jv_string("result"), jv_copy(result));
	answer = jv_object_set(answer, jv_string("by"), jv_string(by));
	if (is_approved || (step->gate.on_reject &&
			    strcmp(step->gate.on_reject, "continue") == 0)) {
		jv_free(result);
		task_done(task, answer, "0", limits);
		return;
	}
	strbuf_addf(&reason, "rejected by %s",
		    strcmp(by, "deadline") == 0 ? "its deadline" : "a person");
	add_why(&reason, result);
	jv_free(result);
	jv_free(answer);
	task_fail(task, strbuf_str(&reason), NULL, limits);
	strbuf_release(&reason);
}

static void decide_gate(struct task *task, const struct task_limits *limits)
{
	const struct pipeline_step *step = task_step(task);
	uint32_t until = SETTLE_NO_TIME;
	int is_yes;

	if (step->input_text) {
		task_prepare(task, limits);
		if (task->phase == TASK_ENDED)
			return;
	}
	if (task->step.value) {
		answered(task, json_stored(task->step.value), "person", limits);
		return;
	}
	if (task->step.is_parked && task->step.is_due) {
		is_yes = step->gate.on_deadline &&
			 strcmp(step->gate.on_deadline, "approve") == 0;
		answered(task,
			 jv_object_set(jv_object(), jv_string("approved"),
				       is_yes ? jv_true() : jv_false()),
			 "deadline", limits);
		return;
	}
	if (task->step.is_parked && task->step.until)
		until = task->step.until;
	else if (step->gate.deadline_ms >= 0)
		until = after_ms(limits, step->gate.deadline_ms);
	park(task, until, "waits for approval");
}

static void decide_map(struct task *task, const struct task_sight *sight,
		       const struct task_limits *limits)
{
	const struct pipeline_step *step = task_step(task);
	struct err err;
	uint32_t n;
	jv items;

	if (task_is_collect(task))
		return;
	if (expr_run_all(step->each, task->state, LIMIT_MAP_ITEMS, &items,
			 &err)) {
		(void)err_wrap(&err, "each");
		task_fail(task, err.text, NULL, limits);
		return;
	}
	n = (uint32_t)jv_array_length(jv_copy(items));
	if (task->step.has_items && n != task->step.items) {
		(void)err_set(&err, ERR_INPUT,
			      "each: gives %" PRIu32
			      " items now, and gave "
			      "%" PRIu32 " before",
			      n, task->step.items);
		jv_free(items);
		task_fail(task, err.text, NULL, limits);
	} else if (n == 0) {
		task_done(task, items, "0", limits);
	} else {
		task_map_start(task, items, sight->rows_n);
	}
}

void task_decide(struct task *task, const struct task_sight *sight,
		 const struct task_limits *limits)
{
	enum state states[LIMIT_STEPS] = { STATE_WAITING };
	const struct run_step *row = &task->step;
	int is_new = row->starts == 0 && !row->is_parked && !row->has_items;

	see(task, sight, states);
	if (row->is_left_over) {
		skip(task, "its map is over");
		return;
	}
	if (!task_check_attempts(task, limits) || row->parent_id)
		return;
	if (is_new && !check_when(task, states, limits))
		return;
	if (row->starts == 0 && !check_time(task, limits))
		return;
	switch (task_step(task)->kind) {
	case PIPELINE_CALL:
		break;
	case PIPELINE_MAP:
		decide_map(task, sight, limits);
		break;
	case PIPELINE_GATE:
		decide_gate(task, limits);
		break;
	case PIPELINE_TIMER:
		task_done(task, jv_null(), "0", limits);
		break;
	}
}
