/* SPDX-License-Identifier: MIT */
#ifndef STORE_WORK_H
#define STORE_WORK_H

/**
 * Inside store/: what the parts of settle() share.
 *
 *	settle.c  the order, the locks, the fences, the steps' own rows
 *	follow.c  what follows: runs, steps that wait, jobs, events
 *	items.c   maps: rows for items, which of them may have a job
 *	work.c    the lists that these hand on
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "db/db.h"
#include "store/settle.h"

struct err;

struct ids {
	uint64_t *v;
	size_t n;
};

void ids_add(struct ids *ids, uint64_t id);

/** Items of one map that ended in this work. */
struct map_news {
	uint64_t run_id;
	uint64_t map_id;
	double share; /* the map's, of the run's progress, in percent */
	uint32_t ended_n;
	int is_counted;      /* let_in_max is what a count has left */
	uint32_t let_in_max; /* as many may have a job now */
	uint32_t next_item;  /* none before it still waits */
	struct ids let_in;
};

/** The items that hold their lease, and the lists that come of them. */
struct work {
	struct settle **items;
	size_t n;
	struct ids runs, runs_done, steps, jobs_gone, feeds;
	struct map_news *maps;
	size_t maps_n;
	struct db_batch batch;
};

/** Room for `n` items. */
void work_init(struct work *work, size_t n);
void work_release(struct work *work);

/** Whether it is over for the step, and what waits for it goes on. */
int settle_goes_on(const struct settle *item);

/** `text` gets the SQL for when `item` is due again, never early. */
int settle_due_sql(const struct settle *item, struct strbuf *text,
		   struct err *err) MUST_CHECK;

/** Add the rows of new items; those of a map that is complete stay away. */
int items_add_rows(struct db *db, struct work *work,
		   struct err *err) MUST_CHECK;
/** Find out which items may have a job now: fills `maps`. */
int items_find(struct db *db, struct work *work, struct err *err) MUST_CHECK;
/** Add what becomes of the maps, and jobs for the items that were found. */
int items_add(struct db *db, struct work *work, struct err *err) MUST_CHECK;

/** Add all that follows, and run it. */
int follow(struct db *db, struct work *work, int mirror,
	   struct err *err) MUST_CHECK;

#endif
