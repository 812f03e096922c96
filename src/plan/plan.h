/* SPDX-License-Identifier: MIT */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

/**
 * All engines and pipelines of one configuration. Counted: what runs keeps
 * the plan it started with while a reload brings a new one.
 */

#include <stddef.h>

#include "base/util.h"

struct conf;
struct conf_report;
struct engine;
struct err;
struct pipeline;

struct plan {
	struct engine *engines;
	size_t engines_n;
	struct pipeline **pipelines;
	size_t pipelines_n;
	unsigned int refs;
};

/** Never NULL; errors in `report`. Expressions are not compiled yet. */
struct plan *plan_load(const struct conf *conf, struct conf_report *report);

/** Compile every expression; all errors, each with file and line. */
void plan_compile(struct plan *plan, const struct conf *conf,
		  struct conf_report *report);

struct plan *plan_ref(struct plan *plan);
void plan_unref(struct plan **plan);

const struct engine *plan_engine(const struct plan *plan, const char *name);
struct pipeline *plan_pipeline(const struct plan *plan, const char *name);

/** "no pipeline 'pipeline.ful'", with a hint when one is near. Always -1. */
int plan_no_pipeline(const struct plan *plan, const char *name,
		     struct err *err);

#endif
