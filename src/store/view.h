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

/** What a row is; the names are the database's (episode_jobs.kind). */
#define VIEW_KINDS(KIND) \
 KIND(RUN, "run")        \
 KIND(STEP, "step")      \
 KIND(MAP, "map")        \
 KIND(ITEM, "item")      \
 KIND(GATE, "gate")      \
 KIND(TIMER, "timer")

#define VIEW_KIND_ENUM(symbol, name) VIEW_##symbol,
enum view_kind {
	VIEW_KINDS(VIEW_KIND_ENUM) VIEW_KIND_COUNT
};
#undef VIEW_KIND_ENUM

const char *view_kind_name(enum view_kind kind);

/** A row of episode_jobs: a run, or a step of one. All-zero is empty. */
struct view_row {
	uint64_t id;
	char *uuid;
	uint64_t parent_id; /* of an item: its map */
	uint64_t episode_id;
	int has_episode;
	uint64_t definition_id; /* of a run; 0: none */
	char *pipeline;
	char *step; /* NULL: it is a run */
	enum view_kind kind;
	enum state state;
	uint32_t round; /* of a step, from 1 */
	uint32_t item;  /* of an item, from 0 */
	uint32_t attempts;
	uint32_t waiting_on; /* steps; of a map with items: those under way */
	uint32_t items;      /* of a map, once they are known */
	int has_items;
	uint32_t items_in[STATE_COUNT]; /* filled by view_count_items() */
	uint32_t failed_item;           /* the first, if any; filled by it */
	char *failed_error;
	uint64_t origin_id;  /* what it repeats or took its result from; or 0 */
	uint64_t origin_run; /* the run of that; 0: it is gone */
	double progress;     /* percent */
	char *cost;          /* decimal text */
	char *message;       /* NULL: none, as the next four */
	char *error;
	char *worker;
	char *current; /* of a listed run: "image 7/12, tts" */
	char *queue;
	char *verdict;  /* of a gate that is done: "approved", "rejected" */
	int64_t due_ms; /* of the next attempt, or until when it waits */
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
 * of one moment; the rows of a later round stand behind those they repeat.
 * Items are not among them. 1, or 0 when there is no such run.
 */
int view_run(struct db *db, uint64_t run_id, struct view_list *out,
	     struct err *err) MUST_CHECK;

/** How many items of a map are over, well or not. */
uint32_t view_items_over(const struct view_row *map);

/** Whether a step waits for a time or a person, and for no step. */
int view_is_parked(const struct view_row *row);

/**
 * Whether a run, as view_run() gave it, may still change by itself. One that
 * failed does as long as other branches of it go on; an answer that only its
 * gates wait for will not help it.
 */
int view_is_live(const struct view_list *list);

/** For the maps of `list`, as view_run() gave it, count items by state. */
int view_count_items(struct db *db, struct view_list *list,
		     struct err *err) MUST_CHECK;

/** Up to `limit` items of a map, in order; STATE_COUNT: in any state. */
int view_items(struct db *db, uint64_t run_id, uint64_t map_id,
	       enum state state, size_t limit, struct view_list *out,
	       struct err *err) MUST_CHECK;

/** Rows of whatever kind by their numbers; those that are gone are left out. */
int view_rows(struct db *db, const uint64_t *ids, size_t n,
	      struct view_list *out, struct err *err) MUST_CHECK;

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
