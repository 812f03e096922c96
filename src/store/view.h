/* SPDX-License-Identifier: MIT */
#ifndef STORE_VIEW_H
#define STORE_VIEW_H

/**
 * Runs, steps and events as people look at them: plain reads, without locks
 * and without a transaction, each one bounded and by an index.
 *
 * Times are milliseconds since 1970 by the server's clock, 0 where something
 * has not happened; `now_ms` is that clock when the rows were read, so ages
 * never depend on this host. Texts that the table may hold in any length come
 * cut to LIMIT_MESSAGE characters.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "plan/state.h"

struct db;
struct err;

/** A row of episode_jobs: a run, or a step of one. All-zero is empty. */
struct view_row {
	uint64_t id;
	char *uuid;
	uint64_t episode_id;
	int has_episode;
	uint64_t definition_id; /* of a run; 0: none */
	char *pipeline;
	char *step; /* NULL: it is a run */
	enum state state;
	uint32_t attempts;
	uint32_t waiting_on;
	double progress; /* percent */
	char *cost;      /* decimal text */
	char *message;   /* NULL: none, as the next four */
	char *error;
	char *worker;
	char *current; /* of a listed run: its running steps, "image, tts" */
	char *queue;
	int64_t due_ms; /* next attempt of a step that is retrying */
	int64_t created_ms;
	int64_t started_ms;
	int64_t completed_ms;
};

/** Rows and when they were read. */
struct view_list {
	struct view_row *rows;
	size_t n;
	int64_t now_ms;
};

void view_list_release(struct view_list *list);

/**
 * A run (rows[0]) and its steps behind it in the order of the pipeline, all
 * of one moment. 1, or 0 when there is no such run.
 */
int view_run(struct db *db, uint64_t run_id, struct view_list *out,
	     struct err *err) MUST_CHECK;

/** What to list; all-zero but `state` lists everything. */
struct view_filter {
	enum state state; /* STATE_COUNT: any */
	const char *pipeline;
	uint64_t episode_id;
	int has_episode;
	int64_t since_ms; /* pushed at most so long ago; 0: whenever */
};

/** Up to `limit` runs, the newest first. */
int view_runs(struct db *db, const struct view_filter *filter, size_t limit,
	      struct view_list *out, struct err *err) MUST_CHECK;

/**
 * The strings in `artifacts` of the steps' results, in the order of the
 * steps. A result whose list is longer than LIMIT_ARTIFACTS is left out.
 */
struct view_artifacts {
	char **paths;
	size_t n;
};

int view_artifacts(struct db *db, uint64_t run_id, struct view_artifacts *out,
		   struct err *err) MUST_CHECK;
void view_artifacts_release(struct view_artifacts *artifacts);

struct view_event {
	uint64_t id;
	uint64_t row_id; /* of the run or step it is about */
	char *kind;      /* state, progress, log */
	char *state;     /* NULL: not a change of state */
	int has_progress;
	double progress;
	char *message; /* NULL: none */
	int64_t created_ms;
};

struct view_events {
	struct view_event *events;
	size_t n;
	int64_t now_ms; /* 0 when there are none */
};

void view_event_release(struct view_event *event);
void view_events_release(struct view_events *events);

/** Up to `limit` events of a run behind event `after`, the oldest first. */
int view_events(struct db *db, uint64_t run_id, uint64_t after, size_t limit,
		struct view_events *out, struct err *err) MUST_CHECK;

/** The event behind which the last `n` of a run stand; 0: no more than n. */
int view_events_last(struct db *db, uint64_t run_id, size_t n,
		     uint64_t *after_out, struct err *err) MUST_CHECK;

/** How many jobs of a queue are due, not due yet, and with a worker. */
struct view_queue {
	char *name;
	uint64_t waiting;
	uint64_t delayed;
	uint64_t running; /* those of a Laravel worker count as waiting */
};

struct view_queues {
	struct view_queue *queues;
	size_t n;
};

/** All queues that hold a job, by name; LIMIT_QUEUES of them at most. */
int view_queues(struct db *db, struct view_queues *out,
		struct err *err) MUST_CHECK;
void view_queues_release(struct view_queues *queues);

#endif
