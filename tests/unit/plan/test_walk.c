/* SPDX-License-Identifier: MIT */

/*
 * Random graphs, executed twice. walk() does what store/ and worker/ do, with
 * a counter for each step and jobs that end in any order. ask() says what must
 * come of a step straight from what the keys mean, from the end of the graph
 * to its beginning; a loop is there a step that forgets what it knows of its
 * body and asks again. Both draw what a step does from one table: the same
 * step in the same round does the same.
 */

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
#include "base/mem.h"
#include "base/util.h"
#include "plan/decide.h"
#include "plan/graph.h"
#include "plan/pipeline.h"

enum {
	GRAPHS = 10000,
	ORDERS = 3, /* in which the jobs of one graph end */
	STEPS = 14,
	NEEDS = 4,
	ROUNDS = 200, /* of one step; loops within loops multiply */
	NAME = 24
};

struct world {
	uint64_t seed; /* of the graph */
	struct pipeline pipeline;
	struct pipeline_step steps[STEPS];
	char names[STEPS][NAME];
	char *needs[STEPS][NEEDS + 1];
};

/* What became of a step; `rounds` is how often it was decided about. */
struct fate {
	enum state state;
	unsigned int rounds, calls;
};

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static unsigned int draw(uint64_t *seed, unsigned int below)
{
	*seed = mix(*seed);
	return (unsigned int)(*seed % below);
}

/* Whether `what` happens to a step in a round: `percent` of all times. */
static int happens(const struct world *w, char what, size_t step,
		   unsigned int round, unsigned int percent)
{
	uint64_t x = mix(w->seed ^ ((uint64_t)what << 32));

	return mix(x ^ (step << 16) ^ round) % 100 < percent;
}

static int is_met(const struct world *w, size_t step, unsigned int round)
{
	return happens(w, 'w', step, round, 60);
}

static int fails(const struct world *w, size_t step, unsigned int round)
{
	return happens(w, 'f', step, round,
		       w->steps[step].policy == POLICY_FAIL ? 3 : 40);
}

static int goes_back(const struct world *w, size_t step, unsigned int round,
		     unsigned int times)
{
	return w->steps[step].again.to && happens(w, 'a', step, round, 70) &&
	       times < (unsigned int)w->steps[step].again.at_most;
}

/* Link again, as long as what was put in last has to go. */
static int links(struct world *w)
{
	struct err err = { 0 };
	size_t step;
	int rc;

	graph_release(&w->pipeline);
	rc = graph_link(&w->pipeline, &step, &err);
	return rc == 0;
}

/* The step that stands in for step `i`, or STEPS; and the other way round. */
static size_t stands_in(const struct world *w, size_t i)
{
	size_t k = 0;

	while (k < w->pipeline.steps_n && w->steps[i].fallback != w->names[k])
		k++;
	return k < w->pipeline.steps_n ? k : STEPS;
}

static size_t is_for(const struct world *w, size_t i)
{
	size_t k = 0;

	while (k < w->pipeline.steps_n && w->steps[k].fallback != w->names[i])
		k++;
	return k < w->pipeline.steps_n ? k : STEPS;
}

static void add_fallback(struct world *w, uint64_t *seed)
{
	size_t a = draw(seed, (unsigned int)w->pipeline.steps_n);
	size_t b = draw(seed, (unsigned int)w->pipeline.steps_n), k;

	for (k = b; k != STEPS && k != a; k = stands_in(w, k))
		;
	if (w->steps[a].fallback || k == a)
		return;
	w->steps[a].fallback = w->names[b];
	if (links(w))
		w->steps[a].policy = POLICY_CONTINUE;
	else
		w->steps[a].fallback = NULL;
}

static void add_loop(struct world *w, uint64_t *seed)
{
	size_t end = draw(seed, (unsigned int)w->pipeline.steps_n);
	size_t to = draw(seed, (unsigned int)w->pipeline.steps_n);

	if (w->steps[end].again.to)
		return;
	w->steps[end].again.to = w->names[to];
	w->steps[end].again.at_most = 1 + draw(seed, 3);
	if (!links(w))
		w->steps[end].again.to = NULL;
}

static void add_step(struct world *w, size_t i, uint64_t *seed)
{
	static char some_when[] = ".x";
	struct pipeline_step *step = &w->steps[i];
	size_t n = i == 0 ? 0 : draw(seed, NEEDS), k;

	(void)snprintf(w->names[i], NAME, "s%zu", i);
	step->name = w->names[i];
	step->needs_names = w->needs[i];
	/* Near ones as a rule, or there would be no loops. */
	for (k = 0; k < n; k++)
		w->needs[i][k] = w->names[i - 1 - draw(seed, i > 1 ? 2 : 1)];
	step->when_text = draw(seed, 5) == 0 ? some_when : NULL;
	step->policy = (enum pipeline_policy)draw(seed, 3);
}

