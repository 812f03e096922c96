/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
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
#include "plan/engine.h"
#include "plan/expr.h"
#include "plan/pipeline.h"
#include "plan/plan.h"
#include "step/step.h"
#include "worker/task.h"

struct task *task_new(struct job *job_taken)
{
	struct task *task = xcalloc(1, sizeof(*task));

	task->job = *job_taken;
	*job_taken = (struct job){ 0 };
	task->state = jv_null();
	task->options =
		(struct run_options){ .max_tries = -1, .timeout_ms = -1 };
	task->error.max = LIMIT_MESSAGE;
	task->exception.max = LIMIT_EXCEPTION;
	return task;
}

void task_free(struct task **pointer)
{
	struct task *task = *pointer;

	if (!task)
		return;
	*pointer = NULL;
	assert(!task->call && !task->timer);
	job_release(&task->job);
	payload_release(&task->payload);
	run_options_release(&task->options);
	run_step_release(&task->step);
	plan_unref(&task->plan);
	pipeline_unref(&task->pipeline);
	jv_free(task->state);
	free(task->body);
	free(task->feeds);
	free(task->result);
	free(task->cost);
	strbuf_release(&task->error);
	strbuf_release(&task->exception);
	free(task);
}

int task_is_step(const struct task *task)
{
	return task->step.id != 0;
}

static const struct pipeline_step *step_of(const struct task *task)
{
	return task->engine ? &task->pipeline->steps[task->index] : NULL;
}

/* What the payload says goes before the step, then the engine, then us. */
static int64_t tries_of(const struct task *task,
			const struct task_limits *limits)
{
	const struct pipeline_step *step = step_of(task);

	if (task->options.max_tries >= 0)
		return task->options.max_tries;
	if (step && step->tries >= 0)
		return step->tries;
	if (step && task->engine->tries >= 0)
		return task->engine->tries;
	return limits->settings->worker.tries;
}

int64_t task_timeout_ms(const struct task *task,
			const struct task_limits *limits)
{
	const struct pipeline_step *step = step_of(task);

	if (task->options.timeout_ms >= 0)
		return task->options.timeout_ms;
	if (step && step->timeout_ms >= 0)
		return step->timeout_ms;
	if (step && task->engine->timeout_ms >= 0)
		return task->engine->timeout_ms;
	return limits->settings->worker.timeout_ms;
}

static const int64_t *backoff_of(const struct task *task,
				 const struct task_limits *limits)
{
	const struct pipeline_step *step = step_of(task);

	if (task->options.backoff_ms)
		return task->options.backoff_ms;
	if (step && step->backoff_ms)
		return step->backoff_ms;
	if (step && task->engine->backoff_ms)
		return task->engine->backoff_ms;
	return limits->settings->worker.backoff_ms;
}

static void end(struct task *task, enum settle_kind kind)
{
	task->phase = TASK_ENDED;
	task->settle.kind = kind;
	task->settle.job_id = task->job.id;
	task->settle.fence = task->job.fence;
	task->settle.step_id = task->step.id;
	task->settle.run_id = task->step.run_id;
	task->settle.step = task->step.step;
	task->settle.due = task->job.due;
	if (step_of(task) && step_of(task)->input_text)
		task->settle.input = task->body;
}

static void describe(struct task *task, const char *detail,
		     const struct task_limits *limits)
{
	struct strbuf *sb = &task->exception;

	strbuf_clear(sb);
	strbuf_addf(sb, "%s\n", strbuf_str(&task->error));
	if (task_is_step(task)) {
		strbuf_addf(sb, "step      %s/%s, run %" PRIu64,
			    task->step.pipeline, task->step.step,
			    task->step.run_id);
		if (task->step.has_episode)
			strbuf_addf(sb, ", episode %" PRIu64,
				    task->step.episode_id);
		strbuf_addf(sb, "\nattempts  %u of %" PRId64 "\n",
			    task->job.attempts, tries_of(task, limits));
	}
	strbuf_addf(sb, "worker    %s\n", limits->worker);
	if (detail)
		strbuf_adds(sb, detail);
}

void task_fail(struct task *task, const char *reason, const char *detail,
	       const struct task_limits *limits)
{
	static const char hint[] = "\nhint: ";
	const char *cut = strstr(reason, hint);
	size_t len = cut ? (size_t)(cut - reason) : strlen(reason);

	/* One line, for lists: "no pipeline 'x'; did you mean 'y'?" */
	strbuf_clear(&task->error);
	strbuf_add_excerpt(&task->error, reason, len, LIMIT_MESSAGE / 2);
	if (cut)
		strbuf_addf(&task->error, "; %s", cut + strlen(hint));
	describe(task, detail, limits);
	if (task_is_step(task)) {
		end(task, SETTLE_FAIL);
		memcpy(task->uuid, task->step.uuid, sizeof(task->uuid));
	} else {
		end(task, SETTLE_BURY);
		if (*task->payload.uuid)
			memcpy(task->uuid, task->payload.uuid,
			       sizeof(task->uuid));
		else
			uuid_new(task->uuid);
	}
	task->settle.uuid = task->uuid;
	task->settle.error = strbuf_str(&task->error);
	task->settle.exception = strbuf_str(&task->exception);
}

