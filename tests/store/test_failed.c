/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mem.h"
#include "db/db.h"
#include "runs.h"
#include "store/failed.h"

enum {
	RACERS = 4,
	DEADLINE_S = 20,
	LARGE_MIB = 20
};

static void must(const struct play *p, int rc)
{
	if (rc < 0)
		fail_msg("%s", p->err.text);
}

/* Retry one row; `out`, which may be NULL, is for the caller to release. */
static enum failed_outcome retry(struct play *p, uint64_t id,
				 struct failed_retried *out)
{
	struct failed_retried item = { 0 };
	enum failed_outcome outcome;

	must(p, failed_retry(p->db, &id, 1, &item, &p->err));
	outcome = item.outcome;
	if (out)
		*out = item;
	else
		failed_retried_release(&item);
	return outcome;
}

static void step_goes_back_and_its_run_goes_on(void **state)
{
	struct play *p = *state;
	struct failed_retried out;

	assert_int_equal(retry(p, 12, &out), FAILED_RETRIED);
	assert_string_equal(out.step, "director");
	assert_int_equal(out.run_id, 74);
	assert_string_equal(out.kept, "text");
	assert_null(out.others);
	failed_retried_release(&out);
	play_gives(p, NULL, "SELECT 1 FROM failed_jobs WHERE id = 12");
	play_gives(p, "queued - 0.00 -",
		   "SELECT CONCAT_WS(' ', status, IFNULL(error, '-'), progress,"
		   " IFNULL(completed_at, '-')) FROM episode_jobs"
		   " WHERE id = 76");
	play_gives(p, "running - -",
		   "SELECT CONCAT_WS(' ', status, IFNULL(error, '-'),"
		   " IFNULL(completed_at, '-')) FROM episode_jobs"
		   " WHERE id = 74");
	play_gives(p, "queued director, running pipeline.full",
		   "SELECT GROUP_CONCAT(CONCAT(state, ' ', message) ORDER BY id"
		   " SEPARATOR ', ') FROM episode_events WHERE id > 8");
	play_gives(p, "running", "SELECT status FROM episodes WHERE id = 31");
}

static void job_of_a_step_is_as_old_as_its_run(void **state)
{
	struct play *p = *state;

	(void)retry(p, 12, NULL);
	play_gives(p, "default 0 0 1",
		   "SELECT CONCAT_WS(' ', j.queue, j.attempts, j.fence,"
		   " j.available_at = r.available_at) FROM jobs j"
		   " JOIN episode_jobs r ON r.id = 74"
		   " WHERE j.reserved_at IS NULL");
	play_gives(p,
		   "{\"uuid\":\"00000000-0000-4000-8000-000000000076\","
		   "\"displayName\":\"pipeline.full/director\","
		   "\"job\":\"stepq.step\",\"data\":{\"episode_job_id\":76}}",
		   "SELECT payload FROM jobs");
}

static void job_of_a_delayed_run_is_due_now(void **state)
{
	struct play *p = *state;

	play_exec(p,
		  "UPDATE episode_jobs SET available_at = UNIX_TIMESTAMP()"
		  " + 5000 WHERE id = 74");
	(void)retry(p, 12, NULL);
	play_gives(p, "1",
		   "SELECT available_at BETWEEN UNIX_TIMESTAMP() - 60 AND"
		   " UNIX_TIMESTAMP() FROM jobs");
}

/* A second failed step of run 74, with failed job 13. */
static void fail_image(struct play *p)
{
	play_exec(p,
		  "UPDATE episode_jobs SET status = 'failed',"
		  " error = 'x' WHERE id = 77;"
		  "INSERT INTO failed_jobs (id, uuid, connection, queue,"
		  " payload, exception) SELECT 13, s.uuid, 'stepq',"
		  " 'default', REPLACE(f.payload, ':76}', ':77}'), 'x'"
		  " FROM failed_jobs f JOIN episode_jobs s ON s.id = 77"
		  " WHERE f.id = 12");
}

