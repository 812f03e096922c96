/* SPDX-License-Identifier: MIT */

/*
 * A turn comes when a task has ended, when it is time to look for work, or
 * when the database is to be tried again. It writes first: that makes room,
 * and what it writes may be the very work that it then claims.
 *
 * Looking for work starts a few milliseconds after the last success and backs
 * off, doubling, to worker.sleep. A full worker does not look at all.
 *
 * Stopping has two steps. Draining: nothing is claimed any more, what runs
 * may finish until worker.grace. Then, or on a second signal: calls are
 * cancelled and their jobs given back without an attempt used up. When the
 * database cannot be reached even then, the worker leaves after
 * LAST_CHANCE_MS, and the leases bring the jobs back.
 */

#include <config.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/settings.h"
#include "db/db.h"
#include "plan/plan.h"
#include "sys/httpc.h"
#include "sys/loop.h"
#include "sys/signals.h"
#include "worker/self.h"

enum {
	FIRST_IDLE_MS = 5,
	LAST_CHANCE_MS = 5000,
	FIRST_CLAIM = 8
};

void worker_turn_in(struct worker *w, int64_t ms)
{
	loop_timer_set(w->turn_timer, ms);
}

void worker_over(struct worker *w, enum worker_end end)
{
	w->is_over = 1;
	w->end = end;
}

struct task_limits worker_limits(const struct worker *w)
{
	uint32_t random;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		random = 0; /* it spreads waits; nothing depends on it */
	return (struct task_limits){
		.settings = w->settings,
		.worker = w->name,
		.server_now_ms = clock_mono_ms() + w->server_ahead_ms,
		.random = random,
	};
}

void worker_task_add(struct worker *w, struct task *task)
{
	if (w->tasks_n == w->tasks_alloc) {
		w->tasks_alloc = w->tasks_alloc ? w->tasks_alloc * 2 : 64;
		w->tasks = xreallocarray(w->tasks, w->tasks_alloc,
					 sizeof(struct task *));
	}
	task->place = w->tasks_n;
	task->worker = w;
	w->tasks[w->tasks_n++] = task;
	if (task->phase == TASK_ENDED)
		w->ended_n++;
}

void worker_task_drop(struct worker *w, struct task *task)
{
	struct task *last = w->tasks[w->tasks_n - 1];

	if (task->phase == TASK_ENDED)
		w->ended_n--;
	if (task->phase == TASK_RESTING)
		w->resting_n--;
	w->tasks[task->place] = last;
	last->place = task->place;
	w->tasks_n--;
	step_cancel(&task->call);
	loop_timer_del(&task->timer);
	task_free(&task);
}

/* Calls that still run go back to the queue. */
static void give_back_all(struct worker *w)
{
	size_t i, n = 0;

	for (i = 0; i < w->tasks_n; i++) {
		struct task *task = w->tasks[i];

		if (task->phase != TASK_RUNNING)
			continue;
		step_cancel(&task->call);
		task_give_back(task);
		w->ended_n++;
		n++;
	}
	if (n > 0)
		log_warn("giving back what still runs", F_U64("steps", n));
	worker_turn_in(w, 0);
}

static void on_stop_timer(void *arg)
{
	struct worker *w = arg;

	if (!w->is_draining) {
		worker_drain(w, "max-time reached");
		return;
	}
	if (w->tasks_n > w->ended_n + w->resting_n) {
		give_back_all(w);
		loop_timer_set(w->stop_timer, LAST_CHANCE_MS);
		return;
	}
	log_error(
		"stopping without the database: what is not written comes "
		"back when its lease runs out",
		F_U64("steps", w->ended_n));
	worker_over(w, WORKER_STOPPED);
}

void worker_drain(struct worker *w, const char *why)
{
	if (w->is_draining)
		return;
	w->is_draining = 1;
	w->row.state = "draining";
	log_info("stopping, no new work is taken", F_STR("why", why),
		 F_U64("running", w->tasks_n - w->resting_n));
	loop_timer_set(w->stop_timer, w->settings->worker.grace_ms);
	worker_turn_in(w, 0);
}

static void reload(struct worker *w)
{
	struct plan *plan;
	struct err err;

	if (!w->options->reload ||
	    w->options->reload(w->options->reload_arg, &plan, &err)) {
		log_error(
			"configuration not reloaded, going on with the old "
			"one",
			F_STR("error", w->options->reload ? err.text : NULL));
		return;
	}
	plan_unref(&w->plan);
	w->plan = plan;
	w->is_ready = 0; /* its pipelines are made known at the next turn */
	log_info("configuration reloaded", F_U64("engines", plan->engines_n),
		 F_U64("pipelines", plan->pipelines_n));
	worker_turn_in(w, 0);
}

static void pause_work(struct worker *w, int is_paused)
{
	if (w->is_paused == is_paused || w->is_draining)
		return;
	w->is_paused = is_paused;
	w->row.state = is_paused ? "paused" : "running";
	log_info(is_paused ? "paused, no new work is taken" : "resumed");
	worker_turn_in(w, 0);
}

static void on_signal(void *arg, int signo)
{
	struct worker *w = arg;

	switch (signo) {
	case SIGHUP:
		reload(w);
		break;
	case SIGUSR2:
		pause_work(w, 1);
		break;
	case SIGCONT:
		pause_work(w, 0);
		break;
	default:
		if (w->is_draining) {
			give_back_all(w);
			loop_timer_set(w->stop_timer, LAST_CHANCE_MS);
		} else {
			worker_drain(w, strsignal(signo));
		}
	}
}

