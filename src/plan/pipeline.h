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

struct pipeline_step {
	char *name;
	char *engine;
	char **needs_names;  /* ended by NULL */
	char *queue;         /* NULL: the run's own */
	char *state;         /* label shown while it runs; NULL: its name */
	char *input_text;    /* NULL: the whole state */
	char *output_text;   /* NULL: the answer as it is */
	char *cost_text;     /* NULL: nothing */
	int64_t tries;       /* -1: not set here; 0: no end */
	int64_t *backoff_ms; /* ended by -1; NULL: not set here */
	int64_t timeout_ms;  /* -1: not set here; 0: none */
	double weight;       /* share of the run's progress */

	size_t *needs; /* indexes of the steps it needs */
	size_t needs_n;
	size_t *feeds; /* indexes of the steps that need it */
	size_t feeds_n;
	unsigned char *above; /* [steps_n] 1: needed, directly or not */
	struct expr *input;   /* after pipeline_compile(); NULL: none given */
	struct expr *output;
	struct expr *cost;
};

struct pipeline {
	char *name;
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

/** Index of a step by name, -1 when there is none. */
int pipeline_step_index(const struct pipeline *pipeline, const char *name);

#endif
