/* SPDX-License-Identifier: MIT */

/*
 * Workers that meet, and workers that are killed: several processes over the
 * same rows.
 */

#include <config.h>

#include <inttypes.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/util.h"
#include "play.h"

enum {
	JOINS = 200, /* runs whose branches end at the same moment */
	BRANCHES = 2 * JOINS,
	WORKERS = 4,      /* processes that work at the same time */
	TURNS = 300,      /* of each of them */
	BITE = 4,         /* steps a turn takes */
	EPISODES = 3,     /* that all their runs share */
	KILLS = 15,       /* workers killed at some moment */
	SPINS = 10000000, /* a process waits for another */
	WAIT_MS = 10000,  /* at most, for the server */
	REPLAYS = 1000    /* of one transaction */
};

static const char diamond[] = "text image:text voice:text pack:image,voice";

/* What processes share. */
struct meeting {
	atomic_uint arrived[JOINS];
	atomic_uint turns, steps, retries;
	struct shape shape;
	struct taken *taken;
};

static struct meeting *meeting_new(const char *text)
{
	struct meeting *m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(m != MAP_FAILED);
	shape_init(&m->shape, text);
	return m;
}

static void meeting_free(struct meeting *m)
{
	(void)munmap(m, sizeof(*m));
}

/* Settle, again while it is a deadlock. */
static int write_through(struct play *p, struct settle *items, size_t n,
			 struct meeting *m)
{
	int tries = REPLAYS;

	while (play_write(p, items, n)) {
		if (p->err.code != ERR_DB_RETRY || --tries == 0)
			return -1;
		atomic_fetch_add(&m->retries, 1);
	}
	return 0;
}

/*
 * What holds between any two transactions: a step has a job while it can be
 * run and only then, and all that waits waits for as many as are not done.
 */
static void rows_agree(struct play *p)
{
	play_gives(p, NULL,
		   "SELECT s.id FROM episode_jobs s LEFT JOIN jobs j ON"
		   " j.payload LIKE CONCAT('%%_job_id\":', s.id, '}}')"
		   " WHERE s.run_id IS NOT NULL GROUP BY s.id, s.status"
		   " HAVING COUNT(j.id) <> (s.status IN ('queued', 'running',"
		   " 'retrying')) LIMIT 1");
	play_gives(p, NULL,
		   "SELECT r.id FROM episode_jobs r JOIN episode_jobs s"
		   " ON s.run_id = r.id GROUP BY r.id, r.waiting_on, r.status"
		   " HAVING r.waiting_on <> SUM(s.status <> 'done')"
		   " OR (r.waiting_on = 0) <> (r.status = 'done') LIMIT 1");
	/* Of diamonds. */
	play_gives(p, NULL,
		   "SELECT s.id FROM episode_jobs s JOIN episode_jobs n"
		   " ON n.run_id = s.run_id AND (n.step = 'text' AND s.step"
		   " IN ('image', 'voice') OR n.step IN ('image', 'voice')"
		   " AND s.step = 'pack') GROUP BY s.id, s.waiting_on,"
		   " s.status HAVING s.waiting_on <> SUM(n.status <> 'done')"
		   " OR (s.waiting_on > 0) <> (s.status = 'waiting') LIMIT 1");
	play_gives(p, NULL,
		   "SELECT run_id FROM episode_events WHERE state = 'done'"
		   " GROUP BY run_id, episode_job_id HAVING COUNT(*) > 1"
		   " LIMIT 1");
}

/*
 * Process `worker_id` - 1 of two ends the branch of that number, of two runs
 * at a time; the second process has them the other way round.
 */
static int end_branches(struct play *p, void *arg)
{
	struct meeting *m = arg;
	size_t i, k, branch = p->worker_id - 1;
	struct settle items[2];
	long spins;

	for (i = 0; i < JOINS; i += 2) {
		for (k = 0; k < 2; k++)
			items[k ^ branch] =
				play_item(&m->taken[2 * (i + k) + branch],
					  SETTLE_DONE);
		atomic_fetch_add(&m->arrived[i], 1);
		for (spins = 0; atomic_load(&m->arrived[i]) < 2; spins++)
			if (spins == SPINS || sched_yield())
				return 1;
		if (write_through(p, items, 2, m) ||
		    items[0].outcome != SETTLE_WRITTEN ||
		    items[1].outcome != SETTLE_WRITTEN)
			return 1;
	}
	return 0;
}