static void run_stays_failed_while_another_step_of_it_is(void **state)
{
	struct play *p = *state;
	struct failed_retried out;

	fail_image(p);
	assert_int_equal(retry(p, 12, &out), FAILED_RETRIED);
	assert_string_equal(out.others, "image");
	failed_retried_release(&out);
	play_gives(p, "failed",
		   "SELECT status FROM episode_jobs WHERE id = 74");
	assert_int_equal(retry(p, 13, &out), FAILED_RETRIED);
	assert_null(out.others);
	failed_retried_release(&out);
	play_gives(p, "running",
		   "SELECT status FROM episode_jobs WHERE id = 74");
}

static void two_steps_of_a_run_go_back_together(void **state)
{
	static const uint64_t ids[] = { 12, 13 };
	struct failed_retried out[2] = { 0 };
	struct play *p = *state;
	size_t i;

	fail_image(p);
	must(p, failed_retry(p->db, ids, 2, out, &p->err));
	for (i = 0; i < 2; i++) {
		assert_int_equal(out[i].outcome, FAILED_RETRIED);
		assert_null(out[i].others);
		failed_retried_release(&out[i]);
	}
	play_gives(p, "running",
		   "SELECT status FROM episode_jobs WHERE id = 74");
	play_gives(p, "2", "SELECT COUNT(*) FROM jobs");
	play_gives(p, "1",
		   "SELECT COUNT(*) FROM episode_events WHERE id > 8 AND"
		   " episode_job_id = 74");
}

static void job_of_no_step_goes_back_byte_for_byte(void **state)
{
	static const uint64_t ids[] = { 8, 9, 11 };
	struct failed_retried out[3] = { 0 };
	struct play *p = *state;
	size_t i;

	play_exec(p,
		  "CREATE TABLE was AS SELECT queue, payload FROM"
		  " failed_jobs WHERE id IN (8, 9, 11)");
	must(p, failed_retry(p->db, ids, 3, out, &p->err));
	for (i = 0; i < 3; i++) {
		assert_int_equal(out[i].outcome, FAILED_RETRIED);
		assert_null(out[i].step);
	}
	assert_string_equal(out[1].name, "App\\Jobs\\Mail");
	assert_string_equal(out[1].queue, "mail");
	for (i = 0; i < 3; i++)
		failed_retried_release(&out[i]);
	play_gives(p, "3",
		   "SELECT COUNT(*) FROM jobs j JOIN was w ON j.queue = w.queue"
		   " AND BINARY j.payload = BINARY w.payload"
		   " WHERE j.attempts = 0 AND j.reserved_at IS NULL"
		   " AND j.available_at <= UNIX_TIMESTAMP()");
	play_exec(p, "DROP TABLE was");
}

static void row_that_leads_nowhere_stays(void **state)
{
	struct play *p = *state;
	struct failed_retried out;

	assert_int_equal(retry(p, 10, NULL), FAILED_NO_STEP);
	assert_int_equal(retry(p, 999, NULL), FAILED_GONE);
	play_exec(p,
		  "UPDATE episode_jobs SET status = 'running'"
		  " WHERE id = 76");
	assert_int_equal(retry(p, 12, &out), FAILED_NOT_FAILED);
	assert_int_equal(out.state, STATE_RUNNING);
	failed_retried_release(&out);
	play_exec(p,
		  "UPDATE episode_jobs SET status = 'failed' WHERE id = 76;"
		  "UPDATE episode_jobs SET status = 'cancelled'"
		  " WHERE id = 74");
	assert_int_equal(retry(p, 12, &out), FAILED_RUN_OVER);
	assert_int_equal(out.state, STATE_CANCELLED);
	failed_retried_release(&out);
	play_exec(p, "DELETE FROM episode_jobs WHERE id = 74");
	assert_int_equal(retry(p, 12, NULL), FAILED_NO_STEP);
	play_gives(p, "5 0",
		   "SELECT CONCAT(COUNT(*), ' ', (SELECT COUNT(*) FROM jobs))"
		   " FROM failed_jobs");
}

static void step_in_two_failed_rows_goes_back_once(void **state)
{
	static const uint64_t ids[] = { 12, 13 };
	struct failed_retried out[2] = { 0 };
	struct play *p = *state;

	play_exec(p,
		  "INSERT INTO failed_jobs (id, uuid, connection, queue,"
		  " payload, exception) SELECT 13, 'copy', 'stepq',"
		  " 'default', payload, 'x' FROM failed_jobs"
		  " WHERE id = 12");
	must(p, failed_retry(p->db, ids, 2, out, &p->err));
	assert_int_equal(out[0].outcome, FAILED_RETRIED);
	assert_int_equal(out[1].outcome, FAILED_NOT_FAILED);
	assert_int_equal(out[1].state, STATE_QUEUED);
	failed_retried_release(&out[0]);
	failed_retried_release(&out[1]);
	play_gives(p, "1", "SELECT COUNT(*) FROM jobs");
}

