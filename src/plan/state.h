/* SPDX-License-Identifier: MIT */
#ifndef PLAN_STATE_H
#define PLAN_STATE_H

/**
 * The states of a run, a step and an item, and what leads from one to the
 * next. This table is the only place that says so: the names in the database
 * and the WHERE of each UPDATE come from it.
 *
 * STATE(symbol, name, is_final, what it means)
 * MOVE(event, from, to)
 */

#define STATE_TABLE(STATE)                                                \
 STATE(WAITING, "waiting", 0, "for what it needs, a time or a person")    \
 STATE(QUEUED, "queued", 0, "has a job that no worker took yet")          \
 STATE(RUNNING, "running", 0, "a worker holds its job; a map: its items") \
 STATE(RETRYING, "retrying", 0, "failed and waits for its next attempt")  \
 STATE(DONE, "done", 1, "finished, its result is kept")                   \
 STATE(FAILED, "failed", 1, "failed for good, see failed_jobs")           \
 STATE(SKIPPED, "skipped", 1, "not run on purpose; counts as finished")   \
 STATE(CANCELLED, "cancelled", 1, "stopped by a person")

#define STATE_MOVES(MOVE)          \
 MOVE(READY, WAITING, QUEUED)      \
 MOVE(COLLECT, RUNNING, QUEUED)    \
 MOVE(START, QUEUED, RUNNING)      \
 MOVE(START, RETRYING, RUNNING)    \
 MOVE(START, RUNNING, RUNNING)     \
 MOVE(START, WAITING, RUNNING)     \
 MOVE(PARK, QUEUED, WAITING)       \
 MOVE(PARK, WAITING, WAITING)      \
 MOVE(RETRY, RUNNING, RETRYING)    \
 MOVE(RELEASE, RUNNING, QUEUED)    \
 MOVE(FINISH, RUNNING, DONE)       \
 MOVE(FINISH, QUEUED, DONE)        \
 MOVE(FINISH, WAITING, DONE)       \
 MOVE(FAIL, RUNNING, FAILED)       \
 MOVE(FAIL, QUEUED, FAILED)        \
 MOVE(FAIL, RETRYING, FAILED)      \
 MOVE(FAIL, WAITING, FAILED)       \
 MOVE(SKIP, RUNNING, SKIPPED)      \
 MOVE(SKIP, QUEUED, SKIPPED)       \
 MOVE(SKIP, RETRYING, SKIPPED)     \
 MOVE(SKIP, WAITING, SKIPPED)      \
 MOVE(CANCEL, WAITING, CANCELLED)  \
 MOVE(CANCEL, QUEUED, CANCELLED)   \
 MOVE(CANCEL, RUNNING, CANCELLED)  \
 MOVE(CANCEL, RETRYING, CANCELLED) \
 MOVE(REVIVE, FAILED, QUEUED)      \
 MOVE(REOPEN, FAILED, WAITING)

#define STATE_ENUM(symbol, name, is_final, doc) STATE_##symbol,
enum state {
	STATE_TABLE(STATE_ENUM) STATE_COUNT
};
#undef STATE_ENUM

enum state_event {
	EVENT_READY, /* the last step it needs has finished; an item: let in */
	EVENT_COLLECT, /* the last item of a map has finished */
	EVENT_START,   /* claimed; from running: its worker had died */
	EVENT_PARK,    /* claimed, and it is to wait for a time or a person */
	EVENT_RETRY,   /* failed, another attempt is due */
	EVENT_RELEASE, /* given back by a worker that stops */
	EVENT_FINISH,
	EVENT_FAIL,
	EVENT_SKIP,
	EVENT_CANCEL, /* `stepq cancel` */
	EVENT_REVIVE, /* `stepq retry` */
	EVENT_REOPEN, /* the same, for an item of a map */
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
