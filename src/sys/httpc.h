/* SPDX-License-Identifier: MIT */
#ifndef SYS_HTTPC_H
#define SYS_HTTPC_H

/**
 * HTTP requests driven by the loop, on libcurl's multi interface. Thousands
 * may be in flight; handles and connections are pooled and reused, with small
 * buffers (1 KiB in, 16 KiB out).
 *
 * TLS is verified. A redirect is followed to the same scheme, host and port
 * only, at most 5 times, with the method and body repeated; 303 becomes GET.
 * Only http and https are spoken.
 */

#include <stddef.h>
#include <stdint.h>

struct err;
struct httpc;
struct httpc_request;
struct loop;

enum httpc_status {
	HTTPC_OK,      /* an answer came, whatever its status code */
	HTTPC_REFUSED, /* no connection: refused, DNS, TLS handshake broken */
	HTTPC_CUT,     /* lost before the answer was complete, or not HTTP */
	HTTPC_TIMEOUT,
	HTTPC_TOO_LARGE, /* the body passed body_max; cut off there */
	HTTPC_REDIRECT,  /* to another host, or too many: not followed */
	HTTPC_INVALID,   /* a URL curl refuses, a certificate that is wrong */
};

/** Borrowed, good during the callback only. */
struct httpc_response {
	enum httpc_status status;
	int code;           /* HTTP status, 0 when none came */
	const char *reason; /* one line for people, "" when status is OK */
	const char *body;   /* what came, also when it was cut */
	size_t body_len;
	const char *content_type; /* "" when none was sent */
	int64_t retry_after_ms;   /* from Retry-After (seconds or a date), -1 */
	const char *location;     /* as an absolute URL; "" when none */
	int64_t took_ms;
};

typedef void (*httpc_fn)(void *arg, const struct httpc_response *response);

struct httpc_options {
	const char *url;
	const char *const *headers; /* "Name: value", NULL ends it; copied */
	const char *body;           /* POSTed; NULL makes it a GET; copied */
	size_t body_len;
	size_t body_max;    /* of the answer, bytes */
	int64_t connect_ms; /* 0: 30 s */
	int64_t timeout_ms; /* whole exchange; 0: none */
};

/** `max_connections` kept open when idle. */
struct httpc *httpc_new(struct loop *loop, long max_connections);

/** All requests must be gone. */
void httpc_free(struct httpc **httpc);

/**
 * Send a request; `fn` is called once, from a later turn of the loop, also
 * when it cannot be sent at all. The request is gone when `fn` returns; inside
 * it httpc_cancel() does nothing but clear the pointer.
 */
struct httpc_request *httpc_send(struct httpc *httpc,
				 const struct httpc_options *options,
				 httpc_fn fn, void *arg);

/** Give up: the connection is closed and no callback comes. */
void httpc_cancel(struct httpc_request **request);

#endif
