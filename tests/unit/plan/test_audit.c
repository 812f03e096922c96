/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "plan/audit.h"
#include "plan/pipeline.h"

enum {
	ROWS = 8
};

/* text, sound -> image (a map) -> check, which goes back to image; pages. */
static const char definition[] =
	"{\"name\":\"comic\",\"steps\":["
	"{\"name\":\"text\",\"engine\":\"e\",\"needs\":[]},"
	"{\"name\":\"sound\",\"engine\":\"e\",\"needs\":[],"
	"\"on_failure\":\"continue\"},"
	"{\"name\":\"image\",\"engine\":\"e\",\"needs\":[\"text\",\"sound\"],"
	"\"each\":\".text[]\"},"
	"{\"name\":\"check\",\"engine\":\"e\",\"needs\":[\"image\"],"
	"\"again\":{\"to\":\"image\",\"when\":\"true\",\"at_most\":3}},"
	"{\"name\":\"pages\",\"engine\":\"e\",\"needs\":[\"check\"]}]}";

#define DONE(name)                                \
 {                                                \
  .step = (name), .round = 1, .state = STATE_DONE \
 }
#define WAITS(name, n)                                                  \
 {                                                                      \
  .step = (name), .round = 1, .state = STATE_WAITING, .waiting_on = (n) \
 }
#define LIVE(name, what, jobs_n)                                \
 {                                                              \
  .step = (name), .round = 1, .state = (what), .jobs = (jobs_n) \
 }

/* What is found, one after the other; "" when all agrees. */
static void check(enum state state, uint32_t waiting_on,
		  const struct audit_row *rows, size_t n, const char *want)
{
	const struct audit_run run = { state, waiting_on, rows, n };
	struct audit_finding found[ROWS * AUDIT_ROW_MOST + AUDIT_RUN_MOST];
	struct pipeline *pipeline = NULL;
	struct strbuf got = { 0 };
	struct err err = { 0 };
	size_t i, found_n;

	assert_true(n <= ROWS);
	if (pipeline_parse(definition, &pipeline, &err))
		fail_msg("%s", err.text);
	found_n = audit_check(pipeline, &run, found);
	for (i = 0; i < found_n; i++) {
		strbuf_adds(&got, i ? "; " : "");
		audit_describe(&run, &found[i], &got);
	}
	assert_string_equal(strbuf_str(&got), want);
	strbuf_release(&got);
	pipeline_unref(&pipeline);
}

#define CHECK(state, waiting_on, want, ...)                     \
 do {                                                           \
  const struct audit_row rows[] = { __VA_ARGS__ };              \
  check((state), (waiting_on), rows, ARRAY_SIZE(rows), (want)); \
 } while (0)

static void run_that_agrees_is_left_alone(void **state)
{
	(void)state;
	CHECK(STATE_RUNNING, 4, "", DONE("text"),
	      LIVE("sound", STATE_RUNNING, 1), WAITS("image", 1),
	      WAITS("check", 1), WAITS("pages", 1));
	CHECK(STATE_RUNNING, 4, "", LIVE("text", STATE_RETRYING, 1),
	      LIVE("sound", STATE_FAILED, 0), WAITS("image", 1),
	      WAITS("check", 1), WAITS("pages", 1));
	CHECK(STATE_FAILED, 4, "", LIVE("text", STATE_FAILED, 0),
	      LIVE("sound", STATE_SKIPPED, 0), WAITS("image", 1),
	      WAITS("check", 1), WAITS("pages", 1));
}

static void counters_of_steps_are_compared(void **state)
{
	(void)state;
	CHECK(STATE_RUNNING, 4, "image waits for 2 steps, 1 is unfinished",
	      DONE("text"), LIVE("sound", STATE_QUEUED, 1), WAITS("image", 2),
	      WAITS("check", 1), WAITS("pages", 1));
	CHECK(STATE_RUNNING, 3,
	      "image waits for 1 step, 0 are unfinished;"
	      " image waits for nothing and is not queued",
	      DONE("text"), DONE("sound"), WAITS("image", 1), WAITS("check", 1),
	      WAITS("pages", 1));
	CHECK(STATE_RUNNING, 5, "text waits for 3 steps, 0 are unfinished",
	      { .step = "text",
		.round = 1,
		.state = STATE_QUEUED,
		.waiting_on = 3,
		.jobs = 1 },
	      LIVE("sound", STATE_QUEUED, 1), WAITS("image", 2),
	      WAITS("check", 1), WAITS("pages", 1));
}

static void step_without_its_job_is_found(void **state)
{
	static const enum state states[] = { STATE_QUEUED, STATE_RUNNING,
					     STATE_RETRYING };
	static const char *const wants[] = {
		"text is queued and has no job",
		"text is running and has no job",
		"text is retrying and has no job"
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(states); i++)
		CHECK(STATE_RUNNING, 1, wants[i], LIVE("text", states[i], 0));
	CHECK(STATE_RUNNING, 1, "text is waiting and has no job",
	      { .step = "text",
		.round = 1,
		.state = STATE_WAITING,
		.was_parked = 1 });
	CHECK(STATE_RUNNING, 1, "",
	      { .step = "text",
		.round = 1,
		.state = STATE_WAITING,
		.was_parked = 1,
		.jobs = 1 });
}

