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

#include "base/clock.h"
#include "runs.h"
#include "store/control.h"
#include "store/failed.h"

enum {
	ITEMS = 10000,
	A_SECOND_MS = 1000
};

#define UUID "00000000-0000-4000-8000-0000000000"

/* Run 81 has a step of each live state, and jobs of all that wait for none. */
static void give_jobs(struct play *p)
{
	play_exec(p,
		  "INSERT INTO jobs (queue, payload, available_at, created_at,"
		  " reserved_at, fence, step_id) VALUES"
		  " ('default', '{}', UNIX_TIMESTAMP() + 30, 1,"
		  " UNIX_TIMESTAMP(), 3, 83),"
		  " ('default', '{}', UNIX_TIMESTAMP() + 30, 1, NULL, 1, 84),"
		  " ('default', '{}', 1, 1, NULL, 0, 26),"
		  " ('default', '{}', 1, 1, NULL, 0, NULL);"
		  "UPDATE episode_jobs SET unique_key = 'pipeline.full:26'"
		  " WHERE id = 81;"
		  "INSERT INTO episodes (id, status) VALUES (26, 'running')");
}

static struct cancelled cancel(struct play *p, uint64_t run_id)
{
	struct cancelled out = { 0 };

	play_must(p, run_cancel(p->db, run_id, "wrong script", &out, &p->err));
	return out;
}

static void cancel_stops_what_is_not_finished(void **state)
{
	struct play *p = *state;
	struct cancelled out;

	give_jobs(p);
	out = cancel(p, 81);
	assert_int_equal(out.outcome, CANCEL_DONE);
	assert_int_equal(out.state, STATE_RUNNING);
	assert_int_equal(out.steps_n, 3);
	play_gives(p,
		   "81 cancelled 1, 82 done 1, 83 cancelled 1, 84 cancelled 1,"
		   " 85 cancelled 1",
		   "SELECT GROUP_CONCAT(CONCAT_WS(' ', id, status,"
		   " completed_at IS NOT NULL) ORDER BY id SEPARATOR ', ')"
		   " FROM episode_jobs WHERE id = 81 OR run_id = 81");
	play_gives(p, "wrong script -",
		   "SELECT CONCAT_WS(' ', message, IFNULL(unique_key, '-'))"
		   " FROM episode_jobs WHERE id = 81");
	play_gives(p, "b-02", "SELECT worker FROM episode_jobs WHERE id = 83");
	play_gives(p, "cancelled", "SELECT status FROM episodes WHERE id = 26");
}

static void cancel_takes_the_jobs_of_the_run_held_ones_too(void **state)
{
	struct play *p = *state;

	give_jobs(p);
	(void)cancel(p, 81);
	play_gives(p, "26,-",
		   "SELECT GROUP_CONCAT(IFNULL(step_id, '-') ORDER BY id)"
		   " FROM jobs");
}

static void cancel_is_told_in_events_and_to_workers(void **state)
{
	struct play *p = *state;
	uint64_t ids[8];
	size_t n;

	(void)cancel(p, 81);
	play_gives(p,
		   "83 cancelled director, 84 cancelled image,"
		   " 85 cancelled lettering,"
		   " 81 cancelled pipeline.full: wrong script",
		   "SELECT GROUP_CONCAT(CONCAT_WS(' ', episode_job_id, state,"
		   " message) ORDER BY id SEPARATOR ', ') FROM episode_events"
		   " WHERE id > 8");
	(void)cancel(p, 25);
	play_must(p, runs_cancelled_since(p->db, 5, ids, 8, &n, &p->err));
	assert_int_equal(n, 2);
	assert_int_equal(ids[0], 25);
	assert_int_equal(ids[1], 81);
	play_must(p, runs_cancelled_since(p->db, 5, ids, 1, &n, &p->err));
	assert_int_equal(n, 1);
	play_exec(p,
		  "UPDATE run_cancellations SET cancelled_at = NOW(3)"
		  " - INTERVAL 6 SECOND WHERE run_id = 25;"
		  "UPDATE run_cancellations SET cancelled_at = NOW(3)"
		  " - INTERVAL 25 HOUR WHERE run_id = 81");
	play_must(p, runs_cancelled_since(p->db, 5, ids, 8, &n, &p->err));
	assert_int_equal(n, 0);
	play_exec(p,
		  "UPDATE episode_jobs SET status = 'running' WHERE id = 81");
	(void)cancel(p, 81);
	play_gives(p, "25,81",
		   "SELECT GROUP_CONCAT(run_id ORDER BY id)"
		   " FROM run_cancellations");
}

