/* SPDX-License-Identifier: MIT */

#include <config.h>

#include "plan/pipeline.h"

#define AT(field) offsetof(struct pipeline_step, field)

const struct conf_key step_keys[] = {
	{ "name", CONF_STR, NULL, "1", "64", CONF_REQUIRED, AT(name),
	  "What other steps and expressions call it: letters, digits and '_'" },
	{ "engine", CONF_STR, NULL, "1", "64", 0, AT(engine),
	  "The engine that it calls; a gate or a step that only waits has "
	  "none" },
	{ "needs", CONF_STRINGS, NULL, NULL, "256", 0, AT(needs_names),
	  "Steps that must be finished before it starts; unset, the step "
	  "written before it; [], none" },
	{ "when", CONF_EXPR, NULL, NULL, NULL, 0, AT(when_text),
	  "Whether it runs, as a jq program over the run's state that gives "
	  "true or false; unset, it runs unless all it needs was skipped" },
	{ "each", CONF_EXPR, NULL, NULL, NULL, 0, AT(each_text),
	  "Makes it a map: a jq program that gives items, and each gets a "
	  "call of its own, with .item and .index in the state" },
	{ "min_done", CONF_STR, NULL, "1", "16", 0, AT(min_done_text),
	  "How many of a map's items must be done, as \"3\" or \"80%\"; unset, "
	  "all. With fewer it has failed" },
	{ "at_once", CONF_INT, NULL, "1", "100000", 0, AT(at_once),
	  "How many of a map's items are under way at the same time; unset, "
	  "100" },
	{ "wait", CONF_DUR, NULL, "0", "365d", 0, AT(wait_ms),
	  "How long it waits when what it needs is finished" },
	{ "until", CONF_EXPR, NULL, NULL, NULL, 0, AT(until_text),
	  "The time it waits for, as a jq program that gives seconds since "
	  "1970 or a text like 2026-01-31T09:00:00Z" },
	{ "gate", CONF_GROUP, NULL, NULL, NULL, 0, 0,
	  "Makes it a gate: it waits for `stepq approve` or `stepq reject`" },
	{ "input", CONF_EXPR, NULL, NULL, NULL, 0, AT(input_text),
	  "What the engine gets, as a jq program over the run's state; unset, "
	  "the whole state" },
	{ "output", CONF_EXPR, NULL, NULL, NULL, 0, AT(output_text),
	  "What is kept as the step's result, as a jq program over the "
	  "engine's answer; unset, the answer" },
	{ "cost", CONF_EXPR, NULL, NULL, NULL, 0, AT(cost_text),
	  "What the step cost, as a jq program over the engine's answer; "
	  "unset, nothing" },
	{ "again", CONF_GROUP, NULL, NULL, NULL, 0, 0,
	  "Sends the run back to an earlier step when this one is done" },
	{ "on_failure", CONF_ENUM, NULL, "fail|skip|continue", NULL, 0,
	  AT(policy_text),
	  "What its failure does: the run fails, the step counts as skipped, "
	  "or the run goes on without its result; unset, fail" },
	{ "fallback", CONF_STR, NULL, "1", "64", 0, AT(fallback),
	  "The step that runs in its place when it has failed, and only "
	  "then" },
	{ "into", CONF_STR, NULL, "1", "64", 0, AT(into),
	  "What its result is called in the state; unset, its name. Several "
	  "steps may share one" },
	{ "merge", CONF_ENUM, "replace", "replace|append|deep", NULL, 0,
	  AT(merge_text),
	  "How results of one name come together: the last one counts, a "
	  "list of all, or objects member by member" },
	{ "queue", CONF_STR, NULL, "1", "255", 0, AT(queue),
	  "Queue that its job goes to; unset, the queue of the run" },
	{ "tries", CONF_INT, NULL, "0", "65535", 0, AT(tries),
	  "Attempts it gets, 0 for no end; unset, what its engine says" },
	{ "backoff", CONF_DURS, NULL, "0", "30d", 0, AT(backoff_ms),
	  "Waits before the second, third, ... attempt; unset, what its "
	  "engine says" },
	{ "timeout", CONF_DUR, NULL, "0", "30d", 0, AT(timeout_ms),
	  "How long one attempt may take, 0 for no end; unset, what its "
	  "engine says" },
	{ "weight", CONF_NUM, "1", "0", "1000000", 0, AT(weight),
	  "Its share of the run's progress, next to the other steps'" },
	{ "state", CONF_STR, NULL, "1", "32", 0, AT(state),
	  "What the run's stage is called while it runs; unset, its name" },
};
const size_t step_keys_n = sizeof(step_keys) / sizeof(*step_keys);

const struct conf_key step_gate_keys[] = {
	{ "deadline", CONF_DUR, NULL, "1s", "365d", 0, AT(gate.deadline_ms),
	  "How long it waits for an answer; unset, for ever" },
	{ "on_deadline", CONF_ENUM, NULL, "approve|reject", NULL, 0,
	  AT(gate.on_deadline),
	  "The answer when none came in time; unset, reject" },
	{ "on_reject", CONF_ENUM, "fail", "fail|continue", NULL, 0,
	  AT(gate.on_reject),
	  "Whether a rejected gate has failed, or is done with the result "
	  "{approved: false}" },
};
const size_t step_gate_keys_n =
	sizeof(step_gate_keys) / sizeof(*step_gate_keys);

const struct conf_key step_again_keys[] = {
	{ "to", CONF_STR, NULL, "1", "64", CONF_REQUIRED, AT(again.to),
	  "The step that the run goes back to; it and all between are done "
	  "again" },
	{ "when", CONF_EXPR, NULL, NULL, NULL, CONF_REQUIRED,
	  AT(again.when_text),
	  "Whether it goes back, as a jq program over the state with this "
	  "step's result in it" },
	{ "at_most", CONF_INT, "1", "1", "1000", 0, AT(again.at_most),
	  "How many times it goes back in a run; after that the run goes on" },
};
const size_t step_again_keys_n =
	sizeof(step_again_keys) / sizeof(*step_again_keys);
