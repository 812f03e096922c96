/* SPDX-License-Identifier: MIT */
#ifndef PLAN_PIPELINE_H
#define PLAN_PIPELINE_H

/**
 * A pipeline: steps and what they need, as configured or as a run that is
 * under way began with it. Its definition is one JSON text, the same for the
 * same pipeline, which the database keeps for its runs; engines are named in
 * it, not contained.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "conf/keys.h"

struct conf_node;
struct conf_report;
struct err;
struct expr;

/** What a step is; the names are the database's (episode_jobs.kind). */
#define PIPELINE_KINDS(KIND)                                  \
 KIND(CALL, "step", "calls its engine")                       \
 KIND(MAP, "map", "calls its engine for each item of a list") \
 KIND(GATE, "gate", "waits for a person or another system")   \
 KIND(TIMER, "timer", "waits for a time, and does nothing else")

#define PIPELINE_KIND_ENUM(symbol, name, doc) PIPELINE_##symbol,
enum pipeline_kind {
	PIPELINE_KINDS(PIPELINE_KIND_ENUM)
};
#undef PIPELINE_KIND_ENUM

/** What a step's failure means to its run, once its tries are used up. */
enum pipeline_policy {
	POLICY_FAIL,     /* the run fails */
	POLICY_SKIP,     /* the step counts as skipped */
	POLICY_CONTINUE, /* it stays failed, what needs it goes on without */
};

/** How results of one name in the state come together. */
enum pipeline_merge {
	MERGE_REPLACE, /* the last one counts */
	MERGE_APPEND,  /* a list of all, the elements of lists one by one */
	MERGE_DEEP,    /* objects member by member, as jq's `*` */
};

/** When a map counts as done: `count` items, or else that `share` of them. */
struct pipeline_quota {
	int64_t count; /* -1: not said */
	double share;  /* 0..1 */
};

struct pipeline_step {
	char *name;
	char *engine;        /* NULL: a gate or a timer */
	char **needs_names;  /* ended by NULL; as written */
	char *queue;         /* NULL: the run's own */
	char *state;         /* label shown while it runs; NULL: its name */
	char *input_text;    /* NULL: the whole state */
	char *output_text;   /* NULL: the answer as it is */
	char *cost_text;     /* NULL: nothing */
	char *when_text;     /* NULL: whenever what it needs was not skipped */
	char *each_text;     /* NULL: no map */
	char *until_text;    /* NULL: no such time */
	char *min_done_text; /* "3" or "50%"; NULL: all */
	char *policy_text;
	char *fallback; /* name of the step that takes over; or NULL */
	char *merge_text;
	char *into;          /* name in the state; NULL: its own */
	int64_t tries;       /* -1: not set here; 0: no end */
	int64_t *backoff_ms; /* ended by -1; NULL: not set here */
	int64_t timeout_ms;  /* -1: not set here; 0: none */
	int64_t at_once;     /* items of a map under way; -1: not set */
	int64_t wait_ms;     /* -1: none */
	double weight;       /* share of the run's progress */
	struct {
		int is_set;
		int64_t deadline_ms; /* -1: none */
		char *on_deadline;   /* approve, reject */
		char *on_reject;     /* fail, continue */
	} gate;
	struct {
		char *to; /* NULL: no loop ends here */
		char *when_text;
		int64_t at_most; /* times it goes back in a run */
		struct expr *when;
		size_t index;        /* of `to` */
		unsigned char *body; /* [steps_n] 1: is done again */
	} again;

	/* from here on: made by pipeline_load() and pipeline_parse() */
	enum pipeline_kind kind;
	enum pipeline_policy policy;
	enum pipeline_merge merge;
	struct pipeline_quota min_done;
	size_t *needs; /* indexes of the steps it waits for, see plan/graph.h */
	size_t needs_n;
	size_t *feeds; /* indexes of the steps that wait for it */
	size_t feeds_n;
	unsigned char *above;  /* [steps_n] 1: waited for, directly or not */
	int has_fallback;      /* `fallback` is this step: */
	size_t fallback_index; /* */
	int is_fallback;       /* it runs only when this step has failed: */
	size_t fallback_of;    /* */
	struct expr *input;    /* after pipeline_compile(); NULL: none given */
	struct expr *output;
	struct expr *cost;
	struct expr *when;
	struct expr *each;
	struct expr *until;
};

struct pipeline {
	char *name;
	int64_t is_unique;           /* one live run for each episode */
	struct pipeline_step *steps; /* in the order they are written */
	size_t steps_n;
	double weight;    /* of all steps, more than 0 */
	char *definition; /* JSON */
	unsigned int refs;
	int is_compiled;
};

extern const struct conf_key pipeline_keys[];
extern const size_t pipeline_keys_n;
extern const struct conf_key step_keys[];
extern const size_t step_keys_n;
extern const struct conf_key step_gate_keys[];
extern const size_t step_gate_keys_n;
extern const struct conf_key step_again_keys[];
extern const size_t step_again_keys_n;

/**
 * From a member of `pipelines`. NULL when anything is wrong with it; all
 * errors go to `report`: names, unknown steps, cycles with their path.
 * Engines are checked by plan_load().
 */
struct pipeline *pipeline_load(const struct conf_node *node,
			       struct conf_report *report);

/** From a definition the database kept. */
int pipeline_parse(const char *definition, struct pipeline **out,
		   struct err *err) MUST_CHECK;

/** Compile the expressions, once; ERR_CONFIG names step and key. */
int pipeline_compile(struct pipeline *pipeline, struct err *err) MUST_CHECK;

/** The keys of a step that hold expressions, ended by NULL. */
extern const char *const pipeline_expr_keys[];

/** Compile one of them, if the step has it. */
int pipeline_compile_key(struct pipeline *pipeline, size_t step,
			 const char *key, struct err *err) MUST_CHECK;

/** Count references: a run under way keeps its pipeline over a reload. */
struct pipeline *pipeline_ref(struct pipeline *pipeline);
void pipeline_unref(struct pipeline **pipeline);

/** "step", "map", "gate", "timer". */
const char *pipeline_kind_name(enum pipeline_kind kind);

/** Index of a step by name, -1 when there is none. */
int pipeline_step_index(const struct pipeline *pipeline, const char *name);

#endif
