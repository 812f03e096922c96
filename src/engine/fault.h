/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_FAULT_H
#define ENGINE_FAULT_H

/**
 * Trouble on request: how late, how wrong and how broken a call is answered.
 *
 * A fault is a name and a value. They stand in --fault (for every call), in
 * the query of a url (`?latency=300ms&error_rate=0.2`) or in the request's
 * header `Engine-Fault: status=503,retry_after=5`; the later of these three
 * wins. Everything is decided by the idempotency key and the attempt, never
 * by chance, so that a test that failed fails again.
 *
 * One table, fault_rows, has every name: parsing and --help read it.
 */

#include <stdint.h>

#include "base/util.h"

struct err;

/** All zero: no trouble at all. */
struct fault {
	int64_t latency_ms;
	int64_t jitter_ms;
	uint64_t status;
	uint64_t fail_first;
	uint64_t error_status; /* 0: 500 */
	uint64_t progress;
	uint64_t accept;
	uint64_t huge; /* bytes */
	uint64_t reject_first;
	double error_rate;
	int hang;
	int cut;
	int cut_headers;
	int garbage;
	int html;
	int empty;
	int invalid_utf8;
	int not_object;
	int sse;
	char retry_after[64];
	char refuse[200];
	char redirect[512];
};

enum fault_kind {
	FAULT_KIND_FLAG, /* 1 or 0 */
	FAULT_KIND_COUNT,
	FAULT_KIND_TIME,
	FAULT_KIND_SIZE,
	FAULT_KIND_RATE,   /* 0 to 1 */
	FAULT_KIND_STATUS, /* of HTTP */
	FAULT_KIND_TEXT,
};

struct fault_row {
	const char *name;
	const char *value; /* as the help shows it: "TIME" */
	const char *help;
	enum fault_kind kind;
	size_t offset; /* in struct fault */
	size_t size;   /* of a text */
};

/** Ended by a row without a name. */
extern const struct fault_row fault_rows[];

/** What becomes of one call. The order is the order of precedence. */
enum fault_act {
	FAULT_NONE,
	FAULT_HANG,
	FAULT_CUT_HEADERS,
	FAULT_REDIRECT,
	FAULT_STATUS,
	FAULT_REFUSE,
	FAULT_FAIL_FIRST,
	FAULT_ERROR_RATE,
	FAULT_HTML,
	FAULT_EMPTY,
	FAULT_GARBAGE,
	FAULT_INVALID_UTF8,
	FAULT_NOT_OBJECT,
	FAULT_HUGE,
	FAULT_CUT,      /* from here on the work itself is done */
	FAULT_PROGRESS, /* answered piece by piece */
	FAULT_ACCEPT,   /* answered by 202 and a place to ask again */
};

/** The call as its faults see it. */
struct fault_call {
	const char *key;     /* Idempotency-Key */
	const char *attempt; /* Stepq-Attempt, else the calls of this key */
	uint64_t seen;       /* calls of this key before this one */
	const char *body;    /* as it came; NULL: none */
};

/** Set one fault. ERR_INPUT names what is wrong with it. */
int fault_set(struct fault *fault, const char *name, const char *value,
	      struct err *err) MUST_CHECK;

/** Set all of "name=value,name=value"; '&' parts them too. */
int fault_parse(struct fault *fault, const char *spec,
		struct err *err) MUST_CHECK;

/** What happens to `call`. */
enum fault_act fault_decide(const struct fault *fault,
			    const struct fault_call *call);

/** The name to log for it: "" for FAULT_NONE. */
const char *fault_act_name(enum fault_act act);

/** Whether the engine's work is done although the answer may be spoilt. */
int fault_needs_work(enum fault_act act);

/** Latency and jitter of `call`, together. */
int64_t fault_wait_ms(const struct fault *fault, const struct fault_call *call);

#endif
