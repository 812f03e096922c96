/* SPDX-License-Identifier: MIT */
#ifndef UNIT_DRAW_SHAPES_H
#define UNIT_DRAW_SHAPES_H

/**
 * Pipelines to draw, made by hand and not loaded: of any shape, with or
 * without engines.
 */

#include <stddef.h>

#include "plan/pipeline.h"

struct shape {
	struct pipeline pipeline;
};

/**
 * "a b:a c:a,b": c needs a and b; no step before those it needs. Free it with
 * shape_release().
 */
void shape_init(struct shape *shape, const char *text);

/** `seed` chooses the needs of steps a0, a1 ... */
void shape_random(struct shape *shape, size_t steps, unsigned int seed);
void shape_release(struct shape *shape);

struct pipeline_step *shape_step(struct shape *shape, const char *name);

/** `other` takes over when `name` has failed, as plan/graph.c links them. */
void shape_fallback(struct shape *shape, const char *name, const char *other);

/** From `name` back to `to`. */
void shape_again(struct shape *shape, const char *name, const char *to);

/** A map, a gate, a timer, a condition, a fallback and a loop. */
void shape_storybook(struct shape *shape);

#endif
