/* SPDX-License-Identifier: MIT */

/*
 * Bubbles go from the top down in the order they are read, each towards the
 * side of who says it, in the part of the picture that the staging left free
 * of heads. What is told after something was said goes to the bottom. When
 * all together are too tall, the letters get smaller, down to a size that
 * can still be read on a phone; text beyond that is cut with an ellipsis.
 */

#include <config.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <pango/pangocairo.h>

/* glib has them too, and so has base/util.h. */
#undef MIN
#undef MAX

#include "base/strbuf.h"
#include "base/utf8.h"
#include "engine/bubble.h"
#include "engine/paint.h"
#include "engine/panel.h"
#include "engine/picture.h"

enum {
	MARGIN = 34,
	GAP = 14,
	SIZE_MAX_PX = 40,
	SIZE_MIN_PX = 22,
	SIZE_STEP_PX = 3,
	MAX_ROWS = 9,
	CAPTION_WIDTH = 640,
	SPEECH_WIDTH = 400,
	MIN_WIDTH = 120,
};

static const char font_name[] =
	"NanumSquareRound, Nanum Gothic, "
	"Noto Sans CJK KR, Comic Neue, DejaVu Sans "
	"Bold";

/* A text and the box around it. */
struct bubble {
	PangoLayout *layout;
	int person; /* -1: a caption */
	int is_low; /* at the bottom of the picture */
	double x;
	double y;
	double w; /* with its padding */
	double h;
};

/*
 * Pango breaks Korean words anywhere. A word joiner between two syllables
 * keeps them whole. The caller frees it.
 */
static char *keep_words(const char *text)
{
	struct strbuf out = { 0 };
	int was_korean = 0;

	while (*text) {
		size_t len = utf8_char_len((const unsigned char *)text,
					   strlen(text));

		assert(len > 0);
		if (was_korean && is_korean(text))
			strbuf_adds(&out, "\xe2\x81\xa0");
		was_korean = is_korean(text);
		strbuf_add(&out, text, len);
		text += len;
	}
	return strbuf_detach(&out);
}

/* The narrowest that takes no more rows: no last row of one word. */
static void balance(PangoLayout *layout, int width)
{
	int rows = pango_layout_get_line_count(layout);

	while (width > MIN_WIDTH) {
		pango_layout_set_width(layout, (width - 16) * PANGO_SCALE);
		if (pango_layout_get_line_count(layout) > rows ||
		    pango_layout_is_ellipsized(layout))
			break;
		width -= 16;
	}
	pango_layout_set_width(layout, width * PANGO_SCALE);
}

static PangoLayout *layout_of(cairo_t *cr, const struct panel_line *line,
			      int size)
{
	PangoFontDescription *font =
		pango_font_description_from_string(font_name);
	PangoLayout *layout = pango_cairo_create_layout(cr);
	int width = line->person < 0 ? CAPTION_WIDTH : SPEECH_WIDTH;
	char *text = keep_words(line->text);

	pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
	pango_layout_set_font_description(layout, font);
	pango_font_description_free(font);
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_height(layout, -MAX_ROWS);
	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	pango_layout_set_alignment(layout, line->person < 0
						   ? PANGO_ALIGN_LEFT
						   : PANGO_ALIGN_CENTER);
	pango_layout_set_text(layout, text, -1);
	pango_layout_set_width(layout, width * PANGO_SCALE);
	free(text);
	balance(layout, width);
	return layout;
}

static struct bubble measure(cairo_t *cr, const struct panel_line *line,
			     int size)
{
	struct bubble bubble = { .layout = layout_of(cr, line, size),
				 .person = line->person };
	int w, h;

	pango_layout_get_pixel_size(bubble.layout, &w, &h);
	/* A caption is a box, a bubble nearly an ellipse: it needs more. */
	bubble.w = line->person < 0 ? w + 44 : w * 1.22 + 56;
	bubble.h = line->person < 0 ? h + 30 : h * 1.28 + 44;
	/* The layout is centred in what is there, not in what could be. */
	pango_layout_set_width(bubble.layout, (w + 2) * PANGO_SCALE);
	return bubble;
}

static double clamp(double x, double low, double high)
{
	return x < low ? low : x > high ? high : x;
}

static double free_height(const struct panel *panel)
{
	double free = PICTURE_HEIGHT;
	size_t i;

	for (i = 0; i < panel->n_people; i++) {
		const struct panel_person *person = &panel->people[i];

		free = fmin(free, person->y - person->radius * 1.05);
	}
	return fmax(free, 420);
}

