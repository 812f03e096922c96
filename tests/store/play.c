/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "play.h"

static size_t shape_index(const struct shape *shape, const char *name,
			  size_t len)
{
	size_t i;

	for (i = 0; i < shape->pipeline.steps_n; i++)
		if (strlen(shape->names[i]) == len &&
		    memcmp(shape->names[i], name, len) == 0)
			return i;
	BUG("no step '%.*s' before the one that needs it", (int)len, name);
}

void shape_init(struct shape *shape, const char *text)
{
	static char name[] = "pipeline.test";

	*shape = (struct shape){ 0 };
	shape->pipeline.name = name;
	shape->pipeline.steps = shape->steps;
	while (*text) {
		size_t i = shape->pipeline.steps_n;
		size_t len = strcspn(text, ": ");
		struct pipeline_step *step = &shape->steps[i];

		memcpy(shape->names[i], text, len);
		step->name = shape->names[i];
		step->needs = shape->needs[i];
		text += len;
		while (*text == ':' || *text == ',') {
			len = strcspn(++text, ", ");
			step->needs[step->needs_n++] =
				shape_index(shape, text, len);
			text += len;
		}
		shape->pipeline.steps_n++;
		text += strspn(text, " ");
	}
}

struct testdb *play_server(void)
{
	struct testdb *server = testdb_start(NULL);

	testdb_migrate(server);
	return server;
}

int play_over(struct testdb **server, int failed)
{
	testdb_free(server);
	return failed;
}

int play_setup(void **state)
{
	struct play *p = xcalloc(1, sizeof(*p));

	p->server = *state;
	p->worker_id = 1;
	p->mirror = 1;
	p->db = testdb_connect(p->server);
	play_exec(p,
		  "DELETE FROM jobs; DELETE FROM failed_jobs;"
		  "DELETE FROM episode_jobs; DELETE FROM episode_events;"
		  "DELETE FROM episodes; DELETE FROM queues;"
		  "DELETE FROM workers; DELETE FROM definitions");
	*state = p;
	return 0;
}

int play_teardown(void **state)
{
	struct play *p = *state;

	while (p) {
		struct play *next = p->others;

		db_free(&p->db);
		free(p);
		p = next;
	}
	return 0;
}

struct play *play_another(struct play *p, uint64_t worker_id)
{
	struct play *other = xcalloc(1, sizeof(*other));

	other->server = p->server;
	other->worker_id = worker_id;
	other->mirror = p->mirror;
	other->others = p->others;
	p->others = other;
	other->db = testdb_connect(p->server);
	return other;
}

void play_must(const struct play *p, int rc)
{
	if (rc < 0)
		fail_msg("%s", p->err.text);
}

static PRINTF_LIKE(1, 0) char *sql_text(const char *fmt, va_list ap)
{
	struct strbuf sql = { 0 };

	strbuf_vaddf(&sql, fmt, ap);
	return strbuf_detach(&sql);
}

void play_exec(struct play *p, const char *fmt, ...)
{
	va_list ap;
	char *sql;

	va_start(ap, fmt);
	sql = sql_text(fmt, ap);
	va_end(ap);
	testdb_exec(p->server, sql);
	free(sql);
}

uint64_t play_u64(struct play *p, const char *fmt, ...)
{
	va_list ap;
	char *sql;
	uint64_t n;

	va_start(ap, fmt);
	sql = sql_text(fmt, ap);
	va_end(ap);
	n = testdb_u64(p->server, sql);
	free(sql);
	return n;
}

void play_gives(struct play *p, const char *want, const char *fmt, ...)
{
	va_list ap;
	char *sql, *got;

	va_start(ap, fmt);
	sql = sql_text(fmt, ap);
	va_end(ap);
	got = testdb_str(p->server, sql);
	if (!want)
		assert_null(got);
	else if (!got || strcmp(got, want) != 0)
		fail_msg("\"%s\" != \"%s\": %s", got ? got : "(none)", want,
			 sql);
	free(got);
	free(sql);
}

