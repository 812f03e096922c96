/* SPDX-License-Identifier: MIT */

/*
 * What settle() leaves out because the job is another's, what it does not
 * write twice, and what the server refuses.
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

#include "base/mem.h"
#include "base/util.h"
#include "play.h"

/* A sum over all that settle() may write, for comparing. */
static char *all_rows(struct play *p)
{
	return testdb_str(
		p->server,
		"SELECT CONCAT_WS(' ', (SELECT COALESCE(SUM(CRC32(CONCAT_WS("
		"'|', id, queue, payload, attempts, IFNULL(reserved_at, '-'),"
		" fence, IFNULL(reserved_by, '-'), available_at, lost))), 0)"
		" FROM jobs), (SELECT COALESCE(SUM(CRC32(CONCAT_WS('|', id,"
		" status, attempts, waiting_on, progress, IFNULL(input, '-'),"
		" IFNULL(result, '-'), IFNULL(error, '-'), cost,"
		" IFNULL(completed_at, '-')))), 0) FROM episode_jobs),"
		" (SELECT COUNT(*) FROM episode_events),"
		" (SELECT COUNT(*) FROM failed_jobs))");
}

static void nothing_has_changed_since(struct play *p, char *before)
{
	char *now = all_rows(p);

	assert_string_equal(now, before);
	free(now);
	free(before);
}

static const enum settle_kind step_kinds[] = {
	SETTLE_DONE,
	SETTLE_RETRY,
	SETTLE_FAIL,
	SETTLE_RELEASE,
};

static void a_lost_lease_writes_nothing(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken;
	size_t i;

	shape_init(&shape, "one two:one");
	(void)play_run(p, &shape);
	taken = play_take_step(p, &shape, "one");
	play_exec(p, "UPDATE jobs SET fence = fence + 1");
	for (i = 0; i < ARRAY_SIZE(step_kinds); i++) {
		struct settle item = play_item(&taken, step_kinds[i]);
		char *before = all_rows(p);

		play_must(p, play_write(p, &item, 1));
		assert_int_equal(item.outcome, SETTLE_FENCED);
		nothing_has_changed_since(p, before);
	}
	taken_release(&taken);
}

static void a_lost_lease_does_not_keep_others_from_being_written(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken[3];
	struct settle items[3];
	size_t i;

	shape_init(&shape, "a b c end:a,b,c");
	(void)play_run(p, &shape);
	play_take_all(p, &shape, taken, 3);
	for (i = 0; i < 3; i++)
		items[i] = play_item(&taken[i], SETTLE_DONE);
	items[1].fence--;
	play_must(p, play_write(p, items, 3));
	for (i = 0; i < 3; i++)
		assert_int_equal(items[i].outcome,
				 i == 1 ? SETTLE_FENCED : SETTLE_WRITTEN);
	play_gives(p, "a done 0,b running 0,c done 0,end waiting 1",
		   "SELECT GROUP_CONCAT(step, ' ', status, ' ', waiting_on"
		   " ORDER BY id) FROM episode_jobs WHERE step IS NOT NULL");
	play_gives(p, "2",
		   "SELECT waiting_on FROM episode_jobs"
		   " WHERE step IS NULL");
	assert_int_equal(play_u64(p, "SELECT id FROM jobs"), taken[1].job.id);
	for (i = 0; i < 3; i++)
		taken_release(&taken[i]);
}

/* A COMMIT whose answer was lost is followed by the same again. */
static void what_was_written_is_not_written_again(void **state)
{
	struct play *p = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(step_kinds); i++) {
		struct shape shape;
		struct taken taken;
		struct settle item;
		char *before;

		shape_init(&shape, "one two:one");
		(void)play_run(p, &shape);
		taken = play_take_step(p, &shape, "one");
		item = play_item(&taken, step_kinds[i]);
		item.delay_ms = 60000;
		play_must(p, play_write(p, &item, 1));
		assert_int_equal(item.outcome, SETTLE_WRITTEN);
		before = all_rows(p);
		play_must(p, play_write(p, &item, 1));
		assert_int_equal(item.outcome, SETTLE_FENCED);
		nothing_has_changed_since(p, before);
		taken_release(&taken);
		play_exec(p, "DELETE FROM jobs");
	}
}