void task_give_back(struct task *task)
{
	end(task, SETTLE_RELEASE);
}

/* Whether it may be begun at all; if not it has failed. */
static int check_attempts(struct task *task, const struct task_limits *limits)
{
	int64_t tries = tries_of(task, limits);
	char text[160];

	if (task->job.lost >= limits->settings->worker.poison) {
		(void)snprintf(text, sizeof(text),
			       "its worker died %u times in a row while it "
			       "ran: not given to another",
			       task->job.lost);
		task_fail(task, text, NULL, limits);
		return 0;
	}
	if (task->options.retry_until > 0) {
		if (limits->server_now_ms <= task->options.retry_until * 1000)
			return 1;
		task_fail(task, "retryUntil has passed", NULL, limits);
		return 0;
	}
	if (tries > 0 && task->job.attempts > tries) {
		(void)snprintf(text, sizeof(text),
			       "attempted too many times: %u attempts are used "
			       "up of %" PRId64,
			       task->job.attempts - 1, tries);
		task_fail(task, text, NULL, limits);
		return 0;
	}
	return 1;
}

static void become_run(struct task *task, struct plan *plan,
		       const struct task_limits *limits)
{
	struct err err;

	task->pipeline = plan_pipeline(plan, task->payload.job);
	if (!task->pipeline) {
		(void)plan_no_pipeline(plan, task->payload.job, &err);
		task_fail(task, err.text, NULL, limits);
		return;
	}
	pipeline_ref(task->pipeline);
	task->expand = (struct run_new){
		.pipeline = task->pipeline,
		.job_id = task->job.id,
		.episode_id = task->payload.episode_id,
		.has_episode = task->payload.has_episode,
		.queue = task->job.queue,
		.input = task->payload.input,
		.options = task->payload.options,
		/*
		 * A second before the job's own time: the steps of a run go
		 * before pipelines that were pushed in the same second, so a
		 * burst does not leave every run half done.
		 */
		.due = task->job.due > 0 ? task->job.due - 1 : 0,
	};
	if (*task->payload.uuid)
		memcpy(task->expand.uuid, task->payload.uuid, UUID_TEXT);
	else
		uuid_new(task->expand.uuid);
	end(task, SETTLE_EXPAND);
	task->settle.expand = &task->expand;
}

void task_read(struct task *task, struct plan *plan,
	       const struct task_limits *limits)
{
	struct err err;

	if (!task->job.payload) {
		(void)err_set(&err, ERR_LIMIT,
			      "payload of %zu bytes is larger than "
			      "worker.max_payload (%" PRId64 ")",
			      task->job.payload_len,
			      limits->settings->worker.max_payload);
		task_fail(task, err.text, NULL, limits);
		return;
	}
	if (payload_parse(task->job.payload, task->job.payload_len,
			  &task->payload, &err)) {
		task_fail(task, err.text, NULL, limits);
		return;
	}
	free(task->job.payload);
	task->job.payload = NULL;
	if (task->payload.step_id)
		return;
	if (run_options_parse(task->payload.options, &task->options, &err)) {
		task_fail(task, err.text, NULL, limits);
		return;
	}
	if (check_attempts(task, limits))
		become_run(task, plan, limits);
}

void task_bind(struct task *task, struct pipeline *pipeline, struct plan *plan,
	       const struct task_limits *limits)
{
	const struct engine *engine;
	struct err err;
	int index;

	if (state_next(task->step.state, EVENT_START) == STATE_COUNT) {
		(void)err_set(&err, ERR_INPUT,
			      "step %" PRIu64 " cannot start: it is %s",
			      task->step.id, state_name(task->step.state));
		run_step_release(&task->step);
		task_fail(task, err.text, NULL, limits);
		return;
	}
	if (run_options_parse(task->step.options, &task->options, &err)) {
		task_fail(task, err.text, NULL, limits);
		return;
	}
	index = pipeline_step_index(pipeline, task->step.step);
	if (index < 0) {
		task_fail(task, "its run's definition has no such step", NULL,
			  limits);
		return;
	}
	engine = plan_engine(plan, pipeline->steps[index].engine);
	if (!engine) {
		(void)err_set(&err, ERR_CONFIG,
			      "no engine '%s' in this worker's configuration",
			      pipeline->steps[index].engine);
		task_fail(task, err.text, NULL, limits);
		return;
	}
	task->pipeline = pipeline_ref(pipeline);
	task->plan = plan_ref(plan);
	task->engine = engine;
	task->index = (size_t)index;
	(void)check_attempts(task, limits); /* it ends the task if not */
}

