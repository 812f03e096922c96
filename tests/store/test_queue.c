/* SPDX-License-Identifier: MIT */

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

enum {
	ROWS = 10,  /* room for what a test claims */
	RACE = 400, /* rows that several race for */
	RACERS = 4,
	RACE_BITE = 7 /* rows a racer takes at once */
};

static void release(struct job *jobs, size_t n)
{
	while (n > 0)
		job_release(&jobs[--n]);
}

/* A row whose lease ran out a second ago. */
static void expire(struct play *p, uint64_t id)
{
	play_exec(p,
		  "UPDATE jobs SET reserved_at = UNIX_TIMESTAMP() - 31,"
		  " available_at = UNIX_TIMESTAMP() - 1 WHERE id = %" PRIu64,
		  id);
}

static void claim_takes_due_rows_the_oldest_first(void **state)
{
	struct play *p = *state;
	struct job jobs[ROWS];
	uint64_t ids[5];
	size_t i;

	ids[3] = play_push(p, "default", -10);
	ids[4] = play_push(p, "default", 0);
	ids[0] = play_push(p, "default", -30);
	ids[1] = play_push(p, "default", -20);
	ids[2] = play_push(p, "default", -20);
	assert_int_equal(play_claim(p, "default", ROWS, jobs), 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(jobs[i].id, ids[i]);
	release(jobs, 5);
}

static void claim_fills_in_what_the_row_has_after_it(void **state)
{
	struct play *p = *state;
	uint64_t id = play_push(p, "default", -10);
	struct job job;

	p->worker_id = 77;
	assert_int_equal(play_claim(p, "default", 1, &job), 1);
	assert_int_equal(job.fence, 1);
	assert_int_equal(job.attempts, 1);
	assert_int_equal(job.lost, 0);
	assert_string_equal(job.queue, "default");
	assert_string_equal(job.payload, "{}");
	assert_int_equal(job.payload_len, 2);
	play_gives(p, "10", "SELECT reserved_at - %u FROM jobs", job.due);
	play_gives(p, "30", "SELECT available_at - reserved_at FROM jobs");
	play_gives(p, "1 1 0 77",
		   "SELECT CONCAT_WS(' ', attempts, fence, lost, reserved_by)"
		   " FROM jobs WHERE id = %" PRIu64,
		   id);
	job_release(&job);
}

static void claim_leaves_rows_that_are_delayed(void **state)
{
	struct play *p = *state;
	struct job job;

	(void)play_push(p, "default", 3);
	assert_int_equal(play_claim(p, "default", 1, &job), 0);
}

static void claim_leaves_rows_of_other_queues(void **state)
{
	struct play *p = *state;
	struct job job;

	(void)play_push(p, "default2", 0);
	(void)play_push(p, "", 0);
	assert_int_equal(play_claim(p, "default", 1, &job), 0);
}

static void claim_leaves_rows_another_worker_holds(void **state)
{
	struct play *p = *state;
	struct play *other = play_another(p, 2);
	struct job mine, theirs;

	(void)play_push(p, "default", 0);
	assert_int_equal(play_claim(p, "default", 1, &mine), 1);
	assert_int_equal(play_claim(other, "default", 1, &theirs), 0);
	job_release(&mine);
}

static void claim_takes_a_row_whose_lease_ran_out_as_lost(void **state)
{
	struct play *p = *state;
	uint64_t id = play_push(p, "default", 0);
	struct job job;
	uint32_t i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(play_claim(p, "default", 1, &job), 1);
		assert_int_equal(job.id, id);
		assert_int_equal(job.fence, i + 1);
		assert_int_equal(job.lost, i);
		assert_int_equal(job.attempts, 1);
		job_release(&job);
		play_gives(p, "1", "SELECT attempts FROM jobs");
		assert_int_equal(play_u64(p, "SELECT lost FROM jobs"), i);
		expire(p, id);
	}
}

static void claim_counts_losses_in_a_row_only(void **state)
{
	struct play *p = *state;
	struct job job;

	(void)play_push(p, "default", 0);
	play_exec(p, "UPDATE jobs SET lost = 2, attempts = 1");
	assert_int_equal(play_claim(p, "default", 1, &job), 1);
	assert_int_equal(job.lost, 0);
	assert_int_equal(job.attempts, 2);
	play_gives(p, "0", "SELECT lost FROM jobs");
	job_release(&job);
}

