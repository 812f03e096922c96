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

#include "base/strbuf.h"
#include "db/db.h"
#include "runs.h"
#include "store/view.h"

/* "text image qa#2" */
static void steps_are(const struct view_list *list, const char *want)
{
	struct strbuf got = { 0 };
	size_t i;

	for (i = 1; i < list->n; i++) {
		strbuf_addf(&got, "%s%s", i > 1 ? " " : "", list->rows[i].step);
		if (list->rows[i].round > 1)
			strbuf_addf(&got, "#%u", list->rows[i].round);
	}
	assert_string_equal(strbuf_str(&got), want);
	strbuf_release(&got);
}

static const struct view_row *step_of(const struct view_list *list, uint64_t id)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->rows[i].id == id)
			return &list->rows[i];
	fail_msg("no row %d", (int)id);
	return NULL;
}

static void rounds_stand_behind_what_they_repeat(void **state)
{
	struct play *p = *state;
	struct view_list list;

	assert_int_equal(view_run(p->db, 200, &list, &p->err), 1);
	steps_are(&list,
		  "text image extra credits music review pause"
		  " rendering qa rendering#2 qa#2 lettering publish");
	view_list_release(&list);
	play_exec(p,
		  "INSERT INTO episode_jobs (id, uuid, run_id, kind, round,"
		  " pipeline, step, status, queue, created_at) VALUES"
		  " (400, UUID(), 200, 'step', 3, 'film', 'rendering',"
		  " 'waiting', 'q', NOW(3)), (401, UUID(), 200, 'step', 3,"
		  " 'film', 'qa', 'waiting', 'q', NOW(3)), (402, UUID(), 200,"
		  " 'step', 2, 'film', 'text', 'waiting', 'q', NOW(3))");
	assert_int_equal(view_run(p->db, 200, &list, &p->err), 1);
	steps_are(&list,
		  "text text#2 image extra credits music review pause"
		  " rendering qa rendering#2 qa#2 rendering#3 qa#3"
		  " lettering publish");
	view_list_release(&list);
}

static void map_comes_without_items_and_counts_them(void **state)
{
	struct play *p = *state;
	const struct view_row *map;
	struct view_list list;

	assert_int_equal(view_run(p->db, 200, &list, &p->err), 1);
	map = step_of(&list, 202);
	assert_int_equal(map->kind, VIEW_MAP);
	assert_int_equal(map->items, 12);
	assert_int_equal(view_items_over(map), 7);
	play_must(p, view_count_items(p->db, &list, &p->err));
	assert_int_equal(map->items_in[STATE_DONE], 6);
	assert_int_equal(map->items_in[STATE_FAILED], 1);
	assert_int_equal(map->items_in[STATE_WAITING], 2);
	assert_int_equal(map->failed_item, 6);
	assert_string_equal(map->failed_error, "400 content policy");
	assert_int_equal(step_of(&list, 201)->origin_run, 67);
	assert_int_equal(list.rows[0].origin_id, 67);
	assert_true(view_is_parked(step_of(&list, 206)));
	assert_true(view_is_parked(step_of(&list, 207)));
	assert_false(view_is_parked(step_of(&list, 210)));
	view_list_release(&list);
}

static void items_are_listed_in_order_and_by_state(void **state)
{
	struct play *p = *state;
	struct view_list list;

	play_must(p,
		  view_items(p->db, 200, 202, STATE_COUNT, 5, &list, &p->err));
	assert_int_equal(list.n, 5);
	assert_int_equal(list.rows[4].item, 4);
	view_list_release(&list);
	play_must(p, view_items(p->db, 200, 202, STATE_WAITING, 5, &list,
				&p->err));
	assert_int_equal(list.n, 2);
	assert_int_equal(list.rows[0].item, 10);
	assert_int_equal(list.rows[0].parent_id, 202);
	view_list_release(&list);
}

static void listed_run_counts_items_and_names_gates(void **state)
{
	struct view_filter any = { .state = STATE_COUNT };
	struct play *p = *state;
	struct view_list list;

	play_must(p, view_runs(p->db, &any, 20, &list, &p->err));
	assert_int_equal(list.n, 5);
	assert_int_equal(list.rows[0].id, 200);
	assert_string_equal(list.rows[0].current,
			    "image 7/12, review waits for approval,"
			    " rendering #2");
	view_list_release(&list);
}

static void is_live_after(struct play *p, const char *sql, int want)
{
	struct view_list list;

	play_exec(p, "%s", sql);
	assert_int_equal(view_run(p->db, 200, &list, &p->err), 1);
	assert_int_equal(view_is_live(&list), want);
	view_list_release(&list);
}

static void failed_run_lives_as_long_as_a_branch_goes_on(void **state)
{
	struct play *p = *state;

	is_live_after(p, "DO 0", 1);
	is_live_after(p,
		      "UPDATE episode_jobs SET status = 'failed'"
		      " WHERE id = 200",
		      1);
	is_live_after(p,
		      "UPDATE episode_jobs SET status = 'done'"
		      " WHERE id IN (202, 212)",
		      1);
	is_live_after(p,
		      "UPDATE episode_jobs SET status = 'done'"
		      " WHERE id = 207",
		      0);
	is_live_after(p,
		      "UPDATE episode_jobs SET status = 'cancelled'"
		      " WHERE id = 200",
		      0);
}

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		GRAPHS(rounds_stand_behind_what_they_repeat),
		GRAPHS(map_comes_without_items_and_counts_them),
		GRAPHS(items_are_listed_in_order_and_by_state),
		GRAPHS(listed_run_counts_items_and_names_gates),
		GRAPHS(failed_run_lives_as_long_as_a_branch_goes_on),
	};
	int failed = cmocka_run_group_tests_name("graphs", tests, NULL, NULL);

	return play_over(&server, failed);
}
