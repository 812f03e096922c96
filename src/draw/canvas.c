/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "draw/canvas.h"
#include "draw/draw.h"

enum {
	UP = 1,
	DOWN = 2,
	LEFT = 4,
	RIGHT = 8,
	GLYPH = 5, /* bytes of a character, and a NUL */
};

struct cell {
	char glyph[GLYPH]; /* "" where `arms` are shown */
	unsigned char arms;
	unsigned char is_dotted;
	unsigned char is_frame;
	unsigned char is_double; /* of a frame */
	unsigned char is_tail;   /* the second column of a wide character */
	enum state state;
	int net;
};

struct canvas {
	struct cell *cells;
	int width;
	int height;
	int net;
	int is_dotted;
};

struct canvas *canvas_new(int width, int height)
{
	struct canvas *canvas = xcalloc(1, sizeof(*canvas));
	size_t n = (size_t)width * (size_t)height, i;

	canvas->width = width;
	canvas->height = height;
	canvas->cells = xcalloc(n + 1, sizeof(*canvas->cells));
	for (i = 0; i < n; i++)
		canvas->cells[i].state = STATE_COUNT;
	return canvas;
}

void canvas_free(struct canvas **canvasp)
{
	if (*canvasp)
		free((*canvasp)->cells);
	free(*canvasp);
	*canvasp = NULL;
}

static struct cell *cell_at(const struct canvas *canvas, int x, int y)
{
	if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height)
		BUG("(%d, %d) is beside the page of %d x %d", x, y,
		    canvas->width, canvas->height);
	return &canvas->cells[(size_t)y * (size_t)canvas->width + (size_t)x];
}

static void set_glyph(struct canvas *canvas, int x, int y, enum state state,
		      const char *glyph)
{
	struct cell *cell = cell_at(canvas, x, y);

	*cell = (struct cell){ .state = state, .net = canvas->net };
	memcpy(cell->glyph, glyph, strlen(glyph) + 1);
}

static void set_frame(struct canvas *canvas, const struct canvas_box *box,
		      int x, int y, unsigned char arms)
{
	struct cell *cell = cell_at(canvas, x, y);
	int is_corner = (arms & (UP | DOWN)) && (arms & (LEFT | RIGHT));

	*cell = (struct cell){
		.arms = arms,
		.is_frame = 1,
		.is_double = box->frame == CANVAS_DOUBLE,
		.state = box->state,
		.net = -1,
	};
	if (is_corner && box->frame == CANVAS_ROUND)
		memcpy(cell->glyph,
		       arms == (DOWN | RIGHT)  ? "╭"
		       : arms == (DOWN | LEFT) ? "╮"
		       : arms == (UP | RIGHT)  ? "╰"
					       : "╯",
		       sizeof("╭"));
}

void canvas_box(struct canvas *canvas, const struct canvas_box *box)
{
	int right = box->x + box->width - 1, x;
	int bottom = box->y + box->height - 1, y;

	for (x = box->x + 1; x < right; x++) {
		set_frame(canvas, box, x, box->y, LEFT | RIGHT);
		set_frame(canvas, box, x, bottom, LEFT | RIGHT);
	}
	for (y = box->y + 1; y < bottom; y++) {
		set_frame(canvas, box, box->x, y, UP | DOWN);
		set_frame(canvas, box, right, y, UP | DOWN);
	}
	set_frame(canvas, box, box->x, box->y, DOWN | RIGHT);
	set_frame(canvas, box, right, box->y, DOWN | LEFT);
	set_frame(canvas, box, box->x, bottom, UP | RIGHT);
	set_frame(canvas, box, right, bottom, UP | LEFT);
}

void canvas_shadow(struct canvas *canvas, const struct canvas_box *box)
{
	int right = box->x + box->width, x;
	int bottom = box->y + box->height, y;

	for (y = box->y + 2; y < bottom; y++)
		set_frame(canvas, box, right, y, UP | DOWN);
	for (x = box->x + 2; x < right; x++)
		set_frame(canvas, box, x, bottom, LEFT | RIGHT);
	set_frame(canvas, box, right, box->y + 1, DOWN | LEFT);
	set_frame(canvas, box, right, bottom, UP | LEFT);
	set_frame(canvas, box, box->x + 1, bottom, UP | RIGHT);
}

void canvas_text(struct canvas *canvas, int x, int y, enum state state,
		 const char *text)
{
	while (*text) {
		char glyph[GLYPH] = "?";
		size_t n = utf8_char_len((const unsigned char *)text,
					 strlen(text));
		size_t width, i;

		if (n > 0) {
			memcpy(glyph, text, n);
			glyph[n] = '\0';
		}
		text += MAX(n, 1);
		width = utf8_width(glyph);
		if (width == 0)
			continue; /* a mark on the character before it */
		set_glyph(canvas, x++, y, state, glyph);
		for (i = 1; i < width; i++) {
			set_glyph(canvas, x, y, state, "");
			cell_at(canvas, x++, y)->is_tail = 1;
		}
	}
}