static void run_that_is_over_stays_as_it_is(void **state)
{
	struct play *p = *state;
	struct cancelled out = cancel(p, 67);

	assert_int_equal(out.outcome, CANCEL_OVER);
	assert_int_equal(out.state, STATE_DONE);
	out = cancel(p, 74);
	assert_int_equal(out.outcome, CANCEL_OVER);
	assert_int_equal(out.state, STATE_FAILED);
	assert_int_equal(cancel(p, 68).outcome, CANCEL_GONE);
	assert_int_equal(cancel(p, 9999).outcome, CANCEL_GONE);
	play_gives(p, "waiting",
		   "SELECT status FROM episode_jobs WHERE id = 77");
	play_gives(p, "8", "SELECT COUNT(*) FROM episode_events");
}

static void retry_of_a_cancelled_run_says_so(void **state)
{
	const uint64_t id = 12;
	struct failed_retried out = { 0 };
	struct play *p = *state;

	play_exec(p,
		  "UPDATE episode_jobs SET status = 'running' WHERE id = 74");
	assert_int_equal(cancel(p, 74).outcome, CANCEL_DONE);
	play_gives(p, "failed cancelled",
		   "SELECT GROUP_CONCAT(status ORDER BY id SEPARATOR ' ')"
		   " FROM episode_jobs WHERE id IN (76, 77)");
	play_must(p, failed_retry(p->db, &id, 1, &out, &p->err));
	assert_int_equal(out.outcome, FAILED_RUN_OVER);
	assert_int_equal(out.state, STATE_CANCELLED);
	failed_retried_release(&out);
}

static void what_a_worker_holds_of_a_cancelled_run_is_fenced(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken;
	struct settle item;
	uint64_t run_id;

	play_exec(p, "DELETE FROM jobs; DELETE FROM episode_jobs");
	shape_init(&shape, "a b:a");
	run_id = play_run(p, &shape);
	taken = play_take_step(p, &shape, "a");
	assert_int_equal(cancel(p, run_id).outcome, CANCEL_DONE);
	item = play_item(&taken, SETTLE_DONE);
	play_must(p, play_write(p, &item, 1));
	assert_int_equal(item.outcome, SETTLE_FENCED);
	play_gives(p, "cancelled,cancelled",
		   "SELECT GROUP_CONCAT(status) FROM episode_jobs"
		   " WHERE run_id = %" PRIu64,
		   run_id);
	play_gives(p, "0", "SELECT COUNT(*) FROM jobs");
	taken_release(&taken);
}

static void cancel_in_doubt_is_looked_up(void **state)
{
	struct play *p = *state;

	runs_lose_commit(1, 1);
	assert_int_equal(cancel(p, 81).outcome, CANCEL_DONE);
	play_gives(p, "1", "SELECT COUNT(*) FROM run_cancellations");
	runs_lose_commit(1, 0);
	assert_int_equal(cancel(p, 25).outcome, CANCEL_DONE);
	play_gives(p, "cancelled",
		   "SELECT status FROM episode_jobs WHERE id = 25");
}

#define DIGITS                                                 \
 "(SELECT 0 n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL" \
 " SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL"   \
 " SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"

/* Step 83 of run 81 is a map of `ITEMS`, all but 100 `status`. */
static void make_map(struct play *p, const char *map, const char *status)
{
	play_exec(p,
		  "UPDATE episode_jobs SET kind = 'map', items = %d,"
		  " next_item = %d, waiting_on = 0, status = '%s'"
		  " WHERE id = 83;"
		  "INSERT INTO episode_jobs (uuid, run_id, parent_id, pipeline,"
		  " step, item, kind, status, waiting_on, queue, error,"
		  " created_at, completed_at)"
		  " SELECT UUID(), 81, 83, 'pipeline.full', 'director', d.n,"
		  " 'item', IF(d.n %% 100, '%s', 'done'), 0, 'default', 'x',"
		  " NOW(3), NOW(3) FROM (SELECT a.n + 10 * b.n + 100 * c.n"
		  " + 1000 * e.n n FROM " DIGITS " a, " DIGITS " b, " DIGITS
		  " c, " DIGITS " e) d",
		  ITEMS, ITEMS, map, status);
}

