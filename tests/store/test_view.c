/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mem.h"
#include "db/db.h"
#include "runs.h"
#include "store/failed.h"
#include "store/peek.h"
#include "store/resolve.h"
#include "store/tail.h"
#include "store/view.h"

static void must(const struct play *p, int rc)
{
	if (rc < 0)
		fail_msg("%s", p->err.text);
}

static uint64_t resolve(struct play *p, const char *name)
{
	struct resolved found;

	must(p, resolve_run(p->db, name, &found, &p->err));
	return found.run_id;
}

static void run_is_named_by_number_uuid_step_and_episode(void **state)
{
	struct play *p = *state;

	assert_int_equal(resolve(p, "67"), 67);
	assert_int_equal(resolve(p, "00000000-0000-4000-8000-000000000067"),
			 67);
	assert_int_equal(resolve(p, "00000000-0000-4000-8000-000000000070"),
			 67);
	assert_int_equal(resolve(p, "episode:25"), 67);
	assert_int_equal(resolve(p, "31"), 74);
}

static void newest_run_of_an_episode_is_meant(void **state)
{
	struct play *p = *state;

	play_exec(p,
		  "UPDATE episode_jobs SET episode_id = 31"
		  " WHERE 81 IN (id, run_id)");
	assert_int_equal(resolve(p, "episode:31"), 81);
	assert_int_equal(resolve(p, "31"), 81);
}

static void number_of_a_run_goes_before_an_episodes(void **state)
{
	struct play *p = *state;
	struct resolved found;

	must(p, resolve_run(p->db, "25", &found, &p->err));
	assert_int_equal(found.run_id, 25);
	assert_true(found.is_also_episode);
	must(p, resolve_run(p->db, "67", &found, &p->err));
	assert_false(found.is_also_episode);
	play_exec(p,
		  "UPDATE episode_jobs SET episode_id = 67"
		  " WHERE 67 IN (id, run_id)");
	must(p, resolve_run(p->db, "67", &found, &p->err));
	assert_false(found.is_also_episode);
}

static void name_of_nothing_is_told(void **state)
{
	static const struct {
		const char *name;
		enum err_code code;
		const char *text;
	} cases[] = {
		{ "999", ERR_NOT_FOUND,
		  "no run and no episode 999\nhint: stepq runs lists them" },
		{ "70", ERR_NOT_FOUND,
		  "no run and no episode 70\nhint: stepq runs lists them" },
		{ "episode:999", ERR_NOT_FOUND,
		  "no run of episode 999\nhint: stepq runs lists them" },
		{ "episode:x", ERR_USAGE,
		  "'episode:x' does not end in a number" },
		{ "webtoon", ERR_USAGE,
		  "'webtoon' is no run: give its number, its uuid or"
		  " episode:ID" },
		{ "99999999999999999999999", ERR_USAGE,
		  "'99999999999999999999999' is no run: give its number, its"
		  " uuid or episode:ID" },
	};
	struct play *p = *state;
	struct resolved found;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(resolve_run(p->db, cases[i].name, &found,
					     &p->err),
				 -1);
		assert_int_equal(p->err.code, cases[i].code);
		assert_string_equal(p->err.text, cases[i].text);
	}
	assert_int_equal(resolve_run(p->db,
				     "00000000-0000-4000-8000-00000000ffff",
				     &found, &p->err),
			 -1);
	assert_int_equal(p->err.code, ERR_NOT_FOUND);
}

static void run_comes_with_its_steps_in_order(void **state)
{
	struct play *p = *state;
	struct view_list list;

	assert_int_equal(view_run(p->db, 67, &list, &p->err), 1);
	assert_int_equal(list.n, 6);
	assert_null(list.rows[0].step);
	assert_int_equal(list.rows[0].state, STATE_DONE);
	assert_string_equal(list.rows[0].cost, "1.120000");
	assert_true(list.rows[0].has_episode);
	assert_int_equal(list.rows[0].completed_ms - list.rows[0].started_ms,
			 174000);
	assert_string_equal(list.rows[1].step, "text");
	assert_int_equal(list.rows[1].completed_ms - list.rows[1].started_ms,
			 18200);
	assert_string_equal(list.rows[5].step, "packaging");
	assert_true(list.now_ms >= list.rows[0].completed_ms + 240000);
	view_list_release(&list);
}