/* Payloads are moved inside the server: no packet has to hold one. */
static void payload_larger_than_a_packet_is_moved(void **state)
{
	struct play *p = *state;
	struct play *large, *small;

	/* cmocka's skip() says "not ok" in TAP. */
	if (!testdb_is_private())
		return;
	play_exec(p, "SET GLOBAL max_allowed_packet = 67108864");
	large = play_another(p, 1);
	must(large,
	     db_exec(large->db, NULL, &large->err,
		     "UPDATE failed_jobs SET payload = CONCAT('{\"job\":\"p\","
		     "\"x\":\"', REPEAT('x', ? * 1024 * 1024), '\"}')"
		     " WHERE id = 11",
		     DB_ARGS(DB_U64(LARGE_MIB))));
	play_exec(p, "SET GLOBAL max_allowed_packet = 1048576");
	small = play_another(p, 1);
	assert_int_equal(db_max_packet(small->db), 1048576);
	assert_int_equal(retry(small, 11, NULL), FAILED_RETRIED);
	play_exec(p, "SET GLOBAL max_allowed_packet = 16777216");
	assert_true(play_u64(p, "SELECT LENGTH(payload) FROM jobs") >
		    LARGE_MIB * MIB);
}

/* As many as `n` are at a statement that our lock keeps from ending. */
static void wait_for_waiters(struct play *p, uint64_t n, const char *statement)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	time_t deadline = time(NULL) + DEADLINE_S;

	while (play_u64(p,
			"SELECT COUNT(*) FROM information_schema.processlist"
			" WHERE command = 'Query' AND db = DATABASE()"
			" AND info LIKE '%s'",
			statement) != n) {
		assert_true(time(NULL) < deadline);
		(void)nanosleep(&pause, NULL);
	}
}

/* Lock what a retry of failed job 12 needs, until the caller lets go. */
static void hold(struct play *p, const char *sql)
{
	struct db_rows rows = { 0 };

	must(p, db_begin(p->db, &p->err));
	must(p, db_query(p->db, &rows, &p->err, "?", DB_ARGS(DB_RAW(sql))));
	db_rows_release(&rows);
}

/* 0: it did retry; 1: another had. */
static int race_body(struct play *p, void *arg)
{
	const uint64_t id = 12;
	struct failed_retried out = { 0 };
	int won;

	(void)arg;
	if (failed_retry(p->db, &id, 1, &out, &p->err))
		return -1;
	won = out.outcome == FAILED_RETRIED;
	failed_retried_release(&out);
	return !won;
}

static void racers_bring_one_job(void **state)
{
	struct play *p = *state;
	pid_t pids[RACERS];
	int i, status, won = 0, lost = 0;

	hold(p, "SELECT 1 FROM episode_jobs WHERE id = 74 FOR UPDATE");
	for (i = 0; i < RACERS; i++)
		pids[i] = play_fork(p, 1, race_body, NULL);
	wait_for_waiters(p, RACERS, "SELECT id, status%FOR UPDATE");
	db_rollback(p->db);
	for (i = 0; i < RACERS; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		won += WEXITSTATUS(status) == 0;
		lost += WEXITSTATUS(status) == 1;
	}
	assert_int_equal(won, 1);
	assert_int_equal(lost, RACERS - 1);
	play_gives(p, "1", "SELECT COUNT(*) FROM jobs");
	play_gives(p, "1",
		   "SELECT COUNT(*) FROM episode_events WHERE id > 8 AND"
		   " episode_job_id = 76");
}