static void a_large_map_is_cancelled_within_a_second(void **state)
{
	struct play *p = *state;
	int64_t began;

	make_map(p, "running", "queued");
	play_exec(p,
		  "INSERT INTO jobs (queue, payload, available_at, created_at,"
		  " step_id) SELECT 'default', '{}', 1, 1, id FROM"
		  " episode_jobs WHERE parent_id = 83 AND status = 'queued'");
	began = clock_mono_ms();
	assert_int_equal(cancel(p, 81).steps_n, 3);
	assert_in_range(clock_mono_ms() - began, 0, A_SECOND_MS);
	play_gives(p, "9900",
		   "SELECT COUNT(*) FROM episode_jobs"
		   " WHERE parent_id = 83 AND status = 'cancelled'");
	play_gives(p, "0", "SELECT COUNT(*) FROM jobs");
	play_gives(p, "4", "SELECT COUNT(*) FROM episode_events WHERE id > 8");
}

static void failed_items_of_a_large_map_are_retried_within_a_second(
	void **state)
{
	const uint64_t id = 20;
	struct failed_retried out = { 0 };
	struct play *p = *state;
	int64_t began;

	make_map(p, "failed", "failed");
	play_exec(p,
		  "UPDATE episode_jobs SET status = 'failed' WHERE id = 81;"
		  "INSERT INTO failed_jobs (id, uuid, connection, queue,"
		  " payload, exception) SELECT 20, s.uuid, 'stepq', 'default',"
		  " REPLACE(f.payload, ':76}', ':83}'), 'x' FROM failed_jobs f"
		  " JOIN episode_jobs s ON s.id = 83 WHERE f.id = 12");
	began = clock_mono_ms();
	play_must(p, failed_retry(p->db, &id, 1, &out, &p->err));
	assert_in_range(clock_mono_ms() - began, 0, A_SECOND_MS);
	assert_int_equal(out.outcome, FAILED_RETRIED);
	assert_int_equal(out.items, ITEMS);
	assert_int_equal(out.items_again, ITEMS - 100);
	failed_retried_release(&out);
	play_gives(p, "queued 9900 0 1.00",
		   "SELECT CONCAT_WS(' ', status, waiting_on, next_item,"
		   " progress) FROM episode_jobs WHERE id = 83");
	play_gives(p, "9900 100",
		   "SELECT CONCAT(SUM(status = 'waiting' AND error IS NULL AND"
		   " completed_at IS NULL), ' ', SUM(status = 'done'))"
		   " FROM episode_jobs WHERE parent_id = 83");
	play_gives(p, "83", "SELECT GROUP_CONCAT(step_id) FROM jobs");
}

/* Steps 83 and 85 are gates; 83 is parked, 85 is not reached. */
static void make_gates(struct play *p)
{
	play_exec(p,
		  "UPDATE episode_jobs SET kind = 'gate', status = 'waiting'"
		  " WHERE id IN (83, 85);"
		  "INSERT INTO jobs (queue, payload, available_at, created_at,"
		  " step_id) VALUES ('default', '{}', 4294967295, 1, 83),"
		  " ('default', '{}', 4294967295, 1, 26)");
}

static enum gate_outcome answer(struct play *p, const char *step, int approved,
				const char *result, struct gate_reply *out)
{
	const struct gate_answer given = { 81, step, approved, result };
	struct gate_reply reply = { 0 };
	enum gate_outcome outcome;

	play_must(p, gate_answer(p->db, &given, &reply, &p->err));
	outcome = reply.outcome;
	if (out)
		*out = reply;
	else
		gate_reply_release(&reply);
	return outcome;
}

static void answer_is_kept_and_its_job_is_due(void **state)
{
	struct play *p = *state;

	make_gates(p);
	assert_int_equal(answer(p, "director", 1, "{\"n\": 12}", NULL),
			 GATE_ANSWERED);
	play_gives(p, "true 12",
		   "SELECT CONCAT_WS(' ', JSON_EXTRACT(value, '$.approved'),"
		   " JSON_EXTRACT(value, '$.result.n')) FROM episode_jobs"
		   " WHERE id = 83");
	play_gives(p, "83",
		   "SELECT GROUP_CONCAT(step_id) FROM jobs"
		   " WHERE available_at <= UNIX_TIMESTAMP()");
	play_gives(p, "log approved",
		   "SELECT CONCAT_WS(' ', kind, message) FROM episode_events"
		   " WHERE episode_job_id = 83");
}

