/* SPDX-License-Identifier: MIT */

/*
 * Three times a lease: renew the leases of all that we hold, in one
 * statement, and our own row. A lease that another worker has meanwhile is
 * told by the fence; the call behind it is given up at once. So that nobody
 * waits for that when a run is cancelled, a busy worker looks twice a second.
 */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/settings.h"
#include "db/db.h"
#include "store/control.h"
#include "sys/loop.h"
#include "worker/self.h"

enum {
	WATCH_MS = 500 /* a cancelled call ends within twice that */
};

uint64_t beat_rss(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	uint64_t pages = 0;
	char line[128], *end;

	if (!f)
		return 0;
	/* "size resident ...", in pages. */
	if (fgets(line, sizeof(line), f) && (end = strchr(line, ' ')))
		pages = strtoull(end, NULL, 10);
	(void)fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static struct task *task_by_job(const struct worker *w, uint64_t id,
				uint32_t fence)
{
	size_t i;

	for (i = 0; i < w->tasks_n; i++)
		if (w->tasks[i]->job.id == id &&
		    w->tasks[i]->job.fence == fence)
			return w->tasks[i];
	return NULL;
}

static void drop_lost(struct worker *w, const struct job_ref *refs, size_t n)
{
	struct task *task;
	size_t i;

	for (i = 0; i < n; i++) {
		if (refs[i].is_held)
			continue;
		task = task_by_job(w, refs[i].id, refs[i].fence);
		/* One that has ended is told by its settling. */
		if (task && task->phase == TASK_RUNNING) {
			report_fenced(task, 0);
			worker_task_drop(w, task);
		}
	}
}

static int renew(struct worker *w, struct err *err)
{
	struct job_ref *refs = xcalloc(w->tasks_n, sizeof(*refs));
	size_t i, n = 0;
	int rc = -1;

	for (i = 0; i < w->tasks_n; i++)
		if (w->tasks[i]->phase != TASK_RESTING)
			refs[n++] = (struct job_ref){
				.id = w->tasks[i]->job.id,
				.fence = w->tasks[i]->job.fence
			};
	if (db_begin(w->db, err) ||
	    (n > 0 &&
	     queue_hold(w->db, refs, n, w->settings->worker.lease_ms, err)) ||
	    workers_beat(w->db, &w->row, err) || db_commit(w->db, err))
		goto out;
	drop_lost(w, refs, n);
	rc = 0;
out:
	free(refs);
	return rc;
}

static void on_beat(void *arg)
{
	enum {
		AGAIN_MS = 500
	};
	struct worker *w = arg;
	int64_t period = w->settings->worker.lease_ms / 3;
	struct err err;

	/* Whoever is away is brought back by the turn, not by the beat. */
	if (!w->is_ready || !db_is_connected(w->db)) {
		loop_timer_set(w->beat_timer, AGAIN_MS);
		return;
	}
	w->row.running = (uint32_t)(w->tasks_n - w->resting_n);
	w->row.rss_kib = beat_rss() / 1024;
	if (renew(w, &err)) {
		if (!link_trouble(w, &err, "renewing leases"))
			log_error("leases are not renewed",
				  F_STR("error", err.text));
		loop_timer_set(w->beat_timer, AGAIN_MS);
		return;
	}
	loop_timer_set(w->beat_timer, period);
}

static int drop_run(struct worker *w, uint64_t run_id)
{
	size_t i = 0;
	int dropped = 0;

	while (i < w->tasks_n) {
		struct task *task = w->tasks[i];

		if (task->phase == TASK_RUNNING &&
		    task->step.run_id == run_id) {
			report_cancelled(task);
			worker_task_drop(w, task); /* another is here now */
			dropped = 1;
		} else {
			i++;
		}
	}
	return dropped;
}

/* While something runs: was its run cancelled? */
static void on_watch(void *arg)
{
	enum {
		LOOK_BACK_S = 30,
		RUNS_MAX = 1000
	};
	struct worker *w = arg;
	uint64_t runs[RUNS_MAX];
	size_t i, n = 0;
	struct err err;

	loop_timer_set(w->watch_timer, WATCH_MS);
	if (w->tasks_n == w->ended_n + w->resting_n || !w->is_ready ||
	    !db_is_connected(w->db))
		return;
	if (runs_cancelled_since(w->db, LOOK_BACK_S, runs, RUNS_MAX, &n,
				 &err)) {
		if (!link_trouble(w, &err, "looking for cancelled runs"))
			log_error("cancelled runs are not seen",
				  F_STR("error", err.text));
		return;
	}
	for (i = 0; i < n; i++)
		if (drop_run(w, runs[i]))
			worker_turn_in(w, 0);
}

void beat_start(struct worker *w)
{
	w->watch_timer = loop_timer_add(w->env.loop, WATCH_MS, on_watch, w);
	w->beat_timer =
		loop_timer_add(w->env.loop, w->settings->worker.lease_ms / 3,
			       on_beat, w);
}

int beat_lines(struct worker *w)
{
	struct err err;
	size_t i;

	if (w->lines_n == 0)
		return 0;
	if (event_log(w->db, w->lines, w->lines_n, &err)) {
		if (link_trouble(w, &err, "writing log lines"))
			return -1;
		log_error("log lines of steps are lost",
			  F_U64("lines", w->lines_n), F_STR("error", err.text));
	}
	if (w->lines_dropped > 0)
		log_warn("steps said more than is kept",
			 F_U64("lines_dropped", w->lines_dropped));
	for (i = 0; i < w->lines_n; i++)
		free(w->lines[i].message);
	w->lines_n = 0;
	w->lines_dropped = 0;
	return 0;
}
