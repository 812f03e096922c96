/* SPDX-License-Identifier: MIT */

/*
 * What decide_path() says in small graphs; tests of whole random ones are in
 * test_walk.c.
 */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "plan/decide.h"
#include "plan/pipeline.h"

/*
 * Three steps that need nothing, and `step`, which needs the first `needs_n`
 * of them; or it is the fallback of the first.
 */
struct small {
	struct pipeline pipeline;
	struct pipeline_step steps[4];
	size_t needs[3];
};

static char some_when[] = ".x";

static void small_init(struct small *s, size_t needs_n, int has_when,
		       int is_fallback)
{
	struct pipeline_step *step;
	size_t i;

	*s = (struct small){ .pipeline = { .steps_n = 4 } };
	s->pipeline.steps = s->steps;
	for (i = 0; i < 3; i++)
		s->needs[i] = i;
	step = &s->steps[3];
	step->needs = s->needs;
	step->needs_n = needs_n;
	step->when_text = has_when ? some_when : NULL;
	step->is_fallback = is_fallback;
}

static enum decide_path path_of(const struct small *s, enum state a,
				enum state b, enum state c)
{
	const enum state states[] = { a, b, c, STATE_QUEUED };

	return decide_path(&s->pipeline, 3, states);
}

/* All final states three steps may end in, but cancelled, which ends a run. */
static const enum state ends[] = { STATE_DONE, STATE_FAILED, STATE_SKIPPED };

static void a_step_is_skipped_when_all_it_needs_was_skipped(void **state)
{
	struct small s;
	size_t i, k, m;

	(void)state;
	small_init(&s, 3, 0, 0);
	for (i = 0; i < 3; i++)
		for (k = 0; k < 3; k++)
			for (m = 0; m < 3; m++)
				assert_int_equal(path_of(&s, ends[i], ends[k],
							 ends[m]),
						 i == 2 && k == 2 && m == 2
							 ? PATH_SKIP
							 : PATH_RUN);
}

static void what_it_does_not_need_says_nothing(void **state)
{
	struct small s;

	(void)state;
	small_init(&s, 1, 0, 0);
	assert_int_equal(path_of(&s, STATE_SKIPPED, STATE_DONE, STATE_DONE),
			 PATH_SKIP);
	assert_int_equal(path_of(&s, STATE_DONE, STATE_SKIPPED, STATE_SKIPPED),
			 PATH_RUN);
	assert_int_equal(path_of(&s, STATE_FAILED, STATE_SKIPPED, STATE_QUEUED),
			 PATH_RUN);
}

static void a_step_that_needs_nothing_runs(void **state)
{
	struct small s;

	(void)state;
	small_init(&s, 0, 0, 0);
	assert_int_equal(path_of(&s, STATE_SKIPPED, STATE_SKIPPED,
				 STATE_SKIPPED),
			 PATH_RUN);
	small_init(&s, 0, 1, 0);
	assert_int_equal(path_of(&s, STATE_SKIPPED, STATE_SKIPPED,
				 STATE_SKIPPED),
			 PATH_WHEN);
}

static void when_decides_whatever_was_skipped(void **state)
{
	struct small s;
	size_t i, k;

	(void)state;
	small_init(&s, 2, 1, 0);
	for (i = 0; i < 3; i++)
		for (k = 0; k < 3; k++)
			assert_int_equal(path_of(&s, ends[i], ends[k],
						 STATE_WAITING),
					 PATH_WHEN);
}