static void step_and_unknown_number_are_no_run(void **state)
{
	struct play *p = *state;
	struct view_list list;

	assert_int_equal(view_run(p->db, 70, &list, &p->err), 0);
	assert_int_equal(view_run(p->db, 999, &list, &p->err), 0);
}

static void row_of_nulls_is_read(void **state)
{
	struct play *p = *state;
	struct view_list list;

	play_exec(p,
		  "INSERT INTO episode_jobs (id, uuid, pipeline, status,"
		  " queue, created_at) VALUES (500, UUID(), 'p',"
		  " 'cancelled', 'q', NOW(3))");
	assert_int_equal(view_run(p->db, 500, &list, &p->err), 1);
	assert_int_equal(list.n, 1);
	assert_false(list.rows[0].has_episode);
	assert_int_equal(list.rows[0].started_ms, 0);
	view_list_release(&list);
}

/* "81 74 67 25" */
static void runs_are(struct play *p, const struct view_filter *filter,
		     size_t limit, const char *want)
{
	struct view_list list;
	struct strbuf got = { 0 };
	size_t i;

	must(p, view_runs(p->db, filter, limit, &list, &p->err));
	for (i = 0; i < list.n; i++)
		strbuf_addf(&got, "%s%d", i ? " " : "", (int)list.rows[i].id);
	assert_string_equal(strbuf_str(&got), want);
	strbuf_release(&got);
	view_list_release(&list);
}

static void runs_are_listed_newest_first_and_filtered(void **state)
{
	struct play *p = *state;
	struct view_filter any = { .state = STATE_COUNT }, one;

	runs_are(p, &any, 20, "81 74 67 25");
	runs_are(p, &any, 2, "81 74");
	one = any;
	one.state = STATE_FAILED;
	runs_are(p, &one, 20, "74");
	one = any;
	one.pipeline = "other";
	runs_are(p, &one, 20, "");
	one.pipeline = "pipeline.full";
	one.has_episode = 1;
	one.episode_id = 26;
	runs_are(p, &one, 20, "81");
	one = any;
	one.since_ms = 200000;
	runs_are(p, &one, 20, "81 25");
}

static void listed_run_tells_which_steps_it_is_at(void **state)
{
	struct view_filter any = { .state = STATE_COUNT };
	struct play *p = *state;
	struct view_list list;

	must(p, view_runs(p->db, &any, 20, &list, &p->err));
	assert_string_equal(list.rows[0].current, "director, image");
	assert_null(list.rows[1].current);
	assert_null(list.rows[3].current);
	view_list_release(&list);
}

static void artifacts_are_the_strings_of_all_lists(void **state)
{
	struct play *p = *state;
	struct view_artifacts artifacts;

	must(p, view_artifacts(p->db, 67, &artifacts, &p->err));
	assert_int_equal(artifacts.n, 3);
	assert_string_equal(artifacts.paths[0], "p/1.png");
	assert_string_equal(artifacts.paths[1], "p/2.png");
	assert_string_equal(artifacts.paths[2],
			    "var/storage/episodes/25/webtoon.html");
	view_artifacts_release(&artifacts);
}

static void list_of_artifacts_over_the_ceiling_is_left_out(void **state)
{
	struct play *p = *state;
	struct view_artifacts artifacts;

	play_exec(p,
		  "UPDATE episode_jobs SET result = CONCAT("
		  "'{\"artifacts\":[\"', REPEAT('x', %zu), '\"]}')"
		  " WHERE id = 70",
		  LIMIT_ARTIFACTS);
	must(p, view_artifacts(p->db, 67, &artifacts, &p->err));
	assert_int_equal(artifacts.n, 1);
	view_artifacts_release(&artifacts);
}

static void queues_count_what_they_hold(void **state)
{
	struct play *p = *state;
	struct view_queues queues;

	play_exec(p,
		  "INSERT INTO jobs (queue, payload, reserved_at,"
		  " available_at, created_at) VALUES"
		  " ('a', '', NULL, UNIX_TIMESTAMP() - 5, 0),"
		  " ('a', '', NULL, UNIX_TIMESTAMP() + 50, 0),"
		  " ('a', '', UNIX_TIMESTAMP(), UNIX_TIMESTAMP() + 30, 0),"
		  /* lease over; then one that a Laravel worker holds */
		  " ('a', '', UNIX_TIMESTAMP() - 9, UNIX_TIMESTAMP() - 1,"
		  " 0), ('a', '', UNIX_TIMESTAMP(), UNIX_TIMESTAMP() - 5,"
		  " 0), ('b', '', NULL, 0, 0)");
	must(p, view_queues(p->db, &queues, &p->err));
	assert_int_equal(queues.n, 2);
	assert_string_equal(queues.queues[0].name, "a");
	assert_int_equal(queues.queues[0].waiting, 3);
	assert_int_equal(queues.queues[0].delayed, 1);
	assert_int_equal(queues.queues[0].running, 1);
	assert_int_equal(queues.queues[1].waiting, 1);
	view_queues_release(&queues);
}

