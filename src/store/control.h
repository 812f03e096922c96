/* SPDX-License-Identifier: MIT */
#ifndef STORE_CONTROL_H
#define STORE_CONTROL_H

/**
 * What people do to runs: cancel them, answer their gates.
 *
 * Each call that changes something is a transaction of its own, replayed over
 * lost connections: after a crash, or with two at it, all of it has happened,
 * once, or nothing. The procedures of schema/0008_control.sql do the same.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "base/uuid.h"
#include "plan/state.h"

struct db;
struct err;
struct pipeline;

enum cancel_outcome {
	CANCEL_DONE,
	CANCEL_GONE, /* there is no such run */
	CANCEL_OVER, /* it is `state` already */
};

struct cancelled {
	enum cancel_outcome outcome;
	enum state state; /* of the run, as it was found */
	uint64_t steps_n; /* that were stopped, items of maps left out */
};

/**
 * Stop a run for good: it and all of it that is not finished are cancelled,
 * and their jobs are gone. Workers that hold some of them cannot write any
 * more, and learn of it by runs_cancelled_since(). `reason`, which may be
 * NULL, is shown with the run.
 */
int run_cancel(struct db *db, uint64_t run_id, const char *reason,
	       struct cancelled *out, struct err *err) MUST_CHECK;

/**
 * Runs cancelled in the last `seconds`, the newest first, `max` at most. One
 * may stand here that long before it was committed, so look a while back each
 * time. Needs no transaction; one range of a small index.
 */
int runs_cancelled_since(struct db *db, uint32_t seconds, uint64_t *ids,
			 size_t max, size_t *n_out, struct err *err) MUST_CHECK;

enum pending_outcome {
	PENDING_NONE,
	PENDING_DELETED,
	PENDING_TAKEN, /* a worker is making a run of it just now */
};

/**
 * Delete the job of a run that no worker has begun, by the uuid that was
 * pushed. It is searched for in all payloads of `jobs`, so ask for the run
 * first.
 */
int run_cancel_pending(struct db *db, const char *uuid,
		       enum pending_outcome *out, struct err *err) MUST_CHECK;

/** A run that is live or asked for. */
struct run_live {
	uint64_t run_id;      /* 0: no worker has begun it */
	char uuid[UUID_TEXT]; /* "" when its payload has none */
};

/**
 * Whether a pipeline has `unique` and a live run of the episode, or a job that
 * will become one: 1 or 0. The run is found by its unique_key; only when there
 * is none, the payloads of all jobs that are no step's are searched, which
 * takes about a second for 100,000 of them.
 */
int run_live(struct db *db, const struct pipeline *pipeline,
	     uint64_t episode_id, struct run_live *out,
	     struct err *err) MUST_CHECK;

/** A gate of a run, in its latest round. */
struct gate {
	uint64_t step_id;
	uint32_t round;
	uint32_t waiting_on; /* steps; 0: it has been reached */
	enum state state;
	int is_answered;
	char *step;
};

/** Whether somebody may answer it now. */
int gate_is_open(const struct gate *gate);

/** The gates of a run, in order. The caller frees them with gates_free(). */
int gates_load(struct db *db, uint64_t run_id, struct gate **out, size_t *n_out,
	       struct err *err) MUST_CHECK;
void gates_free(struct gate *gates, size_t n);

enum gate_outcome {
	GATE_ANSWERED,
	GATE_NO_STEP,     /* the run has no step of that name */
	GATE_NO_GATE,     /* it is a step of another kind */
	GATE_NOT_REACHED, /* it waits for `waits_for` */
	GATE_ANSWERED_ALREADY,
	GATE_LATE, /* its deadline has passed, which is an answer too */
	GATE_OVER, /* it is `state` already */
};

struct gate_reply {
	enum gate_outcome outcome;
	enum state state;
	int was_approved; /* by the answer that it has already */
	char *waits_for;  /* steps, "text, director"; NULL: none */
};

void gate_reply_release(struct gate_reply *reply);

struct gate_answer {
	uint64_t run_id;
	const char *step;
	int is_approved;
	const char *result; /* JSON, or NULL */
};

/**
 * Answer a gate, in its latest round: the worker that claims its job finishes
 * it. ERR_INPUT when the result is not JSON.
 */
int gate_answer(struct db *db, const struct gate_answer *given,
		struct gate_reply *out, struct err *err) MUST_CHECK;

#endif