static void world_init(struct world *w, uint64_t seed)
{
	size_t i;

	*w = (struct world){ .seed = seed };
	w->pipeline.steps = w->steps;
	w->pipeline.steps_n = 1 + draw(&seed, STEPS);
	for (i = 0; i < w->pipeline.steps_n; i++)
		add_step(w, i, &seed);
	for (i = draw(&seed, 3); i > 0; i--)
		add_fallback(w, &seed);
	for (i = draw(&seed, 8); i > 0; i--)
		add_loop(w, &seed);
	if (!links(w))
		fail_msg("seed %llu: no graph", (unsigned long long)w->seed);
}

/* ---- from the meaning of the keys */

struct asked {
	const struct world *w;
	struct fate fates[STEPS];
	unsigned char is_known[STEPS];
	unsigned int back[STEPS];
};

static enum state ask(struct asked *a, size_t i);

/* What is to be known before step `i`: how many, how many of them skipped. */
struct before {
	size_t n, skipped;
	int is_blocked;
};

static void ask_before(struct asked *a, size_t need, struct before *before)
{
	enum state state = ask(a, need);

	before->n++;
	before->skipped += state == STATE_SKIPPED;
	/* Waiting: it never starts, as a step before it failed for good. */
	before->is_blocked |= state == STATE_WAITING ||
			      (state == STATE_FAILED &&
			       a->w->steps[need].policy == POLICY_FAIL);
}

/* A named step with all that it stands in for, and that stands in for it. */
static void ask_row(struct asked *a, size_t i, size_t named,
		    struct before *before)
{
	const struct world *w = a->w;

	while (is_for(w, named) != STEPS)
		named = is_for(w, named);
	for (; named != STEPS && named != i; named = stands_in(w, named))
		ask_before(a, named, before);
}

static size_t index_of(const struct world *w, const char *name)
{
	size_t i = 0;

	while (w->names[i] != name)
		i++;
	return i;
}

static enum state outcome(struct asked *a, size_t i)
{
	const struct world *w = a->w;
	const struct pipeline_step *step = &w->steps[i];
	struct fate *fate = &a->fates[i];
	struct before before = { 0 };
	size_t k, of = is_for(w, i);

	for (k = 0; step->needs_names[k]; k++)
		ask_row(a, i, index_of(w, step->needs_names[k]), &before);
	if (of != STEPS)
		ask_row(a, i, of, &before);
	if (before.is_blocked)
		return STATE_WAITING;
	fate->rounds++;
	if (of != STEPS && ask(a, of) != STATE_FAILED)
		return STATE_SKIPPED;
	if (step->when_text ? !is_met(w, i, fate->rounds)
			    : before.n > 0 && before.n == before.skipped)
		return STATE_SKIPPED;
	fate->calls++;
	if (!fails(w, i, fate->rounds))
		return STATE_DONE;
	return step->policy == POLICY_SKIP ? STATE_SKIPPED : STATE_FAILED;
}

/* Whether `i` is `to` or comes after it, and `end` or before that. */
static int leads(const struct world *w, size_t from, size_t to)
{
	const struct pipeline_step *step = &w->steps[to];
	size_t k;

	if (from == to)
		return 1;
	for (k = 0; k < step->needs_n; k++)
		if (leads(w, from, step->needs[k]))
			return 1;
	return 0;
}

static enum state ask(struct asked *a, size_t i)
{
	const struct world *w = a->w;
	struct fate *fate = &a->fates[i];
	size_t k, to;

	if (a->is_known[i])
		return fate->state;
	fate->state = outcome(a, i);
	a->is_known[i] = 1;
	if (fate->state != STATE_DONE ||
	    !goes_back(w, i, fate->rounds, a->back[i]))
		return fate->state;
	a->back[i]++;
	to = index_of(w, w->steps[i].again.to);
	for (k = 0; k < w->pipeline.steps_n; k++)
		if (leads(w, to, k) && leads(w, k, i))
			a->is_known[k] = 0;
	return ask(a, i);
}

/* ---- as the rows of the database have it */

struct walked {
	const struct world *w;
	struct fate fates[STEPS];
	enum state states[STEPS];
	size_t waiting_on[STEPS];
	unsigned int back[STEPS];
	unsigned char has_job[STEPS];
	size_t run_waiting_on;
	int has_failed;
};

static void move(struct walked *m, size_t i, enum state_event event)
{
	m->states[i] = state_next(m->states[i], event);
	if (m->states[i] == STATE_COUNT)
		fail_msg("seed %llu: step %zu cannot %d",
			 (unsigned long long)m->w->seed, i, (int)event);
	if (state_is_final(m->states[i]))
		m->has_job[i] = 0;
}

static void make_ready(struct walked *m, size_t i)
{
	assert_int_equal(m->has_job[i], 0);
	move(m, i, EVENT_READY);
	m->has_job[i] = 1;
}

static void feed(struct walked *m, size_t i)
{
	const struct pipeline_step *step = &m->w->steps[i];
	size_t k;

	m->run_waiting_on--;
	for (k = 0; k < step->feeds_n; k++) {
		assert_true(m->waiting_on[step->feeds[k]] > 0);
		if (--m->waiting_on[step->feeds[k]] == 0)
			make_ready(m, step->feeds[k]);
	}
}