/* "1 2 3" of all that there is to read */
static void tail_gives(struct play *p, struct tail *tail, const char *want)
{
	struct view_events events;
	struct strbuf got = { 0 };
	size_t i;
	int rc;

	while ((rc = tail_next(p->db, tail, &events, &p->err)) > 0) {
		for (i = 0; i < events.n; i++)
			strbuf_addf(&got, "%s%d", got.len ? " " : "",
				    (int)events.events[i].id);
		view_events_release(&events);
	}
	must(p, rc);
	assert_string_equal(strbuf_str(&got), want);
	strbuf_release(&got);
}

static void add_event(struct play *p, int id, int age_s)
{
	play_exec(p,
		  "INSERT INTO episode_events (id, run_id, episode_job_id,"
		  " kind, created_at) VALUES (%d, 67, 67, 'log',"
		  " NOW(3) - INTERVAL %d SECOND)",
		  id, age_s);
}

static void tail_gives_each_event_once(void **state)
{
	struct play *p = *state;
	struct tail tail;

	must(p, tail_start(p->db, &tail, 67, 100, &p->err));
	tail_gives(p, &tail, "1 2 3 4 5 6");
	tail_gives(p, &tail, "");
	add_event(p, 20, 0);
	tail_gives(p, &tail, "20");
	tail_gives(p, &tail, "");
	tail_release(&tail);
}

static void tail_begins_with_the_last_events(void **state)
{
	struct play *p = *state;
	struct tail tail;

	must(p, tail_start(p->db, &tail, 67, 2, &p->err));
	tail_gives(p, &tail, "5 6");
	tail_release(&tail);
}

static void tail_gives_an_event_that_was_committed_late(void **state)
{
	struct play *p = *state;
	struct tail tail;

	must(p, tail_start(p->db, &tail, 67, 0, &p->err));
	add_event(p, 21, 0);
	add_event(p, 23, 0);
	tail_gives(p, &tail, "21 23");
	add_event(p, 22, 0);
	tail_gives(p, &tail, "22");
	tail_release(&tail);
}

static void tail_gives_more_events_than_one_read(void **state)
{
	struct play *p = *state;
	struct view_events events;
	struct tail tail;
	size_t n = 0;

	play_exec(p,
		  "INSERT INTO episode_events (run_id, episode_job_id, kind,"
		  " created_at) SELECT 25, 25, 'log', NOW(3) FROM"
		  " episode_jobs a JOIN episode_jobs b JOIN (SELECT 1 UNION"
		  " SELECT 2 UNION SELECT 3 UNION SELECT 4) c");
	must(p, tail_start(p->db, &tail, 25, 10000, &p->err));
	while (tail_next(p->db, &tail, &events, &p->err) > 0) {
		assert_true(events.n <= LIMIT_EVENTS);
		n += events.n;
		view_events_release(&events);
	}
	assert_int_equal(n, 18 * 18 * 4);
	tail_release(&tail);
}

static void tail_forgets_what_is_settled(void **state)
{
	struct play *p = *state;
	struct tail tail;

	must(p, tail_start(p->db, &tail, 67, 100, &p->err));
	tail_gives(p, &tail, "1 2 3 4 5 6");
	assert_int_equal(tail.seen_n, 0);
	assert_int_equal(tail.floor, 6);
	tail_release(&tail);
}

