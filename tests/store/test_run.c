/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/util.h"
#include "plan/payload.h"
#include "play.h"

enum {
	MANY = 100 /* runs made in one go */
};

static const char diamond[] = "text image:text voice:text pack:image,voice";

static void create_makes_a_run_and_a_row_for_each_step(void **state)
{
	struct play *p = *state;
	struct shape shape;
	uint64_t id;

	shape_init(&shape, diamond);
	id = play_run(p, &shape);
	play_gives(p,
		   "pipeline.test queued 4 0.00 {\"topic\": \"cats\"} default",
		   "SELECT CONCAT_WS(' ', pipeline, status, waiting_on,"
		   " progress, input, queue, step, item, parent_id, worker)"
		   " FROM episode_jobs WHERE id = %" PRIu64
		   " AND run_id IS NULL AND started_at IS NULL",
		   id);
	play_gives(p,
		   "text queued 0;image waiting 1;voice waiting 1;"
		   "pack waiting 2",
		   "SELECT GROUP_CONCAT(step, ' ', status, ' ', waiting_on"
		   " ORDER BY id SEPARATOR ';') FROM episode_jobs"
		   " WHERE run_id = %" PRIu64
		   " AND pipeline = 'pipeline.test' AND queue = 'default'",
		   id);
	play_gives(p, "pipeline.test queued state",
		   "SELECT GROUP_CONCAT(message, ' ', state, ' ', kind)"
		   " FROM episode_events WHERE run_id = %" PRIu64
		   " AND episode_job_id = run_id",
		   id);
}

static void create_makes_jobs_for_steps_that_wait_on_nothing(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct payload payload = { 0 };
	struct run_new run;
	char *text, *uuid;
	static char fast[] = "fast";

	shape_init(&shape, "one two three:one,two");
	shape.steps[1].queue = fast;
	run = play_new(p, &shape);
	run.due = 12345;
	play_must(p, play_create(p, &run, 1));
	play_gives(p, "default,fast",
		   "SELECT GROUP_CONCAT(queue ORDER BY id) FROM jobs"
		   " WHERE available_at = 12345 AND attempts = 0 AND fence = 0"
		   " AND reserved_at IS NULL"
		   " AND created_at BETWEEN UNIX_TIMESTAMP() - 60 AND"
		   " UNIX_TIMESTAMP()");
	text = testdb_str(p->server,
			  "SELECT payload FROM jobs"
			  " WHERE queue = 'fast'");
	play_must(p, payload_parse(text, strlen(text), &payload, &p->err));
	assert_string_equal(payload.job, PAYLOAD_STEP_JOB);
	assert_string_equal(payload.display_name, "pipeline.test/two");
	assert_int_equal(payload.step_id, play_u64(p,
						   "SELECT id FROM episode_jobs"
						   " WHERE step = 'two'"));
	uuid = testdb_str(p->server,
			  "SELECT uuid FROM episode_jobs"
			  " WHERE step = 'two'");
	assert_string_equal(payload.uuid, uuid);
	payload_release(&payload);
	free(uuid);
	free(text);
}

/* What a run and its first step give for the created_at of its job. */
static void age_is(struct play *p, const char *created_at, const char *is_ok)
{
	struct shape shape;
	struct run_new run;

	shape_init(&shape, "one");
	run = play_new(p, &shape);
	play_exec(p, "UPDATE jobs SET created_at = %s WHERE id = %" PRIu64,
		  created_at, run.job_id);
	play_must(p, play_create(p, &run, 1));
	play_gives(p, "1", "SELECT %s FROM episode_jobs WHERE uuid = '%s'",
		   is_ok, run.uuid);
}

static void a_run_is_as_old_as_its_job(void **state)
{
	static const char now[] =
		"created_at BETWEEN NOW(3) - INTERVAL 60"
		" SECOND AND NOW(3)";

	age_is(*state, "UNIX_TIMESTAMP('2024-02-29 12:00:00')",
	       "created_at = '2024-02-29 12:00:00'");
	age_is(*state, "0", "created_at = '1970-01-01 00:00:00'");
	age_is(*state, "4294967295", now);
	age_is(*state, "UNIX_TIMESTAMP() + 1000", now);
}

