/* SPDX-License-Identifier: MIT */

/*
 * Taking work: one look at all queues without a lock, then, when there is
 * something, one transaction that claims for the free places, queue after
 * queue in the order they were named, reads the rows behind the step jobs and
 * marks the steps running. Calls start only after its COMMIT.
 *
 * When that COMMIT is of unknown fate the tasks are kept in doubt; once the
 * server answers again their rows say whether they are ours (fence and
 * reserved_by), and only then do they start.
 */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/settings.h"
#include "db/db.h"
#include "plan/engine.h"
#include "plan/pipeline.h"
#include "worker/self.h"

/* Tasks of one claim. */
struct catch
{
	struct task *tasks[LIMIT_TURN_ITEMS];
	size_t n;
	struct run_result *results;
	size_t results_n;
};

static void catch_release(struct catch *c)
{
	while (c->n > 0)
		task_free(&c->tasks[--c->n]);
	run_results_free(c->results, c->results_n);
	*c = (struct catch){ 0 };
}

static size_t free_places(const struct worker *w)
{
	size_t places = (size_t)w->settings->worker.concurrency - w->tasks_n;
	int64_t max_jobs = w->settings->worker.max_jobs;

	if (max_jobs > 0) {
		uint64_t taken = w->jobs_done + w->tasks_n - w->resting_n;
		uint64_t left = taken < (uint64_t)max_jobs
					? (uint64_t)max_jobs - taken
					: 0;

		places = MIN(places, left);
	}
	return MIN(places, w->claim_max);
}

/* 1: queues in `looks` have work. */
static int look(struct worker *w, struct queue_look *looks, struct err *err)
{
	int64_t now_ms = 0;
	size_t i;

	if (queue_look(w->db, (const char *const *)w->settings->worker.queues,
		       w->queues_n, looks, &now_ms, err))
		return -1;
	w->server_ahead_ms = now_ms - clock_mono_ms();
	w->has_due = 0;
	for (i = 0; i < w->queues_n; i++)
		w->has_due |= looks[i].is_due && !looks[i].is_paused;
	return w->has_due;
}

static int claim_rows(struct worker *w, const struct queue_look *looks,
		      size_t places, struct catch *c, struct err *err)
{
	struct job jobs[LIMIT_TURN_ITEMS] = { 0 };
	struct queue_claim claim = {
		.worker_id = w->row.id,
		.lease_ms = w->settings->worker.lease_ms,
		.payload_max = (size_t)w->settings->worker.max_payload,
	};
	size_t i, k, n;

	for (i = 0; i < w->queues_n && c->n < places; i++) {
		if (!looks[i].is_due || looks[i].is_paused)
			continue;
		claim.queue = w->settings->worker.queues[i];
		claim.limit = places - c->n;
		n = 0;
		if (queue_claim(w->db, &claim, jobs, &n, err) < 0)
			return -1;
		for (k = 0; k < n; k++)
			c->tasks[c->n++] = task_new(&jobs[k]);
	}
	return 0;
}

static int load_steps(struct worker *w, struct catch *c, struct err *err)
{
	uint64_t ids[LIMIT_TURN_ITEMS];
	struct run_step steps[LIMIT_TURN_ITEMS] = { 0 };
	size_t i, n = 0;

	for (i = 0; i < c->n; i++)
		if (c->tasks[i]->phase == TASK_CLAIMED)
			ids[n++] = c->tasks[i]->payload.step_id;
	if (run_steps_load(w->db, ids, n, steps, err))
		return -1;
	for (i = 0, n = 0; i < c->n; i++)
		if (c->tasks[i]->phase == TASK_CLAIMED)
			c->tasks[i]->step = steps[n++];
	return 0;
}

/* Find what each step is; an error of the database is the only failure. */
static int bind_steps(struct worker *w, struct catch *c, struct err *err)
{
	struct task_limits limits = worker_limits(w);
	struct pipeline *pipeline;
	char text[64];
	size_t i;

	for (i = 0; i < c->n; i++) {
		struct task *task = c->tasks[i];

		if (task->phase != TASK_CLAIMED)
			continue;
		if (!task_is_step(task)) {
			(void)snprintf(text, sizeof(text),
				       "no step %" PRIu64 " in episode_jobs",
				       task->payload.step_id);
			task_fail(task, text, NULL, &limits);
			continue;
		}
		if (catalog_get(&w->catalog, w->db, task->step.definition_id,
				&pipeline, err)) {
			if (err_is_database(err))
				return -1;
			task_fail(task, err->text, NULL, &limits);
			continue;
		}
		task_bind(task, pipeline, w->plan, &limits);
	}
	return 0;
}