static void reads_go_by_an_index(void **state)
{
	struct play *p = *state;
	struct view_filter any = { .state = STATE_FAILED, .pipeline = "x" };
	struct view_filter episode = { .state = STATE_COUNT, .has_episode = 1 };
	static const uint64_t ids[] = { 67, 305, 311 };
	struct view_artifacts artifacts;
	struct failed_filter all = { 0 };
	struct failed_list failed;
	struct view_list list;
	struct tail tail;

	runs_grow(p);
	runs_record();
	(void)resolve(p, "25");
	(void)resolve(p, "episode:26");
	(void)resolve(p, "00000000-0000-4000-8000-000000000070");
	assert_int_equal(view_run(p->db, 200, &list, &p->err), 1);
	must(p, view_count_items(p->db, &list, &p->err));
	view_list_release(&list);
	must(p, view_items(p->db, 200, 202, STATE_DONE, 9, &list, &p->err));
	view_list_release(&list);
	must(p, view_rows(p->db, ids, ARRAY_SIZE(ids), &list, &p->err));
	view_list_release(&list);
	must(p, view_runs(p->db, &any, 20, &list, &p->err));
	view_list_release(&list);
	any.state = STATE_COUNT;
	any.pipeline = NULL;
	must(p, view_runs(p->db, &any, 20, &list, &p->err));
	view_list_release(&list);
	must(p, view_runs(p->db, &episode, 20, &list, &p->err));
	view_list_release(&list);
	must(p, view_artifacts(p->db, 67, &artifacts, &p->err));
	view_artifacts_release(&artifacts);
	must(p, tail_start(p->db, &tail, 67, 100, &p->err));
	tail_gives(p, &tail, "1 2 3 4 5 6");
	tail_release(&tail);
	must(p, failed_list(p->db, &all, 20, &failed, &p->err));
	failed_list_release(&failed);
	runs_check_plans(p);
}

static void peek_reads_what_stands_before_the_end_or_the_fault(void **state)
{
	static const struct {
		const char *text;
		const char *name;
		uint64_t step_id;
		uint64_t episode_id;
	} cases[] = {
		{ "{\"displayName\":\"p/a\",\"job\":\"stepq.step\",\"data\":"
		  "{\"episode_job_id\":70}}",
		  "p/a", 70, 0 },
		{ "{\"job\":\"p\",\"data\":{\"episode_id\":\"25\",\"input\":[1",
		  "p", 0, 25 },
		{ "{\"job\":\"p\",\"data\":{\"episode_id\":-1}}", "p", 0, 0 },
		{ "{\"displayName\":\"App\\\\Mail\",\"job\":\"Illum",
		  "App\\Mail", 0, 0 },
		{ "{\"displayName\":{\"a\":\"x\"},\"job\":\"p\"}", "p", 0, 0 },
		{ "{\"job\":\"p\",\"tags\":{\"episode_id\":25}}", "p", 0, 0 },
		{ "{\"job\":{\"x\":1}}", NULL, 0, 0 },
		{ "[{\"job\":\"p\"}]", NULL, 0, 0 },
		{ "{\"job\":", NULL, 0, 0 },
		{ "\"job\"", NULL, 0, 0 },
		{ "\xff{\"job\":\"p\"}", NULL, 0, 0 },
		{ "", NULL, 0, 0 },
	};
	struct peek peek;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		peek_payload(cases[i].text, strlen(cases[i].text), &peek);
		if (cases[i].name) {
			assert_non_null(peek.name);
			assert_string_equal(peek.name, cases[i].name);
		} else {
			assert_null(peek.name);
		}
		assert_int_equal(peek.step_id, cases[i].step_id);
		assert_int_equal(peek.has_episode, cases[i].episode_id != 0);
		assert_int_equal(peek.episode_id, cases[i].episode_id);
		peek_release(&peek);
	}
}

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		RUNS(run_is_named_by_number_uuid_step_and_episode),
		RUNS(newest_run_of_an_episode_is_meant),
		RUNS(number_of_a_run_goes_before_an_episodes),
		RUNS(name_of_nothing_is_told),
		RUNS(run_comes_with_its_steps_in_order),
		RUNS(step_and_unknown_number_are_no_run),
		RUNS(row_of_nulls_is_read),
		RUNS(runs_are_listed_newest_first_and_filtered),
		RUNS(listed_run_tells_which_steps_it_is_at),
		RUNS(artifacts_are_the_strings_of_all_lists),
		RUNS(list_of_artifacts_over_the_ceiling_is_left_out),
		RUNS(queues_count_what_they_hold),
		RUNS(tail_gives_each_event_once),
		RUNS(tail_begins_with_the_last_events),
		RUNS(tail_gives_an_event_that_was_committed_late),
		RUNS(tail_gives_more_events_than_one_read),
		RUNS(tail_forgets_what_is_settled),
		GRAPHS(reads_go_by_an_index),
		cmocka_unit_test(
			peek_reads_what_stands_before_the_end_or_the_fault),
	};
	int failed = cmocka_run_group_tests_name("view", tests, NULL, NULL);

	return play_over(&server, failed);
}
