/* SPDX-License-Identifier: MIT */

/*
 * What settle() writes for each kind of item. What it refuses, and what it
 * leaves out, is in test_fence.c; what happens when two meet in test_race.c.
 */

#include <config.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "play.h"
#include "store/failed.h"

static const char diamond[] = "text image:text voice:text pack:image,voice";

/* Take one step, which must be that one, and end it. */
static void play_step(struct play *p, const struct shape *shape,
		      const char *step, enum settle_kind kind)
{
	struct taken taken = play_take_step(p, shape, step);

	play_settle(p, &taken, kind);
	taken_release(&taken);
}

/* "text done,image queued,..." of the only run. */
static void steps_are(struct play *p, const char *want)
{
	play_gives(p, want,
		   "SELECT GROUP_CONCAT(step, ' ', status ORDER BY id) FROM"
		   " episode_jobs WHERE run_id IS NOT NULL");
}

static void run_is(struct play *p, const char *want)
{
	play_gives(p, want,
		   "SELECT CONCAT_WS(' ', status, waiting_on, progress, cost)"
		   " FROM episode_jobs WHERE run_id IS NULL");
}

static void jobs_are(struct play *p, const char *want)
{
	play_gives(p, want,
		   "SELECT GROUP_CONCAT(REGEXP_SUBSTR(payload,"
		   " 'pipeline[^\"]*') ORDER BY id) FROM jobs");
}

static void done_writes_the_result_and_what_follows(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct run_new run;
	struct taken taken;
	struct settle item;

	shape_init(&shape, diamond);
	run = play_new(p, &shape);
	run.due = 12345;
	play_must(p, play_create(p, &run, 1));
	taken = play_take_step(p, &shape, "text");
	item = play_item(&taken, SETTLE_DONE);
	item.input = "{\"asked\": 1}";
	item.result = "{\"said\": \"it's \\\\ \303\244 \\u0000 ?\"}";
	item.cost = "1.25";
	item.share = 12.345;
	play_must(p, play_write(p, &item, 1));
	assert_int_equal(item.outcome, SETTLE_WRITTEN);
	play_gives(p, "done 100.00 {\"asked\": 1} 1.250000 1",
		   "SELECT CONCAT_WS(' ', status, progress, input, cost,"
		   " completed_at IS NOT NULL) FROM episode_jobs"
		   " WHERE step = 'text' AND error IS NULL");
	play_gives(p, item.result,
		   "SELECT result FROM episode_jobs WHERE step = 'text'");
	steps_are(p, "text done,image queued,voice queued,pack waiting");
	run_is(p, "running 3 12.34 1.250000");
	jobs_are(p, "pipeline.test/image,pipeline.test/voice");
	play_gives(p, "2",
		   "SELECT COUNT(*) FROM jobs WHERE available_at = 12345"
		   " AND attempts = 0 AND reserved_at IS NULL");
	play_gives(p, "text done 100.00",
		   "SELECT CONCAT_WS(' ', message, state, progress) FROM"
		   " episode_events ORDER BY id DESC LIMIT 1");
	taken_release(&taken);
}

static void the_last_step_ends_the_run(void **state)
{
	struct play *p = *state;
	struct shape shape;

	shape_init(&shape, "one two:one");
	(void)play_run(p, &shape);
	play_step(p, &shape, "one", SETTLE_DONE);
	run_is(p, "running 1 10.00 0.000000");
	play_step(p, &shape, "two", SETTLE_DONE);
	run_is(p, "done 0 100.00 0.000000");
	play_gives(p, "1",
		   "SELECT completed_at IS NOT NULL FROM episode_jobs"
		   " WHERE run_id IS NULL");
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM jobs"), 0);
	play_gives(p,
		   "pipeline.test queued,pipeline.test running,one running,"
		   "one done,two running,two done,pipeline.test done",
		   "SELECT GROUP_CONCAT(message, ' ', state ORDER BY id)"
		   " FROM episode_events");
}

static void a_join_may_end_in_one_call(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken[2];
	struct settle items[2];

	shape_init(&shape, diamond);
	(void)play_run(p, &shape);
	play_step(p, &shape, "text", SETTLE_DONE);
	play_take_all(p, &shape, taken, 2);
	items[0] = play_item(&taken[0], SETTLE_DONE);
	items[1] = play_item(&taken[1], SETTLE_DONE);
	play_must(p, play_write(p, items, 2));
	steps_are(p, "text done,image done,voice done,pack queued");
	jobs_are(p, "pipeline.test/pack");
	run_is(p, "running 1 30.00 0.000000");
	taken_release(&taken[0]);
	taken_release(&taken[1]);
}