/* The episode's row is the last lock: all is written but the COMMIT. */
static void killed_in_the_middle_leaves_all_as_it_was(void **state)
{
	struct play *p = *state;
	int status;
	pid_t pid;

	hold(p, "SELECT 1 FROM episodes WHERE id = 31 FOR UPDATE");
	pid = play_fork(p, 1, race_body, NULL);
	wait_for_waiters(p, 1, "UPDATE%JOIN episodes%");
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	db_rollback(p->db);
	hold(p, "SELECT 1 FROM failed_jobs WHERE id = 12 FOR UPDATE");
	db_rollback(p->db);
	play_gives(p, "failed failed",
		   "SELECT GROUP_CONCAT(status SEPARATOR ' ') FROM"
		   " episode_jobs WHERE id IN (74, 76)");
	play_gives(p, "0", "SELECT COUNT(*) FROM jobs");
	play_gives(p, "1", "SELECT COUNT(*) FROM failed_jobs WHERE id = 12");
	assert_int_equal(retry(p, 12, NULL), FAILED_RETRIED);
}

static void commit_in_doubt_is_looked_up(void **state)
{
	struct play *p = *state;

	runs_lose_commit(1, 1);
	assert_int_equal(retry(p, 12, NULL), FAILED_RETRIED);
	play_gives(p, "1", "SELECT COUNT(*) FROM jobs");
}

static void commit_that_was_lost_is_done_again(void **state)
{
	struct play *p = *state;

	runs_lose_commit(1, 0);
	assert_int_equal(retry(p, 12, NULL), FAILED_RETRIED);
	play_gives(p, "1", "SELECT COUNT(*) FROM jobs");
	play_gives(p, "0", "SELECT COUNT(*) FROM failed_jobs WHERE id = 12");
}

static void refused_row_changes_nothing(void **state)
{
	static const uint64_t ids[] = { 11, 12 };
	struct failed_retried out[2] = { 0 };
	struct play *p = *state;

	play_exec(p,
		  "ALTER TABLE failed_jobs MODIFY queue TEXT NOT NULL,"
		  " DROP KEY failed_jobs_connection_queue_failed_at_index;"
		  "UPDATE failed_jobs SET queue = REPEAT('q', 300)"
		  " WHERE id = 11");
	assert_int_equal(failed_retry(p->db, ids, 2, out, &p->err), -1);
	assert_int_equal(p->err.code, ERR_DB);
	assert_null(out[1].step);
	play_gives(p, "0", "SELECT COUNT(*) FROM jobs");
	play_gives(p, "failed",
		   "SELECT status FROM episode_jobs WHERE id = 76");
	play_exec(p,
		  "DELETE FROM failed_jobs;"
		  "ALTER TABLE failed_jobs MODIFY queue VARCHAR(255) NOT"
		  " NULL, ADD KEY"
		  " failed_jobs_connection_queue_failed_at_index"
		  " (connection, queue, failed_at)");
}

/* "12 11" */
static void list_is(struct play *p, const struct failed_filter *filter,
		    const char *want)
{
	struct failed_list list;
	struct strbuf got = { 0 };
	uint64_t count;
	size_t i;

	must(p, failed_list(p->db, filter, 20, &list, &p->err));
	for (i = 0; i < list.n; i++)
		strbuf_addf(&got, "%s%d", i ? " " : "", (int)list.jobs[i].id);
	assert_string_equal(strbuf_str(&got), want);
	must(p, failed_count(p->db, filter, &count, &p->err));
	assert_int_equal(count, list.n);
	strbuf_release(&got);
	failed_list_release(&list);
}

static void list_is_filtered(void **state)
{
	struct play *p = *state;

	list_is(p, &(struct failed_filter){ 0 }, "12 11 10 9 8");
	list_is(p, &(struct failed_filter){ .queue = "default" }, "12 11 10");
	list_is(p, &(struct failed_filter){ .newer_ms = 3 * 3600000 }, "12 11");
	list_is(p, &(struct failed_filter){ .older_ms = 3 * 3600000 },
		"10 9 8");
	list_is(p, &(struct failed_filter){ .from = 9, .to = 11 }, "11 10 9");
	list_is(p, &(struct failed_filter){ .grep = "SMTP is" }, "9");
	list_is(p, &(struct failed_filter){ .grep = "full/director" }, "12");
	list_is(p, &(struct failed_filter){ .grep = "%" }, "");
	list_is(p, &(struct failed_filter){ .grep = "s_tp" }, "");
	list_is(p, &(struct failed_filter){ .grep = "App\\\\Jobs" }, "9");
	list_is(p, &(struct failed_filter){ .grep = "pipeline.full'?" }, "11");
}

