/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "conf/settings.h"
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
	task->scope = jv_null();
	task->items = jv_null();
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
	jv_free(task->scope);
	task_map_release(task);
	free(task->rounds);
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

const struct pipeline_step *task_step(const struct task *task)
{
	return task_is_step(task) && task->pipeline
		       ? &task->pipeline->steps[task->index]
		       : NULL;
}

/* What the payload says goes before the step, then the engine, then us. */
int64_t task_tries(const struct task *task, const struct task_limits *limits)
{
	const struct pipeline_step *step = task_step(task);

	if (task->options.max_tries >= 0)
		return task->options.max_tries;
	if (step && step->tries >= 0)
		return step->tries;
	if (task->engine && task->engine->tries >= 0)
		return task->engine->tries;
	return limits->settings->worker.tries;
}

int64_t task_timeout_ms(const struct task *task,
			const struct task_limits *limits)
{
	const struct pipeline_step *step = task_step(task);

	if (task->options.timeout_ms >= 0)
		return task->options.timeout_ms;
	if (step && step->timeout_ms >= 0)
		return step->timeout_ms;
	if (task->engine && task->engine->timeout_ms >= 0)
		return task->engine->timeout_ms;
	return limits->settings->worker.timeout_ms;
}

const int64_t *task_backoff_ms(const struct task *task,
			       const struct task_limits *limits)
{
	const struct pipeline_step *step = task_step(task);

	if (task->options.backoff_ms)
		return task->options.backoff_ms;
	if (step && step->backoff_ms)
		return step->backoff_ms;
	if (task->engine && task->engine->backoff_ms)
		return task->engine->backoff_ms;
	return limits->settings->worker.backoff_ms;
}

void task_end(struct task *task, enum settle_kind kind)
{
	const struct pipeline_step *step = task_step(task);

	task->phase = TASK_ENDED;
	task->settle = (struct settle){
		.kind = kind,
		.job_id = task->job.id,
		.fence = task->job.fence,
		.step_id = task->step.id,
		.run_id = task->step.run_id,
		.parent_id = task->step.parent_id,
		.step = task->step.step,
		.due = task->job.due,
		.share = task->share,
		.feeds = task->feeds,
		.feeds_n = task->feeds ? step->feeds_n : 0,
	};
	if (step && step->input_text)
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
			    task->job.attempts, task_tries(task, limits));
	}
	strbuf_addf(sb, "worker    %s\n", limits->worker);
	if (detail)
		strbuf_adds(sb, detail);
}

/* An item's failure is the map's to judge. */
static void end_failed(struct task *task)
{
	const struct pipeline_step *step = task_step(task);
	enum pipeline_policy policy =
		step && task->has_scope && !task->step.parent_id ? step->policy
								 : POLICY_FAIL;

	task_end(task, policy == POLICY_SKIP ? SETTLE_SKIP : SETTLE_FAIL);
	task->settle.is_tolerated = policy == POLICY_CONTINUE;
	task->settle.message = "failed, and that counts as skipped";
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
		end_failed(task);
		memcpy(task->uuid, task->step.uuid, sizeof(task->uuid));
	} else {
		task_end(task, SETTLE_BURY);
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
	task_end(task, SETTLE_RELEASE);
}

int task_check_attempts(struct task *task, const struct task_limits *limits)
{
	int64_t tries = task_tries(task, limits);
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
	task_end(task, SETTLE_EXPAND);
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
	if (task_check_attempts(task, limits))
		become_run(task, plan, limits);
}

/* Its step is over, cancelled perhaps: there is nothing to do. */
static int is_stale(const struct task *task)
{
	return state_is_final(task->step.state) &&
	       task->step.state != STATE_FAILED;
}

void task_bind(struct task *task, struct pipeline *pipeline, struct plan *plan,
	       const struct task_limits *limits)
{
	struct err err;
	int index;

	if (is_stale(task)) {
		task_end(task, SETTLE_DROP);
		task->settle.step_id = 0;
		return;
	}
	if (state_next(task->step.state, EVENT_START) == STATE_COUNT ||
	    (task->step.waiting_on > 0 && !task->step.has_items)) {
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
	task->pipeline = pipeline_ref(pipeline);
	task->plan = plan_ref(plan);
	task->index = (size_t)index;
	if (!pipeline->steps[index].engine)
		return;
	task->engine = plan_engine(plan, pipeline->steps[index].engine);
	if (!task->engine) {
		(void)err_set(&err, ERR_CONFIG,
			      "no engine '%s' in this worker's configuration",
			      pipeline->steps[index].engine);
		task_fail(task, err.text, NULL, limits);
	}
}

void task_prepare(struct task *task, const struct task_limits *limits)
{
	const struct pipeline_step *step = task_step(task);
	struct err err;
	jv body;

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

static int mentions_state(const char *program)
{
	return program && strstr(program, "$state");
}

void task_trim(struct task *task)
{
	const struct pipeline_step *step = task_step(task);

	if (!step->input_text) {
		free(task->body);
		task->body = NULL;
	}
	if (step->again.to || mentions_state(step->output_text) ||
	    mentions_state(step->cost_text))
		return;
	jv_free(task->state);
	task->state = jv_null();
	if (task->step.parent_id)
		return; /* other items of the map take it from here */
	jv_free(task->scope);
	task->scope = jv_null();
}

const char *task_stage(const struct task *task)
{
	const struct pipeline_step *step = task_step(task);

	return step->state ? step->state : step->name;
}

size_t task_bytes(const struct task *task)
{
	return 1000 + task_map_bytes(task) +
	       (task->result ? strlen(task->result) : 0) +
	       (task->settle.input ? strlen(task->settle.input) : 0) +
	       task->exception.len +
	       (task->payload.input ? strlen(task->payload.input) : 0);
}
