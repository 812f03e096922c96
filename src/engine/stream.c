/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "engine/call.h"
#include "engine/fault.h"
#include "engine/stream.h"

const char *stream_type(const struct call *call)
{
	return call->fault.sse ? "text/event-stream" : "application/x-ndjson";
}

static void next_piece(struct call *call)
{
	uint64_t n = call->fault.progress, i = ++call->pieces;
	struct strbuf *out = &call->piece;

	strbuf_clear(out);
	call->piece_pos = 0;
	if (call->fault.sse)
		strbuf_adds(out, "data: ");
	if (i <= n) {
		strbuf_addf(out,
			    "{\"progress\":%.4g,\"message\":\"part %" PRIu64
			    " of %" PRIu64 "\"}",
			    (double)i / (double)n, i, n);
	} else {
		strbuf_adds(out, "{\"result\":");
		strbuf_add(out, strbuf_str(&call->answer), call->answer.len);
		strbuf_addc(out, '}');
	}
	strbuf_adds(out, call->fault.sse ? "\n\n" : "\n");
}

static int64_t next_due_ms(const struct call *call)
{
	double share =
		(double)(call->pieces + 1) / (double)(call->fault.progress + 1);

	return call->started_ms + (int64_t)((double)call->latency_ms * share);
}

ssize_t stream_read(void *arg, uint64_t pos, char *buf, size_t max)
{
	struct call *call = arg;

	(void)pos;
	if (call->is_gone)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (call->piece_pos == call->piece.len) {
		if (call->pieces > call->fault.progress)
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (call->pieces == call->fault.progress && call->fault.cut)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		call->wait.due_ms = next_due_ms(call);
		if (call->wait.due_ms > clock_mono_ms()) {
			MHD_suspend_connection(call->connection);
			waiter_add(call->waiter, &call->wait);
			return 0;
		}
		next_piece(call);
	}
	max = MIN(max, call->piece.len - call->piece_pos);
	memcpy(buf, strbuf_str(&call->piece) + call->piece_pos, max);
	call->piece_pos += max;
	return (ssize_t)max;
}