/* A task of the same map that has its state already. */
static const struct task *find_sibling(const struct worker *w,
				       const struct catch *c, size_t index)
{
	uint64_t parent_id = c->tasks[index]->step.parent_id;
	size_t i;

	if (!parent_id)
		return NULL;
	for (i = 0; i < index; i++)
		if (c->tasks[i]->has_scope &&
		    c->tasks[i]->step.parent_id == parent_id)
			return c->tasks[i];
	for (i = 0; i < w->tasks_n; i++)
		if (w->tasks[i]->has_scope &&
		    w->tasks[i]->step.parent_id == parent_id)
			return w->tasks[i];
	return NULL;
}

/*
 * Runs may hold much: how much is known once it was read. So claims begin
 * small and grow, and get small again when they were too large.
 */
static void fit_claims(struct worker *w, const struct catch *c)
{
	size_t i, bytes = 0;

	for (i = 0; i < c->results_n; i++)
		if (c->results[i].result)
			bytes += strlen(c->results[i].result);
	if (bytes > LIMIT_CLAIM_BYTES)
		w->claim_max = MAX(c->n * LIMIT_CLAIM_BYTES / bytes, 1);
	else
		w->claim_max = MIN(w->claim_max * 2, LIMIT_TURN_ITEMS);
}

/* The rows of runs, but of those whose state we have. */
static int load_results(struct worker *w, struct catch *c, struct err *err)
{
	uint64_t runs[LIMIT_TURN_ITEMS];
	size_t i, k, n = 0;

	for (i = 0; i < c->n; i++) {
		const struct task *task = c->tasks[i];

		if (task->phase != TASK_CLAIMED || find_sibling(w, c, i))
			continue;
		for (k = 0; k < n && runs[k] != task->step.run_id; k++)
			;
		if (k == n)
			runs[n++] = task->step.run_id;
	}
	if (run_results_load(w->db, runs, n, &c->results, &c->results_n, err))
		return -1;
	fit_claims(w, c);
	return 0;
}

/* Maps have rows of items to be counted, or results to be read. */
static int look_at_items(struct worker *w, struct task *task,
			 struct task_sight *sight, struct err *err)
{
	if (task->step.has_items && task->step.waiting_on > 0)
		return run_items_count(w->db, task->step.run_id, task->step.id,
				       &sight->rows_n, err);
	return 0;
}

static int collect_items(struct worker *w, struct task *task, struct err *err)
{
	struct task_limits limits = worker_limits(w);
	struct run_item *items;
	size_t n;

	if (run_items_load(w->db, task->step.run_id, task->step.id, &items, &n,
			   err)) {
		if (err_is_database(err))
			return -1;
		task_fail(task, err->text, NULL, &limits);
		return 0;
	}
	task_collect(task, items, n, &limits);
	run_items_free(items, n);
	return 0;
}

static int decide_steps(struct worker *w, struct catch *c, struct err *err)
{
	struct task_limits limits = worker_limits(w);
	size_t i;

	if (load_results(w, c, err))
		return -1;
	for (i = 0; i < c->n; i++) {
		struct task *task = c->tasks[i];
		struct task_sight sight = { c->results, c->results_n,
					    find_sibling(w, c, i), 0 };

		if (task->phase != TASK_CLAIMED)
			continue;
		if (look_at_items(w, task, &sight, err))
			return -1;
		task_decide(task, &sight, &limits);
		if (task->phase == TASK_CLAIMED && task_is_collect(task) &&
		    collect_items(w, task, err))
			return -1;
	}
	return 0;
}

static int start_steps(struct worker *w, struct catch *c, struct err *err)
{
	struct run_start starts[LIMIT_TURN_ITEMS];
	size_t i, n = 0;

	for (i = 0; i < c->n; i++)
		if (c->tasks[i]->phase == TASK_CLAIMED)
			starts[n++] =
				(struct run_start){ &c->tasks[i]->step,
						    task_stage(c->tasks[i]) };
	return n > 0 ? run_steps_start(w->db, starts, n, w->name, w->can_mirror,
				       err)
		     : 0;
}

static void on_call_done(void *arg, struct step_outcome *outcome)
{
	struct task *task = arg;
	struct worker *w = task->worker;
	struct task_limits limits = worker_limits(w);

	task->call = NULL;
	task_finish(task, outcome, &limits);
	w->ended_n++;
	worker_turn_in(w, 0);
}

/* What a command says; more than the buffer takes is counted, not kept. */
static void on_call_log(void *arg, const char *line, size_t len)
{
	enum {
		LINES_MAX = 1000
	};
	struct task *task = arg;
	struct worker *w = task->worker;
	struct strbuf text = { .max = LIMIT_MESSAGE };

	if (w->lines_n == LINES_MAX) {
		w->lines_dropped++;
		return;
	}
	if (!w->lines)
		w->lines = xcalloc(LINES_MAX, sizeof(*w->lines));
	strbuf_add_excerpt(&text, line, len, LIMIT_MESSAGE - 4);
	w->lines[w->lines_n++] = (struct event_line){
		.job_id = task->job.id,
		.fence = task->job.fence,
		.step_id = task->step.id,
		.message = strbuf_detach(&text),
	};
	worker_turn_in(w, 0);
}

