/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_STREAM_H
#define ENGINE_STREAM_H

/**
 * An answer in pieces: lines of progress, spread evenly over the latency of
 * the call, then the result. As x-ndjson or as server-sent events.
 */

#include <microhttpd.h>

struct call;

/** The content type of the stream of `call`. */
const char *stream_type(const struct call *call);

/** What MHD_create_response_from_callback() takes; `arg` is the call. */
ssize_t stream_read(void *arg, uint64_t pos, char *buf, size_t max);

#endif
