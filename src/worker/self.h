/* SPDX-License-Identifier: MIT */
#ifndef WORKER_SELF_H
#define WORKER_SELF_H

/**
 * Inside worker/: the worker itself, and what its parts do for each other.
 *
 *	worker.c  set-up, signals, stopping
 *	link.c    the database connection, coming and going
 *	record.c  the transaction that writes what has ended
 *	claim.c   the transaction that takes new work, and starting it
 *	beat.c    leases, the worker's own row
 *	report.c  what it says in the log
 */

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "step/step.h"
#include "store/event.h"
#include "store/workers.h"
#include "worker/catalog.h"
#include "worker/task.h"
#include "worker/worker.h"

struct httpc;
struct loop;
struct loop_timer;
struct signals;

struct worker {
	const struct worker_options *options;
	const struct settings *settings;
	struct db *db;
	struct plan *plan;
	struct catalog catalog;
	struct step_env env;
	struct signals *signals;
	struct worker_row row;
	char *name;
	char *queues;
	char host[256];
	size_t queues_n;

	struct task **tasks; /* every claimed one, in no order */
	size_t tasks_n;
	size_t tasks_alloc;
	size_t ended_n;      /* of them: wait to be written */
	size_t pick_from;    /* index of the first to look at for that */
	size_t resting_n;    /* of them: written, keeping their place */
	struct task **doubt; /* claimed by a COMMIT of unknown fate */
	size_t doubt_n;
	struct event_line *lines; /* said by steps, not written yet */
	size_t lines_n;
	size_t lines_dropped;
	uint64_t jobs_done; /* for --max-jobs */
	size_t claim_max;   /* jobs of one claim, by what their runs hold */

	struct loop_timer *turn_timer;
	struct loop_timer *beat_timer;
	struct loop_timer *watch_timer; /* for cancelled runs */
	struct loop_timer *stop_timer;  /* --max-time, then --grace */
	int64_t idle_ms;         /* the wait before the next look for work */
	int64_t trouble_ms;      /* the wait before the next try to connect */
	int64_t down_since_ms;   /* the database is away since; 0: it is not */
	int64_t try_at_ms;       /* not before: the next try to connect */
	int64_t server_ahead_ms; /* server's clock less our monotonic one */

	int is_ready;     /* this connection's session knows the plan */
	int was_ready;    /* once connected: trouble is waited out */
	int can_mirror;   /* table episodes has what we write there */
	int record_doubt; /* a COMMIT of results is of unknown fate */
	int has_due;      /* the last look for work found some */
	int is_paused;
	int is_draining;
	int is_over;
	enum worker_end end;
	struct err *err;
};

/* worker.c */
void worker_turn_in(struct worker *w, int64_t ms);
void worker_task_add(struct worker *w, struct task *task);
/** Forget a task and free it; a running call is cancelled. */
void worker_task_drop(struct worker *w, struct task *task);
void worker_drain(struct worker *w, const char *why);
void worker_over(struct worker *w, enum worker_end end);
/** What tasks need to know now; good until the next call. */
struct task_limits worker_limits(const struct worker *w);

/* link.c: 1 up, 0 not: the next try is arranged. */
int link_up(struct worker *w);
/**
 * A database call failed: roll back, arrange the next turn, say it once.
 * Returns 1 when `err` is transient, 0 when it is not and is the caller's.
 */
int link_trouble(struct worker *w, const struct err *err, const char *doing);

/* record.c, claim.c: 1 something done, 0 nothing to do, -1 later. */
int record_turn(struct worker *w);
int claim_turn(struct worker *w);
/** Find out what became of claims in doubt. -1: later. */
int claim_settle_doubt(struct worker *w);

/* beat.c */
void beat_start(struct worker *w);
int beat_lines(struct worker *w);
/** Resident memory of this process in bytes. */
uint64_t beat_rss(void);

/* report.c */
void report_started(const struct task *task);
void report_written(const struct task *task);
void report_cancelled(const struct task *task);
void report_fenced(const struct task *task, int in_doubt);

#endif