static void answer_of_a_held_gate_leaves_its_job_alone(void **state)
{
	struct play *p = *state;

	make_gates(p);
	play_exec(p, "UPDATE jobs SET reserved_at = 1 WHERE step_id = 83");
	assert_int_equal(answer(p, "director", 0, NULL, NULL), GATE_ANSWERED);
	play_gives(p, "false null",
		   "SELECT CONCAT_WS(' ', JSON_EXTRACT(value, '$.approved'),"
		   " JSON_EXTRACT(value, '$.result')) FROM episode_jobs"
		   " WHERE id = 83");
	play_gives(p, "4294967295",
		   "SELECT available_at FROM jobs WHERE step_id = 83");
}

static void only_an_open_gate_is_answered(void **state)
{
	static const struct gate_answer wrong = { 81, "director", 1, "1}, {" };
	struct gate_reply reply;
	struct play *p = *state;

	make_gates(p);
	assert_int_equal(answer(p, "nothing", 1, NULL, NULL), GATE_NO_STEP);
	assert_int_equal(answer(p, "text", 1, NULL, NULL), GATE_NO_GATE);
	assert_int_equal(answer(p, "lettering", 1, NULL, &reply),
			 GATE_NOT_REACHED);
	assert_string_equal(reply.waits_for, "image");
	gate_reply_release(&reply);
	assert_int_equal(answer(p, "director", 0, NULL, NULL), GATE_ANSWERED);
	assert_int_equal(answer(p, "director", 1, NULL, &reply),
			 GATE_ANSWERED_ALREADY);
	assert_false(reply.was_approved);
	gate_reply_release(&reply);
	play_exec(p,
		  "UPDATE episode_jobs SET value = NULL, status = 'done'"
		  " WHERE id = 83");
	assert_int_equal(answer(p, "director", 1, NULL, &reply), GATE_OVER);
	assert_int_equal(reply.state, STATE_DONE);
	gate_reply_release(&reply);
	assert_int_equal(gate_answer(p->db, &wrong, &reply, &p->err), -1);
	assert_int_equal(p->err.code, ERR_INPUT);
}

static void answer_goes_to_the_latest_round(void **state)
{
	struct play *p = *state;
	struct gate *gates;
	size_t n;

	make_gates(p);
	assert_int_equal(answer(p, "director", 0, NULL, NULL), GATE_ANSWERED);
	play_exec(p,
		  "UPDATE episode_jobs SET status = 'done' WHERE id = 83;"
		  "INSERT INTO episode_jobs (id, uuid, run_id, pipeline, step,"
		  " kind, round, status, queue, created_at) VALUES (90, '" UUID
		  "90', 81, 'pipeline.full', 'director', 'gate', 2,"
		  " 'waiting', 'default', NOW(3))");
	play_must(p, gates_load(p->db, 81, &gates, &n, &p->err));
	assert_int_equal(n, 2);
	assert_string_equal(gates[0].step, "director");
	assert_int_equal(gates[0].step_id, 90);
	assert_true(gate_is_open(&gates[0]));
	assert_false(gate_is_open(&gates[1]));
	gates_free(gates, n);
	assert_int_equal(answer(p, "director", 1, NULL, NULL), GATE_ANSWERED);
	play_gives(p, "true",
		   "SELECT JSON_EXTRACT(value, '$.approved')"
		   " FROM episode_jobs WHERE id = 90");
}

static void answer_in_doubt_is_looked_up(void **state)
{
	struct play *p = *state;

	make_gates(p);
	runs_lose_commit(1, 1);
	assert_int_equal(answer(p, "director", 1, NULL, NULL), GATE_ANSWERED);
	play_gives(p, "1", "SELECT COUNT(*) FROM episode_events WHERE id > 8");
}

static void push_row(struct play *p, const char *payload)
{
	play_exec(p,
		  "INSERT INTO jobs (queue, payload, available_at, created_at)"
		  " VALUES ('default', '%s', 1, 1)",
		  payload);
}

static enum pending_outcome cancel_pending(struct play *p, const char *uuid)
{
	enum pending_outcome outcome;

	play_must(p, run_cancel_pending(p->db, uuid, &outcome, &p->err));
	return outcome;
}

static void run_that_nobody_began_is_cancelled_by_its_uuid(void **state)
{
	struct play *p = *state;

	push_row(p, "{\"job\":\"a\",\"broken: " UUID "01");
	push_row(p, "{\"job\":\"a\",\"data\":{\"input\":\"" UUID "01\"}}");
	push_row(p, "{\"job\":\"stepq.step\",\"uuid\":\"" UUID "01\"}");
	assert_int_equal(cancel_pending(p, UUID "01"), PENDING_NONE);
	push_row(p, "{\"job\":\"a\",\"uuid\":\"" UUID "01\"}");
	push_row(p, "{\"job\":\"a\",\"uuid\":\"" UUID "02\"}");
	assert_int_equal(cancel_pending(p, UUID "01"), PENDING_DELETED);
	assert_int_equal(cancel_pending(p, UUID "01"), PENDING_NONE);
	play_gives(p, "4", "SELECT COUNT(*) FROM jobs");
	play_exec(p, "UPDATE jobs SET reserved_at = 1");
	assert_int_equal(cancel_pending(p, UUID "02"), PENDING_TAKEN);
	play_gives(p, "4", "SELECT COUNT(*) FROM jobs");
}

