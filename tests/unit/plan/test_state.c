/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "plan/state.h"

/* The whole machine once more, as a matrix: what is not here must not move. */
static const struct {
	enum state from;
	enum state_event event;
	enum state to;
} moves[] = {
	{ STATE_WAITING, EVENT_READY, STATE_QUEUED },
	{ STATE_RUNNING, EVENT_COLLECT, STATE_QUEUED }, /* a map */
	{ STATE_WAITING, EVENT_START, STATE_RUNNING },  /* parked */
	{ STATE_QUEUED, EVENT_START, STATE_RUNNING },
	{ STATE_RETRYING, EVENT_START, STATE_RUNNING },
	{ STATE_RUNNING, EVENT_START, STATE_RUNNING },
	{ STATE_QUEUED, EVENT_PARK, STATE_WAITING },
	{ STATE_WAITING, EVENT_PARK, STATE_WAITING },
	{ STATE_RUNNING, EVENT_RETRY, STATE_RETRYING },
	{ STATE_RUNNING, EVENT_RELEASE, STATE_QUEUED },
	{ STATE_RUNNING, EVENT_FINISH, STATE_DONE },
	{ STATE_QUEUED, EVENT_FINISH, STATE_DONE },
	{ STATE_WAITING, EVENT_FINISH, STATE_DONE }, /* an answered gate */
	{ STATE_RUNNING, EVENT_FAIL, STATE_FAILED },
	{ STATE_QUEUED, EVENT_FAIL, STATE_FAILED },
	{ STATE_RETRYING, EVENT_FAIL, STATE_FAILED },
	{ STATE_WAITING, EVENT_FAIL, STATE_FAILED },
	{ STATE_RUNNING, EVENT_SKIP, STATE_SKIPPED },
	{ STATE_QUEUED, EVENT_SKIP, STATE_SKIPPED },
	{ STATE_RETRYING, EVENT_SKIP, STATE_SKIPPED },
	{ STATE_WAITING, EVENT_SKIP, STATE_SKIPPED },
	{ STATE_RUNNING, EVENT_CANCEL, STATE_CANCELLED },
	{ STATE_QUEUED, EVENT_CANCEL, STATE_CANCELLED },
	{ STATE_RETRYING, EVENT_CANCEL, STATE_CANCELLED },
	{ STATE_WAITING, EVENT_CANCEL, STATE_CANCELLED },
	{ STATE_FAILED, EVENT_REVIVE, STATE_QUEUED },
	{ STATE_FAILED, EVENT_REOPEN, STATE_WAITING }, /* an item */
};

static enum state expected(enum state from, enum state_event event)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(moves); i++)
		if (moves[i].from == from && moves[i].event == event)
			return moves[i].to;
	return STATE_COUNT;
}

static void every_event_in_every_state_does_what_it_should(void **state)
{
	unsigned int from, event;

	(void)state;
	for (from = 0; from < STATE_COUNT; from++)
		for (event = 0; event < EVENT_COUNT; event++)
			assert_int_equal(state_next((enum state)from,
						    (enum state_event)event),
					 expected((enum state)from,
						  (enum state_event)event));
}

static void only_failures_lead_out_of_a_final_state(void **state)
{
	unsigned int from, event;

	(void)state;
	for (from = 0; from < STATE_COUNT; from++) {
		if (!state_is_final((enum state)from))
			continue;
		for (event = 0; event < EVENT_COUNT; event++)
			if (from != STATE_FAILED ||
			    (event != EVENT_REVIVE && event != EVENT_REOPEN))
				assert_int_equal(
					state_next((enum state)from,
						   (enum state_event)event),
					STATE_COUNT);
	}
}

static void the_sources_are_those_of_the_moves(void **state)
{
	struct strbuf want = { 0 };
	unsigned int from, event;

	(void)state;
	for (event = 0; event < EVENT_COUNT; event++) {
		strbuf_clear(&want);
		for (from = 0; from < STATE_COUNT; from++)
			if (state_next((enum state)from,
				       (enum state_event)event) != STATE_COUNT)
				strbuf_addf(&want, "%s'%s'",
					    want.len ? "," : "",
					    state_name((enum state)from));
		assert_string_equal(state_sources((enum state_event)event),
				    strbuf_str(&want));
	}
	strbuf_release(&want);
}

static void names_lead_back_to_their_states(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < STATE_COUNT; i++)
		assert_int_equal(state_from_name(state_name((enum state)i)), i);
	assert_int_equal(state_from_name(""), STATE_COUNT);
	assert_int_equal(state_from_name("Done"), STATE_COUNT);
	assert_int_equal(state_from_name("pending"), STATE_COUNT);
}

static void four_states_are_final(void **state)
{
	(void)state;
	assert_true(state_is_final(STATE_DONE));
	assert_true(state_is_final(STATE_FAILED));
	assert_true(state_is_final(STATE_SKIPPED));
	assert_true(state_is_final(STATE_CANCELLED));
	assert_false(state_is_final(STATE_WAITING));
	assert_false(state_is_final(STATE_QUEUED));
	assert_false(state_is_final(STATE_RUNNING));
	assert_false(state_is_final(STATE_RETRYING));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_event_in_every_state_does_what_it_should),
		cmocka_unit_test(only_failures_lead_out_of_a_final_state),
		cmocka_unit_test(the_sources_are_those_of_the_moves),
		cmocka_unit_test(names_lead_back_to_their_states),
		cmocka_unit_test(four_states_are_final),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