static void many_runs_are_made_in_one_go(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct run_new runs[MANY];
	uint64_t statements;
	size_t i;

	shape_init(&shape, diamond);
	for (i = 0; i < MANY; i++)
		runs[i] = play_new(p, &shape);
	statements = db_statements(p->db);
	play_must(p, play_create(p, runs, MANY));
	/* Begin, commit, and two, and one delete by play_create(), for each. */
	assert_in_range(db_statements(p->db) - statements, 3 * MANY,
			3 * MANY + 10);
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM episode_jobs"),
			 MANY * 5);
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM jobs"), MANY);
	/* Each step belongs to the run of its own uuid, each job to a step. */
	for (i = 0; i < MANY; i++)
		play_gives(p, "4 1",
			   "SELECT CONCAT_WS(' ', COUNT(*), SUM(j.id > 0))"
			   " FROM episode_jobs r JOIN episode_jobs s"
			   " ON s.run_id = r.id LEFT JOIN jobs j ON j.payload"
			   " LIKE CONCAT('%%_job_id\":', s.id, '}}')"
			   " WHERE r.uuid = '%s'",
			   runs[i].uuid);
}

static void a_uuid_that_is_taken_refuses_all_runs(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct run_new runs[3];
	size_t i;

	shape_init(&shape, diamond);
	for (i = 0; i < 3; i++)
		runs[i] = play_new(p, &shape);
	memcpy(runs[2].uuid, runs[0].uuid, UUID_TEXT);
	assert_int_equal(play_create(p, runs, 3), -1);
	assert_int_equal(p->err.code, ERR_DB_DUP);
	assert_int_equal(play_u64(p,
				  "SELECT (SELECT COUNT(*) FROM"
				  " episode_jobs) + (SELECT COUNT(*) FROM"
				  " episode_events)"),
			 0);
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM jobs"), 3);
	play_must(p, play_create(p, runs, 2));
	assert_int_equal(play_create(p, &runs[2], 1), -1);
	assert_int_equal(p->err.code, ERR_DB_DUP);
}

static void a_uuid_in_capitals_is_the_same(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct run_new run;

	shape_init(&shape, "one");
	run = play_new(p, &shape);
	memcpy(run.uuid, "ABCDEF00-1111-7222-8333-ABCDEFABCDEF", UUID_TEXT);
	play_must(p, play_create(p, &run, 1));
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM episode_jobs"), 2);
	memcpy(run.uuid, "abcdef00-1111-7222-8333-abcdefabcdef", UUID_TEXT);
	run.job_id = play_push(p, "default", 0);
	assert_int_equal(play_create(p, &run, 1), -1);
	assert_int_equal(p->err.code, ERR_DB_DUP);
}

static void a_run_is_not_made_of_a_job_that_is_gone(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct run_new run;

	shape_init(&shape, "one");
	run = play_new(p, &shape);
	play_exec(p, "DELETE FROM jobs");
	assert_int_equal(play_create(p, &run, 1), -1);
	assert_int_equal(p->err.code, ERR_NOT_FOUND);
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM episode_jobs"), 0);
}

static void an_input_that_is_no_json_is_refused(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct run_new run;

	shape_init(&shape, "one");
	run = play_new(p, &shape);
	run.input = "{\"topic\":";
	assert_int_equal(play_create(p, &run, 1), -1);
	assert_int_equal(p->err.code, ERR_DB);
}

static void a_run_shows_on_its_episode(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct run_new runs[2];
	size_t i;

	play_exec(p,
		  "INSERT INTO episodes (id, status, progress, cost)"
		  " VALUES (7, 'old', 50, 3), (8, 'old', 50, 3)");
	shape_init(&shape, "one");
	for (i = 0; i < 2; i++) {
		runs[i] = play_new(p, &shape);
		runs[i].has_episode = 1;
	}
	runs[0].episode_id = 7;
	runs[1].episode_id = 9; /* a number of the application's own */
	play_must(p, play_create(p, runs, 2));
	play_gives(p, "7 queued 0.00 0.000000;8 old 50.00 3.000000",
		   "SELECT GROUP_CONCAT(id, ' ', status, ' ', progress, ' ',"
		   " cost ORDER BY id SEPARATOR ';') FROM episodes");
	play_gives(p, "7,9,7,9",
		   "SELECT GROUP_CONCAT(episode_id ORDER BY id)"
		   " FROM episode_jobs");
	p->mirror = 0;
	play_exec(p,
		  "DELETE FROM episode_jobs; UPDATE episodes SET"
		  " status = 'old'");
	runs[0].job_id = play_push(p, "default", 0);
	play_must(p, play_create(p, runs, 1));
	play_gives(p, "old,old", "SELECT GROUP_CONCAT(status) FROM episodes");
}

