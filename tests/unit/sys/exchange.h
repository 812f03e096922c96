/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_SYS_EXCHANGE_H
#define TESTS_UNIT_SYS_EXCHANGE_H

/**
 * For the tests of sys/httpc: a loop with a client and the server of
 * lib/httpd, and exchanges that keep a copy of their answer.
 */

#include "base/strbuf.h"
#include "lib/httpd.h"
#include "sys/httpc.h"

enum {
	EXCHANGE_DEADLINE_MS = 30000,
	EXCHANGE_BODY_MAX = 20000 /* unless the options say otherwise */
};

struct rig {
	struct loop *loop;
	struct httpc *httpc;
	struct httpd httpd;
	int done; /* answers so far */
};

/** The state is a struct rig; no proxy is set in the environment. */
int rig_setup(void **state);
int rig_teardown(void **state);

/** Turn the loop until `done` answers have come. */
void rig_wait(struct rig *rig, int done);

struct exchange {
	struct rig *rig;
	struct httpc_request *request;
	struct httpc_response got; /* its pointers are stale */
	struct strbuf body, reason, content_type, location;

	/* Cancelled when the answer comes; one that was never sent ends them.
	 */
	struct exchange *rivals;
};

/** To a path of the server or, where it does not begin with '/', a URL. */
void exchange_send(struct rig *rig, struct exchange *exchange, const char *path,
		   struct httpc_options *options);

/** POST `body` (NULL: GET) and wait for the answer. */
void exchange_call(struct rig *rig, struct exchange *exchange, const char *path,
		   const char *body);

int exchange_body_has(const struct exchange *exchange, const char *text);
int exchange_reason_has(const struct exchange *exchange, const char *text);
void exchange_release(struct exchange *exchange);

#endif
