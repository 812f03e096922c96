/* SPDX-License-Identifier: MIT */
#ifndef STORE_WHY_H
#define STORE_WHY_H

/**
 * Why a run does not go on: for each of its steps that is not finished, and
 * for some items of its maps, what it is waiting for. Plain reads, each by an
 * index; the table of workers is small and read in full.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "store/rundown.h"

struct db;
struct err;

/** WHY(symbol, name in JSON, what it means) */
#define WHY_REASONS(WHY)                                               \
 WHY(NEEDS, "needs", "steps that it needs are not finished")           \
 WHY(ITEMS, "items", "items of it are under way")                      \
 WHY(PLACE, "place", "an item: as many as may run at once have a job") \
 WHY(GATE, "gate", "a person has to decide")                           \
 WHY(TIME, "time", "it is not due yet")                                \
 WHY(RETRY, "retry", "its next attempt is not due yet")                \
 WHY(PAUSED, "paused", "its queue is paused")                          \
 WHY(NO_WORKER, "no worker", "no worker that lives takes its queue")   \
 WHY(TURN, "turn", "it is due, and jobs before it are taken first")    \
 WHY(HELD, "held", "a worker has it")                                  \
 WHY(ABANDONED, "abandoned", "its worker is gone; it is taken over")   \
 WHY(LARAVEL, "laravel", "a worker of Laravel has it")                 \
 WHY(FAILED, "failed", "it failed, and the run with it")               \
 WHY(BROKEN, "broken", "nothing will ever bring it on")

#define WHY_ENUM(symbol, name, doc) WHY_##symbol,
enum why_reason {
	WHY_REASONS(WHY_ENUM) WHY_COUNT
};
#undef WHY_ENUM

const char *why_reason_name(enum why_reason reason);

/** All-zero is empty. */
struct why {
	struct view_row *row; /* of the list; NULL: a pipeline's job */
	enum why_reason reason;
	uint64_t failed_id; /* FAILED: its failed job; 0: that is gone */

	/* its job; 0: it has none */
	uint64_t job_id;
	char *queue;
	uint32_t lost;      /* times in a row that its worker died */
	int64_t due_ms;     /* or the end of its lease; 0: no such time */
	int64_t claimed_ms; /* 0: it is not */
	char *worker;       /* who holds it; NULL: nobody, or not known */
	char *host;
	int64_t silent_ms; /* of that worker; -1: it is not there any more */
	int64_t paused_ms; /* since when its queue is paused; 0: it is not */
	uint32_t workers;  /* that live and take its queue */
	uint64_t ahead;    /* TURN: jobs before it; LIMIT_LIST is "or more" */
};

void why_release(struct why *why);

struct why_list {
	struct rundown rundown;
	struct view_list *items; /* by place in the list of the run */
	struct view_list one;    /* the item that was asked for */
	struct why *whys;        /* an item's come behind that of its map */
	size_t n;
};

void why_list_release(struct why_list *list);

enum {
	WHY_ITEMS_TOLD = 5 /* of a map, in each state */
};

struct why_query {
	uint64_t run_id;
	uint64_t row_id;   /* this item is told too; 0: none */
	int64_t silent_ms; /* a worker that is silent for longer is gone */
};

/** 1, or 0 when there is no such run. */
int why_load(struct db *db, const struct why_query *query, struct why_list *out,
	     struct err *err) MUST_CHECK;

/**
 * A run that no worker has made yet: the job of this uuid, looked for among
 * the newest LIMIT_LIST jobs. 1, or 0 when it is not there.
 */
int why_job(struct db *db, const char *uuid, int64_t silent_ms, struct why *out,
	    int64_t *now_ms, struct err *err) MUST_CHECK;

#endif
