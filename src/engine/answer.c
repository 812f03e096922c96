/* SPDX-License-Identifier: MIT */

/*
 * Three kinds of answers: a buffer at once; a body that a reader makes as it
 * is sent (endless, cut in half, or progress line by line); and none, where
 * MHD_NO makes the server close the connection.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "engine/answer.h"
#include "engine/call.h"
#include "engine/dice.h"
#include "engine/promise.h"
#include "engine/stream.h"

static const char type_json[] = "application/json";

enum {
	STREAM_BLOCK = 64 * 1024,
	STATUS_REFUSED = 422 /* the library has renamed its macro */
};

static enum MHD_Result send_response(struct MHD_Connection *connection,
				     unsigned int status, const char *type,
				     struct MHD_Response *response)
{
	enum MHD_Result rc;

	if (type)
		(void)MHD_add_response_header(response, "Content-Type", type);
	rc = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return rc;
}

static struct MHD_Response *response_of(const void *data, size_t len)
{
	char *copy = xmalloc(len ? len : 1);

	memcpy(copy, data, len);
	return MHD_create_response_from_buffer(len, copy,
					       MHD_RESPMEM_MUST_FREE);
}

enum MHD_Result answer_text(struct MHD_Connection *connection,
			    unsigned int status, const char *type,
			    const char *text)
{
	return send_response(connection, status, type,
			     response_of(text, strlen(text)));
}

enum MHD_Result answer_error(struct MHD_Connection *connection,
			     unsigned int status, const char *text)
{
	struct strbuf body = { 0 };
	enum MHD_Result rc;

	strbuf_adds(&body, "{\"error\":");
	json_quote(&body, text);
	strbuf_addc(&body, '}');
	rc = answer_text(connection, status, type_json, strbuf_str(&body));
	strbuf_release(&body);
	return rc;
}

static enum MHD_Result answer_bytes(struct call *call, const char *type,
				    const void *data, size_t len)
{
	call->status = MHD_HTTP_OK;
	return send_response(call->connection, call->status, type,
			     response_of(data, len));
}

static enum MHD_Result answer_garbage(struct call *call)
{
	struct dice dice = dice_of(call->key);
	unsigned char bytes[256];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)dice_below(&dice, 256);
	return answer_bytes(call, type_json, bytes, sizeof(bytes));
}

static enum MHD_Result answer_failure(struct call *call, unsigned int status)
{
	struct MHD_Response *response;

	call_set_error(call, status, "this failure was asked for");
	response = response_of(strbuf_str(&call->answer), call->answer.len);
	if (call->fault.retry_after[0])
		(void)MHD_add_response_header(response, "Retry-After",
					      call->fault.retry_after);
	return send_response(call->connection, status, type_json, response);
}

static enum MHD_Result answer_redirect(struct call *call)
{
	struct MHD_Response *response = response_of("", 0);

	(void)MHD_add_response_header(response, "Location",
				      call->fault.redirect);
	call->status = MHD_HTTP_TEMPORARY_REDIRECT;
	return send_response(call->connection, call->status, NULL, response);
}

/* A JSON string that goes on and on. */
static ssize_t read_huge(void *arg, uint64_t pos, char *buf, size_t max)
{
	const struct call *call = arg;
	uint64_t left = call->fault.huge - pos;

	if (left == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	max = (size_t)MIN((uint64_t)max, left);
	memset(buf, 'x', max);
	if (pos == 0)
		buf[0] = '"';
	if (max == left)
		buf[max - 1] = '"';
	return (ssize_t)max;
}

static ssize_t read_half(void *arg, uint64_t pos, char *buf, size_t max)
{
	const struct call *call = arg;
	uint64_t left = call->answer.len / 2 - pos;

	if (left == 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	max = (size_t)MIN((uint64_t)max, left);
	memcpy(buf, strbuf_str(&call->answer) + pos, max);
	return (ssize_t)max;
}

static enum MHD_Result answer_stream(struct call *call, uint64_t size,
				     const char *type,
				     MHD_ContentReaderCallback reader)
{
	call->phase = CALL_STREAMING;
	call->status = MHD_HTTP_OK;
	return send_response(call->connection, call->status, type,
			     MHD_create_response_from_callback(
				     size, STREAM_BLOCK, reader, call, NULL));
}

static enum MHD_Result answer_worked(struct call *call)
{
	return send_response(call->connection, call->status, type_json,
			     response_of(strbuf_str(&call->answer),
					 call->answer.len));
}

static enum MHD_Result answer_accepted(struct call *call)
{
	static const char body[] = "{\"status\":\"accepted\"}";
	struct MHD_Response *response = response_of(body, strlen(body));
	char token[PROMISE_TOKEN], *location;

	promise_add(call->promises, call->key, call->fault.accept,
		    &call->answer, token);
	location = xasprintf("/promises/%s", token);
	(void)MHD_add_response_header(response, "Location", location);
	if (call->fault.retry_after[0])
		(void)MHD_add_response_header(response, "Retry-After",
					      call->fault.retry_after);
	free(location);
	call->status = MHD_HTTP_ACCEPTED;
	return send_response(call->connection, call->status, type_json,
			     response);
}

enum MHD_Result answer_call(struct call *call)
{
	static const char html[] =
		"<!DOCTYPE html><title>Login</title><h1>Please log in</h1>\n";
	static const char broken[] = "{\"text\":\"a broken \xff byte\"}";
	const struct fault *fault = &call->fault;

	if (call->is_worked && call->status != MHD_HTTP_OK)
		return answer_worked(call);
	switch (call->act) {
	case FAULT_HANG:
	case FAULT_CUT_HEADERS:
		return MHD_NO;
	case FAULT_REDIRECT:
		return answer_redirect(call);
	case FAULT_STATUS:
		return answer_failure(call, (unsigned int)fault->status);
	case FAULT_REFUSE:
		return answer_failure(
			call, fault->error_status
				      ? (unsigned int)fault->error_status
				      : STATUS_REFUSED);
	case FAULT_FAIL_FIRST:
	case FAULT_ERROR_RATE:
		return answer_failure(
			call, fault->error_status
				      ? (unsigned int)fault->error_status
				      : 500);
	case FAULT_HTML:
		return answer_bytes(call, "text/html", html, strlen(html));
	case FAULT_EMPTY:
		return answer_bytes(call, type_json, "", 0);
	case FAULT_GARBAGE:
		return answer_garbage(call);
	case FAULT_INVALID_UTF8:
		return answer_bytes(call, type_json, broken, strlen(broken));
	case FAULT_NOT_OBJECT:
		return answer_bytes(call, type_json, "[1,2,3]", 7);
	case FAULT_HUGE:
		return answer_stream(call, MHD_SIZE_UNKNOWN, type_json,
				     read_huge);
	case FAULT_CUT:
		return answer_stream(call, call->answer.len, type_json,
				     read_half);
	case FAULT_PROGRESS:
		return answer_stream(call, MHD_SIZE_UNKNOWN, stream_type(call),
				     stream_read);
	case FAULT_ACCEPT:
		return answer_accepted(call);
	case FAULT_NONE:
		break;
	}
	return answer_worked(call);
}
