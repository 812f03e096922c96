/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_SERVER_H
#define ENGINE_SERVER_H

/**
 * The HTTP server around the roles. One thread serves all connections; a
 * call that waits is suspended and costs no thread, and slow work is done by
 * a pool.
 */

#include <stdint.h>

#include "base/util.h"
#include "engine/fault.h"

struct calllog;
struct err;
struct role;
struct server;
struct storage;

struct server_options {
	const char *listen;      /* "127.0.0.1:8001", "[::1]:0" */
	const struct role *role; /* of every path; NULL: it is named */
	const struct storage *storage;
	const char *public_url; /* NULL: answers hold no urls */
	struct calllog *log;    /* NULL: none */
	struct fault fault;     /* of every call */
};

/**
 * Listen and serve until server_stop(). `options` and what it points to must
 * live as long. NULL on error.
 */
struct server *server_start(const struct server_options *options,
			    struct err *err) MUST_CHECK;

/** The port it listens on. */
unsigned int server_port(const struct server *server);

/** Take no more calls, give those that run `grace_ms`, then end. */
void server_stop(struct server **server, int64_t grace_ms);

#endif
