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

#include "base/err.h"
#include "base/strbuf.h"
#include "plan/pipeline.h"
#include "plan/rerun.h"

enum {
	ROWS = 32,
	STEPS = 16
};

/* text -> director -> image (a map) -> pages; sound needs text alone. */
static const char comic[] =
	"{\"name\":\"comic\",\"steps\":["
	"{\"name\":\"text\",\"engine\":\"e\",\"needs\":[]},"
	"{\"name\":\"director\",\"engine\":\"e\",\"needs\":[\"text\"]},"
	"{\"name\":\"image\",\"engine\":\"e\",\"needs\":[\"director\"],"
	"\"each\":\".director[]\"},"
	"{\"name\":\"sound\",\"engine\":\"e\",\"needs\":[\"text\"]},"
	"{\"name\":\"pages\",\"engine\":\"e\",\"needs\":[\"image\",\"sound\"]}]}";

/* brief -> draw -> ink -> check, which goes back to draw; ship. */
static const char loop[] =
	"{\"name\":\"loop\",\"steps\":["
	"{\"name\":\"brief\",\"engine\":\"e\",\"needs\":[]},"
	"{\"name\":\"draw\",\"engine\":\"e\",\"needs\":[\"brief\"]},"
	"{\"name\":\"ink\",\"engine\":\"e\",\"needs\":[\"draw\"]},"
	"{\"name\":\"check\",\"engine\":\"e\",\"needs\":[\"ink\"],"
	"\"again\":{\"to\":\"draw\",\"when\":\"true\",\"at_most\":3}},"
	"{\"name\":\"ship\",\"engine\":\"e\",\"needs\":[\"check\"]}]}";

static const char fallback[] =
	"{\"name\":\"fallback\",\"steps\":["
	"{\"name\":\"paint\",\"engine\":\"e\",\"needs\":[],"
	"\"on_failure\":\"continue\",\"fallback\":\"sketch\"},"
	"{\"name\":\"sketch\",\"engine\":\"e\",\"needs\":[]},"
	"{\"name\":\"frame\",\"engine\":\"e\",\"needs\":[\"paint\"]}]}";

/*
 * "text image@2 sound! pages~ map:7/10": done, of round 2, failed and
 * tolerated, not finished, a map with 7 of 10 items done.
 */
static size_t read_rows(const struct pipeline *pipeline, const char *text,
			struct rerun_row *rows)
{
	size_t n = 0;

	while (*text) {
		struct rerun_row row = { .round = 1, .is_finished = 1 };
		char name[32] = "";
		size_t len = strcspn(text, "@!~: ");
		int index;

		memcpy(name, text, len);
		index = pipeline_step_index(pipeline, name);
		assert_true(index >= 0);
		row.step = (size_t)index;
		for (text += len; *text && *text != ' '; text++) {
			char *end = NULL;

			if (*text == '!')
				row.has_failed = 1;
			else if (*text == '~')
				row.is_finished = 0;
			else if (*text == '@')
				row.round =
					(uint32_t)strtoul(text + 1, &end, 10);
			else if (*text == ':')
				row.items_done =
					(uint32_t)strtoul(text + 1, &end, 10);
			else if (*text == '/')
				row.items =
					(uint32_t)strtoul(text + 1, &end, 10);
			if (end)
				text = end - 1;
		}
		text += *text == ' ';
		assert_true(n < ROWS);
		rows[n++] = row;
	}
	return n;
}

/* "keep+ fresh>1 items": + is of such a loop, > for how many it waits. */
static void write_steps(const struct rerun_step *steps, size_t n,
			struct strbuf *out)
{
	static const char *const names[] = { "keep", "fresh", "items" };
	size_t i;

	for (i = 0; i < n; i++) {
		strbuf_addf(out, "%s%s%s", i ? " " : "", names[steps[i].what],
			    steps[i].is_together ? "+" : "");
		if (steps[i].waits > 0)
			strbuf_addf(out, ">%u", steps[i].waits);
	}
}

static void check(const char *definition, const char *old, struct rerun_ask ask,
		  const char *want)
{
	struct rerun_row rows[ROWS];
	struct rerun_step steps[STEPS] = { 0 };
	struct pipeline *pipeline = NULL;
	struct strbuf got = { 0 };
	struct err err = { 0 };
	size_t n;
	int rc;

	if (pipeline_parse(definition, &pipeline, &err))
		fail_msg("%s", err.text);
	n = read_rows(pipeline, old, rows);
	rc = rerun_decide(pipeline, rows, n, &ask, steps, &err);
	if (rc < 0)
		strbuf_adds(&got, err.text);
	else if (rc == 0)
		strbuf_adds(&got, "nothing");
	else
		write_steps(steps, pipeline->steps_n, &got);
	assert_string_equal(strbuf_str(&got), want);
	strbuf_release(&got);
	pipeline_unref(&pipeline);
}

#define FROM(step) ((struct rerun_ask){ RERUN_DOWNSTREAM, (step) })
#define ONLY(step) ((struct rerun_ask){ RERUN_ONLY, (step) })
#define FAILED(step) ((struct rerun_ask){ RERUN_FAILED, (step) })