/* An image map of 10 items, `first` the members that follow. */
#define MAP(what, ...)                                                         \
 DONE("text"), DONE("sound"),                                                  \
 {                                                                             \
  .step = "image", .round = 1, .state = (what), .has_items = 1, .items_n = 10, \
  __VA_ARGS__                                                                  \
 }

static void map_counts_its_items(void **state)
{
	(void)state;
	CHECK(STATE_RUNNING, 1, "",
	      MAP(STATE_RUNNING, .waiting_on = 7, .next_item = 5,
		  .items = { 10, 3, 2, 0, 0, 1, 5 }));
	CHECK(STATE_RUNNING, 1, "image waits for 8 items, 7 are unfinished",
	      MAP(STATE_RUNNING, .waiting_on = 8, .next_item = 5,
		  .items = { 10, 3, 2, 0, 0, 1, 5 }));
	CHECK(STATE_RUNNING, 1, "image goes on from item 6, but item 5 waits",
	      MAP(STATE_RUNNING, .waiting_on = 7, .next_item = 6,
		  .items = { 10, 3, 2, 0, 0, 1, 5 }));
	CHECK(STATE_RUNNING, 1, "image: 2 items to be run without a job",
	      MAP(STATE_RUNNING, .waiting_on = 7, .next_item = 5,
		  .items = { 10, 3, 2, 2, 0, 1, 5 }));
}

static void items_wait_for_no_steps(void **state)
{
	(void)state;
	CHECK(STATE_RUNNING, 1, "image: 1 item waiting for steps",
	      MAP(STATE_RUNNING, .waiting_on = 7, .next_item = 5,
		  .items = { 10, 3, 2, 0, 1, 1, 5 }));
}

static void map_that_stands_still_is_found(void **state)
{
	(void)state;
	CHECK(STATE_RUNNING, 1, "image has items to do, and none goes on",
	      MAP(STATE_RUNNING, .waiting_on = 7, .next_item = 3,
		  .items = { 10, 3, 0, 0, 0, 1, 3 }));
	CHECK(STATE_RUNNING, 1, "image has items to do, and none goes on",
	      MAP(STATE_RUNNING, .waiting_on = 7, .next_item = 6,
		  .items = { 6, 3, 3, 0, 0, 0, 0 }));
	CHECK(STATE_RUNNING, 1, "image has no items left and is not queued",
	      MAP(STATE_RUNNING, .waiting_on = 0, .next_item = 10,
		  .items = { 10, 10, 0, 0, 0, 0, 0 }));
	CHECK(STATE_RUNNING, 1, "image is queued and has no job",
	      MAP(STATE_QUEUED, .waiting_on = 0, .next_item = 10,
		  .items = { 10, 10, 0, 0, 0, 0, 0 }));
	CHECK(STATE_RUNNING, 1, "",
	      MAP(STATE_QUEUED, .waiting_on = 3, .next_item = 0, .jobs = 1,
		  .items = { 10, 7, 0, 0, 0, 1, 2 }));
}

static void what_a_worker_holds_is_left_alone(void **state)
{
	(void)state;
	CHECK(STATE_RUNNING, 1, "",
	      MAP(STATE_RUNNING, .waiting_on = 10, .next_item = 9, .jobs = 1,
		  .is_held = 1, .items = { 4, 3, 0, 0, 0, 1, 3 }));
	CHECK(STATE_RUNNING, 1, "",
	      { .step = "text",
		.round = 1,
		.state = STATE_RUNNING,
		.waiting_on = 2,
		.jobs = 1,
		.is_held = 1 });
}

static void latest_round_counts(void **state)
{
	const struct audit_row again[] = {
		DONE("text"),
		DONE("sound"),
		DONE("image"),
		DONE("check"),
		WAITS("pages", 1),
		{ .step = "image",
		  .round = 2,
		  .state = STATE_QUEUED,
		  .jobs = 1 },
		{ .step = "check",
		  .round = 2,
		  .state = STATE_WAITING,
		  .waiting_on = 2 },
	};

	(void)state;
	check(STATE_RUNNING, 3, again, ARRAY_SIZE(again),
	      "check in round 2 waits for 2 steps, 1 is unfinished");
}

static void run_is_compared_with_its_steps(void **state)
{
	(void)state;
	CHECK(STATE_RUNNING, 2, "it waits for 2 steps, 1 is unfinished",
	      DONE("text"), LIVE("sound", STATE_QUEUED, 1));
	CHECK(STATE_RUNNING, 0, "it is running, and all of it is finished",
	      DONE("text"), LIVE("sound", STATE_FAILED, 0));
	CHECK(STATE_FAILED, 1, "", LIVE("text", STATE_FAILED, 0),
	      DONE("sound"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_that_agrees_is_left_alone),
		cmocka_unit_test(counters_of_steps_are_compared),
		cmocka_unit_test(step_without_its_job_is_found),
		cmocka_unit_test(map_counts_its_items),
		cmocka_unit_test(items_wait_for_no_steps),
		cmocka_unit_test(map_that_stands_still_is_found),
		cmocka_unit_test(what_a_worker_holds_is_left_alone),
		cmocka_unit_test(latest_round_counts),
		cmocka_unit_test(run_is_compared_with_its_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