static void a_run_is_not_made_again(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct run_new run;
	struct settle item = { .kind = SETTLE_EXPAND, .expand = &run };
	struct job job;
	char *before;

	shape_init(&shape, "one");
	run = play_new(p, &shape);
	assert_int_equal(play_claim(p, "default", 1, &job), 1);
	item.job_id = job.id;
	item.fence = job.fence - 1;
	before = all_rows(p);
	play_must(p, play_write(p, &item, 1));
	assert_int_equal(item.outcome, SETTLE_FENCED);
	nothing_has_changed_since(p, before);
	item.fence = job.fence;
	play_must(p, play_write(p, &item, 1));
	assert_int_equal(item.outcome, SETTLE_WRITTEN);
	before = all_rows(p);
	play_must(p, play_write(p, &item, 1));
	assert_int_equal(item.outcome, SETTLE_FENCED);
	nothing_has_changed_since(p, before);
	job_release(&job);
}

/* Cancelled by a person, for example. */
static void of_a_step_that_does_not_run_only_the_job_goes(void **state)
{
	struct play *p = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(step_kinds); i++) {
		struct shape shape;
		struct taken taken;
		struct settle item;
		char *before;

		play_exec(p, "DELETE FROM episode_jobs");
		shape_init(&shape, "one two:one");
		(void)play_run(p, &shape);
		taken = play_take_step(p, &shape, "one");
		play_exec(p, "UPDATE episode_jobs SET status = 'cancelled'");
		item = play_item(&taken, step_kinds[i]);
		play_exec(p,
			  "CREATE TABLE kept AS SELECT * FROM jobs;"
			  "DELETE FROM jobs");
		before = all_rows(p);
		play_exec(p,
			  "INSERT INTO jobs SELECT * FROM kept;"
			  "DROP TABLE kept");
		play_must(p, play_write(p, &item, 1));
		assert_int_equal(item.outcome, SETTLE_FENCED);
		nothing_has_changed_since(p, before);
		taken_release(&taken);
	}
}

static void of_a_run_that_is_gone_only_the_job_goes(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken;
	struct settle item;

	shape_init(&shape, "one two:one");
	(void)play_run(p, &shape);
	taken = play_take_step(p, &shape, "one");
	play_exec(p, "DELETE FROM episode_jobs; DELETE FROM episode_events");
	item = play_item(&taken, SETTLE_DONE);
	play_must(p, play_write(p, &item, 1));
	assert_int_equal(item.outcome, SETTLE_FENCED);
	play_gives(p, "0",
		   "SELECT (SELECT COUNT(*) FROM jobs) +"
		   " (SELECT COUNT(*) FROM episode_events)");
	taken_release(&taken);
}

static void nothing_to_settle_is_no_error(void **state)
{
	struct play *p = *state;

	play_must(p, play_write(p, NULL, 0));
}

/* One of two is at fault; alone, the other is written. */
static void is_refused(struct play *p, void (*spoil)(struct settle *item))
{
	struct shape shape;
	struct taken taken[2];
	struct settle items[2];
	char *before;

	shape_init(&shape, "a b end:a,b");
	(void)play_run(p, &shape);
	play_take_all(p, &shape, taken, 2);
	items[0] = play_item(&taken[0], SETTLE_DONE);
	items[1] = play_item(&taken[1], SETTLE_DONE);
	spoil(&items[1]);
	before = all_rows(p);
	assert_int_equal(play_write(p, items, 2), -1);
	assert_int_equal(p->err.code, ERR_DB);
	nothing_has_changed_since(p, before);
	play_must(p, play_write(p, &items[0], 1));
	assert_int_equal(items[0].outcome, SETTLE_WRITTEN);
	assert_int_equal(play_write(p, &items[1], 1), -1);
	assert_int_equal(p->err.code, ERR_DB);
	/* It can still be told as a failure. */
	items[1].kind = SETTLE_FAIL;
	items[1].input = NULL;
	play_must(p, play_write(p, &items[1], 1));
	assert_int_equal(items[1].outcome, SETTLE_WRITTEN);
	taken_release(&taken[0]);
	taken_release(&taken[1]);
}

static void spoil_result(struct settle *item)
{
	item->result = "{\"half\":";
}

static void spoil_input(struct settle *item)
{
	item->input = "no JSON";
}