static void call_engine(struct worker *w, struct task *task)
{
	struct task_limits limits = worker_limits(w);
	struct step_request request = {
		.engine = task->engine,
		.body = task->body,
		.body_len = strlen(task->body),
		.idempotency_key = task->step.uuid,
		.run = task->step.run_uuid,
		.step = task->step.step,
		.attempt = task->step.starts + 1,
		.timeout_ms = task_timeout_ms(task, &limits),
	};

	task->phase = TASK_RUNNING;
	task->started_ms = clock_mono_ms();
	report_started(task);
	task->call =
		step_start(&w->env, &request, on_call_done, on_call_log, task);
}

/* A job that we held already and let lapse: the old call is void. */
static void drop_older(struct worker *w, const struct task *task)
{
	size_t i;

	for (i = 0; i < w->tasks_n; i++) {
		if (w->tasks[i]->job.id == task->job.id) {
			report_fenced(w->tasks[i], 0);
			worker_task_drop(w, w->tasks[i]);
			return;
		}
	}
}

/* What was started in the claim's transaction begins. */
static void begin(struct worker *w, struct task *task)
{
	struct task_limits limits = worker_limits(w);

	if (task->phase == TASK_CLAIMED && task_is_expand(task))
		task_map_piece(task);
	else if (task->phase == TASK_CLAIMED)
		task_prepare(task, &limits);
	worker_task_add(w, task);
	if (task->phase == TASK_CLAIMED) {
		call_engine(w, task);
		task_trim(task);
	}
}

static int claim_all(struct worker *w, const struct queue_look *looks,
		     size_t places, struct catch *c, struct err *err)
{
	struct task_limits limits = worker_limits(w);
	size_t i;

	if (db_begin(w->db, err) || claim_rows(w, looks, places, c, err))
		return -1;
	for (i = 0; i < c->n; i++)
		task_read(c->tasks[i], w->plan, &limits);
	if (load_steps(w, c, err) || bind_steps(w, c, err) ||
	    decide_steps(w, c, err) || start_steps(w, c, err))
		return -1;
	return db_commit(w->db, err);
}

/* Keep what a COMMIT of unknown fate may have given us. */
static void keep_in_doubt(struct worker *w, struct catch *c)
{
	w->doubt = xreallocarray(w->doubt, c->n, sizeof(struct task *));
	memcpy(w->doubt, c->tasks, c->n * sizeof(struct task *));
	w->doubt_n = c->n;
	c->n = 0;
}

int claim_turn(struct worker *w)
{
	struct queue_look looks[LIMIT_QUEUES];
	struct catch c = { 0 };
	struct err err;
	size_t i, places = free_places(w);
	int rc;

	if (places == 0)
		return 0;
	rc = look(w, looks, &err);
	if (rc == 0)
		return 0;
	if (rc < 0 || claim_all(w, looks, places, &c, &err)) {
		if (err.code == ERR_DB_UNCERTAIN)
			keep_in_doubt(w, &c);
		catch_release(&c);
		if (!link_trouble(w, &err, "looking for work")) {
			log_error("cannot take work, trying again",
				  F_STR("error", err.text));
			worker_turn_in(w, w->settings->worker.sleep_ms);
		}
		return -1;
	}
	for (i = 0; i < c.n; i++) {
		if (c.tasks[i]->job.lost > 0)
			drop_older(w, c.tasks[i]);
		begin(w, c.tasks[i]);
	}
	rc = c.n > 0;
	c.n = 0;
	catch_release(&c);
	return rc;
}

int claim_settle_doubt(struct worker *w)
{
	struct job_ref *refs;
	struct err err;
	size_t i, k, kept = 0;

	if (w->doubt_n == 0)
		return 0;
	refs = xcalloc(w->doubt_n, sizeof(*refs));
	for (i = 0; i < w->doubt_n; i++)
		refs[i] = (struct job_ref){ .id = w->doubt[i]->job.id,
					    .fence = w->doubt[i]->job.fence };
	if (queue_held(w->db, w->row.id, refs, w->doubt_n, &err)) {
		free(refs);
		if (!link_trouble(w, &err, "looking for claimed jobs"))
			worker_turn_in(w, w->settings->worker.sleep_ms);
		return -1;
	}
	for (i = 0; i < w->doubt_n; i++) {
		struct task *task = w->doubt[i];

		for (k = 0; refs[k].id != task->job.id; k++)
			;
		if (!refs[k].is_held) {
			task_free(&task);
			continue;
		}
		kept++;
		begin(w, task);
	}
	log_info("a claim of unknown fate is cleared up",
		 F_U64("claimed", w->doubt_n), F_U64("held", kept));
	w->doubt_n = 0;
	free(refs);
	return 0;
}