static void branches_that_end_at_once_lose_no_join(void **state)
{
	struct play *p = *state;
	struct meeting *m = meeting_new("a b end:a,b");
	struct taken *taken = xcalloc(BRANCHES, sizeof(*taken));
	pid_t pids[2];
	size_t i;

	for (i = 0; i < JOINS; i++)
		(void)play_run(p, &m->shape);
	for (i = 0; i < BRANCHES; i += PLAY_TAKES)
		play_take_all(p, &m->shape, taken + i, PLAY_TAKES);
	m->taken = taken;
	for (i = 0; i < 2; i++)
		pids[i] = play_fork(p, i + 1, end_branches, m);
	for (i = 0; i < 2; i++)
		play_wait(pids[i]);
	assert_int_equal(atomic_load(&m->retries), 0);
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM jobs"), JOINS);
	assert_int_equal(play_u64(p,
				  "SELECT COUNT(*) FROM episode_jobs WHERE"
				  " status = 'queued' AND waiting_on = 0"
				  " AND step = 'end'"),
			 JOINS);
	rows_agree(p);
	for (i = 0; i < BRANCHES; i++)
		taken_release(&taken[i]);
	free(taken);
	meeting_free(m);
}

/* A new run, by a transaction of its own. */
static int begin_run(struct play *p, struct meeting *m)
{
	struct run_new run = { .pipeline = &m->shape.pipeline,
			       .definition_id = 1,
			       .has_episode = 1,
			       .queue = "default",
			       .input = "{}" };
	struct db_rows rows = { 0 };

	run.episode_id = 1 + atomic_load(&m->turns) % EPISODES;
	uuid_new(run.uuid);
	if (db_exec(p->db, NULL, &p->err,
		    "INSERT INTO jobs (queue, payload, available_at,"
		    " created_at) VALUES ('new', '{}', 0, 0)",
		    DB_NO_ARGS) ||
	    db_query(p->db, &rows, &p->err, "SELECT LAST_INSERT_ID()",
		     DB_NO_ARGS))
		return -1;
	if (db_rows_next(&rows))
		run.job_id = row_u64(&rows, 0);
	db_rows_release(&rows);
	return play_create(p, &run, 1);
}

static int hold(struct play *p, const struct taken *taken, size_t n)
{
	struct job_ref refs[BITE];
	size_t i;

	for (i = 0; i < n; i++)
		refs[i] = (struct job_ref){ .id = taken[i].job.id,
					    .fence = taken[i].job.fence };
	if (db_begin(p->db, &p->err) ||
	    queue_hold(p->db, refs, n, 30000, &p->err) ||
	    db_commit(p->db, &p->err)) {
		db_rollback(p->db);
		return -1;
	}
	return 0;
}

/* One turn; how many steps it took, or -1. */
static int turn(struct play *p, struct meeting *m)
{
	struct taken taken[BITE];
	struct settle items[BITE];
	size_t i, n;
	int rc;

	if (play_take(p, &m->shape, taken, BITE, &n))
		return -1;
	rc = n > 0 ? hold(p, taken, n) : 0;
	if (rc && p->err.code == ERR_DB_RETRY) {
		atomic_fetch_add(&m->retries, 1);
		rc = 0;
	}
	for (i = 0; i < n; i++) {
		items[i] = play_item(&taken[i], SETTLE_DONE);
		items[i].cost = "0.000001";
	}
	if (rc == 0 && n > 0)
		rc = write_through(p, items, n, m);
	for (i = 0; i < n; i++)
		taken_release(&taken[i]);
	atomic_fetch_add(&m->turns, 1);
	atomic_fetch_add(&m->steps, (unsigned int)n);
	return rc ? -1 : (int)n;
}

/*
 * Few runs at a time, so that workers stand in each other's way: a new one
 * when there was nothing to take. At the end, until nothing is left.
 */
