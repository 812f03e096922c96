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
#include "db/db.h"
#include "runs.h"
#include "store/rerun.h"

enum {
	DEADLINE_MS = 20000
};

/*
 * Run 100 of episode 7, done: text, image (a map of 3 items, of which item 1
 * failed, as its min_done lets it), pages.
 */
static const char rows[] =
	"INSERT INTO definitions (id, hash, pipeline, definition) VALUES"
	" (1, REPEAT('a', 64), 'comic', '{\"name\":\"comic\",\"unique\":true,"
	"\"steps\":["
	"{\"name\":\"text\",\"engine\":\"e\",\"needs\":[],\"weight\":2},"
	"{\"name\":\"image\",\"engine\":\"e\",\"needs\":[\"text\"],"
	"\"each\":\".text[]\",\"min_done\":\"50%\",\"queue\":\"gpu\"},"
	"{\"name\":\"pages\",\"engine\":\"e\",\"needs\":[\"image\"]}]}');"
	"INSERT INTO episodes (id, status) VALUES (7, 'done');"
	"INSERT INTO episode_jobs (id, uuid, run_id, episode_id, definition_id,"
	" pipeline, kind, status, waiting_on, progress, input, options, cost,"
	" queue, available_at, created_at) VALUES (100, UUID(), NULL, 7, 1,"
	" 'comic', 'run', 'done', 0, 100, '{\"n\":9007199254740993}',"
	" '{\"maxTries\":5,\"retryUntil\":5}', 1.5, 'low', 1, NOW(3));"
	"INSERT INTO episode_jobs (id, uuid, run_id, parent_id, episode_id,"
	" pipeline, step, item, kind, status, attempts, progress, input, value,"
	" result, error, cost, queue, items, next_item, created_at,"
	" completed_at) VALUES"
	" (101, UUID(), 100, NULL, 7, 'comic', 'text', NULL, 'step', 'done', 2,"
	"  100, '\"asked\"', NULL, '[1,2,3]', NULL, 0.5, 'low', NULL, NULL,"
	"  NOW(3), NOW(3)),"
	" (102, UUID(), 100, NULL, 7, 'comic', 'image', NULL, 'map', 'done', 2,"
	"  100, NULL, NULL, '[1,null,3]', NULL, 1, 'gpu', 3, 3, NOW(3),"
	"  NOW(3)),"
	" (103, UUID(), 100, NULL, 7, 'comic', 'pages', NULL, 'step', 'done',"
	"  1, 100, NULL, NULL, '{}', NULL, 0, 'low', NULL, NULL, NOW(3),"
	"  NOW(3)),"
	" (110, UUID(), 100, 102, 7, 'comic', 'image', 0, 'item', 'done', 1,"
	"  100, NULL, '1', '1', NULL, 0.5, 'gpu', NULL, NULL, NOW(3), NOW(3)),"
	" (111, UUID(), 100, 102, 7, 'comic', 'image', 1, 'item', 'failed', 3,"
	"  0, NULL, '2', NULL, 'too dark', 0, 'gpu', NULL, NULL, NOW(3),"
	"  NOW(3)),"
	" (112, UUID(), 100, 102, 7, 'comic', 'image', 2, 'item', 'done', 1,"
	"  100, NULL, '3', '3', NULL, 0.5, 'gpu', NULL, NULL, NOW(3), NOW(3))";

static int rerun_setup(void **state)
{
	int rc = play_setup(state);

	play_exec(*state, "%s", rows);
	return rc;
}

#define RERUN(claim)                                                         \
 cmocka_unit_test_prestate_setup_teardown(claim, rerun_setup, play_teardown, \
					  server)

static int create(struct play *p, enum rerun_mode mode, const char *from,
		  struct rerun_made *out)
{
	const struct rerun rerun = { .run_id = 100, .ask = { mode, from } };

	return rerun_create(p->db, &rerun, out, &p->err);
}

/* The new run. */
static uint64_t made(struct play *p, enum rerun_mode mode, const char *from)
{
	struct rerun_made made = { 0 };
	uint64_t id;

	play_must(p, create(p, mode, from, &made));
	id = made.run_id;
	assert_true(id > 0);
	rerun_made_release(&made);
	return id;
}

static void new_run_is_the_old_one_begun_anew(void **state)
{
	struct play *p = *state;
	uint64_t id = made(p, RERUN_DOWNSTREAM, "pages");

	play_gives(
		p,
		"7 comic run queued 1 75.00 9007199254740993 5 1"
		" 0.000000 low 100 comic:7",
		"SELECT CONCAT_WS(' ', episode_id, pipeline, kind, status,"
		" waiting_on, progress, JSON_EXTRACT(input, '$.n'),"
		" JSON_EXTRACT(options, '$.maxTries'), JSON_EXTRACT(options,"
		" '$.retryUntil') IS NULL, cost, queue, origin_id, unique_key)"
		" FROM episode_jobs WHERE id = %" PRIu64,
		id);
	play_gives(p, "queued", "SELECT status FROM episodes");
	play_gives(p, "1 state queued comic",
		   "SELECT CONCAT_WS(' ', COUNT(*), kind, state, message)"
		   " FROM episode_events WHERE run_id = %" PRIu64,
		   id);
	play_gives(p, "done 0 1.500000 1",
		   "SELECT CONCAT_WS(' ', status, waiting_on, cost,"
		   " origin_id IS NULL) FROM episode_jobs WHERE id = 100");
}