void canvas_net(struct canvas *canvas, int net, int is_dotted)
{
	canvas->net = net;
	canvas->is_dotted = is_dotted;
}

static void add_arms(struct canvas *canvas, int x, int y, unsigned char arms)
{
	struct cell *cell = cell_at(canvas, x, y);

	if (cell->is_frame || cell->glyph[0])
		return;
	if (cell->arms && cell->net != canvas->net) {
		if (arms == (LEFT | RIGHT))
			return;
		cell->arms = 0;
	}
	cell->is_dotted = (unsigned char)canvas->is_dotted;
	cell->net = canvas->net;
	cell->arms |= arms;
}

void canvas_across(struct canvas *canvas, int y, int from, int to)
{
	int left = MIN(from, to), right = MAX(from, to), x;

	for (x = left; left < right && x <= right; x++)
		add_arms(canvas, x, y,
			 (unsigned char)((x > left ? LEFT : 0) |
					 (x < right ? RIGHT : 0)));
}

void canvas_down(struct canvas *canvas, int x, int from, int to)
{
	int y;

	for (y = from; from < to && y <= to; y++)
		add_arms(canvas, x, y,
			 (unsigned char)((y > from ? UP : 0) |
					 (y < to ? DOWN : 0)));
}

void canvas_leave(struct canvas *canvas, int x, int y)
{
	cell_at(canvas, x, y)->arms |= DOWN;
}

void canvas_arrow_down(struct canvas *canvas, int x, int y)
{
	set_glyph(canvas, x, y, STATE_COUNT, "▼");
}

void canvas_arrow_left(struct canvas *canvas, int x, int y)
{
	set_glyph(canvas, x, y, STATE_COUNT, "◀");
}

static const char *line_glyph(const struct cell *cell)
{
	static const char *const plain[16] = {
		" ", "│", "│", "│", "─", "┘", "┐", "┤",
		"─", "└", "┌", "├", "─", "┴", "┬", "┼",
	};
	static const char *const doubled[16] = {
		" ", "║", "║", "║", "═", "╝", "╗", "╢",
		"═", "╚", "╔", "╟", "═", "╧", "╤", "╬",
	};

	if (cell->is_dotted && cell->arms == (UP | DOWN))
		return "┊";
	if (cell->is_dotted && cell->arms == (LEFT | RIGHT))
		return "┄";
	return cell->is_double ? doubled[cell->arms] : plain[cell->arms];
}

static const char *ascii_glyph(const struct cell *cell)
{
	if (strcmp(cell->glyph, "▼") == 0)
		return "v";
	if (strcmp(cell->glyph, "◀") == 0)
		return "<";
	if (cell->glyph[0] && !cell->is_frame)
		return (unsigned char)cell->glyph[0] < 0x80 ? cell->glyph : "?";
	if (cell->arms == 0)
		return " ";
	if ((cell->arms & ~(UP | DOWN)) == 0)
		return cell->is_dotted ? ":" : "|";
	if ((cell->arms & ~(LEFT | RIGHT)) == 0)
		return cell->is_dotted ? "." : cell->is_double ? "=" : "-";
	return "+";
}

static const char *cell_glyph(const struct cell *cell, int is_ascii)
{
	if (is_ascii)
		return ascii_glyph(cell);
	return cell->glyph[0] ? cell->glyph : line_glyph(cell);
}

static void flush_run(const struct draw_terminal *terminal, struct strbuf *out,
		      enum state state, struct strbuf *run)
{
	if (state != STATE_COUNT && terminal->paint && run->len > 0)
		terminal->paint(terminal->user, out, state, strbuf_str(run));
	else
		strbuf_adds(out, strbuf_str(run));
	strbuf_clear(run);
}

static int is_blank(const struct cell *cell)
{
	return cell->arms == 0 && !cell->is_tail &&
	       (cell->glyph[0] == '\0' || cell->glyph[0] == ' ');
}

void canvas_write(const struct canvas *canvas,
		  const struct draw_terminal *terminal, struct strbuf *out)
{
	struct strbuf run = { 0 };
	int x, y, end;

	for (y = 0; y < canvas->height; y++) {
		enum state state = STATE_COUNT;

		for (end = canvas->width; end > 0; end--)
			if (!is_blank(cell_at(canvas, end - 1, y)))
				break;
		for (x = 0; x < end; x++) {
			const struct cell *cell = cell_at(canvas, x, y);

			if (cell->is_tail)
				continue;
			if (cell->state != state) {
				flush_run(terminal, out, state, &run);
				state = cell->state;
			}
			strbuf_adds(&run, cell_glyph(cell, terminal->is_ascii));
		}
		flush_run(terminal, out, state, &run);
		strbuf_addc(out, '\n');
	}
	strbuf_release(&run);
}