static void a_join_may_end_in_two_calls(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken[2];

	shape_init(&shape, diamond);
	(void)play_run(p, &shape);
	play_step(p, &shape, "text", SETTLE_DONE);
	play_take_all(p, &shape, taken, 2);
	play_settle(p, &taken[1], SETTLE_DONE);
	steps_are(p, "text done,image running,voice done,pack waiting");
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM jobs"), 1);
	play_settle(p, &taken[0], SETTLE_DONE);
	steps_are(p, "text done,image done,voice done,pack queued");
	jobs_are(p, "pipeline.test/pack");
	taken_release(&taken[0]);
	taken_release(&taken[1]);
}

/* Three of one run, one of another, and all that ends a third. */
static void many_runs_are_settled_in_one_call(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken[9];
	struct settle items[9];
	size_t i;

	shape_init(&shape, "a b c d:a,b,c e:a,b f:a");
	for (i = 0; i < 3; i++)
		(void)play_run(p, &shape);
	play_take_all(p, &shape, taken, 9);
	for (i = 0; i < 9; i++)
		items[i] = play_item(&taken[i], SETTLE_DONE);
	items[5].kind = SETTLE_RETRY;
	items[8].kind = SETTLE_FAIL;
	play_must(p, play_write(p, items, 9));
	play_gives(p,
		   "done done done queued queued queued;"
		   "done done retrying waiting queued queued;"
		   "done done failed waiting queued queued",
		   "SELECT GROUP_CONCAT(s ORDER BY run_id SEPARATOR ';') FROM"
		   " (SELECT run_id, GROUP_CONCAT(status ORDER BY id"
		   " SEPARATOR ' ') s FROM episode_jobs WHERE run_id IS NOT"
		   " NULL GROUP BY run_id) x");
	play_gives(p, "running 3,running 4,failed 4",
		   "SELECT GROUP_CONCAT(status, ' ', waiting_on ORDER BY id)"
		   " FROM episode_jobs WHERE run_id IS NULL");
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM jobs"), 8);
	for (i = 0; i < 9; i++)
		taken_release(&taken[i]);
}

static void progress_stays_below_the_end_until_it_is_there(void **state)
{
	struct play *p = *state;
	static const double shares[] = { 0.005, 66.666, 50 };
	static const char *const wants[] = { "running 3 0.00 0.000000",
					     "running 2 66.66 0.000000",
					     "running 1 99.99 0.000000" };
	struct shape shape;
	size_t i;

	shape_init(&shape, "a b:a c:b d:c");
	(void)play_run(p, &shape);
	for (i = 0; i < ARRAY_SIZE(shares); i++) {
		struct taken taken;
		struct settle item;

		play_take_all(p, &shape, &taken, 1);
		item = play_item(&taken, SETTLE_DONE);
		item.share = shares[i];
		play_must(p, play_write(p, &item, 1));
		run_is(p, wants[i]);
		taken_release(&taken);
	}
	play_step(p, &shape, "d", SETTLE_DONE);
	run_is(p, "done 0 100.00 0.000000");
}

static void costs_add_up_exactly(void **state)
{
	struct play *p = *state;
	static const char *const costs[] = { "0.1", "0.2", "0.000001",
					     "99999999.699998" };
	struct shape shape;
	struct taken taken[4];
	struct settle items[4];
	size_t i;

	shape_init(&shape, "a b c d");
	(void)play_run(p, &shape);
	play_take_all(p, &shape, taken, 4);
	for (i = 0; i < 4; i++) {
		items[i] = play_item(&taken[i], SETTLE_DONE);
		items[i].cost = costs[i];
	}
	play_must(p, play_write(p, items, 2));
	run_is(p, "running 2 20.00 0.300000");
	play_must(p, play_write(p, items + 2, 2));
	run_is(p, "done 0 100.00 99999999.999999");
	for (i = 0; i < 4; i++)
		taken_release(&taken[i]);
}