static void kept_rows_are_copies_that_cost_nothing(void **state)
{
	struct play *p = *state;
	uint64_t id = made(p, RERUN_DOWNSTREAM, "pages");

	play_gives(p, "0",
		   "SELECT COUNT(*) FROM episode_jobs n JOIN episode_jobs o"
		   " ON o.id = n.origin_id WHERE n.run_id = %" PRIu64
		   " AND (n.uuid = o.uuid OR NOT (n.step = o.step AND"
		   " n.status = o.status AND n.item <=> o.item AND n.kind ="
		   " o.kind AND n.round = o.round AND n.attempts = o.attempts"
		   " AND n.value <=> o.value AND n.result <=> o.result AND"
		   " n.error <=> o.error AND n.items <=> o.items AND n.input"
		   " <=> o.input AND n.progress = o.progress AND n.cost = 0"
		   " AND n.completed_at = o.completed_at))",
		   id);
	play_gives(p, "5",
		   "SELECT COUNT(origin_id) FROM episode_jobs"
		   " WHERE run_id = %" PRIu64,
		   id);
	play_gives(p, "3",
		   "SELECT COUNT(*) FROM episode_jobs i JOIN episode_jobs m"
		   " ON m.id = i.parent_id AND m.run_id = i.run_id"
		   " AND m.kind = 'map' WHERE i.run_id = %" PRIu64,
		   id);
}

static void new_rows_wait_for_new_rows_only(void **state)
{
	struct play *p = *state;
	uint64_t id = made(p, RERUN_DOWNSTREAM, "image");

	play_gives(p, "text done 0, image queued 0, pages waiting 1",
		   "SELECT GROUP_CONCAT(CONCAT_WS(' ', step, status,"
		   " waiting_on) ORDER BY id SEPARATOR ', ')"
		   " FROM episode_jobs WHERE run_id = %" PRIu64,
		   id);
	play_gives(p, "1 image gpu 1 1",
		   "SELECT CONCAT_WS(' ', COUNT(*), step, j.queue,"
		   " j.available_at <= UNIX_TIMESTAMP(), j.payload LIKE"
		   " CONCAT('%%\"stepq.step\"%%:', s.id, '}}'))"
		   " FROM jobs j JOIN episode_jobs s ON s.id = j.step_id"
		   " WHERE s.run_id = %" PRIu64,
		   id);
}

static void map_gets_its_done_items_and_a_job(void **state)
{
	struct play *p = *state;
	uint64_t id = made(p, RERUN_FAILED, NULL);

	play_gives(p, "map queued 3 1 0 66.67 1",
		   "SELECT CONCAT_WS(' ', kind, status, items, waiting_on,"
		   " next_item, progress, (SELECT COUNT(*) FROM jobs j WHERE"
		   " j.step_id = s.id)) FROM episode_jobs s"
		   " WHERE run_id = %" PRIu64 " AND kind = 'map'",
		   id);
	play_gives(p, "0 done 1 1 110, 1 waiting 2 - -, 2 done 3 3 112",
		   "SELECT GROUP_CONCAT(CONCAT_WS(' ', item, status, value,"
		   " IFNULL(result, '-'), IFNULL(origin_id, '-'))"
		   " ORDER BY item SEPARATOR ', ') FROM episode_jobs"
		   " WHERE run_id = %" PRIu64 " AND kind = 'item'",
		   id);
	play_gives(p, "queued 2 66.66",
		   "SELECT CONCAT_WS(' ', status, waiting_on, progress)"
		   " FROM episode_jobs WHERE id = %" PRIu64,
		   id);
}

static void step_kept_behind_a_new_one_is_told(void **state)
{
	struct play *p = *state;
	uint64_t id = made(p, RERUN_ONLY, "image");

	play_gives(p, "text done 0, image queued 0, pages done 1",
		   "SELECT GROUP_CONCAT(CONCAT_WS(' ', step, status,"
		   " waiting_on) ORDER BY id SEPARATOR ', ')"
		   " FROM episode_jobs WHERE run_id = %" PRIu64,
		   id);
}

static void names_are_told(void **state)
{
	struct play *p = *state;
	struct rerun_made out = { 0 };

	play_must(p, create(p, RERUN_DOWNSTREAM, "pages", &out));
	assert_string_equal(out.kept, "text, image");
	assert_string_equal(out.again, "pages");
	play_gives(p, out.uuid,
		   "SELECT uuid FROM episode_jobs WHERE id = %" PRIu64,
		   out.run_id);
	rerun_made_release(&out);
}

