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

#include "base/mem.h"
#include "base/strbuf.h"
#include "db/db.h"
#include "runs.h"
#include "store/why.h"

enum {
	SILENT_MS = 30000
};

static void load(struct play *p, uint64_t run_id, struct why_list *list)
{
	struct why_query query = { .run_id = run_id, .silent_ms = SILENT_MS };

	if (why_load(p->db, &query, list, &p->err) != 1)
		fail_msg("%s", p->err.text);
}

/* "image items, image[7] held, review gate" */
static void reasons_are(struct play *p, uint64_t run_id, const char *want)
{
	struct strbuf got = { 0 };
	struct why_list list;
	size_t i;

	load(p, run_id, &list);
	for (i = 0; i < list.n; i++) {
		const struct why *why = &list.whys[i];

		strbuf_addf(&got, "%s%s", i ? ", " : "", why->row->step);
		if (why->row->kind == VIEW_ITEM)
			strbuf_addf(&got, "[%u]", why->row->item);
		strbuf_addf(&got, " %s", why_reason_name(why->reason));
	}
	assert_string_equal(strbuf_str(&got), want);
	strbuf_release(&got);
	why_list_release(&list);
}

static const struct why *why_of(const struct why_list *list, uint64_t row_id)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->whys[i].row->id == row_id)
			return &list->whys[i];
	fail_msg("nothing is said of row %d", (int)row_id);
	return NULL;
}

/* The reason of one row after a change. */
static void reason_is(struct play *p, uint64_t row_id, enum why_reason want,
		      const char *sql)
{
	struct why_list list;

	play_exec(p, "%s", sql);
	load(p, 200, &list);
	assert_string_equal(why_reason_name(why_of(&list, row_id)->reason),
			    why_reason_name(want));
	why_list_release(&list);
}

static void every_unfinished_step_has_a_reason(void **state)
{
	reasons_are(*state, 200,
		    "image items, image[8] retry, image[7] held,"
		    " image[9] turn, review gate, pause time,"
		    " rendering abandoned, qa needs, lettering needs,"
		    " publish needs");
}

static void run_that_is_over_waits_for_nothing(void **state)
{
	reasons_are(*state, 67, "");
}

static void failed_step_names_its_failed_job(void **state)
{
	struct play *p = *state;
	struct why_list list;

	reasons_are(p, 74, "director failed, image needs");
	load(p, 74, &list);
	assert_int_equal(why_of(&list, 76)->failed_id, 12);
	why_list_release(&list);
}

static void step_without_a_job_is_broken(void **state)
{
	struct play *p = *state;

	reasons_are(p, 81, "director broken, image broken, lettering needs");
	reason_is(p, 206, WHY_BROKEN, "DELETE FROM jobs WHERE step_id = 206");
	reason_is(p, 213, WHY_BROKEN,
		  "UPDATE episode_jobs SET status = 'done' WHERE id = 212");
	reason_is(p, 202, WHY_BROKEN,
		  "UPDATE episode_jobs SET status = 'waiting'"
		  " WHERE parent_id = 202 AND status IN"
		  " ('queued', 'running', 'retrying')");
}

static void job_ahead_in_the_queue_is_counted(void **state)
{
	struct play *p = *state;
	struct why_list list;

	load(p, 200, &list);
	assert_int_equal(why_of(&list, 309)->ahead, 2);
	assert_int_equal(why_of(&list, 309)->workers, 1);
	why_list_release(&list);
	play_exec(p, "UPDATE jobs SET queue = 'low' WHERE id = 502");
	load(p, 200, &list);
	assert_int_equal(why_of(&list, 309)->ahead, 1);
	why_list_release(&list);
}

static void pause_and_missing_workers_go_before_the_turn(void **state)
{
	struct play *p = *state;
	struct why_list list;

	reason_is(p, 309, WHY_NO_WORKER,
		  "UPDATE workers SET queues = 'high,defaults' WHERE id = 1");
	reason_is(p, 309, WHY_PAUSED,
		  "INSERT INTO queues (name, paused_at) VALUES ('default',"
		  " NOW(3) - INTERVAL 60 SECOND)");
	load(p, 200, &list);
	assert_in_range(list.rundown.list.now_ms -
				why_of(&list, 309)->paused_ms,
			60000, 70000);
	assert_true(why_of(&list, 308)->paused_ms > 0);
	why_list_release(&list);
	reason_is(p, 309, WHY_TURN,
		  "UPDATE queues SET paused_at = NULL;"
		  " UPDATE workers SET queues = 'x,default' WHERE id = 1");
	reason_is(p, 309, WHY_NO_WORKER,
		  "UPDATE workers SET state = 'draining' WHERE id = 1");
}