static void spoil_cost(struct settle *item)
{
	item->cost = "100000000";
}

static void spoil_cost_text(struct settle *item)
{
	item->cost = "a lot";
}

static void a_result_that_is_no_json_is_refused(void **state)
{
	is_refused(*state, spoil_result);
}

static void an_input_that_is_no_json_is_refused(void **state)
{
	is_refused(*state, spoil_input);
}

static void a_cost_that_the_column_cannot_hold_is_refused(void **state)
{
	is_refused(*state, spoil_cost);
}

static void a_cost_that_is_no_number_is_refused(void **state)
{
	is_refused(*state, spoil_cost_text);
}

static void costs_that_add_up_to_too_much_are_refused(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken[2];
	struct settle items[2];
	size_t i;

	shape_init(&shape, "a b");
	(void)play_run(p, &shape);
	play_take_all(p, &shape, taken, 2);
	for (i = 0; i < 2; i++) {
		items[i] = play_item(&taken[i], SETTLE_DONE);
		items[i].cost = "60000000";
	}
	assert_int_equal(play_write(p, items, 2), -1);
	assert_int_equal(p->err.code, ERR_DB);
	play_must(p, play_write(p, items, 1));
	assert_int_equal(play_write(p, &items[1], 1), -1);
	for (i = 0; i < 2; i++)
		taken_release(&taken[i]);
}

static void bury_needs_no_step(void **state)
{
	struct play *p = *state;
	struct settle item = { .kind = SETTLE_BURY,
			       .exception = "not JSON",
			       .uuid = "any text" };
	struct job job;

	item.job_id = play_push(p, "default", 0);
	play_exec(p, "UPDATE jobs SET payload = REPEAT('{', 2000000)");
	assert_int_equal(play_claim(p, "default", 1, &job), 1);
	item.fence = job.fence;
	play_must(p, play_write(p, &item, 1));
	assert_int_equal(item.outcome, SETTLE_WRITTEN);
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM jobs"), 0);
	play_gives(p, "any text stepq default 2000000 not JSON",
		   "SELECT CONCAT_WS(' ', uuid, connection, queue,"
		   " LENGTH(payload), exception) FROM failed_jobs");
	job_release(&job);
}

static void bury_under_a_uuid_that_is_taken_is_refused(void **state)
{
	struct play *p = *state;
	struct settle item = { .kind = SETTLE_BURY,
			       .exception = "why",
			       .uuid = "taken" };
	struct job job;
	char *before;

	play_exec(p,
		  "INSERT INTO failed_jobs (uuid, connection, queue,"
		  " payload, exception) VALUES ('taken', 'x', 'x', 'x',"
		  " 'x')");
	item.job_id = play_push(p, "default", 0);
	assert_int_equal(play_claim(p, "default", 1, &job), 1);
	item.fence = job.fence;
	before = all_rows(p);
	assert_int_equal(play_write(p, &item, 1), -1);
	assert_int_equal(p->err.code, ERR_DB_DUP);
	nothing_has_changed_since(p, before);
	item.uuid = "free";
	play_must(p, play_write(p, &item, 1));
	assert_int_equal(item.outcome, SETTLE_WRITTEN);
	job_release(&job);
}

/* Somebody copied its payload from failed_jobs to jobs by hand. */
static void a_step_has_one_row_among_the_failed(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken;
	int i;

	shape_init(&shape, "one");
	(void)play_run(p, &shape);
	for (i = 0; i < 2; i++) {
		taken = play_take_step(p, &shape, "one");
		play_settle(p, &taken, SETTLE_FAIL);
		taken_release(&taken);
		play_exec(p,
			  "INSERT INTO jobs (queue, payload, available_at,"
			  " created_at) SELECT queue, payload, 0, 0"
			  " FROM failed_jobs; UPDATE failed_jobs SET"
			  " exception = 'older'; UPDATE episode_jobs SET"
			  " status = 'queued', error = NULL");
	}
	taken = play_take_step(p, &shape, "one");
	play_settle(p, &taken, SETTLE_FAIL);
	taken_release(&taken);
	play_gives(p, "engine text: 503\nin a test\n",
		   "SELECT GROUP_CONCAT(exception) FROM failed_jobs");
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM jobs"), 0);
}

