/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_CALL_H
#define ENGINE_CALL_H

/**
 * One call of an engine, from its first header to the last byte of its
 * answer.
 */

#include <stdint.h>

#include <microhttpd.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "engine/calllog.h"
#include "engine/fault.h"
#include "engine/pool.h"
#include "engine/role.h"
#include "engine/wait.h"

struct err;
struct promises;
struct waiter;

enum call_phase {
	CALL_RECEIVING, /* its body comes in */
	CALL_WAITING,   /* suspended until its time has come */
	CALL_READY,     /* to be answered in the server's thread */
	CALL_STREAMING, /* answered piece by piece */
};

struct call {
	struct wait wait;
	struct pool_job job;
	struct MHD_Connection *connection;
	struct waiter *waiter; /* for answers in pieces */
	struct promises *promises;
	enum call_phase phase;
	const struct role *role; /* NULL: the path names none */
	struct fault fault;
	enum fault_act act;
	int is_gone;     /* the client is, or the engine is about to be */
	int is_too_long; /* the body */
	int is_worked;   /* `answer` and `status` are set */
	char *key;
	char *run;
	char *step;
	char *attempt;
	jv headers; /* those that `echo` answers */
	int64_t started_ms;
	int64_t latency_ms; /* of an answer in pieces */
	struct strbuf body;
	unsigned int status;  /* of the answer; 0: none yet */
	struct strbuf answer; /* JSON */
	/* an answer in pieces: */
	uint64_t pieces; /* begun so far */
	struct strbuf piece;
	size_t piece_pos; /* sent of it */
};

/** A call with the headers of its request. */
struct call *call_new(struct MHD_Connection *connection,
		      const struct role *role);
void call_free(struct call **call);

/** Read the faults that the request's query and headers ask for. */
int call_read_faults(struct call *call, const struct fault *always,
		     struct err *err) MUST_CHECK;

/** What the call log says of it; borrows from `call`. */
struct calllog_entry call_entry(const struct call *call);

/** Do the engine's work: from `body` to `answer` and `status`. */
void call_work(struct call *call, const struct role_ctx *ctx);

/** Answer with {"error": text}. */
void call_set_error(struct call *call, unsigned int status, const char *text);

/** Whether the client has closed its side already. */
int call_is_gone(const struct call *call);

#endif