static void claim_never_takes_a_row_a_laravel_worker_holds(void **state)
{
	struct play *p = *state;
	struct job job;

	(void)play_push(p, "default", -100);
	(void)play_push(p, "default", -100);
	play_exec(p,
		  "UPDATE jobs SET attempts = 1,"
		  " reserved_at = available_at ORDER BY id LIMIT 1");
	play_exec(p,
		  "UPDATE jobs SET attempts = 1,"
		  " reserved_at = UNIX_TIMESTAMP() WHERE attempts = 0");
	assert_int_equal(play_claim(p, "default", 1, &job), 0);
}

static void claim_lets_no_counter_run_over(void **state)
{
	struct play *p = *state;
	uint64_t id = play_push(p, "default", 0);
	struct job job;

	play_exec(p,
		  "UPDATE jobs SET attempts = 65535, lost = 65535,"
		  " fence = 4294967295");
	assert_int_equal(play_claim(p, "default", 1, &job), 1);
	assert_int_equal(job.attempts, 65535);
	play_gives(p, "65535", "SELECT attempts FROM jobs");
	assert_int_equal(play_u64(p, "SELECT fence FROM jobs"), job.fence);
	job_release(&job);

	expire(p, id);
	play_exec(p, "UPDATE jobs SET lost = 65535");
	assert_int_equal(play_claim(p, "default", 1, &job), 1);
	assert_int_equal(job.attempts, 65535);
	assert_int_equal(job.lost, 65535);
	play_gives(p, "65535", "SELECT lost FROM jobs");
	assert_int_equal(play_u64(p, "SELECT fence FROM jobs"), job.fence);
	job_release(&job);
}

static void claim_gives_a_payload_that_is_too_large_as_null(void **state)
{
	struct play *p = *state;
	struct job jobs[ROWS];

	(void)play_push(p, "default", 0);
	(void)play_push(p, "default", 0);
	play_exec(p,
		  "UPDATE jobs SET payload = REPEAT('a', 1001)"
		  " ORDER BY id LIMIT 1");
	play_exec(p,
		  "UPDATE jobs SET payload = REPEAT('\303\244', 500)"
		  " ORDER BY id DESC LIMIT 1");
	assert_int_equal(play_claim(p, "default", ROWS, jobs), 2);
	assert_null(jobs[0].payload);
	assert_int_equal(jobs[0].payload_len, 1001);
	assert_int_equal(strlen(jobs[1].payload), 1000);
	assert_int_equal(jobs[1].payload_len, 1000);
	release(jobs, 2);
}

static void claim_takes_no_more_than_its_limit(void **state)
{
	struct play *p = *state;
	struct job jobs[ROWS];
	int i;

	for (i = 0; i < 5; i++)
		(void)play_push(p, "default", 0);
	assert_int_equal(play_claim(p, "default", 3, jobs), 3);
	release(jobs, 3);
	assert_int_equal(play_claim(p, "default", ROWS, jobs), 2);
	release(jobs, 2);
	assert_int_equal(play_claim(p, "default", ROWS, jobs), 0);
}

static void claim_compares_queue_names_as_the_column_does(void **state)
{
	struct play *p = *state;
	struct job jobs[ROWS];

	(void)play_push(p, "Default", 0);
	(void)play_push(p, "default  ", 0);
	(void)play_push(p, "it's \\ a ?", 0);
	assert_int_equal(play_claim(p, "default", ROWS, jobs), 2);
	release(jobs, 2);
	assert_int_equal(play_claim(p, "it's \\ a ?", ROWS, jobs), 1);
	assert_string_equal(jobs[0].queue, "it's \\ a ?");
	release(jobs, 1);
}

/* Another's claim that is not committed yet. */
static size_t claim_open(struct play *p, size_t limit, struct job *jobs)
{
	const struct queue_claim claim = { .queue = "default",
					   .limit = limit,
					   .worker_id = p->worker_id,
					   .lease_ms = 1,
					   .payload_max = 100 };
	size_t n = 0;

	play_must(p, db_begin(p->db, &p->err));
	play_must(p, queue_claim(p->db, &claim, jobs, &n, &p->err));
	return n;
}