static void check_limits(struct worker *w)
{
	int64_t max_jobs = w->settings->worker.max_jobs;
	int64_t memory = w->settings->worker.memory_bytes;

	if (max_jobs > 0 && w->jobs_done >= (uint64_t)max_jobs)
		worker_drain(w, "max-jobs reached");
	if (memory > 0 && !w->is_draining && beat_rss() > (uint64_t)memory) {
		w->end = WORKER_MEMORY;
		worker_drain(w, "over the memory limit");
	}
}

static int64_t next_idle(const struct worker *w)
{
	int64_t ms = w->idle_ms ? w->idle_ms * 2 : FIRST_IDLE_MS;

	return MIN(ms, w->settings->worker.sleep_ms);
}

static void on_turn(void *arg)
{
	struct worker *w = arg;
	int recorded, claimed = 0;

	/* Lines go before results: their fence is the job's, which goes. */
	if (!link_up(w) || claim_settle_doubt(w) < 0 || beat_lines(w) < 0)
		return;
	recorded = record_turn(w);
	if (recorded < 0)
		return;
	check_limits(w);
	if (!w->is_draining && !w->is_paused)
		claimed = claim_turn(w);
	if (claimed < 0)
		return;
	if (w->is_draining && w->tasks_n == w->resting_n) {
		worker_over(w, w->end);
		return;
	}
	if (recorded > 0 || claimed > 0 || w->ended_n > 0) {
		w->idle_ms = 0;
		worker_turn_in(w, 0);
		return;
	}
	/* What is due and was not taken is locked by another for a moment. */
	if (w->options->stop_when_empty && !w->is_paused && w->tasks_n == 0 &&
	    !w->has_due)
		worker_drain(w, "nothing left to do");
	else if (w->tasks_n < (size_t)w->settings->worker.concurrency) {
		w->idle_ms = next_idle(w);
		worker_turn_in(w, w->idle_ms);
	}
}

static char *join_queues(char *const *queues, size_t *n)
{
	struct strbuf sb = { 0 };

	for (*n = 0; queues[*n]; (*n)++)
		strbuf_addf(&sb, "%s%s", *n ? "," : "", queues[*n]);
	return strbuf_detach(&sb);
}

static void describe_self(struct worker *w)
{
	const struct settings *settings = w->settings;

	if (gethostname(w->host, sizeof(w->host) - 1))
		(void)strncpy(w->host, "localhost", sizeof(w->host) - 1);
	w->name = *settings->worker.name
			  ? xstrdup(settings->worker.name)
			  : xasprintf("%s-%ld", w->host, (long)getpid());
	w->queues = join_queues(settings->worker.queues, &w->queues_n);
	w->row = (struct worker_row){
		.name = w->name,
		.host = w->host,
		.pid = (uint32_t)getpid(),
		.queues = w->queues,
		.concurrency = (uint32_t)settings->worker.concurrency,
		.state = "running",
	};
}

static int set_up(struct worker *w, struct err *err)
{
	static const int signos[] = { SIGTERM, SIGINT,  SIGQUIT, SIGHUP,
				      SIGUSR2, SIGCONT, 0 };

	w->env.loop = loop_new();
	w->env.httpc =
		httpc_new(w->env.loop, (long)w->settings->worker.concurrency);
	w->turn_timer = loop_timer_add(w->env.loop, 0, on_turn, w);
	w->stop_timer =
		loop_timer_add(w->env.loop, w->settings->worker.max_time_ms,
			       on_stop_timer, w);
	if (w->settings->worker.max_time_ms == 0)
		loop_timer_stop(w->stop_timer);
	w->signals = signals_open(w->env.loop, signos, on_signal, w, err);
	return w->signals ? 0 : -1;
}

static void tear_down(struct worker *w)
{
	struct err err;
	size_t i;

	while (w->tasks_n > 0)
		worker_task_drop(w, w->tasks[0]);
	for (i = 0; i < w->doubt_n; i++)
		task_free(&w->doubt[i]);
	for (i = 0; i < w->lines_n; i++)
		free(w->lines[i].message);
	free(w->lines);
	free(w->doubt);
	free(w->tasks);
	if (w->row.id && db_is_connected(w->db) &&
	    workers_del(w->db, w->row.id, &err))
		log_debug("own row is left behind", F_STR("error", err.text));
	signals_close(&w->signals);
	loop_timer_del(&w->turn_timer);
	loop_timer_del(&w->beat_timer);
	loop_timer_del(&w->watch_timer);
	loop_timer_del(&w->stop_timer);
	httpc_free(&w->env.httpc);
	loop_free(&w->env.loop);
	catalog_release(&w->catalog);
	plan_unref(&w->plan);
	free(w->name);
	free(w->queues);
}

enum worker_end worker_run(const struct worker_options *options,
			   struct err *err)
{
	struct worker w = {
		.options = options,
		.settings = options->settings,
		.db = options->db,
		.plan = plan_ref(options->plan),
		.claim_max = FIRST_CLAIM,
		.end = WORKER_FAILED,
		.err = err,
	};
	enum worker_end end;

	describe_self(&w);
	if (set_up(&w, err) == 0) {
		w.end = WORKER_STOPPED;
		beat_start(&w);
		log_info("worker started", F_STR("worker", w.name),
			 F_STR("queues", w.queues),
			 F_U64("concurrency", w.row.concurrency));
		while (!w.is_over)
			loop_turn(w.env.loop, -1);
		if (w.end == WORKER_STOPPED || w.end == WORKER_MEMORY)
			log_info("worker stopped", F_STR("worker", w.name),
				 F_U64("done", w.row.done),
				 F_U64("failed", w.row.failed));
	}
	end = w.end;
	tear_down(&w);
	return end;
}