static void retry_waits_and_is_never_early(void **state)
{
	struct play *p = *state;
	static const int64_t delays[] = { 0, 1, 999, 1000, 1500, 90000 };
	struct shape shape;
	size_t i;

	shape_init(&shape, "one two:one");
	(void)play_run(p, &shape);
	for (i = 0; i < ARRAY_SIZE(delays); i++) {
		struct taken taken = play_take_step(p, &shape, "one");
		struct settle item = play_item(&taken, SETTLE_RETRY);
		char *before;

		assert_int_equal(taken.job.attempts, i + 1);
		item.delay_ms = delays[i];
		before = testdb_str(p->server, "SELECT NOW(3)");
		play_must(p, play_write(p, &item, 1));
		play_gives(p, "1",
			   "SELECT available_at BETWEEN"
			   " FLOOR(UNIX_TIMESTAMP('%s')) + CEIL(%" PRId64
			   " / 1000) AND UNIX_TIMESTAMP() + 1 +"
			   " CEIL(%" PRId64 " / 1000) AND (%" PRId64
			   " = 0 OR available_at >= UNIX_TIMESTAMP('%s') + "
			   "%" PRId64 " / 1000) FROM jobs",
			   before, delays[i], delays[i], delays[i], before,
			   delays[i]);
		free(before);
		play_exec(p, "UPDATE jobs SET available_at = 1");
		taken_release(&taken);
	}
}

static void retry_keeps_job_and_attempts(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken;
	struct settle item;

	shape_init(&shape, "one two:one");
	(void)play_run(p, &shape);
	play_exec(p,
		  "UPDATE jobs SET lost = 2, reserved_at = 1,"
		  " available_at = 2");
	taken = play_take_step(p, &shape, "one");
	item = play_item(&taken, SETTLE_RETRY);
	item.input = "{\"asked\": 1}";
	item.delay_ms = 5000;
	play_must(p, play_write(p, &item, 1));
	play_gives(p, "0 1 0",
		   "SELECT CONCAT_WS(' ', attempts, fence, lost, reserved_at,"
		   " reserved_by) FROM jobs");
	play_gives(p, "1 retrying engine text: 503 {\"asked\": 1}",
		   "SELECT CONCAT_WS(' ', s.attempts, s.status, s.error,"
		   " s.input) FROM episode_jobs s JOIN jobs j ON"
		   " j.available_at - s.available_at BETWEEN 0 AND 5"
		   " WHERE s.step = 'one'");
	run_is(p, "running 2 0.00 0.000000");
	play_gives(p, "one: engine text: 503 retrying",
		   "SELECT CONCAT_WS(' ', message, state) FROM episode_events"
		   " ORDER BY id DESC LIMIT 1");
	taken_release(&taken);

	/* The next attempt says no more of the last one's error. */
	play_exec(p, "UPDATE jobs SET available_at = 1");
	play_step(p, &shape, "one", SETTLE_DONE);
	play_gives(p, "one running,one done",
		   "SELECT GROUP_CONCAT(message, ' ', state ORDER BY id) FROM"
		   " (SELECT * FROM episode_events ORDER BY id DESC LIMIT 2)"
		   " x");
}

static void fail_moves_the_job_to_the_failed_ones(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken;
	char *payload, *uuid;

	shape_init(&shape, "one two:one");
	(void)play_run(p, &shape);
	payload = testdb_str(p->server, "SELECT payload FROM jobs");
	uuid = testdb_str(p->server,
			  "SELECT uuid FROM episode_jobs"
			  " WHERE step = 'one'");
	taken = play_take_step(p, &shape, "one");
	play_settle(p, &taken, SETTLE_FAIL);
	taken_release(&taken);
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM jobs"), 0);
	play_gives(p, payload, "SELECT payload FROM failed_jobs");
	play_gives(p, uuid, "SELECT uuid FROM failed_jobs");
	play_gives(p, "stepq default engine text: 503\nin a test\n",
		   "SELECT CONCAT_WS(' ', connection, queue, exception) FROM"
		   " failed_jobs WHERE failed_at BETWEEN NOW() - INTERVAL 60"
		   " SECOND AND NOW()");
	play_gives(p, "failed engine text: 503",
		   "SELECT CONCAT_WS(' ', status, error) FROM episode_jobs"
		   " WHERE step = 'one' AND completed_at IS NOT NULL");
	play_gives(p, "failed 2 one: engine text: 503",
		   "SELECT CONCAT_WS(' ', status, waiting_on, error) FROM"
		   " episode_jobs WHERE run_id IS NULL AND completed_at IS"
		   " NOT NULL");
	steps_are(p, "one failed,two waiting");
	play_gives(p,
		   "one: engine text: 503 failed,one: engine text: 503 failed",
		   "SELECT GROUP_CONCAT(message, ' ', state ORDER BY id) FROM"
		   " episode_events WHERE state = 'failed'");
	free(payload);
	free(uuid);
}