/* A player who waits a second for a lock, and then fails. */
static struct play *impatient(struct play *p)
{
	struct play *other = play_another(p, 2);

	play_must(other, db_exec(other->db, NULL, &other->err,
				 "SET SESSION innodb_lock_wait_timeout = 1",
				 DB_NO_ARGS));
	return other;
}

static void claim_waits_for_nobody(void **state)
{
	struct play *p = *state;
	struct play *other = impatient(p);
	struct job mine[ROWS], theirs[ROWS];
	int i;

	for (i = 0; i < 6; i++)
		(void)play_push(p, "default", 0);
	assert_int_equal(claim_open(p, 2, mine), 2);
	assert_int_equal(claim_open(other, ROWS, theirs), 4);
	assert_true(theirs[0].id > mine[1].id);
	assert_int_equal(db_commit(other->db, &other->err), 0);
	release(mine, 2);
	release(theirs, 4);
}

static void claim_locks_only_what_it_takes(void **state)
{
	struct play *p = *state;
	struct play *other = impatient(p);
	struct job jobs[ROWS];
	uint64_t ids[2];
	int i;

	(void)play_push(p, "default", 0);
	(void)play_push(p, "default", 0);
	ids[0] = play_push(p, "default", 0);
	ids[1] = play_push(p, "default", 100);
	assert_int_equal(claim_open(p, 2, jobs), 2);
	for (i = 0; i < 2; i++)
		play_must(
			other,
			db_exec(other->db, NULL, &other->err,
				"UPDATE jobs SET queue = 'other' WHERE id = ?",
				DB_ARGS(DB_U64(ids[i]))));
	release(jobs, 2);
}

static void a_claim_rolled_back_leaves_rows_as_they_were(void **state)
{
	struct play *p = *state;
	struct job job;

	(void)play_push(p, "default", -5);
	assert_int_equal(claim_open(p, 1, &job), 1);
	db_rollback(p->db);
	play_gives(p, "0 0 0 5",
		   "SELECT CONCAT_WS(' ', attempts, fence, lost, reserved_at,"
		   " reserved_by, %u - (available_at - 5)) FROM jobs",
		   job.due);
	job_release(&job);
}

static void a_lease_below_a_second_still_reserves(void **state)
{
	struct play *p = *state;
	struct job job;

	(void)play_push(p, "default", -5);
	assert_int_equal(claim_open(p, 1, &job), 1);
	assert_int_equal(db_commit(p->db, &p->err), 0);
	play_gives(p, "1", "SELECT available_at - reserved_at FROM jobs");
	job_release(&job);
}

static int race_body(struct play *p, void *arg)
{
	const struct queue_claim claim = { .queue = "default",
					   .limit = RACE_BITE,
					   .worker_id = p->worker_id,
					   .lease_ms = 30000,
					   .payload_max = 100 };
	struct job jobs[RACE_BITE];
	size_t n;
	int rc;

	(void)arg;
	do {
		n = 0;
		rc = db_begin(p->db, &p->err);
		if (rc == 0)
			rc = queue_claim(p->db, &claim, jobs, &n, &p->err);
		if (rc < 0 || db_commit(p->db, &p->err))
			return 1;
		while (n > 0)
			job_release(&jobs[--n]);
	} while (rc > 0);
	return 0;
}

static void racing_workers_get_each_row_once(void **state)
{
	struct play *p = *state;
	pid_t pids[RACERS];
	unsigned int i;

	for (i = 0; i < RACE / 100; i++)
		play_exec(p,
			  "INSERT INTO jobs (queue, payload, available_at,"
			  " created_at) SELECT 'default', '{}',"
			  " UNIX_TIMESTAMP() - a.n - 10 * b.n, 0 FROM"
			  " (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION"
			  " SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION"
			  " SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION"
			  " SELECT 9) a, (SELECT 0 n UNION SELECT 1 UNION"
			  " SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION"
			  " SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION"
			  " SELECT 8 UNION SELECT 9) b");
	for (i = 0; i < RACERS; i++)
		pids[i] = play_fork(p, i + 1, race_body, NULL);
	for (i = 0; i < RACERS; i++)
		play_wait(pids[i]);
	assert_int_equal(play_u64(p,
				  "SELECT COUNT(*) FROM jobs WHERE fence ="
				  " 1 AND attempts = 1 AND lost = 0 AND"
				  " reserved_by IS NOT NULL"),
			 RACE);
}