static void step_and_what_waits_for_it_is_done_again(void **state)
{
	static const char all[] = "text director image:9/9 sound pages";

	(void)state;
	check(comic, all, FROM("image"), "keep keep fresh keep fresh>1");
	check(comic, all, FROM("pages"), "keep keep keep keep fresh");
	check(comic, all, FROM("text"),
	      "fresh fresh>1 fresh>1 fresh>1 fresh>2");
}

static void what_was_not_finished_is_done_again(void **state)
{
	(void)state;
	check(comic, "text director image:9/9 sound~ pages~", FROM("image"),
	      "keep keep fresh fresh fresh>2");
	check(comic, "text director~ image~ sound pages~", FROM("sound"),
	      "keep fresh fresh>1 fresh fresh>2");
}

static void map_that_was_not_finished_keeps_its_items(void **state)
{
	(void)state;
	check(comic, "text director image~:7/9 sound pages~", FROM("sound"),
	      "keep keep items fresh fresh>2");
	check(comic, "text director image~:7/9 sound pages~", FROM("image"),
	      "keep keep fresh keep fresh>1");
	check(comic, "text director image~:0/9 sound pages~", FROM("sound"),
	      "keep keep fresh fresh fresh>2");
	check(comic, "text director image~ sound pages~", FROM("sound"),
	      "keep keep fresh fresh fresh>2");
}

static void items_behind_what_is_new_are_new(void **state)
{
	(void)state;
	check(comic, "text director image~:7/9 sound pages~", FROM("director"),
	      "keep fresh fresh>1 keep fresh>1");
}

static void step_the_old_run_had_not_is_done(void **state)
{
	(void)state;
	check(comic, "text image:9/9 sound pages", FROM("pages"),
	      "keep fresh fresh>1 keep fresh>1");
}

static void only_one_step_is_done_again(void **state)
{
	(void)state;
	check(comic, "text director image:9/9 sound pages", ONLY("image"),
	      "keep keep fresh keep keep>1");
	check(comic, "text director image:9/9 sound~ pages~", ONLY("image"),
	      "only 'image' cannot be done again: sound, pages are not "
	      "finished\nhint: without --only the rest is done as well");
	check(comic, "text director image:9/9 sound pages~", ONLY("pages"),
	      "keep keep keep keep fresh");
}

static void what_failed_is_done_again(void **state)
{
	(void)state;
	check(comic, "text director image~!:7/9 sound pages~", FAILED(NULL),
	      "keep keep items keep fresh>1");
	check(comic, "text director~! image~ sound pages~", FAILED(NULL),
	      "keep fresh fresh>1 keep fresh>1");
	check(comic, "text director image!:7/9 sound pages", FAILED(NULL),
	      "keep keep items keep fresh>1");
	check(comic, "text director image sound pages", FAILED(NULL),
	      "nothing");
}

static void failures_of_other_steps_are_left(void **state)
{
	static const char two[] = "text director image!:7/9 sound! pages";

	(void)state;
	check(comic, two, FAILED("image"), "keep keep items keep fresh>1");
	check(comic, two, FAILED(NULL), "keep keep items fresh fresh>2");
	check(comic, two, FAILED("text"), "nothing");
}

static void kept_loop_keeps_its_rounds(void **state)
{
	(void)state;
	check(loop, "brief draw ink check draw@2 ink@2 check@2 ship",
	      FROM("ship"), "keep keep keep keep fresh");
}

static void rounds_of_a_loop_that_goes_on_come_together(void **state)
{
	(void)state;
	check(loop, "brief draw ink check draw@2 ink@2 check@2 ship",
	      FROM("ink"), "keep keep+ fresh+ fresh+>1 fresh>1");
	check(loop, "brief draw@2 draw ink check ink@2~! check@2~ ship~",
	      FAILED(NULL), "keep keep+ fresh+ fresh+>1 fresh>1");
	check(loop, "brief draw ink check ship", ONLY("draw"),
	      "keep fresh+ keep+>1 keep+ keep");
}

static void fallback_comes_after_what_it_stands_in_for(void **state)
{
	(void)state;
	check(fallback, "paint! sketch frame", FROM("sketch"),
	      "keep fresh fresh>1");
	check(fallback, "paint! sketch frame", FAILED(NULL),
	      "fresh fresh>1 fresh>2");
}

static void unknown_step_is_told_with_the_nearest(void **state)
{
	(void)state;
	check(comic, "text", FROM("imgae"),
	      "no step 'imgae' in pipeline 'comic'\n"
	      "hint: did you mean 'image'?");
	check(comic, "text", FROM("q"), "no step 'q' in pipeline 'comic'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(step_and_what_waits_for_it_is_done_again),
		cmocka_unit_test(what_was_not_finished_is_done_again),
		cmocka_unit_test(map_that_was_not_finished_keeps_its_items),
		cmocka_unit_test(items_behind_what_is_new_are_new),
		cmocka_unit_test(step_the_old_run_had_not_is_done),
		cmocka_unit_test(only_one_step_is_done_again),
		cmocka_unit_test(what_failed_is_done_again),
		cmocka_unit_test(failures_of_other_steps_are_left),
		cmocka_unit_test(kept_loop_keeps_its_rounds),
		cmocka_unit_test(rounds_of_a_loop_that_goes_on_come_together),
		cmocka_unit_test(fallback_comes_after_what_it_stands_in_for),
		cmocka_unit_test(unknown_step_is_told_with_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