static void a_fallback_is_due_after_a_failure_only(void **state)
{
	static const struct {
		int has_when;
		enum state first;
		enum decide_path path;
	} table[] = {
		{ 0, STATE_DONE, PATH_SKIP },
		{ 1, STATE_DONE, PATH_SKIP },
		{ 0, STATE_SKIPPED, PATH_SKIP },
		{ 1, STATE_SKIPPED, PATH_SKIP },
		{ 0, STATE_FAILED, PATH_RUN },
		{ 1, STATE_FAILED, PATH_WHEN },
	};
	struct small s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		small_init(&s, 2, table[i].has_when, 1);
		assert_int_equal(path_of(&s, table[i].first, STATE_DONE,
					 STATE_DONE),
				 table[i].path);
		/* All else it needs was skipped: that does not count. */
		assert_int_equal(path_of(&s, table[i].first, STATE_SKIPPED,
					 STATE_SKIPPED),
				 table[i].path);
	}
}

static void in_a_loop_only_its_own_steps_are_waited_for(void **state)
{
	unsigned char body[] = { 0, 1, 1, 1 };
	struct small s;

	(void)state;
	small_init(&s, 3, 0, 0);
	s.steps[3].again.body = body;
	assert_int_equal(decide_loop_needs(&s.pipeline, 3, 3), 2);
	assert_int_equal(decide_loop_needs(&s.pipeline, 3, 1), 0);
	body[1] = body[2] = 0;
	assert_int_equal(decide_loop_needs(&s.pipeline, 3, 3), 0);
}

/* A loop over step 2 in one that ends with step 3. */
static void loops_around_a_loop_are_not_its_own(void **state)
{
	static const struct {
		uint32_t rounds[4];
		uint32_t inner, outer;
	} table[] = {
		{ { 1, 1, 1, 1 }, 0, 0 }, { { 1, 1, 3, 1 }, 2, 0 },
		{ { 1, 3, 3, 3 }, 0, 2 }, { { 1, 3, 6, 3 }, 3, 2 },
		{ { 1, 1, 1, 3 }, 0, 2 },
	};
	unsigned char inner[] = { 0, 0, 1, 0 }, outer[] = { 0, 1, 1, 1 };
	struct small s;
	size_t i;

	(void)state;
	small_init(&s, 3, 0, 0);
	s.steps[2].again.body = inner;
	s.steps[3].again.body = outer;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(decide_times_back(&s.pipeline, 2,
						   table[i].rounds),
				 table[i].inner);
		assert_int_equal(decide_times_back(&s.pipeline, 3,
						   table[i].rounds),
				 table[i].outer);
	}
}

static void a_quota_is_a_count_or_a_share_rounded_up(void **state)
{
	static const struct {
		int64_t count;
		double share;
		size_t items, want;
	} table[] = {
		{ -1, 1, 0, 0 },       { -1, 1, 7, 7 },
		{ -1, 0.5, 7, 4 },     { -1, 0.5, 8, 4 },
		{ -1, 0, 7, 0 },       { -1, 0.8, 10000, 8000 },
		{ -1, 0.001, 1, 1 },   { -1, 1, 100000, 100000 },
		{ 3, 0, 7, 3 },        { 0, 1, 7, 0 },
		{ 7, 0, 7, 7 },        { 9, 0, 7, 7 },
		{ 3, 1, 0, 0 },        { -1, 0.07, 100, 7 },
		{ -1, 0.29, 100, 29 },
	};
	struct small s;
	size_t i;

	(void)state;
	small_init(&s, 0, 0, 0);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		s.steps[3].min_done.count = table[i].count;
		s.steps[3].min_done.share = table[i].share;
		assert_int_equal(decide_quota(&s.pipeline, 3, table[i].items),
				 table[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_step_is_skipped_when_all_it_needs_was_skipped),
		cmocka_unit_test(what_it_does_not_need_says_nothing),
		cmocka_unit_test(a_step_that_needs_nothing_runs),
		cmocka_unit_test(when_decides_whatever_was_skipped),
		cmocka_unit_test(a_fallback_is_due_after_a_failure_only),
		cmocka_unit_test(in_a_loop_only_its_own_steps_are_waited_for),
		cmocka_unit_test(loops_around_a_loop_are_not_its_own),
		cmocka_unit_test(a_quota_is_a_count_or_a_share_rounded_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
