/* SPDX-License-Identifier: MIT */
#ifndef STEP_STEP_H
#define STEP_STEP_H

/**
 * Running one step: a call to its engine, over HTTP, as a local command or
 * built in. A call ends exactly once, by its callback from a later turn of
 * the loop, or by step_cancel(), after which no callback comes.
 *
 * What ends a call:
 *   STEP_DONE   the engine answered with JSON
 *   STEP_RETRY  worth another attempt: no connection, cut, timed out, 408,
 *               425, 429, 5xx, exit status 75, killed by a signal
 *   STEP_FAIL   not worth one: another status, no JSON, too large, a redirect
 *               to another host, another exit status
 */

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "base/util.h"

struct engine;
struct httpc;
struct loop;
struct step_call;

/** What calls run on. */
struct step_env {
	struct loop *loop;
	struct httpc *httpc;
};

/** Borrowed until step_start() returns, but for `engine`: until the end. */
struct step_request {
	const struct engine *engine;
	const char *body; /* JSON */
	size_t body_len;
	const char *idempotency_key; /* the step's uuid */
	const char *run;             /* the run's uuid */
	const char *step;            /* its name */
	uint32_t attempt;            /* times started, this one included */
	int64_t timeout_ms;          /* 0: none */
};

enum step_verdict {
	STEP_DONE,
	STEP_RETRY,
	STEP_FAIL,
};

/** The end of a call; borrowed by the callback. */
struct step_outcome {
	enum step_verdict verdict;
	jv response;            /* of STEP_DONE, else jv_invalid() */
	struct strbuf reason;   /* one line: what went wrong */
	struct strbuf detail;   /* lines "key  value" for failed_jobs */
	int http_status;        /* 0: none */
	int64_t retry_after_ms; /* what the engine asked for; -1: nothing */
};

typedef void (*step_done_fn)(void *arg, struct step_outcome *outcome);
typedef void (*step_log_fn)(void *arg, const char *line, size_t len);

/** `on_log` gets what a command writes on stderr, line by line. */
struct step_call *step_start(const struct step_env *env,
			     const struct step_request *request,
			     step_done_fn on_done, step_log_fn on_log,
			     void *arg);

/** NULL is a no-op. */
void step_cancel(struct step_call **call);

#endif
