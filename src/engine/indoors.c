/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <math.h>

#include "engine/backdrop.h"
#include "engine/picture.h"

/* The sky of the hour, seen through the path that is open. */
static void outside(struct scenery *scenery)
{
	cairo_save(scenery->cr);
	cairo_clip(scenery->cr);
	sky_paint(scenery);
	ridge_paint(scenery, HORIZON - 230, 40, lit(scenery, 0x7fb878, 0.3));
	cairo_restore(scenery->cr);
}

static void big_window(struct scenery *scenery, double x, double y, double w,
		       double h)
{
	cairo_t *cr = scenery->cr;
	struct rgba frame = lit(scenery, 0xfff4e2, 0);
	int side;

	path_round(cr, x, y, w, h, 14);
	outside(scenery);
	path_round(cr, x, y, w, h, 14);
	cairo_move_to(cr, x + w / 2, y);
	cairo_line_to(cr, x + w / 2, y + h);
	cairo_move_to(cr, x, y + h * 0.45);
	cairo_line_to(cr, x + w, y + h * 0.45);
	paint_set(cr, frame);
	cairo_set_line_width(cr, 16);
	cairo_stroke(cr);
	for (side = -1; side <= 1; side += 2) {
		double edge = side < 0 ? x - 50 : x + w + 50;

		cairo_move_to(cr, edge, y - 40);
		cairo_line_to(cr, edge - side * 150, y - 40);
		cairo_curve_to(cr, edge - side * 120, y + h * 0.5,
			       edge - side * 40, y + h * 0.6, edge - side * 60,
			       y + h + 40);
		cairo_line_to(cr, edge, y + h + 40);
		cairo_close_path(cr);
		paint_fill(cr, lit(scenery, 0xe2848c, 0));
	}
	path_round(cr, x - 90, y - 56, w + 180, 20, 10);
	paint_fill(cr, lit(scenery, 0x8a5a3a, 0));
}

static void bookshelf(struct scenery *scenery, double x, double y)
{
	static const unsigned int spines[] = { 0xd8695c, 0x5c8fd8, 0xf0c05a,
					       0x6fae86, 0xa685c9, 0xeae0d0 };
	cairo_t *cr = scenery->cr;
	int row;

	path_round(cr, x, y, 230, 420, 8);
	paint_fill(cr, lit(scenery, 0x9a6a44, 0));
	for (row = 0; row < 3; row++) {
		double at = x + 16, shelf = y + 16 + row * 134;

		cairo_rectangle(cr, x + 12, shelf, 206, 118);
		paint_fill(cr, lit(scenery, 0x6f4a30, 0));
		while (at < x + 186) {
			double w = dice_between(&scenery->dice, 14, 30);
			double h = dice_between(&scenery->dice, 70, 108);

			cairo_rectangle(cr, at, shelf + 118 - h, w - 3, h);
			paint_fill(cr,
				   lit(scenery,
				       spines[dice_below(&scenery->dice, 6)],
				       0));
			at += w;
		}
	}
}

static void floor_lamp(struct scenery *scenery, double x)
{
	cairo_t *cr = scenery->cr;

	cairo_rectangle(cr, x - 5, HORIZON - 300, 10, 380);
	paint_fill(cr, lit(scenery, 0x5a4a40, 0));
	cairo_move_to(cr, x - 40, HORIZON - 390);
	cairo_line_to(cr, x + 40, HORIZON - 390);
	cairo_line_to(cr, x + 70, HORIZON - 290);
	cairo_line_to(cr, x - 70, HORIZON - 290);
	cairo_close_path(cr);
	paint_fill(cr, rgb_of(0xffe2a0));
	paint_glow(cr, x, HORIZON - 320, scenery->light->is_dark ? 420 : 160,
		   rgb_of(0xffd98a), scenery->light->is_dark ? 0.55 : 0.3);
}

void room_paint(struct scenery *scenery)
{
	static const unsigned int papers[] = { 0xf3dfc6, 0xcfe0d2, 0xd9d3ea };
	unsigned int paper = papers[dice_below(&scenery->dice, 3)];
	cairo_t *cr = scenery->cr;
	int is_left = (int)dice_below(&scenery->dice, 2), i;

	paint_band(cr, -500, HORIZON + 560, lit(scenery, paper, 0),
		   rgb_mix(lit(scenery, paper, 0), rgb_of(0xffffff), 0.2));
	for (i = -6; i < 20; i++) {
		cairo_rectangle(cr, i * 72, -500, 30, HORIZON + 560);
		paint_fill(cr, rgb_faint(rgb_of(0xffffff), 0.12));
	}
	big_window(scenery, is_left ? 90 : 400, 330, 380, 330);
	bookshelf(scenery, is_left ? 610 : 40, HORIZON - 380);
	paint_band(cr, HORIZON + 60, PICTURE_HEIGHT, lit(scenery, 0xc99a6b, 0),
		   lit(scenery, 0xa87850, 0));
	cairo_rectangle(cr, -500, HORIZON + 40, PICTURE_WIDTH + 1000, 26);
	paint_fill(cr, lit(scenery, 0xfaf0e0, 0));
	for (i = 0; i < 6; i++) {
		cairo_rectangle(cr, -500, HORIZON + 110 + i * 62,
				PICTURE_WIDTH + 1000, 4);
		paint_fill(cr, rgb_faint(lit(scenery, 0x8a603c, 0), 0.5));
	}
	paint_ellipse(cr, 432, HORIZON + 280, 400, 96,
		      lit(scenery, 0x7d8fc2, 0));
	paint_ellipse(cr, 432, HORIZON + 280, 340, 74,
		      lit(scenery, 0xeae3f2, 0));
	paint_ellipse(cr, 432, HORIZON + 280, 270, 54,
		      lit(scenery, 0x9fb0dc, 0));
	floor_lamp(scenery, is_left ? 560 : 330);
}

