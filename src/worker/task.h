/* SPDX-License-Identifier: MIT */
#ifndef WORKER_TASK_H
#define WORKER_TASK_H

/**
 * A claimed job in the hands of a worker, from its claim until what became
 * of it is written: read, prepared, called, ended, settled.
 *
 *	task.c    from the queue's row to the settling
 *	finish.c  what its end makes of it
 *	decide.c  what a step that is claimed does
 *	map.c     rows for items, and their results
 *
 * A task that has ended has a filled `settle`; whatever its strings point to
 * belongs to the task.
 */

#include <stdint.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "plan/payload.h"
#include "store/queue.h"
#include "store/run.h"
#include "store/settle.h"
#include "worker/worker.h"

struct err;
struct loop_timer;
struct pipeline;
struct plan;
struct step_call;
struct step_outcome;
struct pipeline_step;

/** What a task needs to know of its worker. */
struct task_limits {
	const struct settings *settings;
	const char *worker;    /* its name */
	int64_t server_now_ms; /* the database server's clock */
	uint32_t random;
};

enum task_phase {
	TASK_CLAIMED, /* held, nothing begun */
	TASK_RUNNING, /* its engine is being called */
	TASK_ENDED,   /* `settle` waits to be written */
	TASK_RESTING, /* written; keeps its place for worker.rest */
};

struct task {
	enum task_phase phase;
	size_t place; /* index in the worker's list */
	void *worker; /* for callbacks */

	struct job job;
	struct payload payload;
	struct run_options options;
	struct run_step step; /* id 0: not a step's job */

	struct plan *plan;         /* a reference */
	struct pipeline *pipeline; /* a reference */
	const struct engine *engine;
	size_t index;  /* of the step in the pipeline */
	jv scope;      /* the state without an item's own part */
	jv state;      /* what expressions see */
	int has_scope; /* `scope`, `feeds` and `rounds` are filled */
	double share;  /* of the run's progress that it stands for, percent */
	char *body;
	struct step_call *call;
	struct loop_timer *timer; /* of TASK_RESTING */
	int64_t started_ms;
	int64_t took_ms;
	int http_status;

	struct settle settle;
	struct run_new expand;
	struct settle_map map;
	struct settle_loop loop;
	jv items;          /* of a map that makes its rows */
	uint32_t items_at; /* the first of them without a row */
	char **values;     /* of `map` */
	uint64_t *feeds;
	uint32_t *rounds; /* of all steps, as they are now */
	char *result;
	char *cost;
	char uuid[UUID_TEXT];
	struct strbuf error;
	struct strbuf exception;
};

/** Takes what `job` holds over. */
struct task *task_new(struct job *job_taken);
void task_free(struct task **task);

/** Whether it is a step (a call to an engine) or just a row of the queue. */
int task_is_step(const struct task *task);

/**
 * Read the payload. A task that is wrong, or was tried too often, has ended
 * afterwards, as one that becomes a run has.
 */
void task_read(struct task *task, struct plan *plan,
	       const struct task_limits *limits);

/**
 * For a step whose rows are loaded: find its pipeline's step and its engine.
 * Ends the task when it cannot be run.
 */
void task_bind(struct task *task, struct pipeline *pipeline, struct plan *plan,
	       const struct task_limits *limits);

/** What a step is seen to be: the rows of its run; or what another knows. */
struct task_sight {
	const struct run_result *results;
	size_t n;
	const struct task *sibling; /* an item of the same map; or NULL */
	uint32_t
		rows_n; /* of a map whose items are known: how many have rows */
};

/**
 * Decide what a claimed step does: ends the task (skipped, parked, done,
 * failed), or leaves it claimed: it is to be started.
 */
void task_decide(struct task *task, const struct task_sight *sight,
		 const struct task_limits *limits);

/**
 * A step that was started: build the body of its call. Ends the task when
 * its input expression fails.
 */
void task_prepare(struct task *task, const struct task_limits *limits);

/** Its call is under way: let go of what its end has no use for. */
void task_trim(struct task *task);

/** Whether it is a map, and its items are all finished. */
int task_is_collect(const struct task *task);

/** Make the map's result from its items: ends the task. */
void task_collect(struct task *task, const struct run_item *items, size_t n,
		  const struct task_limits *limits);

/** Whether it is a map that has rows for items to make, or jobs. */
int task_is_expand(const struct task *task);

/** End it with the next piece of its items. */
void task_map_piece(struct task *task);
size_t task_map_bytes(const struct task *task);
void task_map_release(struct task *task);

/** Take the items that `each` gave, of which the first `rows_n` have rows. */
void task_map_start(struct task *task, jv items_taken, uint32_t rows_n);

/** The state of a step as shown on its episode while it runs. */
const char *task_stage(const struct task *task);

/** How long its call may take; 0: no limit. */
int64_t task_timeout_ms(const struct task *task,
			const struct task_limits *limits);

/** End it as done; takes over `result`. `cost` is decimal text. */
void task_done(struct task *task, jv result, const char *cost,
	       const struct task_limits *limits);

/** Attempts it gets, 0 for no end; waits between them, ended by -1. */
int64_t task_tries(const struct task *task, const struct task_limits *limits);
const int64_t *task_backoff_ms(const struct task *task,
			       const struct task_limits *limits);

/** The call has come back. */
void task_finish(struct task *task, struct step_outcome *outcome,
		 const struct task_limits *limits);

/** What the parts of a task share: fill in `settle` for a kind of end. */
void task_end(struct task *task, enum settle_kind kind);

/** Its step of the pipeline; NULL before task_bind(). */
const struct pipeline_step *task_step(const struct task *task);

/** Whether it may be begun once more at all; if not it has failed. */
int task_check_attempts(struct task *task, const struct task_limits *limits);

/** Give the job back without an attempt used up. */
void task_give_back(struct task *task);

/** End it as failed for good: `reason` is one line, `detail` may be NULL. */
void task_fail(struct task *task, const char *reason, const char *detail,
	       const struct task_limits *limits);

/** Bytes its settling sends, roughly. */
size_t task_bytes(const struct task *task);

#endif