static int work(struct play *p, void *arg)
{
	struct meeting *m = arg;
	int turns = 0, took, rc;

	do {
		took = turn(p, m);
		rc = took < 0 ? -1 : 0;
		if (took == 0 && ++turns < TURNS)
			rc = begin_run(p, m);
		else if (took > 0)
			turns++;
		if (rc && p->err.code != ERR_DB_RETRY)
			return 1;
		if (rc)
			atomic_fetch_add(&m->retries, 1);
	} while (took != 0 || turns < TURNS);
	return 0;
}

static void workers_that_meet_lose_no_step(void **state)
{
	struct play *p = *state;
	struct meeting *m = meeting_new(diamond);
	pid_t pids[WORKERS];
	uint64_t runs;
	size_t i;

	for (i = 1; i <= EPISODES; i++)
		play_exec(p, "INSERT INTO episodes (id) VALUES (%zu)", i);
	for (i = 0; i < WORKERS; i++)
		pids[i] = play_fork(p, i + 1, work, m);
	for (i = 0; i < WORKERS; i++)
		play_wait(pids[i]);
	/* Whoever went first had left when the last one's steps came. */
	assert_int_equal(work(p, m), 0);
	runs = play_u64(p,
			"SELECT COUNT(*) FROM episode_jobs"
			" WHERE run_id IS NULL");
	print_message("# %u turns of %d workers, %u steps of %" PRIu64
		      " runs, %u replayed\n",
		      atomic_load(&m->turns), WORKERS, atomic_load(&m->steps),
		      runs, atomic_load(&m->retries));
	assert_int_equal(atomic_load(&m->steps), 4 * runs);
	/* Seen: none, against one in seven when episodes were not last. */
	assert_in_range(atomic_load(&m->retries), 0, TURNS * WORKERS / 20);
	assert_int_equal(play_u64(p,
				  "SELECT COUNT(*) FROM jobs WHERE queue <>"
				  " 'new'"),
			 0);
	assert_int_equal(play_u64(p,
				  "SELECT COUNT(*) FROM episode_jobs WHERE"
				  " status <> 'done'"),
			 0);
	assert_int_equal(play_u64(p,
				  "SELECT COUNT(*) FROM episode_jobs WHERE"
				  " step IS NOT NULL AND attempts <> 1"),
			 0);
	assert_int_equal(play_u64(p,
				  "SELECT COUNT(*) FROM episode_jobs WHERE"
				  " step IS NULL AND cost <> 0.000004"),
			 0);
	rows_agree(p);
	meeting_free(m);
}

static void die(void)
{
	(void)kill(getpid(), SIGKILL);
}

/* Until the server has noticed, too: what was under way is rolled back. */
static void wait_killed(struct play *p, pid_t pid)
{
	const struct timespec ms = { 0, 1000000 };
	int status, tries;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	/* The player's own connection, and that of testdb. */
	for (tries = 0; play_u64(p,
				 "SELECT COUNT(*) FROM"
				 " information_schema.processlist"
				 " WHERE db = DATABASE()") > 2;
	     tries++) {
		assert_true(tries < WAIT_MS);
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &ms, NULL);
	}
}

/* A dump of all rows but those that only look different, for comparing. */
static char *all_rows(struct play *p)
{
	return testdb_str(
		p->server,
		"SELECT CONCAT_WS(' ', (SELECT GROUP_CONCAT(CONCAT_WS('|', id,"
		" attempts, IFNULL(reserved_at, '-'), available_at, fence,"
		" IFNULL(reserved_by, '-'), lost) ORDER BY id) FROM jobs),"
		" (SELECT GROUP_CONCAT(CONCAT_WS('|', id, status, attempts,"
		" waiting_on, progress, IFNULL(result, '-'), IFNULL(error,"
		" '-')) ORDER BY id) FROM episode_jobs),"
		" (SELECT COUNT(*) FROM episode_events),"
		" (SELECT COUNT(*) FROM failed_jobs))");
}

static int die_before_commit_of_settle(struct play *p, void *arg)
{
	struct settle *items = arg;

	if (db_begin(p->db, &p->err) ||
	    settle(p->db, items, 4, p->mirror, &p->err))
		return 1;
	die();
	return 1;
}