static void lease_tells_who_holds_a_step(void **state)
{
	struct play *p = *state;
	const struct why *why;
	struct why_list list;

	load(p, 200, &list);
	why = why_of(&list, 307);
	assert_string_equal(why->worker, "a-01");
	assert_string_equal(why->host, "a");
	assert_in_range(why->due_ms - why->claimed_ms, 120000, 120000);
	assert_in_range(why_of(&list, 212)->silent_ms, 40000, 60000);
	why_list_release(&list);
	reason_is(p, 307, WHY_ABANDONED,
		  "UPDATE jobs SET available_at = UNIX_TIMESTAMP() - 1"
		  " WHERE id = 500");
	reason_is(p, 307, WHY_LARAVEL,
		  "UPDATE jobs SET reserved_at = available_at + 1"
		  " WHERE id = 500");
	reason_is(p, 212, WHY_ABANDONED, "DELETE FROM workers WHERE id = 2");
}

static void answered_gate_and_due_timer_take_their_turn(void **state)
{
	struct play *p = *state;
	struct why_list list;

	reason_is(p, 206, WHY_TURN,
		  "UPDATE jobs SET available_at = UNIX_TIMESTAMP()"
		  " WHERE step_id IN (206, 207)");
	reason_is(p, 207, WHY_TURN, "DO 0");
	reason_is(p, 206, WHY_GATE,
		  "UPDATE jobs SET available_at = 4294967295"
		  " WHERE step_id = 206");
	load(p, 200, &list);
	assert_int_equal(why_of(&list, 206)->due_ms, 0);
	why_list_release(&list);
}

static void item_asked_for_is_told_though_it_is_not_listed(void **state)
{
	struct play *p = *state;
	struct why_query query = { .run_id = 200,
				   .row_id = 311,
				   .silent_ms = SILENT_MS };
	struct why_list list;

	assert_int_equal(why_load(p->db, &query, &list, &p->err), 1);
	assert_int_equal(why_of(&list, 311)->reason, WHY_PLACE);
	why_list_release(&list);
	query.row_id = 305;
	assert_int_equal(why_load(p->db, &query, &list, &p->err), 1);
	assert_int_equal(list.one.n, 1);
	assert_int_equal(list.n, 10);
	why_list_release(&list);
}

static void pushed_run_is_found_by_its_uuid(void **state)
{
	static const char uuid[] = "11111111-0000-4000-8000-000000000001";
	struct play *p = *state;
	struct why why;
	int64_t now_ms;

	assert_int_equal(why_job(p->db, uuid, SILENT_MS, &why, &now_ms,
				 &p->err),
			 0);
	play_exec(p,
		  "INSERT INTO jobs (id, queue, payload, available_at,"
		  " created_at) VALUES (600, 'low', '{\"uuid\":\"%s\"}',"
		  " UNIX_TIMESTAMP(), 0)",
		  uuid);
	assert_int_equal(why_job(p->db, uuid, SILENT_MS, &why, &now_ms,
				 &p->err),
			 1);
	assert_int_equal(why.job_id, 600);
	assert_int_equal(why.reason, WHY_NO_WORKER);
	assert_true(now_ms > 0);
	why_release(&why);
}

static void run_that_is_not_there_is_told(void **state)
{
	struct why_query query = { .run_id = 999 };
	struct play *p = *state;
	struct why_list list;

	assert_int_equal(why_load(p->db, &query, &list, &p->err), 0);
}

static void reasons_are_read_by_an_index(void **state)
{
	struct play *p = *state;
	struct why_list list;
	struct why why;
	int64_t now_ms;

	runs_grow(p);
	runs_record();
	load(p, 200, &list);
	why_list_release(&list);
	assert_int_equal(why_job(p->db, "11111111-0000-4000-8000-000000000001",
				 SILENT_MS, &why, &now_ms, &p->err),
			 0);
	runs_check_plans(p);
}

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		GRAPHS(every_unfinished_step_has_a_reason),
		GRAPHS(run_that_is_over_waits_for_nothing),
		GRAPHS(failed_step_names_its_failed_job),
		GRAPHS(step_without_a_job_is_broken),
		GRAPHS(job_ahead_in_the_queue_is_counted),
		GRAPHS(pause_and_missing_workers_go_before_the_turn),
		GRAPHS(lease_tells_who_holds_a_step),
		GRAPHS(answered_gate_and_due_timer_take_their_turn),
		GRAPHS(item_asked_for_is_told_though_it_is_not_listed),
		GRAPHS(pushed_run_is_found_by_its_uuid),
		GRAPHS(run_that_is_not_there_is_told),
		GRAPHS(reasons_are_read_by_an_index),
	};
	int failed = cmocka_run_group_tests_name("why", tests, NULL, NULL);

	return play_over(&server, failed);
}