static void refuses(struct play *p, const char *want)
{
	struct rerun_made out = { 0 };
	uint64_t before = play_u64(p, "SELECT COUNT(*) FROM episode_jobs");

	assert_int_equal(create(p, RERUN_DOWNSTREAM, "text", &out), -1);
	assert_string_equal(p->err.text, want);
	assert_int_equal(out.run_id, 0);
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM episode_jobs"),
			 before);
}

static void run_that_is_not_over_is_refused(void **state)
{
	struct play *p = *state;

	play_exec(p,
		  "UPDATE episode_jobs SET status = 'running'"
		  " WHERE id = 100");
	refuses(p,
		"run 100 is not over, it is running\n"
		"hint: stepq cancel 100 ends it");
	play_exec(p,
		  "UPDATE episode_jobs SET status = 'cancelled'"
		  " WHERE id = 100");
	assert_true(made(p, RERUN_DOWNSTREAM, "text") > 100);
}

static void second_run_of_a_unique_pipeline_is_refused(void **state)
{
	struct play *p = *state;

	play_exec(p,
		  "INSERT INTO episode_jobs (id, uuid, pipeline, kind,"
		  " status, queue, created_at, unique_key) VALUES (200,"
		  " UUID(), 'comic', 'run', 'queued', 'low', NOW(3),"
		  " 'comic:7')");
	refuses(p,
		"run 200 of episode 7 is live, and 'comic' is unique\n"
		"hint: stepq watch 200, or stepq cancel 200");
}

/* What another commits between our look and our INSERT. */
static int push_other(struct play *p, void *arg)
{
	(void)arg;
	return db_begin(p->db, &p->err) ||
			       db_exec(p->db, NULL, &p->err,
				       "INSERT INTO episode_jobs (uuid,"
				       " pipeline, kind, status, queue,"
				       " created_at, unique_key) VALUES"
				       " (UUID(), 'comic', 'run', 'queued',"
				       " 'low', NOW(3), 'comic:7')",
				       DB_NO_ARGS) ||
			       db_exec(p->db, NULL, &p->err, "DO SLEEP(1)",
				       DB_NO_ARGS) ||
			       db_commit(p->db, &p->err)
		       ? -1
		       : 0;
}

static int wait_for_other(struct play *p)
{
	int64_t deadline = clock_mono_ms() + DEADLINE_MS;
	uint64_t n = 0;

	while (n == 0 && clock_mono_ms() < deadline)
		n = play_u64(p,
			     "SELECT COUNT(*) FROM"
			     " information_schema.processlist"
			     " WHERE info = 'DO SLEEP(1)'");
	return n > 0;
}

static void run_made_at_the_same_time_is_seen(void **state)
{
	struct play *p = *state;
	pid_t pid = play_fork(p, 2, push_other, NULL);
	struct rerun_made out = { 0 };

	assert_true(wait_for_other(p));
	assert_int_equal(create(p, RERUN_DOWNSTREAM, "text", &out), -1);
	assert_non_null(strstr(p->err.text, "of episode 7 is live"));
	play_wait(pid);
	play_gives(p, "1",
		   "SELECT COUNT(*) FROM episode_jobs"
		   " WHERE run_id IS NULL AND status = 'queued'");
}

static void commit_in_doubt_makes_one_run(void **state)
{
	struct play *p = *state;

	runs_lose_commit(1, 1);
	assert_true(made(p, RERUN_DOWNSTREAM, "text") > 100);
	play_gives(p, "1",
		   "SELECT COUNT(*) FROM episode_jobs WHERE origin_id = 100");
	play_exec(p, "UPDATE episode_jobs SET unique_key = NULL");
	runs_lose_commit(1, 0);
	assert_true(made(p, RERUN_DOWNSTREAM, "text") > 100);
	play_gives(p, "2",
		   "SELECT COUNT(*) FROM episode_jobs WHERE origin_id = 100");
}

static void no_table_is_read_from_end_to_end(void **state)
{
	struct play *p = *state;

	runs_record();
	assert_true(made(p, RERUN_FAILED, NULL) > 100);
	runs_check_plans(p);
}

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		RERUN(new_run_is_the_old_one_begun_anew),
		RERUN(kept_rows_are_copies_that_cost_nothing),
		RERUN(new_rows_wait_for_new_rows_only),
		RERUN(map_gets_its_done_items_and_a_job),
		RERUN(step_kept_behind_a_new_one_is_told),
		RERUN(names_are_told),
		RERUN(run_that_is_not_over_is_refused),
		RERUN(second_run_of_a_unique_pipeline_is_refused),
		RERUN(run_made_at_the_same_time_is_seen),
		RERUN(commit_in_doubt_makes_one_run),
		RERUN(no_table_is_read_from_end_to_end),
	};

	return play_over(&server, cmocka_run_group_tests(tests, NULL, NULL));
}
