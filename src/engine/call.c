/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/body.h"
#include "engine/call.h"

static char *header(const struct call *call, const char *name)
{
	const char *value = MHD_lookup_connection_value(call->connection,
							MHD_HEADER_KIND, name);

	return xstrdup(value ? value : "");
}

static enum MHD_Result keep_header(void *arg, enum MHD_ValueKind kind,
				   const char *name, const char *value)
{
	struct call *call = arg;

	(void)kind;
	if (strncasecmp(name, "Stepq-", 6) == 0 ||
	    strcasecmp(name, "Idempotency-Key") == 0 ||
	    strcasecmp(name, "traceparent") == 0)
		body_set_text(&call->headers, name, value ? value : "");
	return MHD_YES;
}

struct call *call_new(struct MHD_Connection *connection,
		      const struct role *role)
{
	struct call *call = xcalloc(1, sizeof(*call));
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection,
					MHD_CONNECTION_INFO_CONNECTION_FD);

	call->connection = connection;
	call->wait.fd = info->connect_fd;
	call->role = role;
	call->key = header(call, "Idempotency-Key");
	call->run = header(call, "Stepq-Run");
	call->step = header(call, "Stepq-Step");
	call->attempt = header(call, "Stepq-Attempt");
	call->headers = jv_object();
	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND,
					keep_header, call);
	call->started_ms = clock_mono_ms();
	call->body.max = (size_t)LIMIT_ENGINE_BODY;
	call->answer.max = (size_t)LIMIT_ENGINE_BODY * 2;
	call->piece.max = call->answer.max + 64;
	return call;
}

void call_free(struct call **call_in_out)
{
	struct call *call = *call_in_out;

	*call_in_out = NULL;
	if (!call)
		return;
	free(call->key);
	free(call->run);
	free(call->step);
	free(call->attempt);
	jv_free(call->headers);
	strbuf_release(&call->body);
	strbuf_release(&call->answer);
	strbuf_release(&call->piece);
	free(call);
}

struct query_faults {
	struct fault *fault;
	struct err *err;
	int rc;
};

static enum MHD_Result set_query_fault(void *arg, enum MHD_ValueKind kind,
				       const char *name, const char *value)
{
	struct query_faults *query = arg;

	(void)kind;
	query->rc =
		fault_set(query->fault, name, value ? value : "1", query->err);
	return query->rc ? MHD_NO : MHD_YES;
}

int call_read_faults(struct call *call, const struct fault *always,
		     struct err *err)
{
	struct query_faults query = { .fault = &call->fault, .err = err };
	const char *value;

	call->fault = *always;
	(void)MHD_get_connection_values(call->connection, MHD_GET_ARGUMENT_KIND,
					set_query_fault, &query);
	if (query.rc)
		return -1;
	value = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND,
					    "Engine-Fault");
	return value ? fault_parse(&call->fault, value, err) : 0;
}

struct calllog_entry call_entry(const struct call *call)
{
	return (struct calllog_entry){
		.role = call->role ? call->role->name : "",
		.key = call->key,
		.run = call->run,
		.step = call->step,
		.attempt = call->attempt,
		.status = call->status,
		.ms = clock_mono_ms() - call->started_ms,
		.fault = fault_act_name(call->act),
	};
}

void call_set_error(struct call *call, unsigned int status, const char *text)
{
	jv answer = jv_object();

	body_set_text(&answer, "error", text);
	strbuf_clear(&call->answer);
	json_dump(answer, &call->answer);
	jv_free(answer);
	call->status = status;
	call->is_worked = 1;
}

void call_work(struct call *call, const struct role_ctx *shared)
{
	struct role_ctx ctx = *shared;
	struct err err = { 0 };
	jv body, answer;

	if (json_parse(strbuf_str(&call->body), call->body.len, &body, &err)) {
		(void)err_wrap(&err, "the body is not usable");
		call_set_error(call, MHD_HTTP_BAD_REQUEST, err.text);
		return;
	}
	ctx.headers = call->headers;
	ctx.reject_first = call->fault.reject_first;
	if (call->role->run(&ctx, body, &answer, &err)) {
		call_set_error(call,
			       err.code == ERR_INPUT || err.code == ERR_LIMIT
				       ? MHD_HTTP_BAD_REQUEST
				       : MHD_HTTP_INTERNAL_SERVER_ERROR,
			       err.text);
	} else {
		json_dump(answer, &call->answer);
		jv_free(answer);
		call->status = MHD_HTTP_OK;
		call->is_worked = 1;
		if (call->answer.is_full)
			call_set_error(call, MHD_HTTP_INTERNAL_SERVER_ERROR,
				       "the answer is too long");
	}
	jv_free(body);
}

int call_is_gone(const struct call *call)
{
	char byte;

	return call->is_gone ||
	       recv(call->wait.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}
