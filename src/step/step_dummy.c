/* SPDX-License-Identifier: MIT */

/*
 * The built-in engine: waits as long as it is told, then gives its configured
 * result, or fails as often as it is told. For trying a pipeline without its
 * engines.
 *
 * Which calls fail follows from the step's uuid and the attempt, not from
 * chance: the same call fails again when it is repeated.
 */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/engine.h"
#include "plan/expr.h"
#include "step/call.h"
#include "sys/loop.h"

struct dummy {
	struct loop_timer *timer;
	int fails;
	char *body;
	size_t body_len;
};

/* FNV-1a over key and attempt, as a share of 1. */
static double draw(const struct step_request *request)
{
	const char *p = request->idempotency_key;
	uint64_t hash = 14695981039346656037u ^ request->attempt;

	for (; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	hash ^= hash >> 29;
	return (double)(hash % 1000000) / 1000000;
}

static void dummy_stop(struct step_call *call)
{
	struct dummy *dummy = call->state;

	loop_timer_del(&dummy->timer);
	free(dummy->body);
	free(dummy);
	call->state = NULL;
}

static void on_due(void *arg)
{
	struct step_call *call = arg;
	struct dummy *dummy = call->state;
	struct err err;
	jv input, result;

	if (dummy->fails) {
		step_end_reason(call, STEP_RETRY, "failed as fail_rate asks");
		return;
	}
	if (!call->engine->dummy.result) {
		step_end_json(call, "dummy", dummy->body, dummy->body_len);
		return;
	}
	if (json_parse(dummy->body, dummy->body_len, &input, &err)) {
		step_end_reason(call, STEP_FAIL, "input: %s", err.text);
		return;
	}
	if (expr_run(call->engine->dummy.result, input, jv_null(), &result,
		     &err)) {
		step_end_reason(call, STEP_FAIL, "%s", err.text);
	} else {
		call->outcome.response = result;
		step_end(call, STEP_DONE);
	}
	jv_free(input);
}

static void dummy_start(struct step_call *call,
			const struct step_request *request)
{
	struct dummy *dummy = xcalloc(1, sizeof(*dummy));

	dummy->fails = draw(request) < request->engine->dummy.fail_rate;
	dummy->body = xstrndup(request->body, request->body_len);
	dummy->body_len = request->body_len;
	call->state = dummy;
	if (request->engine->dummy.ms > 0)
		dummy->timer =
			loop_timer_add(call->env.loop,
				       request->engine->dummy.ms, on_due, call);
	else
		on_due(call);
}

const struct step_ops step_dummy = { dummy_start, dummy_stop, NULL };
