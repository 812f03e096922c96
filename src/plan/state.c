/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <string.h>

#include "plan/state.h"

#define STATE_NAME(symbol, name, is_final, doc) [STATE_##symbol] = (name),
static const char *const names[STATE_COUNT] = { STATE_TABLE(STATE_NAME) };

#define STATE_FINAL(symbol, name, is_final, doc) [STATE_##symbol] = (is_final),
static const unsigned char finals[STATE_COUNT] = { STATE_TABLE(STATE_FINAL) };

#define STATE_MOVE(event, from, to) { EVENT_##event, STATE_##from, STATE_##to },
static const struct {
	enum state_event event;
	enum state from;
	enum state to;
} moves[] = { STATE_MOVES(STATE_MOVE) };

const char *state_name(enum state state)
{
	assert(state < STATE_COUNT);
	return names[state];
}

enum state state_from_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < STATE_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			break;
	return (enum state)i;
}

int state_is_final(enum state state)
{
	assert(state < STATE_COUNT);
	return finals[state];
}

enum state state_next(enum state from, enum state_event event)
{
	size_t i;

	for (i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
		if (moves[i].event == event && moves[i].from == from)
			return moves[i].to;
	return STATE_COUNT;
}

/*
 * Written out because it goes into SQL as it is: an UPDATE reads better with
 * its states in it, and nothing is built at run time. A test holds it to
 * STATE_MOVES.
 */
const char *state_sources(enum state_event event)
{
	static const char *const sources[EVENT_COUNT] = {
		[EVENT_READY] = "'waiting'",
		[EVENT_COLLECT] = "'running'",
		[EVENT_START] = "'waiting','queued','running','retrying'",
		[EVENT_PARK] = "'waiting','queued'",
		[EVENT_RETRY] = "'running'",
		[EVENT_RELEASE] = "'running'",
		[EVENT_FINISH] = "'waiting','queued','running'",
		[EVENT_FAIL] = "'waiting','queued','running','retrying'",
		[EVENT_SKIP] = "'waiting','queued','running','retrying'",
		[EVENT_CANCEL] = "'waiting','queued','running','retrying'",
		[EVENT_REVIVE] = "'failed'",
		[EVENT_REOPEN] = "'failed'",
	};

	assert(event < EVENT_COUNT);
	return sources[event];
}
