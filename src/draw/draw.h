/* SPDX-License-Identifier: MIT */
#ifndef DRAW_DRAW_H
#define DRAW_DRAW_H

/**
 * Pictures of a pipeline: what needs what, and, of a run, how far each step
 * is. Pure: the same input gives the same bytes.
 *
 * All pictures say the same. Solid edges lead from what is needed to what
 * needs it, dotted ones to a fallback and on from it, and the end of a loop
 * has one that leads back.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "plan/state.h"

struct pipeline;

/** How far a step of a run is: its latest round. */
struct draw_status {
	enum state state;
	uint32_t attempts;
	uint32_t round;  /* 0 and 1: the first */
	int64_t took_ms; /* 0: has not started */
	double progress; /* percent */
	int has_items;   /* of a map: its items are known */
	uint32_t items;
	uint32_t items_done;
};

struct draw {
	const struct pipeline *pipeline;
	const struct draw_status *status; /* [steps_n]; NULL: not of a run */
	const char *title;                /* NULL: the pipeline's name */
	const char *subtitle;             /* NULL: none */
};

/** Wraps `text`, which shows something in `state`, in colour; appends it. */
typedef void (*draw_paint_fn)(void *user, struct strbuf *out, enum state state,
			      const char *text);

struct draw_terminal {
	size_t columns;      /* 0: any width */
	int is_ascii;        /* it cannot show UTF-8 */
	draw_paint_fn paint; /* NULL: no colour */
	void *user;
};

/** Boxes and lines; a list where those are wider than the terminal. */
void draw_text(const struct draw *draw, const struct draw_terminal *terminal,
	       struct strbuf *out);

/** A flowchart for Mermaid, as Markdown pages embed it. */
void draw_mermaid(const struct draw *draw, struct strbuf *out);

/** For Graphviz. */
void draw_dot(const struct draw *draw, struct strbuf *out);

/** A picture that needs nothing else, for light and dark pages. */
void draw_svg(const struct draw *draw, struct strbuf *out);

/** Nodes, edges and layers with the positions they have in the SVG. */
jv draw_json(const struct draw *draw) MUST_CHECK;

#endif