/* A JSON text of the database, which wrote it as JSON. */
static jv stored(const char *text)
{
	struct err err;
	jv v;

	if (!text || json_parse(text, strlen(text), &v, &err))
		return jv_null();
	return v;
}

static jv run_value(const struct run_step *step)
{
	jv run = jv_object();

	run = jv_object_set(run, jv_string("id"),
			    jv_number((double)step->run_id));
	run = jv_object_set(run, jv_string("uuid"), jv_string(step->run_uuid));
	run = jv_object_set(run, jv_string("pipeline"),
			    jv_string(step->pipeline));
	return jv_object_set(run, jv_string("episode_id"),
			     step->has_episode
				     ? jv_number((double)step->episode_id)
				     : jv_null());
}

static void build_state(struct task *task, const struct run_result *results,
			size_t n)
{
	const struct pipeline *pipeline = task->pipeline;
	const struct pipeline_step *step = step_of(task);
	size_t i;
	int index;

	task->state = jv_object_set(jv_object(), jv_string("input"),
				    stored(task->step.run_input));
	task->state = jv_object_set(task->state, jv_string("run"),
				    run_value(&task->step));
	task->feeds = xcalloc(step->feeds_n, sizeof(*task->feeds));
	for (i = 0; i < n; i++) {
		if (results[i].run_id != task->step.run_id)
			continue;
		index = pipeline_step_index(pipeline, results[i].step);
		if (index < 0)
			continue;
		if (step->above[index])
			task->state = jv_object_set(task->state,
						    jv_string(results[i].step),
						    stored(results[i].result));
		for (size_t k = 0; k < step->feeds_n; k++)
			if (step->feeds[k] == (size_t)index)
				task->feeds[k] = results[i].step_id;
	}
}

void task_prepare(struct task *task, const struct run_result *results, size_t n,
		  const struct task_limits *limits)
{
	const struct pipeline_step *step = step_of(task);
	struct err err;
	jv body;

	build_state(task, results, n);
	if (!step->input) {
		task->body = json_text(task->state);
		return;
	}
	if (expr_run(step->input, task->state, jv_null(), &body, &err)) {
		(void)err_wrap(&err, "input");
		task_fail(task, err.text, NULL, limits);
		return;
	}
	task->body = json_text(body);
	jv_free(body);
}

const char *task_stage(const struct task *task)
{
	const struct pipeline_step *step = step_of(task);

	return step->state ? step->state : step->name;
}

/* The `cost` expression's value as decimal text; NULL with `err` set. */
static char *cost_text(const struct task *task, jv response, struct err *err)
{
	const struct pipeline_step *step = step_of(task);
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

static void finish_done(struct task *task, jv response,
			const struct task_limits *limits)
{
	const struct pipeline_step *step = step_of(task);
	struct err err;
	jv result;

	if (!step->output) {
		task->result = json_text(response);
	} else if (expr_run(step->output, task->state, response, &result,
			    &err)) {
		(void)err_wrap(&err, "output");
		task_fail(task, err.text, NULL, limits);
		return;
	} else {
		task->result = json_text(result);
		jv_free(result);
	}
	task->cost = cost_text(task, response, &err);
	if (!task->cost) {
		task_fail(task, err.text, NULL, limits);
		return;
	}
	end(task, SETTLE_DONE);
	task->settle.result = task->result;
	task->settle.cost = task->cost;
	task->settle.share = 100 * step->weight / task->pipeline->weight;
	task->settle.feeds = task->feeds;
	task->settle.feeds_n = step->feeds_n;
}

static int may_retry(const struct task *task, int64_t delay_ms,
		     const struct task_limits *limits)
{
	int64_t tries = tries_of(task, limits);

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
	delay_ms = backoff_ms(backoff_of(task, limits), task->job.attempts,
			      limits->settings->worker.jitter, limits->random);
	delay_ms = MAX(delay_ms, outcome->retry_after_ms);
	strbuf_addf(&reason, "engine %s: %s", task->engine->name,
		    strbuf_str(&outcome->reason));
	if (outcome->verdict == STEP_RETRY &&
	    may_retry(task, delay_ms, limits)) {
		strbuf_clear(&task->error);
		strbuf_adds(&task->error, strbuf_str(&reason));
		end(task, SETTLE_RETRY);
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

size_t task_bytes(const struct task *task)
{
	return 1000 + (task->result ? strlen(task->result) : 0) +
	       (task->settle.input ? strlen(task->settle.input) : 0) +
	       task->exception.len +
	       (task->payload.input ? strlen(task->payload.input) : 0);
}