uint64_t play_push(struct play *p, const char *queue, int64_t in_s)
{
	struct err err;

	if (db_exec(p->db, NULL, &err,
		    "INSERT INTO jobs (queue, payload, available_at,"
		    " created_at) VALUES (?, '{}', UNIX_TIMESTAMP() + ?,"
		    " UNIX_TIMESTAMP())",
		    DB_ARGS(DB_STR(queue), DB_I64(in_s))))
		fail_msg("%s", err.text);
	return play_u64(p, "SELECT MAX(id) FROM jobs");
}

size_t play_claim(struct play *p, const char *queue, size_t limit,
		  struct job *out)
{
	const struct queue_claim claim = {
		.queue = queue,
		.limit = limit,
		.worker_id = p->worker_id,
		.lease_ms = 30000,
		.payload_max = 1000,
	};
	size_t n = 0;

	play_must(p, db_begin(p->db, &p->err));
	play_must(p, queue_claim(p->db, &claim, out, &n, &p->err));
	play_must(p, db_commit(p->db, &p->err));
	return n;
}

struct run_new play_new(struct play *p, const struct shape *shape)
{
	struct run_new run = {
		.pipeline = &shape->pipeline,
		.definition_id = 1,
		.job_id = play_push(p, "default", 0),
		.queue = "default",
		.input = "{\"topic\": \"cats\"}",
	};

	run.due = (uint32_t)
		play_u64(p, "SELECT available_at FROM jobs WHERE id = %" PRIu64,
			 run.job_id);
	uuid_new(run.uuid);
	return run;
}

int play_create(struct play *p, const struct run_new *runs, size_t n)
{
	uint64_t ids[PLAY_TAKES];
	size_t i;

	if (db_begin(p->db, &p->err) ||
	    runs_create(p->db, runs, n, ids, &p->err))
		goto out;
	for (i = 0; i < n; i++)
		if (db_exec(p->db, NULL, &p->err,
			    "DELETE FROM jobs WHERE id = ?",
			    DB_ARGS(DB_U64(runs[i].job_id))))
			goto out;
	if (p->mirror && db_exec(p->db, NULL, &p->err, run_sql_mirror,
				 DB_ARGS(DB_IDS(ids, n))))
		goto out;
	return db_commit(p->db, &p->err);
out:
	db_rollback(p->db);
	return -1;
}

static uint64_t made(struct play *p, const struct run_new *run)
{
	play_must(p, play_create(p, run, 1));
	return play_u64(p, "SELECT id FROM episode_jobs WHERE uuid = '%s'",
			run->uuid);
}

uint64_t play_run(struct play *p, const struct shape *shape)
{
	struct run_new run = play_new(p, shape);

	return made(p, &run);
}

uint64_t play_episode(struct play *p, const struct shape *shape,
		      uint64_t episode_id)
{
	struct run_new run = play_new(p, shape);

	play_exec(p, "INSERT INTO episodes (id) VALUES (%" PRIu64 ")",
		  episode_id);
	run.has_episode = 1;
	run.episode_id = episode_id;
	return made(p, &run);
}

