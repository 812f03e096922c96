/* SPDX-License-Identifier: MIT */

/*
 * The end of a step: what the engine answered becomes a result and a cost, a
 * failure another attempt or the end; and a loop may go back.
 */

#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "conf/settings.h"
#include "plan/backoff.h"
#include "plan/decide.h"
#include "plan/engine.h"
#include "plan/expr.h"
#include "plan/pipeline.h"
#include "plan/scope.h"
#include "step/step.h"
#include "worker/task.h"

/* The `cost` expression's value as decimal text; NULL with `err` set. */
static char *cost_text(const struct task *task, jv response, struct err *err)
{
	const struct pipeline_step *step = task_step(task);
	char *text = NULL;
	jv cost;

	if (!step->cost)
		return xstrdup("0");
	if (expr_run(step->cost, task->state, response, &cost, err)) {
		(void)err_wrap(err, "cost");
		return NULL;
	}
	if (jv_get_kind(cost) == JV_KIND_NUMBER &&
	    fabs(jv_number_value(cost)) < 1e8)
		text = xasprintf("%.6f", jv_number_value(cost));
	else if (jv_get_kind(cost) == JV_KIND_STRING &&
		 num_is_money(jv_string_value(cost)))
		text = xstrdup(jv_string_value(cost));
	else if (jv_get_kind(cost) == JV_KIND_NULL)
		text = xstrdup("0");
	else
		(void)err_set(err, ERR_INPUT,
			      "cost: not a decimal number below 100000000");
	jv_free(cost);
	return text;
}

static double body_share(const struct pipeline *pipeline, size_t end)
{
	double weight = 0;
	size_t i;

	for (i = 0; i < pipeline->steps_n; i++)
		if (pipeline->steps[end].again.body[i])
			weight += pipeline->steps[i].weight;
	return 100 * weight / pipeline->weight;
}

/* Whether the run goes back; -1 with `err` when that cannot be told. */
static int goes_back(const struct task *task, struct err *err)
{
	const struct pipeline_step *step = task_step(task);
	struct scope_row row = { task->index, STATE_DONE, task->result, NULL };
	int is_true, rc;
	jv state;

	if (!step->again.to ||
	    decide_times_back(task->pipeline, task->index, task->rounds) >=
		    step->again.at_most)
		return 0;
	state = scope_contribute(jv_copy(task->state), task->pipeline, &row);
	rc = expr_run_bool(step->again.when, state, &is_true, err);
	jv_free(state);
	return rc ? err_wrap(err, "again.when") : is_true;
}

static void go_back(struct task *task)
{
	const struct pipeline *pipeline = task->pipeline;
	size_t i;

	for (i = 0; i < pipeline->steps_n; i++)
		task->rounds[i]++;
	task->loop = (struct settle_loop){
		.pipeline = pipeline,
		.step = task->index,
		.rounds = task->rounds,
		.queue = task->step.queue,
		.episode_id = task->step.episode_id,
		.has_episode = task->step.has_episode,
		.share = body_share(pipeline, task->index),
	};
	task->settle.loop = &task->loop;
}

void task_done(struct task *task, jv result, const char *cost,
	       const struct task_limits *limits)
{
	struct err err;
	int again;

	free(task->result);
	task->result = json_text(result);
	jv_free(result);
	again = task->step.parent_id ? 0 : goes_back(task, &err);
	if (again < 0) {
		task_fail(task, err.text, NULL, limits);
		return;
	}
	task_end(task, SETTLE_DONE);
	task->settle.result = task->result;
	task->settle.cost = cost;
	if (again)
		go_back(task);
}

static void finish_done(struct task *task, jv response,
			const struct task_limits *limits)
{
	const struct pipeline_step *step = task_step(task);
	struct err err;
	jv result = jv_copy(response);

	if (step->output) {
		jv_free(result);
		if (expr_run(step->output, task->state, response, &result,
			     &err)) {
			(void)err_wrap(&err, "output");
			task_fail(task, err.text, NULL, limits);
			return;
		}
	}
	task->cost = cost_text(task, response, &err);
	if (!task->cost) {
		jv_free(result);
		task_fail(task, err.text, NULL, limits);
		return;
	}
	task_done(task, result, task->cost, limits);
}

static int may_retry(const struct task *task, int64_t delay_ms,
		     const struct task_limits *limits)
{
	int64_t tries = task_tries(task, limits);

	if (task->options.retry_until > 0)
		return limits->server_now_ms + delay_ms <
		       task->options.retry_until * 1000;
	return tries == 0 || task->job.attempts < tries;
}

void task_finish(struct task *task, struct step_outcome *outcome,
		 const struct task_limits *limits)
{
	struct strbuf reason = { .max = LIMIT_MESSAGE - 4 };
	int64_t delay_ms;

	task->took_ms = clock_mono_ms() - task->started_ms;
	task->http_status = outcome->http_status;
	if (outcome->verdict == STEP_DONE) {
		finish_done(task, outcome->response, limits);
		return;
	}
	delay_ms = backoff_ms(task_backoff_ms(task, limits), task->job.attempts,
			      limits->settings->worker.jitter, limits->random);
	delay_ms = MAX(delay_ms, outcome->retry_after_ms);
	strbuf_addf(&reason, "engine %s: %s", task->engine->name,
		    strbuf_str(&outcome->reason));
	if (outcome->verdict == STEP_RETRY &&
	    may_retry(task, delay_ms, limits)) {
		strbuf_clear(&task->error);
		strbuf_adds(&task->error, strbuf_str(&reason));
		task_end(task, SETTLE_RETRY);
		task->settle.error = strbuf_str(&task->error);
		task->settle.delay_ms = delay_ms;
	} else {
		if (outcome->verdict == STEP_RETRY)
			strbuf_addf(&reason, ", after %u tr%s",
				    task->job.attempts,
				    task->job.attempts == 1 ? "y" : "ies");
		task_fail(task, strbuf_str(&reason),
			  strbuf_str(&outcome->detail), limits);
	}
	strbuf_release(&reason);
}
