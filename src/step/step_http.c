/* SPDX-License-Identifier: MIT */

/*
 * An engine over HTTP: POST the body, read the answer's status. What is worth
 * another attempt is what the network, the gateway or a limit did; an engine
 * that understood and said no is not asked again.
 */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "plan/engine.h"
#include "step/call.h"
#include "sys/httpc.h"

enum {
	OWN_HEADERS = 5
};

static char **make_headers(const struct step_request *request)
{
	char *const *more = request->engine->headers;
	size_t n = 0, i;
	char trace[STEP_TRACE];
	char **headers;

	while (more && more[n])
		n++;
	headers = xcalloc(n + OWN_HEADERS + 1, sizeof(char *));
	step_trace(request, trace);
	headers[0] = xasprintf("Idempotency-Key: %s", request->idempotency_key);
	headers[1] = xasprintf("Stepq-Run: %s", request->run);
	headers[2] = xasprintf("Stepq-Step: %s", request->step);
	headers[3] = xasprintf("Stepq-Attempt: %u", request->attempt);
	headers[4] = xasprintf("traceparent: %s", trace);
	for (i = 0; i < n; i++)
		headers[OWN_HEADERS + i] = xstrdup(more[i]);
	return headers;
}

static void free_headers(char **headers)
{
	size_t i;

	for (i = 0; headers[i]; i++)
		free(headers[i]);
	free(headers);
}

/* What an engine says of its failure, where it says so in the usual places. */
static int add_said(struct strbuf *out, const struct httpc_response *response)
{
	static const char *const keys[] = { "message", "error", "detail",
					    "title" };
	struct err err;
	const char *said = NULL;
	jv body, inner;
	size_t i;

	if (json_parse(response->body, response->body_len, &body, &err))
		return 0;
	inner = json_get(body, "error");
	for (i = 0; i < ARRAY_SIZE(keys) && !said; i++) {
		said = json_str(inner, keys[i]);
		if (!said)
			said = json_str(body, keys[i]);
	}
	if (said) {
		strbuf_adds(out, ": ");
		strbuf_add_excerpt(out, said, strlen(said), LIMIT_EXCERPT);
	}
	jv_free(inner);
	jv_free(body);
	return said != NULL;
}

static void add_detail(struct step_call *call,
		       const struct httpc_response *response)
{
	struct strbuf *detail = &call->outcome.detail;
	char took[DUR_TEXT];

	if (response->code)
		strbuf_addf(detail, "answer    HTTP %d, %s, %zu bytes in %s\n",
			    response->code,
			    *response->content_type ? response->content_type
						    : "no content type",
			    response->body_len,
			    dur_format(response->took_ms, took));
	else
		strbuf_addf(detail, "answer    none in %s\n",
			    dur_format(response->took_ms, took));
	if (response->body_len > 0) {
		strbuf_adds(detail, "body      ");
		strbuf_add_excerpt(detail, response->body, response->body_len,
				   LIMIT_EXCERPT * 4);
		strbuf_addc(detail, '\n');
	}
}

static int is_retryable(int code)
{
	return code == 408 || code == 425 || code == 429 || code >= 500;
}

static void end_answered(struct step_call *call,
			 const struct httpc_response *response)
{
	struct strbuf *reason = &call->outcome.reason;
	char what[32];

	(void)snprintf(what, sizeof(what), "answered %d", response->code);
	if (response->code == 202 && *response->location) {
		step_end_reason(call, STEP_FAIL,
				"answered 202 with Location %s: results that "
				"come later are not supported",
				response->location);
		return;
	}
	if (response->code >= 200 && response->code < 300) {
		step_end_json(call, what, response->body, response->body_len);
		return;
	}
	strbuf_adds(reason, what);
	if (!add_said(reason, response) && response->body_len > 0) {
		strbuf_adds(reason, ": ");
		strbuf_add_excerpt(reason, response->body, response->body_len,
				   200);
	}
	call->outcome.retry_after_ms = response->retry_after_ms;
	step_end(call, is_retryable(response->code) ? STEP_RETRY : STEP_FAIL);
}

static void on_response(void *arg, const struct httpc_response *response)
{
	struct step_call *call = arg;

	call->state = NULL; /* the request is gone with this callback */
	call->outcome.http_status = response->code;
	add_detail(call, response);
	switch (response->status) {
	case HTTPC_OK:
		end_answered(call, response);
		return;
	case HTTPC_REFUSED:
	case HTTPC_CUT:
	case HTTPC_TIMEOUT:
		step_end_reason(call, STEP_RETRY, "%s", response->reason);
		return;
	case HTTPC_TOO_LARGE:
	case HTTPC_REDIRECT:
	case HTTPC_INVALID:
		step_end_reason(call, STEP_FAIL, "%s", response->reason);
		return;
	}
	BUG("httpc status %d", (int)response->status);
}

static void http_start(struct step_call *call,
		       const struct step_request *request)
{
	char **headers = make_headers(request);
	struct httpc_options options = {
		.url = request->engine->url,
		.headers = (const char *const *)headers,
		.body = request->body,
		.body_len = request->body_len,
		.body_max = (size_t)request->engine->max_body,
		.connect_ms = request->engine->connect_timeout_ms,
	};

	strbuf_addf(&call->outcome.detail, "called    POST %s\n",
		    request->engine->url);
	call->state = httpc_send(call->env.httpc, &options, on_response, call);
	free_headers(headers);
}

static void http_stop(struct step_call *call)
{
	struct httpc_request *request = call->state;

	httpc_cancel(&request);
	call->state = NULL;
}

const struct step_ops step_http = { http_start, http_stop, NULL };