static void unique_pipeline_has_one_run_live_or_asked_for(void **state)
{
	static char name[] = "pipeline.full";
	struct pipeline pipeline = { .name = name, .is_unique = 1 };
	struct play *p = *state;
	struct run_live live;

	assert_int_equal(run_live(p->db, &pipeline, 26, &live, &p->err), 0);
	push_row(p, "{\"uuid\":\"" UUID
		    "01\",\"job\":\"pipeline.full\","
		    "\"data\":{\"episode_id\":\"26\"}}");
	push_row(p, "{\"uuid\":\"" UUID
		    "02\",\"job\":\"pipeline.fulls\","
		    "\"data\":{\"episode_id\":27}}");
	assert_int_equal(run_live(p->db, &pipeline, 27, &live, &p->err), 0);
	assert_int_equal(run_live(p->db, &pipeline, 26, &live, &p->err), 1);
	assert_int_equal(live.run_id, 0);
	assert_string_equal(live.uuid, UUID "01");
	play_exec(p,
		  "UPDATE episode_jobs SET unique_key = 'pipeline.full:26'"
		  " WHERE id = 81");
	assert_int_equal(run_live(p->db, &pipeline, 26, &live, &p->err), 1);
	assert_int_equal(live.run_id, 81);
	assert_string_equal(live.uuid, UUID "81");
	pipeline.is_unique = 0;
	assert_int_equal(run_live(p->db, &pipeline, 26, &live, &p->err), 0);
}

static void nothing_reads_a_table_of_runs_from_end_to_end(void **state)
{
	struct play *p = *state;
	struct gate *gates;
	uint64_t ids[4];
	size_t n;

	make_gates(p);
	runs_record();
	assert_int_equal(answer(p, "lettering", 1, NULL, NULL),
			 GATE_NOT_REACHED);
	assert_int_equal(answer(p, "director", 1, NULL, NULL), GATE_ANSWERED);
	play_must(p, gates_load(p->db, 81, &gates, &n, &p->err));
	gates_free(gates, n);
	(void)cancel(p, 81);
	play_must(p, runs_cancelled_since(p->db, 5, ids, 4, &n, &p->err));
	play_must(p, failed_of_run(p->db, "74", ids, 4, &n, &p->err));
	assert_int_equal(n, 1);
	runs_check_plans(p);
}

static int setup(void **state)
{
	int rc = runs_setup(state);

	play_exec(*state, "DELETE FROM run_cancellations");
	return rc;
}

#define CONTROL(claim) \
 cmocka_unit_test_prestate_setup_teardown(claim, setup, play_teardown, server)

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		CONTROL(cancel_stops_what_is_not_finished),
		CONTROL(cancel_takes_the_jobs_of_the_run_held_ones_too),
		CONTROL(cancel_is_told_in_events_and_to_workers),
		CONTROL(run_that_is_over_stays_as_it_is),
		CONTROL(retry_of_a_cancelled_run_says_so),
		CONTROL(what_a_worker_holds_of_a_cancelled_run_is_fenced),
		CONTROL(cancel_in_doubt_is_looked_up),
		CONTROL(a_large_map_is_cancelled_within_a_second),
		CONTROL(failed_items_of_a_large_map_are_retried_within_a_second),
		CONTROL(answer_is_kept_and_its_job_is_due),
		CONTROL(answer_of_a_held_gate_leaves_its_job_alone),
		CONTROL(only_an_open_gate_is_answered),
		CONTROL(answer_goes_to_the_latest_round),
		CONTROL(answer_in_doubt_is_looked_up),
		CONTROL(run_that_nobody_began_is_cancelled_by_its_uuid),
		CONTROL(unique_pipeline_has_one_run_live_or_asked_for),
		CONTROL(nothing_reads_a_table_of_runs_from_end_to_end),
	};
	int failed = cmocka_run_group_tests_name("control", tests, NULL, NULL);

	return play_over(&server, failed);
}
