/* SPDX-License-Identifier: MIT */

/*
 * A map's job is claimed twice: when the map is ready, to make rows for its
 * items in pieces, and when they are all finished, to make one result of
 * theirs. In between the map runs without a job.
 */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "plan/decide.h"
#include "plan/pipeline.h"
#include "worker/task.h"

enum {
	PIECE_BYTES = 1024 * 1024,
	FAILED_SHOWN = 25
};

static void release_values(struct task *task)
{
	size_t i;

	for (i = 0; i < task->map.n; i++)
		free(task->values[i]);
	free(task->values);
	task->values = NULL;
	task->map.n = 0;
}

void task_map_release(struct task *task)
{
	release_values(task);
	jv_free(task->items);
	task->items = jv_null();
}

void task_map_start(struct task *task, jv items_taken, uint32_t rows_n)
{
	jv_free(task->items);
	task->items = items_taken;
	task->items_at = rows_n;
}

int task_is_expand(const struct task *task)
{
	return jv_get_kind(task->items) == JV_KIND_ARRAY;
}

int task_is_collect(const struct task *task)
{
	const struct pipeline_step *step = task_step(task);

	return step && step->kind == PIPELINE_MAP && !task->step.parent_id &&
	       task->step.has_items && task->step.waiting_on == 0;
}

void task_map_piece(struct task *task)
{
	const struct pipeline_step *step = task_step(task);
	uint32_t n = (uint32_t)jv_array_length(jv_copy(task->items));
	size_t bytes = 0;

	release_values(task);
	task->values = xcalloc(LIMIT_MAP_CHUNK, sizeof(*task->values));
	task->map = (struct settle_map){
		.items = n,
		.first = task->items_at,
		.values = (const char *const *)task->values,
		.at_once = (uint32_t)(step->at_once > 0 ? step->at_once
							: LIMIT_MAP_AT_ONCE),
	};
	while (task->items_at < n && task->map.n < LIMIT_MAP_CHUNK &&
	       bytes < PIECE_BYTES) {
		jv value = jv_array_get(jv_copy(task->items),
					(int)task->items_at++);

		task->values[task->map.n] = json_text(value);
		bytes += strlen(task->values[task->map.n++]);
		jv_free(value);
	}
	task->map.is_last = task->items_at == n;
	task_end(task, SETTLE_MAP);
	task->settle.map = &task->map;
}

size_t task_map_bytes(const struct task *task)
{
	size_t i, bytes = 0;

	for (i = 0; i < task->map.n; i++)
		bytes += 100 + strlen(task->values[i]);
	return bytes;
}

/*
 * What the failed items have added to the run's progress: a retry adds it
 * again. Rounded as the database does it, item by item.
 */
static int64_t undone(const struct task *task, size_t failed, size_t n)
{
	double percent = 100 * task_step(task)->weight / task->pipeline->weight;
	int64_t share = (int64_t)(percent * 100);

	return share - share * (int64_t)(n - failed) / (int64_t)n;
}

/* "2 of 12 items failed, 11 must be done; item 7: engine image: 400". */
static void fail_map(struct task *task, const struct run_item *items, size_t n,
		     size_t failed, size_t quota,
		     const struct task_limits *limits)
{
	struct strbuf reason = { .max = LIMIT_MESSAGE / 2 };
	struct strbuf detail = { .max = LIMIT_EXCEPTION / 2 };
	size_t i, shown = 0;

	strbuf_addf(&reason, "%zu of %zu items failed, %zu must be done",
		    failed, n, quota);
	for (i = 0; i < n; i++) {
		const char *error = items[i].error ? items[i].error : "";

		if (items[i].state == STATE_DONE)
			continue;
		if (shown++ == 0)
			strbuf_addf(&reason, "; item %" PRIu32 ": %s",
				    items[i].item, error);
		if (shown <= FAILED_SHOWN)
			strbuf_addf(&detail, "item %-5" PRIu32 "%s\n",
				    items[i].item, error);
	}
	if (shown > FAILED_SHOWN)
		strbuf_addf(&detail, "and %zu more\n", shown - FAILED_SHOWN);
	task_fail(task, strbuf_str(&reason), strbuf_str(&detail), limits);
	if (task->settle.kind == SETTLE_FAIL && !task->settle.is_tolerated)
		task->settle.undone = undone(task, failed, n);
	strbuf_release(&reason);
	strbuf_release(&detail);
}

void task_collect(struct task *task, const struct run_item *items, size_t n,
		  const struct task_limits *limits)
{
	size_t quota = decide_quota(task->pipeline, task->index, n);
	size_t i, done = 0;
	jv results;

	for (i = 0; i < n; i++)
		done += items[i].state == STATE_DONE;
	if (done < quota) {
		fail_map(task, items, n, n - done, quota, limits);
		return;
	}
	results = jv_array_sized((int)n);
	for (i = 0; i < n; i++)
		results = jv_array_append(results,
					  items[i].state == STATE_DONE
						  ? json_stored(items[i].result)
						  : jv_null());
	task_done(task, results, "0", limits);
}
