/* SPDX-License-Identifier: MIT */

/*
 * The frame around every call: its timer, its one end, its secrets.
 *
 * One timer serves as timeout while the call runs and, armed with 0, brings
 * the callback in the next turn of the loop. So a kind may end its call from
 * inside start(), and no callback runs while somebody still holds the call.
 */

#include <config.h>

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "plan/engine.h"
#include "step/call.h"
#include "sys/loop.h"

static const struct step_ops *ops_of(const struct engine *engine)
{
	switch (engine->kind) {
	case ENGINE_HTTP:
		return &step_http;
	case ENGINE_COMMAND:
		return &step_command;
	case ENGINE_DUMMY:
		return &step_dummy;
	}
	BUG("engine '%s' is of no kind", engine->name);
}

static void call_free(struct step_call *call)
{
	if (call->state)
		call->ops->stop(call);
	assert(!call->state);
	loop_timer_del(&call->timer);
	jv_free(call->outcome.response);
	strbuf_release(&call->outcome.reason);
	strbuf_release(&call->outcome.detail);
	free(call);
}

static void on_timer(void *arg)
{
	struct step_call *call = arg;

	if (!call->has_ended) {
		call->is_expired = 1;
		if (call->ops->expire)
			call->ops->expire(call);
		else
			step_end_expired(call);
		return;
	}
	engine_scrub(call->engine, &call->outcome.reason);
	engine_scrub(call->engine, &call->outcome.detail);
	call->on_done(call->arg, &call->outcome);
	call_free(call);
}

struct step_call *step_start(const struct step_env *env,
			     const struct step_request *request,
			     step_done_fn on_done, step_log_fn on_log,
			     void *arg)
{
	struct step_call *call = xcalloc(1, sizeof(*call));

	*call = (struct step_call){
		.ops = ops_of(request->engine),
		.env = *env,
		.engine = request->engine,
		.timeout_ms = request->timeout_ms,
		.outcome = { .response = jv_invalid(),
			     .reason = { .max = LIMIT_MESSAGE },
			     .detail = { .max = LIMIT_EXCEPTION / 2 },
			     .retry_after_ms = -1 },
		.on_done = on_done,
		.on_log = on_log,
		.arg = arg,
	};
	call->timer =
		loop_timer_add(env->loop, request->timeout_ms, on_timer, call);
	if (request->timeout_ms == 0)
		loop_timer_stop(call->timer);
	call->ops->start(call, request);
	return call;
}

void step_cancel(struct step_call **call)
{
	if (!*call)
		return;
	call_free(*call);
	*call = NULL;
}

void step_end(struct step_call *call, enum step_verdict verdict)
{
	assert(!call->has_ended);
	call->has_ended = 1;
	call->outcome.verdict = verdict;
	if (call->state)
		call->ops->stop(call);
	loop_timer_set(call->timer, 0);
}

void step_end_reason(struct step_call *call, enum step_verdict verdict,
		     const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&call->outcome.reason, fmt, ap);
	va_end(ap);
	step_end(call, verdict);
}

void step_end_expired(struct step_call *call)
{
	char limit[DUR_TEXT];

	step_end_reason(call, STEP_RETRY, "timed out after %s",
			dur_format(call->timeout_ms, limit));
}

void step_end_json(struct step_call *call, const char *what, const char *text,
		   size_t len)
{
	struct step_outcome *outcome = &call->outcome;
	struct err err;

	if (json_parse(text, len, &outcome->response, &err) == 0) {
		step_end(call, STEP_DONE);
		return;
	}
	strbuf_addf(&outcome->reason, "%s, not JSON: %s", what, err.text);
	if (len > 0) {
		strbuf_adds(&outcome->reason, ": ");
		strbuf_add_excerpt(&outcome->reason, text, len, 120);
	}
	step_end(call, STEP_FAIL);
}

void step_trace(const struct step_request *request, char out[STEP_TRACE])
{
	char trace[33] = "00000000000000000000000000000001";
	uint64_t span;
	size_t i, n = 0;

	for (i = 0; request->run[i] && n < 32; i++)
		if (request->run[i] != '-')
			trace[n++] = request->run[i];
	if (getrandom(&span, sizeof(span), 0) != (ssize_t)sizeof(span))
		BUG("getrandom gives no bytes");
	(void)snprintf(out, STEP_TRACE, "00-%s-%016" PRIx64 "-01", trace,
		       span | 1);
}
