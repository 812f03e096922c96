/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>

#include "base/mem.h"
#include "db/db.h"
#include "store/work.h"

/* When a delayed attempt is due: never early, whatever the fraction. */
static const char sql_due[] = "CEIL(UNIX_TIMESTAMP(NOW(3)) + ? / 1000)";

void ids_add(struct ids *ids, uint64_t id)
{
	ids->v[ids->n++] = id;
}

void work_init(struct work *work, size_t n)
{
	work->items = xcalloc(n, sizeof(struct settle *));
	work->maps = xcalloc(n, sizeof(*work->maps));
	work->runs.v = xcalloc(n, sizeof(uint64_t));
	work->runs_done.v = xcalloc(n, sizeof(uint64_t));
	work->steps.v = xcalloc(n, sizeof(uint64_t));
	work->jobs_gone.v = xcalloc(n, sizeof(uint64_t));
}

void work_release(struct work *work)
{
	size_t i;

	db_batch_release(&work->batch);
	for (i = 0; i < work->maps_n; i++)
		free(work->maps[i].let_in.v);
	free(work->items);
	free(work->maps);
	free(work->runs.v);
	free(work->runs_done.v);
	free(work->steps.v);
	free(work->jobs_gone.v);
	free(work->feeds.v);
}

int settle_goes_on(const struct settle *item)
{
	return item->outcome == SETTLE_WRITTEN &&
	       (item->kind == SETTLE_DONE || item->kind == SETTLE_SKIP ||
		(item->kind == SETTLE_FAIL &&
		 (item->is_tolerated || item->parent_id)));
}

int settle_due_sql(const struct settle *item, struct strbuf *text,
		   struct err *err)
{
	strbuf_clear(text);
	return item->delay_ms > 0
		       ? stmt_add(text, err, sql_due,
				  DB_ARGS(DB_I64(item->delay_ms)))
		       : stmt_add(text, err, "UNIX_TIMESTAMP()", DB_NO_ARGS);
}