static void a_step_may_fail_before_it_starts(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken;

	shape_init(&shape, "one");
	(void)play_run(p, &shape);
	taken = play_take_step(p, &shape, "one");
	play_exec(p, "UPDATE episode_jobs SET status = 'queued'");
	play_settle(p, &taken, SETTLE_FAIL);
	taken_release(&taken);
	steps_are(p, "one failed");
	run_is(p, "failed 1 0.00 0.000000");
}

static void a_run_fails_once_by_the_first_of_its_steps(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken[2];
	struct settle item;

	shape_init(&shape, "one two");
	(void)play_run(p, &shape);
	play_take_all(p, &shape, taken, 2);
	play_settle(p, &taken[1], SETTLE_FAIL);
	item = play_item(&taken[0], SETTLE_FAIL);
	item.error = "another";
	play_must(p, play_write(p, &item, 1));
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM failed_jobs"), 2);
	play_gives(p, "two: engine text: 503",
		   "SELECT error FROM episode_jobs WHERE run_id IS NULL");
	play_gives(p, "two: engine text: 503",
		   "SELECT GROUP_CONCAT(message) FROM episode_events"
		   " WHERE state = 'failed' AND episode_job_id = run_id");
	taken_release(&taken[0]);
	taken_release(&taken[1]);
}

static void retry_failed(struct play *p)
{
	struct failed_retried retried = { 0 };
	uint64_t id = play_u64(p, "SELECT id FROM failed_jobs");

	play_must(p, failed_retry(p->db, &id, 1, &retried, &p->err));
	assert_int_equal(retried.outcome, FAILED_RETRIED);
	failed_retried_release(&retried);
}

static void a_failed_run_goes_on_where_it_failed(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken[2];

	shape_init(&shape, "one two pack:one,two more:two");
	(void)play_run(p, &shape);
	play_take_all(p, &shape, taken, 2);
	play_settle(p, &taken[0], SETTLE_FAIL);
	run_is(p, "failed 4 0.00 0.000000");
	/* The other branch goes on meanwhile; the run stays failed. */
	play_settle(p, &taken[1], SETTLE_DONE);
	taken_release(&taken[0]);
	taken_release(&taken[1]);
	run_is(p, "failed 3 10.00 0.000000");
	play_step(p, &shape, "more", SETTLE_DONE);
	run_is(p, "failed 2 20.00 0.000000");
	steps_are(p, "one failed,two done,pack waiting,more done");
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM jobs"), 0);

	retry_failed(p);
	play_step(p, &shape, "one", SETTLE_DONE);
	steps_are(p, "one done,two done,pack queued,more done");
	play_step(p, &shape, "pack", SETTLE_DONE);
	run_is(p, "done 0 100.00 0.000000");
	play_gives(p, NULL,
		   "SELECT error FROM episode_jobs WHERE run_id IS NULL");
	play_gives(p, "queued,running,failed,running,done",
		   "SELECT GROUP_CONCAT(state ORDER BY id) FROM"
		   " episode_events WHERE episode_job_id = run_id");
}

static void release_gives_the_attempt_back(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken;
	struct settle item;

	shape_init(&shape, "one two:one");
	(void)play_run(p, &shape);
	play_exec(p, "UPDATE jobs SET attempts = 4");
	taken = play_take_step(p, &shape, "one");
	play_exec(p, "UPDATE episode_jobs SET error = 'of before'");
	item = play_item(&taken, SETTLE_RELEASE);
	item.due = 12345;
	play_must(p, play_write(p, &item, 1));
	assert_int_equal(item.outcome, SETTLE_WRITTEN);
	play_gives(p, "4 12345 1 0",
		   "SELECT CONCAT_WS(' ', attempts, available_at, fence, lost,"
		   " reserved_at, reserved_by) FROM jobs");
	play_gives(p, "queued",
		   "SELECT CONCAT_WS(' ', status, worker) FROM episode_jobs"
		   " WHERE step = 'one'");
	play_gives(p, "one queued",
		   "SELECT CONCAT_WS(' ', message, state) FROM"
		   " episode_events ORDER BY id DESC LIMIT 1");
	taken_release(&taken);

	taken = play_take_step(p, &shape, "one");
	play_exec(p, "UPDATE jobs SET attempts = 0");
	play_settle(p, &taken, SETTLE_RELEASE);
	play_gives(p, "0", "SELECT attempts FROM jobs");
	taken_release(&taken);
}

