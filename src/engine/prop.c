/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <math.h>

#include "engine/figure.h"

static const double ink_width = 0.07;

static void star(cairo_t *cr)
{
	path_star(cr, 0, 0, 1, 5, 0.52);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	paint_shape(cr, rgb_of(0xffe27a), 0.16);
	path_star(cr, 0, 0, 0.94, 5, 0.54);
	paint_fill(cr, rgb_of(0xffe27a));
}

static void shell(cairo_t *cr)
{
	int i;

	cairo_move_to(cr, 0, 0.8);
	cairo_curve_to(cr, -1.3, 0.5, -1.1, -0.9, 0, -0.9);
	cairo_curve_to(cr, 1.1, -0.9, 1.3, 0.5, 0, 0.8);
	paint_shape(cr, rgb_of(0xffc9b5), ink_width);
	for (i = -2; i <= 2; i++) {
		cairo_move_to(cr, 0, 0.7);
		cairo_line_to(cr, i * 0.38, -0.78 + 0.1 * i * i);
	}
	paint_set(cr, rgb_of(0xe79a86));
	cairo_set_line_width(cr, 0.06);
	cairo_stroke(cr);
}

static void snowflake(cairo_t *cr)
{
	int i;

	for (i = 0; i < 6; i++) {
		cairo_save(cr);
		cairo_rotate(cr, i * M_PI / 3);
		cairo_move_to(cr, 0, 0);
		cairo_line_to(cr, 0, -1);
		cairo_move_to(cr, -0.26, -0.86);
		cairo_line_to(cr, 0, -0.6);
		cairo_line_to(cr, 0.26, -0.86);
		cairo_restore(cr);
	}
	paint_set(cr, rgb_of(0x7fb7e6));
	cairo_set_line_width(cr, 0.24);
	cairo_stroke_preserve(cr);
	paint_set(cr, rgb_of(0xffffff));
	cairo_set_line_width(cr, 0.13);
	cairo_stroke(cr);
	path_ellipse(cr, 0, 0, 0.42, 0.42);
	paint_shape(cr, rgb_of(0xffffff), ink_width);
}

static void crown(cairo_t *cr)
{
	cairo_move_to(cr, -0.9, 0.7);
	cairo_line_to(cr, -1, -0.5);
	cairo_line_to(cr, -0.45, 0);
	cairo_line_to(cr, 0, -0.85);
	cairo_line_to(cr, 0.45, 0);
	cairo_line_to(cr, 1, -0.5);
	cairo_line_to(cr, 0.9, 0.7);
	cairo_close_path(cr);
	paint_shape(cr, rgb_of(0xffd24d), ink_width);
	paint_ellipse(cr, 0, -0.8, 0.14, 0.14, rgb_of(0xff6f7d));
	paint_ellipse(cr, -0.98, -0.5, 0.12, 0.12, rgb_of(0x6fc3ff));
	paint_ellipse(cr, 0.98, -0.5, 0.12, 0.12, rgb_of(0x6fc3ff));
}

static void lantern(cairo_t *cr)
{
	cairo_arc(cr, 0, -0.8, 0.34, M_PI, 2 * M_PI);
	paint_set(cr, rgb_of(0x4a3a2c));
	cairo_set_line_width(cr, 0.1);
	cairo_stroke(cr);
	path_round(cr, -0.6, -0.8, 1.2, 1.6, 0.24);
	paint_shape(cr, rgb_of(0xfff0a8), ink_width);
	path_round(cr, -0.7, -0.95, 1.4, 0.26, 0.1);
	path_round(cr, -0.7, 0.7, 1.4, 0.26, 0.1);
	paint_shape(cr, rgb_of(0x8a6a48), ink_width);
}

static void paper_moon(cairo_t *cr)
{
	cairo_arc(cr, 0, 0, 1, -0.45 * M_PI, 0.75 * M_PI);
	cairo_curve_to(cr, -0.2, 0.75, 0.62, -0.1, 0.156, -0.988);
	cairo_close_path(cr);
	paint_shape(cr, rgb_of(0xffedb0), ink_width);
}

static void letter(cairo_t *cr)
{
	path_round(cr, -1, -0.65, 2, 1.3, 0.1);
	paint_shape(cr, rgb_of(0xfff6e6), ink_width);
	cairo_move_to(cr, -0.95, -0.58);
	cairo_line_to(cr, 0, 0.15);
	cairo_line_to(cr, 0.95, -0.58);
	paint_set(cr, rgb_of(0x8f7a6a));
	cairo_set_line_width(cr, ink_width);
	cairo_stroke(cr);
	path_ellipse(cr, 0, 0.12, 0.2, 0.2);
	paint_shape(cr, rgb_of(0xe0526a), ink_width);
}

/* Things that shine are somebody, too. */
static void little_face(cairo_t *cr, int is_sad)
{
	int side;

	for (side = -1; side <= 1; side += 2) {
		paint_ellipse(cr, side * 0.22, 0.02, 0.075, 0.11,
			      rgb_of(0x4a3040));
		paint_ellipse(cr, side * 0.38, 0.2, 0.1, 0.06,
			      rgb_faint(rgb_of(0xff8fa0), 0.7));
	}
	if (is_sad)
		cairo_arc(cr, 0, 0.34, 0.1, 1.15 * M_PI, 1.85 * M_PI);
	else
		cairo_arc(cr, 0, 0.18, 0.1, 0.15 * M_PI, 0.85 * M_PI);
	paint_set(cr, rgb_of(0x4a3040));
	cairo_set_line_width(cr, 0.05);
	cairo_stroke(cr);
}

static void draw_kind(cairo_t *cr, enum prop prop)
{
	switch (prop) {
	case PROP_STAR:
		star(cr);
		break;
	case PROP_SHELL:
		shell(cr);
		break;
	case PROP_SNOWFLAKE:
		snowflake(cr);
		break;
	case PROP_CROWN:
		crown(cr);
		break;
	case PROP_LANTERN:
		lantern(cr);
		break;
	case PROP_PAPER_MOON:
		paper_moon(cr);
		break;
	case PROP_LETTER:
		letter(cr);
		break;
	case PROP_NONE:
		break;
	}
}

/* Between two people, or beside the one there is, on the side looked at. */
static void place(const struct panel *panel, double *x, double *y, double *size)
{
	const struct panel_person *first = &panel->people[0];
	const struct panel_person *last = &panel->people[panel->n_people - 1];
	double side = first->looks_left ? -1 : 1;

	*x = first == last ? first->x + side * first->radius * 1.05
			   : (first->x + last->x) / 2;
	*y = first->y + first->radius * (first == last ? 1.12 : 1.5);
	*size = first->radius * (first == last ? 0.4 : 0.44);
}

void prop_draw(cairo_t *cr, const struct panel *panel)
{
	int is_dim = panel->mood == MOOD_TENSE || panel->mood == MOOD_SAD;
	double x, y, size;

	if (panel->prop == PROP_NONE || panel->n_people == 0)
		return;
	place(panel, &x, &y, &size);
	if (panel->prop != PROP_LETTER)
		paint_glow(cr, x, y, size * (is_dim ? 2 : 4.2),
			   rgb_of(0xfff2b8), is_dim ? 0.4 : 0.85);
	cairo_save(cr);
	cairo_translate(cr, x, y);
	cairo_scale(cr, size, size);
	cairo_rotate(cr, -0.12);
	draw_kind(cr, panel->prop);
	if (panel->prop != PROP_LETTER)
		little_face(cr, is_dim);
	cairo_restore(cr);
}
