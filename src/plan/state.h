/* SPDX-License-Identifier: MIT */
#ifndef PLAN_STATE_H
#define PLAN_STATE_H

/**
 * The states of a run, a step and an item, and what leads from one to the
 * next. This table is the only place that says so: the names in the database,
 * the WHERE of each UPDATE and doc/states.md come from it.
 *
 * STATE(symbol, name, is_final, what it means)
 * MOVE(event, from, to)
 */

#define STATE_TABLE(STATE)                                               \
 STATE(WAITING, "waiting", 0, "something it needs is not finished")      \
 STATE(QUEUED, "queued", 0, "has a job that no worker took yet")         \
 STATE(RUNNING, "running", 0, "a worker holds its job")                  \
 STATE(RETRYING, "retrying", 0, "failed and waits for its next attempt") \
 STATE(DONE, "done", 1, "finished, its result is kept")                  \
 STATE(FAILED, "failed", 1, "failed for good, see failed_jobs")          \
 STATE(SKIPPED, "skipped", 1, "not run on purpose; counts as finished")  \
 STATE(CANCELLED, "cancelled", 1, "stopped by a person")

#define STATE_MOVES(MOVE)       \
 MOVE(READY, WAITING, QUEUED)   \
 MOVE(START, QUEUED, RUNNING)   \
 MOVE(START, RETRYING, RUNNING) \
 MOVE(START, RUNNING, RUNNING)  \
 MOVE(RETRY, RUNNING, RETRYING) \
 MOVE(RELEASE, RUNNING, QUEUED) \
 MOVE(FINISH, RUNNING, DONE)    \
 MOVE(FAIL, RUNNING, FAILED)    \
 MOVE(FAIL, QUEUED, FAILED)     \
 MOVE(FAIL, RETRYING, FAILED)   \
 MOVE(REVIVE, FAILED, QUEUED)

#define STATE_ENUM(symbol, name, is_final, doc) STATE_##symbol,
enum state {
	STATE_TABLE(STATE_ENUM) STATE_COUNT
};
#undef STATE_ENUM

enum state_event {
	EVENT_READY,   /* the last step it needs has finished */
	EVENT_START,   /* claimed; from running: its worker had died */
	EVENT_RETRY,   /* failed, another attempt is due */
	EVENT_RELEASE, /* given back by a worker that stops */
	EVENT_FINISH,
	EVENT_FAIL,
	EVENT_REVIVE, /* `stepq retry` */
	EVENT_COUNT,
};

const char *state_name(enum state state);

/** STATE_COUNT for a name that is none. */
enum state state_from_name(const char *name);
int state_is_final(enum state state);

/** The state `event` leads to; STATE_COUNT when it does not apply. */
enum state state_next(enum state from, enum state_event event);

/** "'queued','retrying','running'": the states `event` may start from. */
const char *state_sources(enum state_event event);

#endif