static void list_tells_what_each_job_is(void **state)
{
	struct failed_filter all = { 0 };
	struct play *p = *state;
	struct failed_list list;

	must(p, failed_list(p->db, &all, 20, &list, &p->err));
	assert_string_equal(list.jobs[0].name, "pipeline.full/director");
	assert_string_equal(list.jobs[0].step, "director");
	assert_int_equal(list.jobs[0].run_id, 74);
	assert_int_equal(list.jobs[0].episode_id, 31);
	assert_string_equal(list.jobs[0].why,
			    "status 500 after 3 tries: \"model overloaded\"");
	assert_null(list.jobs[0].exception);
	assert_int_equal(list.now_ms / 1000 - list.jobs[0].failed_ms / 1000,
			 248);
	assert_string_equal(list.jobs[1].name, "pipeline.ful");
	assert_int_equal(list.jobs[1].episode_id, 30);
	assert_null(list.jobs[2].step);
	assert_false(list.jobs[2].has_episode);
	assert_string_equal(list.jobs[3].name, "App\\Jobs\\Mail");
	assert_string_equal(list.jobs[3].why,
			    "Error: smtp is down in /app/Mail.php:7");
	assert_string_equal(list.jobs[4].name, "pipeline.full");
	failed_list_release(&list);
}

static void one_job_comes_with_its_texts(void **state)
{
	struct play *p = *state;
	struct failed_list list;
	uint64_t id;

	assert_int_equal(failed_find(p->db,
				     "00000000-0000-4000-8000-000000000076",
				     &id, &p->err),
			 1);
	assert_int_equal(failed_load(p->db, id, &list, &p->err), 1);
	assert_non_null(strstr(list.jobs[0].exception, "\nPOST http://"));
	assert_int_equal(list.jobs[0].payload_len,
			 strlen(list.jobs[0].payload));
	failed_list_release(&list);
	assert_int_equal(failed_load(p->db, 999, &list, &p->err), 0);
	assert_int_equal(failed_find(p->db, "nothing", &id, &p->err), 0);
}

static void page_is_bounded_by_rows_and_by_bytes(void **state)
{
	struct failed_filter all = { 0 };
	struct play *p = *state;
	uint64_t ids[5];
	size_t n;

	must(p, failed_page(p->db, &all, 3, ids, &n, &p->err));
	assert_int_equal(n, 3);
	assert_int_equal(ids[0], 8);
	assert_int_equal(ids[2], 10);
	play_exec(p, "UPDATE failed_jobs SET payload = REPEAT('x', 14000000)");
	must(p, failed_page(p->db, &all, 5, ids, &n, &p->err));
	assert_int_equal(n, 4);
}

static void deleted_rows_are_gone(void **state)
{
	static const uint64_t ids[] = { 9, 11, 999 };
	struct play *p = *state;
	uint64_t deleted;

	must(p, failed_delete(p->db, ids, 3, &deleted, &p->err));
	assert_int_equal(deleted, 2);
	list_is(p, &(struct failed_filter){ 0 }, "12 10 8");
}

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		RUNS(step_goes_back_and_its_run_goes_on),
		RUNS(job_of_a_step_is_as_old_as_its_run),
		RUNS(job_of_a_delayed_run_is_due_now),
		RUNS(run_stays_failed_while_another_step_of_it_is),
		RUNS(two_steps_of_a_run_go_back_together),
		RUNS(job_of_no_step_goes_back_byte_for_byte),
		RUNS(row_that_leads_nowhere_stays),
		RUNS(step_in_two_failed_rows_goes_back_once),
		RUNS(payload_larger_than_a_packet_is_moved),
		RUNS(racers_bring_one_job),
		RUNS(killed_in_the_middle_leaves_all_as_it_was),
		RUNS(commit_in_doubt_is_looked_up),
		RUNS(commit_that_was_lost_is_done_again),
		RUNS(refused_row_changes_nothing),
		RUNS(list_is_filtered),
		RUNS(list_tells_what_each_job_is),
		RUNS(one_job_comes_with_its_texts),
		RUNS(page_is_bounded_by_rows_and_by_bytes),
		RUNS(deleted_rows_are_gone),
	};
	int failed = cmocka_run_group_tests_name("failed", tests, NULL, NULL);

	return play_over(&server, failed);
}