static void a_worker_killed_before_commit_has_written_nothing(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct run_new run;
	struct taken taken[3];
	struct settle items[4];
	struct job job;
	char *before, *after;
	size_t i;

	shape_init(&shape, "a b c end:a");
	(void)play_run(p, &shape);
	play_take_all(p, &shape, taken, 3);
	run = play_new(p, &shape);
	assert_int_equal(play_claim(p, "default", 1, &job), 1);
	items[0] = play_item(&taken[0], SETTLE_DONE);
	items[1] = play_item(&taken[1], SETTLE_FAIL);
	items[2] = play_item(&taken[2], SETTLE_RETRY);
	items[3] = (struct settle){ .kind = SETTLE_EXPAND,
				    .job_id = job.id,
				    .fence = job.fence,
				    .expand = &run };
	before = all_rows(p);
	wait_killed(p, play_fork(p, 1, die_before_commit_of_settle, items));
	after = all_rows(p);
	assert_string_equal(after, before);
	/* Another can write the same afterwards. */
	play_must(p, play_write(p, items, 4));
	for (i = 0; i < 4; i++)
		assert_int_equal(items[i].outcome, SETTLE_WRITTEN);
	free(before);
	free(after);
	for (i = 0; i < 3; i++)
		taken_release(&taken[i]);
	job_release(&job);
}

static int die_before_commit_of_claim(struct play *p, void *arg)
{
	const struct queue_claim claim = { .queue = "default",
					   .limit = 3,
					   .worker_id = p->worker_id,
					   .lease_ms = 30000,
					   .payload_max = 100 };
	struct job jobs[3];
	size_t n;

	(void)arg;
	if (db_begin(p->db, &p->err) ||
	    queue_claim(p->db, &claim, jobs, &n, &p->err) < 0)
		return 1;
	die();
	return 1;
}

static void a_worker_killed_in_its_claim_holds_nothing(void **state)
{
	struct play *p = *state;
	struct job jobs[3];
	char *before, *after;
	size_t i;

	for (i = 0; i < 3; i++)
		(void)play_push(p, "default", 0);
	before = all_rows(p);
	wait_killed(p, play_fork(p, 2, die_before_commit_of_claim, NULL));
	after = all_rows(p);
	assert_string_equal(after, before);
	assert_int_equal(play_claim(p, "default", 3, jobs), 3);
	for (i = 0; i < 3; i++) {
		assert_int_equal(jobs[i].lost, 0);
		job_release(&jobs[i]);
	}
	free(before);
	free(after);
}

static int work_for_ever(struct play *p, void *arg)
{
	struct meeting *m = arg;

	for (;;) {
		int took = turn(p, m);

		if ((took < 0 || (took == 0 && begin_run(p, m))) &&
		    p->err.code != ERR_DB_RETRY)
			return 1;
	}
}

static void rows_agree_whenever_a_worker_is_killed(void **state)
{
	struct play *p = *state;
	struct meeting *m = meeting_new(diamond);
	int i;

	for (i = 0; i < KILLS; i++) {
		unsigned int turns = atomic_load(&m->turns);
		pid_t pid = play_fork(p, 1, work_for_ever, m);
		struct timespec ts = { 0, (i * 7919 % 4000) * 1000L };
		long spins;

		/* Somewhere in a turn after some. */
		for (spins = 0; atomic_load(&m->turns) < turns + 3; spins++)
			if (spins == SPINS || sched_yield())
				break;
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
		(void)kill(pid, SIGKILL);
		wait_killed(p, pid);
		assert_true(atomic_load(&m->turns) >= turns + 3);
		rows_agree(p);
		/* The next one takes over. */
		play_exec(p,
			  "UPDATE jobs SET reserved_at = 1,"
			  " available_at = 2 WHERE reserved_at > 0");
	}
	assert_int_equal(work(p, m), 0);
	assert_int_equal(play_u64(p,
				  "SELECT COUNT(*) FROM episode_jobs WHERE"
				  " status <> 'done'"),
			 0);
	rows_agree(p);
	meeting_free(m);
}

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		PLAY(branches_that_end_at_once_lose_no_join),
		PLAY(workers_that_meet_lose_no_step),
		PLAY(a_worker_killed_before_commit_has_written_nothing),
		PLAY(a_worker_killed_in_its_claim_holds_nothing),
		PLAY(rows_agree_whenever_a_worker_is_killed),
	};
	int failed = cmocka_run_group_tests_name("race", tests, NULL, NULL);

	return play_over(&server, failed);
}
