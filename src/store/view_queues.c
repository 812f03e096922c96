/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "db/db.h"
#include "store/view.h"

/*
 * jobs_queue_available_at_index, without the rows but for the last count:
 * claimed rows are those of the next seconds, so they are looked for among
 * the first that are not due.
 */
static const char sql_queue_names[] =
	"SELECT DISTINCT queue FROM jobs ORDER BY queue LIMIT ?";
static const char sql_queue[] =
	"SELECT (SELECT COUNT(*) FROM jobs"
	" WHERE queue = ? AND available_at <= UNIX_TIMESTAMP()),"
	" (SELECT COUNT(*) FROM jobs"
	" WHERE queue = ? AND available_at > UNIX_TIMESTAMP()),"
	" (SELECT COUNT(reserved_at) FROM (SELECT reserved_at FROM jobs"
	" WHERE queue = ? AND available_at > UNIX_TIMESTAMP()"
	" ORDER BY available_at LIMIT ?) j)";

/* The names alone; the counts are 0. */
static int read_queue_names(struct db *db, struct view_queues *out,
			    struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_queue_names,
		     DB_ARGS(DB_U64(LIMIT_QUEUES))))
		return -1;
	out->queues = xcalloc(rows.count, sizeof(*out->queues));
	while (db_rows_next(&rows))
		out->queues[out->n++].name = xstrdup(row_str(&rows, 0));
	db_rows_release(&rows);
	return 0;
}

static int count_queue(struct db *db, struct view_queue *queue, struct err *err)
{
	struct db_arg name = DB_STR(queue->name);
	struct db_rows rows = { 0 };
	uint64_t later;

	if (db_query(db, &rows, err, sql_queue,
		     DB_ARGS(name, name, name, DB_U64(LIMIT_LIST))))
		return -1;
	if (db_rows_next(&rows)) {
		queue->waiting = row_u64(&rows, 0);
		later = row_u64(&rows, 1);
		queue->running = row_u64(&rows, 2);
		queue->delayed = later - MIN(later, queue->running);
	}
	db_rows_release(&rows);
	return 0;
}

int view_queues(struct db *db, struct view_queues *out, struct err *err)
{
	struct view_queues queues = { 0 };
	size_t i;

	if (read_queue_names(db, &queues, err))
		return -1;
	for (i = 0; i < queues.n; i++) {
		if (count_queue(db, &queues.queues[i], err)) {
			view_queues_release(&queues);
			return -1;
		}
	}
	*out = queues;
	return 0;
}

void view_queues_release(struct view_queues *queues)
{
	size_t i;

	for (i = 0; i < queues->n; i++)
		free(queues->queues[i].name);
	free(queues->queues);
	*queues = (struct view_queues){ 0 };
}