static void load_gives_each_step_in_its_place(void **state)
{
	struct play *p = *state;
	struct run_step steps[5] = { 0 };
	struct shape shape;
	struct run_new run;
	uint64_t ids[5], run_id;
	size_t i;

	shape_init(&shape, "one two:one");
	run = play_new(p, &shape);
	run.options = "{\"maxTries\": 5}";
	run.has_episode = 1;
	run.episode_id = 25;
	run.definition_id = 4;
	play_must(p, play_create(p, &run, 1));
	run_id = play_u64(p, "SELECT MIN(id) FROM episode_jobs");
	ids[0] = ids[4] =
		play_u64(p, "SELECT id FROM episode_jobs WHERE step = 'two'");
	ids[1] = 999999999; /* none */
	ids[2] = run_id;    /* no step */
	ids[3] = play_u64(p, "SELECT id FROM episode_jobs WHERE step = 'one'");
	play_must(p, run_steps_load(p->db, ids, 5, steps, &p->err));
	assert_int_equal(steps[1].id, 0);
	assert_int_equal(steps[2].id, 0);
	for (i = 0; i < 5; i++) {
		if (i == 1 || i == 2)
			continue;
		assert_int_equal(steps[i].id, ids[i]);
		assert_int_equal(steps[i].run_id, run_id);
		assert_int_equal(steps[i].definition_id, 4);
		assert_int_equal(steps[i].episode_id, 25);
		assert_true(steps[i].has_episode);
		assert_int_equal(steps[i].starts, 0);
		assert_int_equal(steps[i].run_state, STATE_QUEUED);
		assert_string_equal(steps[i].run_uuid, run.uuid);
		assert_string_equal(steps[i].pipeline, "pipeline.test");
		assert_string_equal(steps[i].run_input, run.input);
		assert_string_equal(steps[i].options, run.options);
	}
	assert_string_equal(steps[0].step, "two");
	assert_int_equal(steps[0].state, STATE_WAITING);
	assert_string_equal(steps[3].step, "one");
	assert_int_equal(steps[3].state, STATE_QUEUED);
	play_gives(p, steps[3].uuid,
		   "SELECT uuid FROM episode_jobs WHERE step = 'one'");
	for (i = 0; i < 5; i++)
		run_step_release(&steps[i]);
}

static void results_are_those_of_the_steps_that_are_done(void **state)
{
	struct play *p = *state;
	struct run_result *results;
	struct shape shape;
	uint64_t runs[3];
	size_t n;

	shape_init(&shape, "one two:one");
	runs[0] = play_run(p, &shape);
	runs[1] = runs[2] = play_run(p, &shape);
	play_exec(p,
		  "UPDATE episode_jobs SET status = 'done',"
		  " result = '{\"a\": 1}' WHERE step = 'one'");
	play_exec(p,
		  "UPDATE episode_jobs SET result = '{\"old\": 1}'"
		  " WHERE step = 'two'");
	play_must(p, run_results_load(p->db, runs, 3, &results, &n, &p->err));
	assert_int_equal(n, 4);
	assert_int_equal(results[0].run_id, runs[0]);
	assert_int_equal(results[2].run_id, runs[1]);
	assert_string_equal(results[2].step, "one");
	assert_int_equal(results[2].state, STATE_DONE);
	assert_string_equal(results[2].result, "{\"a\": 1}");
	assert_string_equal(results[3].step, "two");
	assert_int_equal(results[3].state, STATE_WAITING);
	assert_null(results[3].result);
	assert_int_equal(results[3].step_id, results[2].step_id + 1);
	run_results_free(results, n);
	play_must(p, run_results_load(p->db, runs, 0, &results, &n, &p->err));
	assert_int_equal(n, 0);
	assert_null(results);
}