static void begin_round(struct walked *m, size_t end)
{
	const struct pipeline *p = &m->w->pipeline;
	size_t i;

	m->run_waiting_on--;
	for (i = 0; i < p->steps_n; i++) {
		if (!p->steps[end].again.body[i])
			continue;
		assert_true(state_is_final(m->states[i]));
		m->run_waiting_on++;
		m->states[i] = STATE_WAITING;
		m->waiting_on[i] = decide_loop_needs(p, end, i);
		if (m->waiting_on[i] == 0)
			make_ready(m, i);
	}
}

/* What a worker does with the job of a step. */
static void work(struct walked *m, size_t i)
{
	const struct pipeline_step *step = &m->w->steps[i];
	enum decide_path path = decide_path(&m->w->pipeline, i, m->states);
	unsigned int round = ++m->fates[i].rounds;

	if (path == PATH_WHEN)
		path = is_met(m->w, i, round) ? PATH_RUN : PATH_SKIP;
	if (path == PATH_SKIP) {
		move(m, i, EVENT_SKIP);
		feed(m, i);
		return;
	}
	m->fates[i].calls++;
	move(m, i, EVENT_START);
	if (!fails(m->w, i, round)) {
		move(m, i, EVENT_FINISH);
		if (goes_back(m->w, i, round, m->back[i])) {
			m->back[i]++;
			begin_round(m, i);
		} else {
			feed(m, i);
		}
	} else if (step->policy == POLICY_SKIP) {
		move(m, i, EVENT_SKIP);
		feed(m, i);
	} else {
		move(m, i, EVENT_FAIL);
		if (step->policy == POLICY_CONTINUE)
			feed(m, i);
		else
			m->has_failed = 1;
	}
}

/* Any of the steps that have a job; STEPS when none has. */
static size_t any_job(const struct walked *m, uint64_t *seed)
{
	size_t found[STEPS], n = 0, i;

	for (i = 0; i < m->w->pipeline.steps_n; i++)
		if (m->has_job[i])
			found[n++] = i;
	return n ? found[draw(seed, (unsigned int)n)] : STEPS;
}

static void walk(struct walked *m, uint64_t seed)
{
	const struct pipeline *p = &m->w->pipeline;
	size_t i, left = (size_t)STEPS * ROUNDS;

	m->run_waiting_on = p->steps_n;
	for (i = 0; i < p->steps_n; i++) {
		m->waiting_on[i] = p->steps[i].needs_n;
		if (m->waiting_on[i] == 0)
			make_ready(m, i);
	}
	while ((i = any_job(m, &seed)) != STEPS) {
		assert_true(left-- > 0);
		work(m, i);
	}
	for (i = 0; i < p->steps_n; i++)
		m->fates[i].state = m->states[i];
}

static void compare(const struct walked *m, const struct asked *a)
{
	size_t i;
	int has_failed = 0;

	for (i = 0; i < m->w->pipeline.steps_n; i++) {
		const struct fate *got = &m->fates[i], *want = &a->fates[i];

		if (got->state != want->state || got->rounds != want->rounds ||
		    got->calls != want->calls)
			fail_msg(
				"seed %llu, step %zu: %s after %u rounds, %u "
				"calls; but %s after %u, %u",
				(unsigned long long)m->w->seed, i,
				state_name(got->state), got->rounds, got->calls,
				state_name(want->state), want->rounds,
				want->calls);
		has_failed |= got->state == STATE_FAILED &&
			      m->w->steps[i].policy == POLICY_FAIL;
	}
	/* It is over: nothing waits, or something has failed for good. */
	assert_int_equal(m->has_failed, has_failed);
	assert_int_equal(m->run_waiting_on == 0, !has_failed);
}

static void a_graph_ends_the_same_in_whatever_order(void **state)
{
	size_t ends[STATE_COUNT] = { 0 }, loops = 0, i, k;
	struct world w;

	(void)state;
	for (i = 0; i < GRAPHS; i++) {
		struct asked asked = { .w = &w };

		world_init(&w, i);
		for (k = 0; k < w.pipeline.steps_n; k++) {
			ends[ask(&asked, k)]++;
			loops += asked.back[k];
		}
		for (k = 0; k < ORDERS; k++) {
			struct walked walked = { .w = &w };

			walk(&walked, mix(i) ^ k);
			compare(&walked, &asked);
		}
		graph_release(&w.pipeline);
	}
	print_message(
		"# %d graphs: %zu steps done, %zu failed, %zu skipped, "
		"%zu never started, %zu times back\n",
		GRAPHS, ends[STATE_DONE], ends[STATE_FAILED],
		ends[STATE_SKIPPED], ends[STATE_WAITING], loops);
	assert_true(ends[STATE_DONE] > GRAPHS);
	assert_true(ends[STATE_FAILED] > GRAPHS / 2);
	assert_true(ends[STATE_SKIPPED] > GRAPHS);
	assert_true(ends[STATE_WAITING] > GRAPHS / 10);
	assert_true(loops > GRAPHS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_graph_ends_the_same_in_whatever_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
