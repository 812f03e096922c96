/* SPDX-License-Identifier: MIT */
#ifndef PLAN_GRAPH_H
#define PLAN_GRAPH_H

/**
 * The edges of a pipeline: what its steps need, by index and both ways.
 */

#include <stddef.h>

#include "base/util.h"

struct err;
struct pipeline;

/**
 * Fill needs, feeds and above of all steps from their needs_names, fallbacks
 * and the bodies of loops. ERR_CONFIG names the first step that needs what is
 * no step, a cycle with its path, or a loop that others look into;
 * `step_out` is the step it is about.
 */
int graph_link(struct pipeline *pipeline, size_t *step_out,
	       struct err *err) MUST_CHECK;

/** Free what graph_link() made, also when it failed. */
void graph_release(struct pipeline *pipeline);

#endif