static void start_marks_step_run_and_episode(void **state)
{
	struct play *p = *state;
	struct taken taken;
	struct shape shape;

	shape_init(&shape, "one two:one");
	(void)play_episode(p, &shape, 7);
	taken = play_take_step(p, &shape, "one");
	assert_int_equal(taken.step.starts, 0);
	play_gives(p, "running 1 player",
		   "SELECT CONCAT_WS(' ', status, attempts, worker) FROM"
		   " episode_jobs WHERE step = 'one' AND started_at IS NOT"
		   " NULL");
	play_gives(p, "running",
		   "SELECT status FROM episode_jobs WHERE run_id IS NULL AND"
		   " started_at IS NOT NULL");
	play_gives(p, "running one",
		   "SELECT CONCAT_WS(' ', status, stage)"
		   " FROM episodes");
	play_gives(p, "pipeline.test queued,pipeline.test running,one running",
		   "SELECT GROUP_CONCAT(message, ' ', state ORDER BY id)"
		   " FROM episode_events");
	taken_release(&taken);

	/* Its worker dies, and the next takes it over. */
	play_exec(p,
		  "UPDATE jobs SET reserved_at = 5, available_at = 10;"
		  "UPDATE episode_jobs SET started_at = '2024-01-01'");
	taken = play_take_step(p, &shape, "one");
	assert_int_equal(taken.step.starts, 1);
	assert_int_equal(taken.job.lost, 1);
	play_gives(p, "running 2",
		   "SELECT CONCAT_WS(' ', status, attempts) FROM episode_jobs"
		   " WHERE step = 'one' AND started_at = '2024-01-01'");
	play_gives(p,
		   "pipeline.test queued,pipeline.test running,one running,"
		   "one running",
		   "SELECT GROUP_CONCAT(message, ' ', state ORDER BY id)"
		   " FROM episode_events");
	taken_release(&taken);
}

static void a_run_begins_once_however_many_start_its_steps(void **state)
{
	struct play *p = *state;
	struct play *other = play_another(p, 2);
	struct run_step steps[2] = { 0 };
	struct run_start starts[2];
	struct shape shape;
	uint64_t ids[2], run_id;

	shape_init(&shape, "one two");
	run_id = play_run(p, &shape);
	ids[0] = play_u64(p, "SELECT id FROM episode_jobs WHERE step = 'one'");
	ids[1] = play_u64(p, "SELECT id FROM episode_jobs WHERE step = 'two'");
	/* Both have read that the run is queued before one of them starts. */
	play_must(p, run_steps_load(p->db, ids, 2, steps, &p->err));
	starts[0] = (struct run_start){ &steps[0], "one" };
	starts[1] = (struct run_start){ &steps[1], "two" };
	play_must(p, db_begin(p->db, &p->err));
	play_must(p, run_steps_start(p->db, &starts[0], 1, "a", 1, &p->err));
	play_must(p, db_commit(p->db, &p->err));
	play_must(other, db_begin(other->db, &other->err));
	play_must(other, run_steps_start(other->db, &starts[1], 1, "b", 1,
					 &other->err));
	play_must(other, db_commit(other->db, &other->err));
	play_gives(p, "1",
		   "SELECT COUNT(*) FROM episode_events WHERE episode_job_id ="
		   " %" PRIu64 " AND state = 'running'",
		   run_id);
	play_gives(p, "a,b",
		   "SELECT GROUP_CONCAT(worker ORDER BY id)"
		   " FROM episode_jobs WHERE status = 'running'");
	run_step_release(&steps[0]);
	run_step_release(&steps[1]);
}

static void a_step_of_a_failed_run_leaves_the_episode_failed(void **state)
{
	struct play *p = *state;
	struct taken taken;
	struct shape shape;

	shape_init(&shape, "one two");
	(void)play_episode(p, &shape, 7);
	taken = play_take_step(p, &shape, "one");
	play_settle(p, &taken, SETTLE_FAIL);
	taken_release(&taken);
	play_gives(p, "failed", "SELECT status FROM episodes");
	taken = play_take_step(p, &shape, "two");
	taken_release(&taken);
	play_gives(p, "failed two",
		   "SELECT CONCAT_WS(' ', status, stage)"
		   " FROM episodes");
}

