/* SPDX-License-Identifier: MIT */
#ifndef STEP_CALL_H
#define STEP_CALL_H

/**
 * Inside step/: what the kinds of engine share. A kind fills `outcome` of its
 * call and says step_end(); timeout, cancelling and secrets are step.c's.
 */

#include "step/step.h"

struct loop_timer;

struct step_call {
	const struct step_ops *ops;
	struct step_env env;
	const struct engine *engine;
	struct loop_timer *timer; /* the timeout, and the end in a next turn */
	int64_t timeout_ms;
	struct step_outcome outcome;
	int has_ended;  /* outcome is filled, the callback is due */
	int is_expired; /* the timeout has come */
	step_done_fn on_done;
	step_log_fn on_log;
	void *arg;
	void *state; /* the kind's own */
};

/** A kind of engine. */
struct step_ops {
	/** Begin; may call step_end() at once. */
	void (*start)(struct step_call *call,
		      const struct step_request *request);
	/** Stop what runs at once, and free `state`. */
	void (*stop)(struct step_call *call);
	/**
	 * The timeout has come: wind up and say step_end_expired() soon. NULL
	 * when stop() is all there is to do.
	 */
	void (*expire)(struct step_call *call);
};

extern const struct step_ops step_http;
extern const struct step_ops step_command;
extern const struct step_ops step_dummy;

/**
 * The call has ended with what is in its outcome: the callback comes in the
 * next turn of the loop.
 */
void step_end(struct step_call *call, enum step_verdict verdict);

/** step_end() with a reason. */
void step_end_reason(struct step_call *call, enum step_verdict verdict,
		     const char *fmt, ...) PRINTF_LIKE(3, 4);

/** step_end() for a call whose timeout came. */
void step_end_expired(struct step_call *call);

/**
 * Take `text` as the answer: STEP_DONE when it is JSON, else STEP_FAIL with
 * its first bytes. `what` begins the reason ("answered 200").
 */
void step_end_json(struct step_call *call, const char *what, const char *text,
		   size_t len);

/** "traceparent" of this call (W3C Trace Context), from the run's uuid. */
enum {
	STEP_TRACE = 56
};
void step_trace(const struct step_request *request, char out[STEP_TRACE]);

#endif