/* Place all; the height that those at the top take together. */
static double place(const struct panel *panel, struct bubble *bubbles, size_t n)
{
	double y = MARGIN;
	int has_spoken = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		struct bubble *bubble = &bubbles[i];
		double x = MARGIN + bubble->w / 2;

		if (bubble->person >= 0) {
			x = panel->people[bubble->person].x;
			x += (x - PICTURE_WIDTH / 2.0) * 0.25;
			has_spoken = 1;
		}
		bubble->is_low = bubble->person < 0 && has_spoken;
		bubble->x = clamp(x, MARGIN * 0.6 + bubble->w / 2,
				  PICTURE_WIDTH - MARGIN * 0.6 - bubble->w / 2);
		if (bubble->is_low) {
			bubble->y = PICTURE_HEIGHT - MARGIN - bubble->h / 2;
		} else {
			bubble->y = y + bubble->h / 2;
			y += bubble->h + GAP;
		}
	}
	return y;
}

/* Nearer to who speaks, where there is room: the tails get shorter. */
static void lower(struct bubble *bubbles, size_t n, double room)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!bubbles[i].is_low && bubbles[i].person >= 0)
			bubbles[i].y += room * 0.5;
}

static void free_bubbles(struct bubble *bubbles, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		g_object_unref(bubbles[i].layout);
}

static void bubble_path(cairo_t *cr, const struct bubble *bubble)
{
	double r = fmin(bubble->w, bubble->h) / 2;

	/* Flat ellipses waste room: rather a box with very round corners. */
	path_round(cr, bubble->x - bubble->w / 2, bubble->y - bubble->h / 2,
		   bubble->w, bubble->h, r * 0.86);
}

static void tail_path(cairo_t *cr, const struct bubble *bubble,
		      const struct panel_person *person)
{
	double mouth_x = person->x, mouth_y = person->y + person->radius * 0.3;
	double dx = mouth_x - bubble->x, dy = mouth_y - bubble->y;
	double far = fmax(hypot(dx, dy), 1);
	double stop = fmax(far - person->radius * 1.5, bubble->h / 2 + 26);
	double tip_x, tip_y, base = 24;

	stop = fmin(stop, far);
	tip_x = bubble->x + dx / far * stop;
	tip_y = bubble->y + dy / far * stop;
	cairo_new_sub_path(cr);
	cairo_move_to(cr, bubble->x - dy / far * base,
		      bubble->y + dx / far * base);
	cairo_line_to(cr, tip_x, tip_y);
	cairo_line_to(cr, bubble->x + dy / far * base,
		      bubble->y - dx / far * base);
	cairo_close_path(cr);
}

static void draw_speech(cairo_t *cr, const struct panel *panel,
			const struct bubble *bubble)
{
	const struct panel_person *person = &panel->people[bubble->person];
	struct rgba paper = rgb_of(0xffffff), ink = rgb_of(0x2b1d2e);

	/* The outlines of both first, then the paper of both over them. */
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	bubble_path(cr, bubble);
	tail_path(cr, bubble, person);
	paint_set(cr, ink);
	cairo_set_line_width(cr, 7);
	cairo_stroke(cr);
	bubble_path(cr, bubble);
	paint_fill(cr, paper);
	tail_path(cr, bubble, person);
	paint_fill(cr, paper);
}

static void draw_caption(cairo_t *cr, const struct bubble *bubble)
{
	path_round(cr, bubble->x - bubble->w / 2, bubble->y - bubble->h / 2,
		   bubble->w, bubble->h, 10);
	paint_fill(cr, rgb_faint(rgb_of(0x1d1626), 0.86));
}

static void draw_text(cairo_t *cr, const struct bubble *bubble)
{
	int w, h;

	pango_layout_get_pixel_size(bubble->layout, &w, &h);
	paint_set(cr, bubble->person < 0 ? rgb_of(0xfff6e3) : rgb_of(0x241a2b));
	cairo_move_to(cr, bubble->x - w / 2.0, bubble->y - h / 2.0);
	pango_cairo_show_layout(cr, bubble->layout);
}

void bubbles_draw(cairo_t *cr, const struct panel *panel)
{
	struct bubble bubbles[PANEL_LINES];
	int size = SIZE_MAX_PX;
	size_t n = panel->n_lines, i;
	double room;

	for (;;) {
		for (i = 0; i < n; i++)
			bubbles[i] = measure(cr, &panel->lines[i], size);
		room = free_height(panel) - place(panel, bubbles, n);
		if (room >= 0 || size - SIZE_STEP_PX < SIZE_MIN_PX)
			break;
		free_bubbles(bubbles, n);
		size -= SIZE_STEP_PX;
	}
	lower(bubbles, n, fmax(room, 0));
	for (i = 0; i < n; i++) {
		if (bubbles[i].person < 0)
			draw_caption(cr, &bubbles[i]);
		else
			draw_speech(cr, panel, &bubbles[i]);
		draw_text(cr, &bubbles[i]);
	}
	free_bubbles(bubbles, n);
}
