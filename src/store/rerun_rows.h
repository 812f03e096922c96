/* SPDX-License-Identifier: MIT */
#ifndef STORE_RERUN_ROWS_H
#define STORE_RERUN_ROWS_H

/**
 * Inside store/: a run that is being repeated, as rerun.c has read and judged
 * it, and the writing of the new one.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "db/db.h"
#include "plan/state.h"
#include "store/rerun.h"

struct err;
struct pipeline;

/** A row of the old run. */
struct old_row {
	uint64_t id;
	size_t step; /* in the new run's pipeline */
	uint32_t round;
	enum state state;
	int has_items;
	uint32_t items;
	uint32_t rows; /* of items */
	uint32_t done;
	int has_failed; /* it, or an item of it */
	int is_finished;
	int is_latest; /* round of its step */
};

struct making {
	const struct rerun *rerun;
	struct rerun_made *out;
	/* of the old run */
	enum state state;
	char *name; /* its pipeline */
	char *queue;
	uint64_t definition_id;
	uint64_t episode_id;
	int has_episode;
	struct pipeline *old;
	struct old_row *rows;
	size_t rows_n;
	/* of the new one */
	struct pipeline *pipeline;
	struct rerun_step *steps;
	struct db_batch batch;
};

/** The run of a uuid: 1, or 0 when there is none. */
int rerun_find(struct db *db, const char *uuid, uint64_t *id_out,
	       struct err *err) MUST_CHECK;

/** Make the new run, with all that belongs to it; fills making->out. */
int rerun_write(struct db *db, struct making *making,
		struct err *err) MUST_CHECK;

#endif