static void look_tells_of_each_queue_what_it_has(void **state)
{
	struct play *p = *state;
	static const char *const names[] = { "php", "late", "it's ?", "nothing",
					     "default" };
	struct queue_look looks[ARRAY_SIZE(names)];
	int64_t now_ms = 0;
	size_t i;

	(void)play_push(p, "php", 0);
	play_exec(p, "UPDATE jobs SET reserved_at = UNIX_TIMESTAMP()");
	(void)play_push(p, "late", 5);
	(void)play_push(p, "it's ?", 0);
	(void)play_push(p, "default", 0);
	play_exec(p,
		  "INSERT INTO queues VALUES ('default', NOW(3)),"
		  " ('late', NULL)");
	play_must(p, queue_look(p->db, names, ARRAY_SIZE(names), looks, &now_ms,
				&p->err));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(looks[i].is_due, i == 2 || i == 4);
		assert_int_equal(looks[i].is_paused, i == 4);
	}
	play_gives(p, "1",
		   "SELECT UNIX_TIMESTAMP(NOW(3)) * 1000 - %" PRId64
		   " BETWEEN 0 AND 60000",
		   now_ms);
}

static struct job_ref ref_of(const struct job *job)
{
	return (struct job_ref){ .id = job->id, .fence = job->fence };
}

static void hold(struct play *p, struct job_ref *refs, size_t n)
{
	play_must(p, db_begin(p->db, &p->err));
	play_must(p, queue_hold(p->db, refs, n, 90000, &p->err));
	play_must(p, db_commit(p->db, &p->err));
}

/* Seconds from now on that the lease of `id` lasts. */
static void lease_is(struct play *p, uint64_t id, int from, int to)
{
	play_gives(p, "1",
		   "SELECT CAST(available_at AS SIGNED) - UNIX_TIMESTAMP()"
		   " BETWEEN %d AND %d FROM jobs WHERE id = %" PRIu64,
		   from, to, id);
}

static void hold_renews_what_is_ours_and_nothing_else(void **state)
{
	struct play *p = *state;
	struct play *other = play_another(p, 2);
	struct job jobs[3];
	struct job_ref refs[4];
	uint64_t gone;
	int i;

	for (i = 0; i < 3; i++)
		(void)play_push(p, "default", 0);
	assert_int_equal(play_claim(p, "default", 3, jobs), 3);
	gone = jobs[2].id + 1000;
	expire(p, jobs[1].id);
	job_release(&jobs[1]);
	assert_int_equal(play_claim(other, "default", 1, &jobs[1]), 1);
	/* By any order; the second with the fence we had. */
	refs[0] = (struct job_ref){ .id = gone, .fence = 1, .is_held = 1 };
	refs[1] = ref_of(&jobs[2]);
	refs[2] = ref_of(&jobs[1]);
	refs[2].fence--;
	refs[3] = ref_of(&jobs[0]);
	hold(p, refs, 4);
	for (i = 0; i < 3; i++)
		assert_int_equal(refs[i].id, jobs[i].id);
	assert_true(refs[0].is_held);
	assert_false(refs[1].is_held);
	assert_true(refs[2].is_held);
	assert_false(refs[3].is_held);
	lease_is(p, jobs[0].id, 80, 90);
	lease_is(p, jobs[1].id, 20, 30);
	lease_is(p, jobs[2].id, 80, 90);
	release(jobs, 3);
}

static void hold_renews_a_lease_that_ran_out_untaken(void **state)
{
	struct play *p = *state;
	struct job job;
	struct job_ref ref;

	(void)play_push(p, "default", 0);
	assert_int_equal(play_claim(p, "default", 1, &job), 1);
	expire(p, job.id);
	ref = ref_of(&job);
	hold(p, &ref, 1);
	assert_true(ref.is_held);
	lease_is(p, job.id, 80, 90);
	job_release(&job);
}