/* A connection that sends 1 MiB at once at most. */
static struct play *play_narrow(struct play *p)
{
	uint64_t packet = play_u64(p, "SELECT @@GLOBAL.max_allowed_packet");
	struct play *other;

	play_exec(p, "SET GLOBAL max_allowed_packet = 1048576");
	other = play_another(p, 1);
	play_exec(p, "SET GLOBAL max_allowed_packet = %" PRIu64, packet);
	return other;
}

/* A JSON string of `len` characters, for the caller to free. */
static char *long_string(size_t len)
{
	char *text = xmalloc(len + 3);

	memset(text, 'x', len + 2);
	text[0] = text[len + 1] = '"';
	text[len + 2] = '\0';
	return text;
}

static void outcomes_are_right_when_a_batch_goes_in_parts(void **state)
{
	enum {
		STEPS = 8
	};
	struct play *p = *state;
	struct play *narrow = play_narrow(p);
	struct shape shape;
	struct taken taken[STEPS];
	struct settle items[STEPS];
	char *result = long_string(400000);
	size_t i;

	shape_init(&shape, "a b c d e f g h end:a,b,c,d,e,f,g,h");
	(void)play_run(p, &shape);
	play_take_all(p, &shape, taken, STEPS);
	for (i = 0; i < STEPS; i++) {
		items[i] = play_item(&taken[i], SETTLE_DONE);
		items[i].result = result;
	}
	play_exec(p,
		  "UPDATE episode_jobs SET status = 'cancelled'"
		  " WHERE step IN ('b', 'e', 'h')");
	play_must(narrow, play_write(narrow, items, STEPS));
	for (i = 0; i < STEPS; i++)
		assert_int_equal(items[i].outcome, i == 1 || i == 4 || i == 7
							   ? SETTLE_FENCED
							   : SETTLE_WRITTEN);
	play_gives(p, "5 done, 3 to come",
		   "SELECT CONCAT(SUM(status = 'done'), ' done, ',"
		   " MAX(IF(step = 'end', waiting_on, 0)), ' to come')"
		   " FROM episode_jobs");
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM jobs"), 0);
	free(result);
	for (i = 0; i < STEPS; i++)
		taken_release(&taken[i]);
}

static void a_result_that_fits_no_packet_is_refused(void **state)
{
	struct play *p = *state;
	struct play *narrow = play_narrow(p);
	struct shape shape;
	struct taken taken;
	struct settle item;
	char *result = long_string(1100000), *before;

	shape_init(&shape, "one");
	(void)play_run(p, &shape);
	taken = play_take_step(p, &shape, "one");
	item = play_item(&taken, SETTLE_DONE);
	item.result = result;
	before = all_rows(p);
	assert_int_equal(play_write(narrow, &item, 1), -1);
	assert_int_equal(narrow->err.code, ERR_LIMIT);
	nothing_has_changed_since(p, before);
	item.kind = SETTLE_FAIL;
	play_must(narrow, play_write(narrow, &item, 1));
	free(result);
	taken_release(&taken);
}

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		PLAY(a_lost_lease_writes_nothing),
		PLAY(a_lost_lease_does_not_keep_others_from_being_written),
		PLAY(what_was_written_is_not_written_again),
		PLAY(a_run_is_not_made_again),
		PLAY(of_a_step_that_does_not_run_only_the_job_goes),
		PLAY(of_a_run_that_is_gone_only_the_job_goes),
		PLAY(nothing_to_settle_is_no_error),
		PLAY(a_result_that_is_no_json_is_refused),
		PLAY(an_input_that_is_no_json_is_refused),
		PLAY(a_cost_that_the_column_cannot_hold_is_refused),
		PLAY(a_cost_that_is_no_number_is_refused),
		PLAY(costs_that_add_up_to_too_much_are_refused),
		PLAY(bury_needs_no_step),
		PLAY(bury_under_a_uuid_that_is_taken_is_refused),
		PLAY(a_step_has_one_row_among_the_failed),
		PLAY(outcomes_are_right_when_a_batch_goes_in_parts),
		PLAY(a_result_that_fits_no_packet_is_refused),
	};
	int failed = cmocka_run_group_tests_name("fence", tests, NULL, NULL);

	return play_over(&server, failed);
}