static void an_episode_shows_the_stage_of_the_last_that_started(void **state)
{
	struct play *p = *state;
	struct taken taken[3];
	struct shape shape;
	size_t i;

	shape_init(&shape, "one two three");
	(void)play_episode(p, &shape, 7);
	play_take_all(p, &shape, taken, 3);
	play_gives(p, "three", "SELECT stage FROM episodes");
	for (i = 0; i < 3; i++)
		taken_release(&taken[i]);
}

static void can_mirror(struct play *p, int want, const char *alter)
{
	if (alter)
		play_exec(p, "%s", alter);
	assert_int_equal(run_can_mirror(p->db, &p->err), want);
	play_exec(p,
		  "DROP TABLE IF EXISTS episodes;"
		  "CREATE TABLE episodes LIKE as_it_was");
}

static void only_episodes_that_take_what_is_written_are_mirrored(void **state)
{
	struct play *p = *state;

	play_exec(p, "CREATE TABLE as_it_was LIKE episodes");
	can_mirror(p, 1, NULL);
	can_mirror(p, 1,
		   "ALTER TABLE episodes MODIFY progress INT,"
		   " MODIFY cost DOUBLE, MODIFY status TEXT,"
		   " MODIFY id INT NOT NULL AUTO_INCREMENT");
	can_mirror(p, 0, "ALTER TABLE episodes DROP COLUMN stage");
	can_mirror(p, 0,
		   "ALTER TABLE episodes MODIFY status"
		   " ENUM('draft', 'published', 'a rather long word')");
	can_mirror(p, 0, "ALTER TABLE episodes MODIFY stage VARCHAR(20)");
	can_mirror(p, 0, "ALTER TABLE episodes MODIFY cost DECIMAL(6,2)");
	can_mirror(p, 0, "ALTER TABLE episodes MODIFY progress DECIMAL(3,2)");
	can_mirror(p, 0, "ALTER TABLE episodes MODIFY id CHAR(36) NOT NULL");
	can_mirror(p, 0, "DROP TABLE episodes");
	play_exec(p, "DROP TABLE as_it_was");
}

static void a_definition_is_kept_once(void **state)
{
	struct play *p = *state;
	struct play *other = play_another(p, 2);
	uint64_t a = 0, b = 0, again = 0;
	char *text = NULL;

	play_must(p, definition_put(p->db, "x", "{\"a\":\"\303\244'\"}", &a,
				    &p->err));
	play_must(p, definition_put(p->db, "x", "{\"a\":2}", &b, &p->err));
	play_must(other, definition_put(other->db, "x", "{\"a\":\"\303\244'\"}",
					&again, &other->err));
	assert_int_equal(again, a);
	assert_int_not_equal(a, b);
	assert_int_equal(definition_get(p->db, a, &text, &p->err), 1);
	assert_string_equal(text, "{\"a\":\"\303\244'\"}");
	free(text);
	assert_int_equal(definition_get(p->db, a + b, &text, &p->err), 0);
}

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		PLAY(create_makes_a_run_and_a_row_for_each_step),
		PLAY(create_makes_jobs_for_steps_that_wait_on_nothing),
		PLAY(a_run_is_as_old_as_its_job),
		PLAY(many_runs_are_made_in_one_go),
		PLAY(a_uuid_that_is_taken_refuses_all_runs),
		PLAY(a_uuid_in_capitals_is_the_same),
		PLAY(a_run_is_not_made_of_a_job_that_is_gone),
		PLAY(an_input_that_is_no_json_is_refused),
		PLAY(a_run_shows_on_its_episode),
		PLAY(load_gives_each_step_in_its_place),
		PLAY(results_are_those_of_the_steps_that_are_done),
		PLAY(start_marks_step_run_and_episode),
		PLAY(a_run_begins_once_however_many_start_its_steps),
		PLAY(a_step_of_a_failed_run_leaves_the_episode_failed),
		PLAY(an_episode_shows_the_stage_of_the_last_that_started),
		PLAY(only_episodes_that_take_what_is_written_are_mirrored),
		PLAY(a_definition_is_kept_once),
	};
	int failed = cmocka_run_group_tests_name("run", tests, NULL, NULL);

	return play_over(&server, failed);
}
