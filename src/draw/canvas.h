/* SPDX-License-Identifier: MIT */
#ifndef DRAW_CANVAS_H
#define DRAW_CANVAS_H

/**
 * A page of characters. Lines of one net join where they meet; where two nets
 * cross, the line from left to right passes under the other.
 */

#include <stddef.h>

#include "plan/state.h"

struct canvas;
struct draw_terminal;
struct strbuf;

enum canvas_frame {
	CANVAS_SQUARE,
	CANVAS_ROUND,
	CANVAS_DOUBLE,
};

struct canvas_box {
	int x, y; /* of its upper left corner */
	int width, height;
	enum canvas_frame frame;
	enum state state; /* STATE_COUNT: none, no colour */
};

struct canvas *canvas_new(int width, int height);
void canvas_free(struct canvas **canvas);

void canvas_box(struct canvas *canvas, const struct canvas_box *box);

/** A second box that looks out from behind the first. */
void canvas_shadow(struct canvas *canvas, const struct canvas_box *box);

/** Text from (x, y) on, in the colour of `state`. */
void canvas_text(struct canvas *canvas, int x, int y, enum state state,
		 const char *text);

/** A net: the lines drawn until the next call are of it. */
void canvas_net(struct canvas *canvas, int net, int is_dotted);

/** Lines of the net, ends included; from == to leaves nothing. */
void canvas_across(struct canvas *canvas, int y, int from, int to);
void canvas_down(struct canvas *canvas, int x, int from, int to);

/** The net leaves a frame here, downwards; or ends in an arrow. */
void canvas_leave(struct canvas *canvas, int x, int y);
void canvas_arrow_down(struct canvas *canvas, int x, int y);
void canvas_arrow_left(struct canvas *canvas, int x, int y);

void canvas_write(const struct canvas *canvas,
		  const struct draw_terminal *terminal, struct strbuf *out);

#endif