/* Its fence is the claim's until it is claimed again. */
static void hold_does_not_delay_a_row_that_was_given_back(void **state)
{
	struct play *p = *state;
	struct job job;
	struct job_ref ref;

	(void)play_push(p, "default", 0);
	assert_int_equal(play_claim(p, "default", 1, &job), 1);
	play_exec(p,
		  "UPDATE jobs SET reserved_at = NULL, reserved_by = NULL,"
		  " available_at = UNIX_TIMESTAMP() - 1");
	ref = ref_of(&job);
	hold(p, &ref, 1);
	assert_false(ref.is_held);
	lease_is(p, job.id, -60, 0);
	job_release(&job);
}

/* Another server took over whose clock is behind by more than a lease. */
static void hold_keeps_a_row_ours_when_the_clock_goes_back(void **state)
{
	struct play *p = *state;
	struct job job;
	struct job_ref ref;

	(void)play_push(p, "default", 0);
	assert_int_equal(play_claim(p, "default", 1, &job), 1);
	play_exec(p,
		  "UPDATE jobs SET reserved_at = reserved_at + 500,"
		  " available_at = available_at + 500");
	ref = ref_of(&job);
	hold(p, &ref, 1);
	assert_true(ref.is_held);
	lease_is(p, job.id, 80, 90);
	play_exec(p,
		  "UPDATE jobs SET reserved_at = reserved_at - 200,"
		  " available_at = available_at - 200");
	job_release(&job);
	assert_int_equal(play_claim(p, "default", 1, &job), 1);
	assert_int_equal(job.lost, 1);
	job_release(&job);
}

static void held_knows_a_claim_whose_commit_was_in_doubt(void **state)
{
	struct play *p = *state;
	struct job jobs[4];
	struct job_ref refs[4];
	size_t i;

	for (i = 0; i < 4; i++)
		(void)play_push(p, "default", 0);
	assert_int_equal(play_claim(p, "default", 4, jobs), 4);
	play_exec(p,
		  "UPDATE jobs SET fence = fence + 1 WHERE id = %" PRIu64
		  "; UPDATE jobs SET reserved_by = 2 WHERE id = %" PRIu64
		  "; UPDATE jobs SET reserved_at = NULL WHERE id = %" PRIu64,
		  jobs[1].id, jobs[2].id, jobs[3].id);
	for (i = 0; i < 4; i++)
		refs[i] = ref_of(&jobs[3 - i]);
	play_must(p, queue_held(p->db, p->worker_id, refs, 4, &p->err));
	for (i = 0; i < 4; i++) {
		assert_int_equal(refs[i].id, jobs[i].id);
		assert_int_equal(refs[i].is_held, i == 0);
	}
	release(jobs, 4);
}

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		PLAY(claim_takes_due_rows_the_oldest_first),
		PLAY(claim_fills_in_what_the_row_has_after_it),
		PLAY(claim_leaves_rows_that_are_delayed),
		PLAY(claim_leaves_rows_of_other_queues),
		PLAY(claim_leaves_rows_another_worker_holds),
		PLAY(claim_takes_a_row_whose_lease_ran_out_as_lost),
		PLAY(claim_counts_losses_in_a_row_only),
		PLAY(claim_never_takes_a_row_a_laravel_worker_holds),
		PLAY(claim_lets_no_counter_run_over),
		PLAY(claim_gives_a_payload_that_is_too_large_as_null),
		PLAY(claim_takes_no_more_than_its_limit),
		PLAY(claim_compares_queue_names_as_the_column_does),
		PLAY(claim_waits_for_nobody),
		PLAY(claim_locks_only_what_it_takes),
		PLAY(a_claim_rolled_back_leaves_rows_as_they_were),
		PLAY(a_lease_below_a_second_still_reserves),
		PLAY(racing_workers_get_each_row_once),
		PLAY(look_tells_of_each_queue_what_it_has),
		PLAY(hold_renews_what_is_ours_and_nothing_else),
		PLAY(hold_renews_a_lease_that_ran_out_untaken),
		PLAY(hold_does_not_delay_a_row_that_was_given_back),
		PLAY(hold_keeps_a_row_ours_when_the_clock_goes_back),
		PLAY(held_knows_a_claim_whose_commit_was_in_doubt),
	};
	int failed = cmocka_run_group_tests_name("queue", tests, NULL, NULL);

	return play_over(&server, failed);
}