/* What a step's payload names; worker/ reads it with plan/payload.h. */
static uint64_t payload_step_id(const struct job *job)
{
	static const char key[] = "\"episode_job_id\":";
	const char *at = job->payload ? strstr(job->payload, key) : NULL;

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static void find_feeds(struct taken *taken, const struct shape *shape,
		       const struct run_result *results, size_t n)
{
	const struct pipeline *pipeline = &shape->pipeline;
	size_t i, k, m;

	taken->feeds_n = 0;
	for (i = 0; i < pipeline->steps_n; i++)
		for (k = 0; k < pipeline->steps[i].needs_n; k++) {
			const char *need =
				shape->names[pipeline->steps[i].needs[k]];

			if (strcmp(need, taken->step.step) != 0)
				continue;
			for (m = 0; m < n; m++)
				if (results[m].run_id == taken->step.run_id &&
				    strcmp(results[m].step, shape->names[i]) ==
					    0)
					taken->feeds[taken->feeds_n++] =
						results[m].step_id;
		}
}

/* The steps behind claimed jobs, marked running. */
static int start(struct play *p, const struct shape *shape, struct taken *out,
		 size_t n)
{
	uint64_t ids[PLAY_TAKES], runs[PLAY_TAKES];
	struct run_step steps[PLAY_TAKES] = { 0 };
	struct run_start starts[PLAY_TAKES];
	struct run_result *results;
	size_t i, results_n;

	for (i = 0; i < n; i++)
		ids[i] = payload_step_id(&out[i].job);
	if (run_steps_load(p->db, ids, n, steps, &p->err))
		return -1;
	for (i = 0; i < n; i++) {
		out[i].step = steps[i];
		runs[i] = steps[i].run_id;
		starts[i] =
			(struct run_start){ &out[i].step, out[i].step.step };
	}
	if (run_results_load(p->db, runs, n, &results, &results_n, &p->err))
		return -1;
	for (i = 0; i < n; i++)
		find_feeds(&out[i], shape, results, results_n);
	run_results_free(results, results_n);
	return run_steps_start(p->db, starts, n, "player", p->mirror, &p->err);
}

int play_take(struct play *p, const struct shape *shape, struct taken *out,
	      size_t max, size_t *n_out)
{
	const struct queue_claim claim = {
		.queue = "default",
		.limit = max,
		.worker_id = p->worker_id,
		.lease_ms = 30000,
		.payload_max = 1000,
	};
	struct job jobs[PLAY_TAKES] = { 0 };
	size_t i, n = 0;

	*n_out = 0;
	if (db_begin(p->db, &p->err) ||
	    queue_claim(p->db, &claim, jobs, &n, &p->err) < 0)
		goto out;
	for (i = 0; i < n; i++)
		out[i] = (struct taken){ .job = jobs[i] };
	if ((n > 0 && start(p, shape, out, n)) || db_commit(p->db, &p->err)) {
		while (n > 0)
			taken_release(&out[--n]);
		goto out;
	}
	*n_out = n;
	return 0;
out:
	db_rollback(p->db);
	return -1;
}

void play_take_all(struct play *p, const struct shape *shape, struct taken *out,
		   size_t n)
{
	size_t got;

	play_must(p, play_take(p, shape, out, n, &got));
	assert_int_equal(got, n);
}

struct taken play_take_step(struct play *p, const struct shape *shape,
			    const char *step)
{
	struct taken taken = { 0 };

	play_take_all(p, shape, &taken, 1);
	assert_string_equal(taken.step.step, step);
	return taken;
}

void taken_release(struct taken *taken)
{
	job_release(&taken->job);
	run_step_release(&taken->step);
}

struct settle play_item(const struct taken *taken, enum settle_kind kind)
{
	return (struct settle){
		.kind = kind,
		.job_id = taken->job.id,
		.fence = taken->job.fence,
		.step_id = taken->step.id,
		.run_id = taken->step.run_id,
		.step = taken->step.step,
		.result = "{\"ok\": true}",
		.cost = "0",
		.share = 10,
		.feeds = taken->feeds,
		.feeds_n = taken->feeds_n,
		.due = taken->job.due,
		.error = "engine text: 503",
		.exception = "engine text: 503\nin a test\n",
		.uuid = taken->step.uuid,
	};
}

int play_write(struct play *p, struct settle *items, size_t n)
{
	if (db_begin(p->db, &p->err) == 0 &&
	    settle(p->db, items, n, p->mirror, &p->err) == 0 &&
	    db_commit(p->db, &p->err) == 0)
		return 0;
	db_rollback(p->db);
	return -1;
}

void play_settle(struct play *p, const struct taken *taken,
		 enum settle_kind kind)
{
	struct settle item = play_item(taken, kind);

	play_must(p, play_write(p, &item, 1));
	assert_int_equal(item.outcome, SETTLE_WRITTEN);
}

pid_t play_fork(const struct play *p, uint64_t worker_id,
		int (*body)(struct play *p, void *arg), void *arg)
{
	struct play child = { .worker_id = worker_id, .mirror = p->mirror };
	pid_t pid = fork();
	int rc;

	if (pid != 0) {
		assert_true(pid > 0);
		return pid;
	}
	child.db = db_new(testdb_options(p->server));
	rc = db_connect(child.db, &child.err) || body(&child, arg);
	if (rc)
		(void)fprintf(stderr, "# %s\n", child.err.text);
	db_free(&child.db);
	_exit(rc);
}

void play_wait(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}
