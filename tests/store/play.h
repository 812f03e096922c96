/* SPDX-License-Identifier: MIT */
#ifndef STORE_PLAY_H
#define STORE_PLAY_H

/**
 * A worker played by hand: claims, starts and settles steps through store/
 * as worker/ does, without engines. A player is one connection; tests that
 * let two meet take a second one by play_another() or another process by
 * play_fork().
 *
 * In a process of its own nothing may be asserted: use what returns -1 there,
 * which is play_take(), play_write() and the calls of store/ themselves.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/util.h"
#include "lib/testdb.h"
#include "plan/pipeline.h"
#include "store/queue.h"
#include "store/run.h"
#include "store/settle.h"

enum {
	SHAPE_STEPS = 12,
	SHAPE_NAME = 16,
	PLAY_TAKES = 200 /* room for what one turn takes */
};

struct play {
	struct testdb *server;
	struct db *db;
	struct err err; /* of the last call that failed */
	uint64_t worker_id;
	int mirror;
	struct play *others; /* of play_another(), the last one first */
};

/**
 * A pipeline from "text image:text pages:text,image": steps, and behind the
 * colon what they need. It must stay where it is.
 */
struct shape {
	struct pipeline pipeline;
	struct pipeline_step steps[SHAPE_STEPS];
	char names[SHAPE_STEPS][SHAPE_NAME];
	size_t needs[SHAPE_STEPS][SHAPE_STEPS];
};

void shape_init(struct shape *shape, const char *text);

/** A step's job that is claimed and started. */
struct taken {
	struct job job;
	struct run_step step;
	uint64_t feeds[SHAPE_STEPS];
	size_t feeds_n;
};

/** For one test: *state is the server, then a player over empty tables. */
int play_setup(void **state);
int play_teardown(void **state);

#define PLAY(claim)                                                         \
 cmocka_unit_test_prestate_setup_teardown(claim, play_setup, play_teardown, \
					  server)

/** main() of a program: starts the server and runs `tests` on it. */
struct testdb *play_server(void);
int play_over(struct testdb **server, int failed);

/** One more connection to the same server, until the test is over. */
struct play *play_another(struct play *p, uint64_t worker_id);

/** The test fails, with the player's error, when `rc` is one. */
void play_must(const struct play *p, int rc);

/** SQL of a test, on a connection that is none of the players'. */
void play_exec(struct play *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
uint64_t play_u64(struct play *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/** What a statement gives is this text; NULL for no row, or for NULL. */
void play_gives(struct play *p, const char *want, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/** A row of `jobs` that is due `in_s` seconds from now. */
uint64_t play_push(struct play *p, const char *queue, int64_t in_s);

/** Claim in a transaction of its own; the jobs are for job_release(). */
size_t play_claim(struct play *p, const char *queue, size_t limit,
		  struct job *out);

/** A pipeline's job and what makes it a run. */
struct run_new play_new(struct play *p, const struct shape *shape);
/** The same, made: the run's id. */
uint64_t play_run(struct play *p, const struct shape *shape);
/** The same, of an episode, whose row is made. */
uint64_t play_episode(struct play *p, const struct shape *shape,
		      uint64_t episode_id);

/** Create runs in a transaction of their own. */
int play_create(struct play *p, const struct run_new *runs,
		size_t n) MUST_CHECK;

/** Claim and start up to `max` steps of runs of `shape`. */
int play_take(struct play *p, const struct shape *shape, struct taken *out,
	      size_t max, size_t *n_out) MUST_CHECK;
/** Exactly one, that step; or `n`. */
struct taken play_take_step(struct play *p, const struct shape *shape,
			    const char *step);
void play_take_all(struct play *p, const struct shape *shape, struct taken *out,
		   size_t n);
void taken_release(struct taken *taken);

/** The item that `taken` ends with: all a kind needs, for changing. */
struct settle play_item(const struct taken *taken, enum settle_kind kind);

/** Settle in a transaction of its own; on -1 it is rolled back. */
int play_write(struct play *p, struct settle *items, size_t n) MUST_CHECK;
/** One item, which must be written. */
void play_settle(struct play *p, const struct taken *taken,
		 enum settle_kind kind);

/** `body` in another process, as another player; its status is 0 or 1. */
pid_t play_fork(const struct play *p, uint64_t worker_id,
		int (*body)(struct play *p, void *arg), void *arg);
void play_wait(pid_t pid);

#endif
