/* SPDX-License-Identifier: MIT */

/*
 * Writing what has ended. All of it goes in one transaction. When the server
 * refuses that for good, one of the items is at fault (a result that the
 * column does not take, a uuid that exists already): each is then written
 * alone, and the one that is refused again is written as failed, with the
 * server's words as the reason. So one bad row never holds up the others.
 */

#include <config.h>

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/settings.h"
#include "db/db.h"
#include "plan/pipeline.h"
#include "store/control.h"
#include "sys/loop.h"
#include "worker/self.h"

static int write_items(struct worker *w, struct task **tasks, size_t n,
		       struct err *err)
{
	struct settle *items = xcalloc(n, sizeof(*items));
	size_t i;
	int rc = -1;

	for (i = 0; i < n; i++) {
		items[i] = tasks[i]->settle;
		if (items[i].kind == SETTLE_EXPAND)
			tasks[i]->expand.definition_id =
				catalog_id(&w->catalog,
					   tasks[i]->expand.pipeline);
	}
	if (db_begin(w->db, err) ||
	    settle(w->db, items, n, w->can_mirror, err) ||
	    db_commit(w->db, err)) {
		if (err->code == ERR_DB_UNCERTAIN)
			w->record_doubt = 1;
		goto out;
	}
	for (i = 0; i < n; i++)
		tasks[i]->settle.outcome = items[i].outcome;
	rc = 0;
out:
	free(items);
	return rc;
}

static void on_rested(void *arg)
{
	struct task *task = arg;
	struct worker *w = task->worker;

	worker_task_drop(w, task);
	worker_turn_in(w, 0);
}

static void count(struct worker *w, const struct task *task)
{
	switch (task->settle.kind) {
	case SETTLE_DONE:
	case SETTLE_SKIP:
		w->row.done++;
		w->jobs_done++;
		break;
	case SETTLE_FAIL:
	case SETTLE_BURY:
		w->row.failed++;
		w->jobs_done++;
		break;
	case SETTLE_RETRY:
		w->jobs_done++;
		break;
	case SETTLE_RELEASE:
	case SETTLE_PARK:
	case SETTLE_MAP:
	case SETTLE_EXPAND:
	case SETTLE_DROP:
		break;
	}
}

/* A map is written piece by piece: 1 when more follow. */
static int goes_on(struct worker *w, struct task *task)
{
	if (task->settle.kind != SETTLE_MAP || task->map.is_last ||
	    task->settle.outcome != SETTLE_WRITTEN)
		return 0;
	if (w->is_draining)
		task_give_back(task);
	else
		task_map_piece(task);
	return 1;
}

static void written(struct worker *w, struct task *task)
{
	if (task->settle.outcome == SETTLE_FENCED) {
		report_fenced(task, w->record_doubt);
	} else {
		report_written(task);
		count(w, task);
	}
	if (goes_on(w, task))
		return;
	if (w->settings->worker.rest_ms > 0 && task_is_step(task) &&
	    !w->is_draining) {
		task->phase = TASK_RESTING;
		w->ended_n--;
		w->resting_n++;
		task->timer =
			loop_timer_add(w->env.loop, w->settings->worker.rest_ms,
				       on_rested, task);
		return;
	}
	worker_task_drop(w, task);
}

/* Another run has its uuid, or is the one that its episode may have. */
static int say_why_not_unique(struct worker *w, const struct task *task,
			      struct strbuf *reason)
{
	const struct run_new *run = &task->expand;
	struct run_live live;
	struct err err;
	int is_live = 0;

	if (run->has_episode)
		is_live = run_live(w->db, run->pipeline, run->episode_id, &live,
				   &err);
	if (is_live < 0)
		return link_trouble(w, &err, "looking for a live run") ? -1 : 0;
	if (is_live && live.run_id)
		strbuf_addf(reason,
			    "unique: episode %" PRIu64
			    " has a live run of %s, run %" PRIu64,
			    run->episode_id, run->pipeline->name, live.run_id);
	else if (is_live)
		strbuf_addf(reason,
			    "unique: episode %" PRIu64 " had a live run of %s",
			    run->episode_id, run->pipeline->name);
	else
		strbuf_addf(reason, "a run with the uuid %s exists already",
			    run->uuid);
	return 0;
}

/* The server refused this one alone: it fails, with the reason. */
static int write_refused(struct worker *w, struct task *task,
			 const struct err *why)
{
	struct task_limits limits = worker_limits(w);
	struct strbuf reason = { .max = LIMIT_MESSAGE };
	struct err err;
	int rc;

	if (task->settle.kind == SETTLE_EXPAND && why->code == ERR_DB_DUP) {
		if (say_why_not_unique(w, task, &reason))
			return -1;
	} else if (task->settle.kind == SETTLE_BURY &&
		   why->code == ERR_DB_DUP) {
		strbuf_adds(&reason, task->settle.error);
	} else {
		strbuf_addf(&reason, "cannot be stored: %s", why->text);
	}
	task->settle.input = NULL;
	task_fail(task, strbuf_str(&reason), NULL, &limits);
	task->settle.input = NULL;
	strbuf_release(&reason);
	rc = write_items(w, &task, 1, &err);
	if (rc && err.code == ERR_DB_DUP && !task_is_step(task)) {
		/* failed_jobs has its uuid already. */
		db_rollback(w->db);
		uuid_new(task->uuid);
		rc = write_items(w, &task, 1, &err);
	}
	if (rc == 0) {
		written(w, task);
		return 0;
	}
	if (link_trouble(w, &err, "writing a failure"))
		return -1;
	log_error("cannot write that a job failed, its lease brings it back",
		  F_U64("job", task->job.id), F_STR("error", err.text));
	worker_task_drop(w, task);
	return 0;
}

static int write_alone(struct worker *w, struct task **tasks, size_t n)
{
	struct err err;
	size_t i;

	for (i = 0; i < n; i++) {
		/* Some refusals end the connection. */
		if (!link_up(w))
			return -1;
		if (write_items(w, &tasks[i], 1, &err) == 0) {
			written(w, tasks[i]);
			continue;
		}
		if (link_trouble(w, &err, "writing a result") ||
		    write_refused(w, tasks[i], &err))
			return -1;
	}
	return 0;
}

/*
 * From where the last turn stopped: large maps, which end piece by piece, would
 * else keep those behind them from being written.
 */
static size_t pick_ended(struct worker *w, struct task **out)
{
	size_t from = w->pick_from, i, n = 0, bytes = 0;

	for (i = 0; i < w->tasks_n && n < LIMIT_TURN_ITEMS; i++) {
		struct task *task = w->tasks[(from + i) % w->tasks_n];

		if (task->phase != TASK_ENDED)
			continue;
		bytes += task_bytes(task);
		if (n > 0 && bytes > LIMIT_TURN_BYTES)
			break;
		out[n++] = task;
	}
	w->pick_from = (from + i) % w->tasks_n;
	return n;
}

int record_turn(struct worker *w)
{
	struct task *tasks[LIMIT_TURN_ITEMS];
	struct err err;
	size_t n, i;

	if (w->ended_n == 0)
		return 0;
	n = pick_ended(w, tasks);
	assert(n > 0);
	if (write_items(w, tasks, n, &err) == 0) {
		for (i = 0; i < n; i++)
			written(w, tasks[i]);
	} else if (link_trouble(w, &err, "writing results") ||
		   write_alone(w, tasks, n)) {
		return -1;
	}
	if (w->ended_n == 0)
		w->record_doubt = 0;
	return 1;
}