static void expand_makes_the_run_and_takes_the_job_away(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct run_new runs[2];
	struct settle items[3];
	struct job jobs[2];
	struct taken taken;
	size_t i;

	shape_init(&shape, diamond);
	(void)play_run(p, &shape);
	taken = play_take_step(p, &shape, "text");
	items[1] = play_item(&taken, SETTLE_DONE);
	for (i = 0; i < 2; i++)
		runs[i] = play_new(p, &shape);
	play_exec(p, "INSERT INTO episodes (id) VALUES (7)");
	runs[1].has_episode = 1;
	runs[1].episode_id = 7;
	assert_int_equal(play_claim(p, "default", 2, jobs), 2);
	for (i = 0; i < 2; i++)
		items[2 * i] = (struct settle){ .kind = SETTLE_EXPAND,
						.job_id = jobs[i].id,
						.fence = jobs[i].fence,
						.expand = &runs[i] };
	play_must(p, play_write(p, items, 3));
	jobs_are(p,
		 "pipeline.test/text,pipeline.test/text,"
		 "pipeline.test/image,pipeline.test/voice");
	play_gives(p, "running 3,queued 4,queued 4",
		   "SELECT GROUP_CONCAT(status, ' ', waiting_on ORDER BY id)"
		   " FROM episode_jobs WHERE run_id IS NULL");
	play_gives(p, "queued", "SELECT status FROM episodes");
	taken_release(&taken);
	job_release(&jobs[0]);
	job_release(&jobs[1]);
}

static void an_episode_follows_its_run(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken;
	struct settle item;

	shape_init(&shape, "one two:one three:two");
	(void)play_episode(p, &shape, 7);
	taken = play_take_step(p, &shape, "one");
	item = play_item(&taken, SETTLE_DONE);
	item.cost = "0.5";
	play_must(p, play_write(p, &item, 1));
	play_gives(p, "running 10.00 0.500000",
		   "SELECT CONCAT_WS(' ', status, progress, cost)"
		   " FROM episodes");
	taken_release(&taken);
	p->mirror = 0;
	play_step(p, &shape, "two", SETTLE_DONE);
	play_gives(p, "running 10.00 one",
		   "SELECT CONCAT_WS(' ', status, progress, stage)"
		   " FROM episodes");
	p->mirror = 1;
	play_step(p, &shape, "three", SETTLE_FAIL);
	play_gives(p, "failed 20.00 three",
		   "SELECT CONCAT_WS(' ', status, progress, stage)"
		   " FROM episodes");
	retry_failed(p);
	play_step(p, &shape, "three", SETTLE_DONE);
	play_gives(p, "done 100.00 0.500000",
		   "SELECT CONCAT_WS(' ', status, progress, cost)"
		   " FROM episodes");
}

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		PLAY(done_writes_the_result_and_what_follows),
		PLAY(the_last_step_ends_the_run),
		PLAY(a_join_may_end_in_one_call),
		PLAY(a_join_may_end_in_two_calls),
		PLAY(many_runs_are_settled_in_one_call),
		PLAY(progress_stays_below_the_end_until_it_is_there),
		PLAY(costs_add_up_exactly),
		PLAY(retry_waits_and_is_never_early),
		PLAY(retry_keeps_job_and_attempts),
		PLAY(fail_moves_the_job_to_the_failed_ones),
		PLAY(a_step_may_fail_before_it_starts),
		PLAY(a_run_fails_once_by_the_first_of_its_steps),
		PLAY(a_failed_run_goes_on_where_it_failed),
		PLAY(release_gives_the_attempt_back),
		PLAY(expand_makes_the_run_and_takes_the_job_away),
		PLAY(an_episode_follows_its_run),
	};
	int failed = cmocka_run_group_tests_name("settle", tests, NULL, NULL);

	return play_over(&server, failed);
}