static void planet(cairo_t *cr, double x, double y, double r)
{
	paint_ellipse(cr, x, y, r, r, rgb_of(0xf0a878));
	cairo_save(cr);
	path_ellipse(cr, x, y, r, r);
	cairo_clip(cr);
	paint_ellipse(cr, x, y - r * 0.3, r * 1.3, r * 0.14, rgb_of(0xd8825c));
	paint_ellipse(cr, x, y + r * 0.25, r * 1.3, r * 0.2, rgb_of(0xfac9a0));
	paint_ellipse(cr, x + r * 0.5, y, r * 0.9, r * 1.2,
		      rgb_faint(rgb_of(0x1a1440), 0.3));
	cairo_restore(cr);
	cairo_save(cr);
	cairo_translate(cr, x, y);
	cairo_rotate(cr, -0.35);
	path_ellipse(cr, 0, 0, r * 1.7, r * 0.34);
	cairo_restore(cr);
	paint_set(cr, rgb_faint(rgb_of(0xffe8c4), 0.9));
	cairo_set_line_width(cr, 9);
	cairo_stroke(cr);
}

static void console(struct scenery *scenery)
{
	static const unsigned int lights[] = { 0xff7f8f, 0xffd166, 0x7ff0e0,
					       0x9fd8ff };
	cairo_t *cr = scenery->cr;
	int i;

	cairo_move_to(cr, -500, HORIZON - 10);
	cairo_curve_to(cr, 200, HORIZON + 40, 660, HORIZON + 40,
		       PICTURE_WIDTH + 500, HORIZON - 10);
	cairo_line_to(cr, PICTURE_WIDTH + 500, HORIZON + 190);
	cairo_line_to(cr, -500, HORIZON + 190);
	cairo_close_path(cr);
	paint_fill(cr, rgb_of(0x5a6690));
	for (i = 0; i < 26; i++) {
		double x = -60 + i * 40, y = HORIZON + 60 + (i % 3) * 34;
		struct rgba colour =
			rgb_of(lights[dice_below(&scenery->dice, 4)]);

		paint_glow(cr, x, y, 26, colour, 0.5);
		paint_ellipse(cr, x, y, 10, 10, colour);
	}
	for (i = 0; i < 3; i++) {
		path_round(cr, 60 + i * 270, HORIZON + 20, 120, 84, 12);
		paint_shape(cr, rgb_of(0x1c2c4c), 5);
		cairo_move_to(cr, 72 + i * 270, HORIZON + 70);
		cairo_curve_to(cr, 100 + i * 270, HORIZON, 140 + i * 270,
			       HORIZON + 120, 168 + i * 270, HORIZON + 50);
		paint_set(cr, rgb_of(0x7ff0e0));
		cairo_set_line_width(cr, 4);
		cairo_stroke(cr);
	}
}

void cabin_paint(struct scenery *scenery)
{
	cairo_t *cr = scenery->cr;
	double r = 300;
	int i;

	paint_band(cr, -500, PICTURE_HEIGHT + 700, rgb_of(0x39456f),
		   rgb_of(0x8f9cc4));
	for (i = 0; i < 5; i++) {
		cairo_move_to(cr, -300 + i * 380, -500);
		cairo_curve_to(cr, -220 + i * 330, 300, -220 + i * 330, 700,
			       -300 + i * 380, 1400);
		paint_set(cr, rgb_faint(rgb_of(0x2c3760), 0.6));
		cairo_set_line_width(cr, 8);
		cairo_stroke(cr);
	}
	path_ellipse(cr, 432, 440, r + 40, r + 40);
	paint_shape(cr, rgb_of(0x6f7cab), 8);
	cairo_save(cr);
	path_ellipse(cr, 432, 440, r, r);
	cairo_clip(cr);
	paint_band(cr, 100, 700, rgb_of(0x0b0d2b), rgb_of(0x472f70));
	paint_glow(cr, 560, 520, 320, rgb_of(0xb05fc0), 0.45);
	stars_paint(scenery, 170, 760);
	planet(cr, dice_between(&scenery->dice, 280, 590), 360, 70);
	cairo_restore(cr);
	for (i = 0; i < 12; i++)
		paint_ellipse(cr, 432 + cos(i * M_PI / 6) * (r + 20),
			      440 + sin(i * M_PI / 6) * (r + 20), 8, 8,
			      rgb_of(0x3d486f));
	console(scenery);
	paint_band(cr, HORIZON + 190, PICTURE_HEIGHT, rgb_of(0x4a5580),
		   rgb_of(0x333c60));
}
