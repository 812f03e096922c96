/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <math.h>

#include "engine/backdrop.h"
#include "engine/picture.h"

static void water(struct scenery *scenery, double y, double until)
{
	const struct light *light = scenery->light;
	double x;
	int i;

	paint_band(scenery->cr, y, until - y,
		   rgb_mix(lit(scenery, 0x3f9bc0, 0.1), rgb_of(light->low),
			   0.45),
		   lit(scenery, 0x2b7fae, 0));
	for (i = 0; i < 46; i++) {
		double at = dice_unit(&scenery->dice);
		double wave_y = y + 8 + at * at * (until - y);
		double w = 14 + at * 90;

		x = dice_between(&scenery->dice, -100, 900);
		path_round(scenery->cr, x, wave_y, w, 3 + at * 4, 1.5 + at * 2);
		paint_fill(scenery->cr,
			   rgb_faint(rgb_of(light->sun),
				     0.14 + 0.3 * dice_unit(&scenery->dice)));
	}
}

static void sail(struct scenery *scenery, double x, double y, double s)
{
	cairo_t *cr = scenery->cr;

	cairo_move_to(cr, x, y - s * 2.2);
	cairo_curve_to(cr, x + s * 0.9, y - s * 1.6, x + s, y - s * 0.8,
		       x + s * 0.9, y - s * 0.3);
	cairo_line_to(cr, x, y - s * 0.3);
	cairo_close_path(cr);
	paint_fill(cr, lit(scenery, 0xfff6e6, 0.1));
	cairo_move_to(cr, x - s * 0.1, y - s * 1.8);
	cairo_line_to(cr, x - s * 0.1, y - s * 0.3);
	cairo_line_to(cr, x - s * 0.7, y - s * 0.3);
	cairo_close_path(cr);
	paint_fill(cr, lit(scenery, 0xe86a5c, 0.1));
	cairo_move_to(cr, x - s, y - s * 0.2);
	cairo_line_to(cr, x + s * 1.1, y - s * 0.2);
	cairo_line_to(cr, x + s * 0.7, y + s * 0.2);
	cairo_line_to(cr, x - s * 0.7, y + s * 0.2);
	cairo_close_path(cr);
	paint_fill(cr, lit(scenery, 0x8a5a3a, 0.1));
}

static void lighthouse(struct scenery *scenery, double x, double y)
{
	cairo_t *cr = scenery->cr;
	int i;

	paint_ellipse(cr, x, y + 16, 170, 60, lit(scenery, 0x6c7a70, 0.25));
	for (i = 0; i < 5; i++) {
		double w = 34 + i * 4;

		cairo_rectangle(cr, x - w / 2, y - 250 + i * 50, w, 51);
		paint_fill(cr, lit(scenery, i % 2 ? 0xe2564e : 0xfdf4e8, 0.12));
	}
	cairo_rectangle(cr, x - 15, y - 284, 30, 34);
	paint_fill(cr, rgb_of(0xffe08a));
	cairo_move_to(cr, x - 24, y - 284);
	cairo_line_to(cr, x, y - 312);
	cairo_line_to(cr, x + 24, y - 284);
	paint_fill(cr, lit(scenery, 0xb8433c, 0.1));
	paint_glow(cr, x, y - 268, scenery->light->is_dark ? 230 : 70,
		   rgb_of(0xffe9a8), 0.75);
}

static void sand(struct scenery *scenery)
{
	static const struct strip grains = { HORIZON + 140, 1184, 2, 4 };
	static const struct strip shells = { HORIZON + 140, 1170, 8, 16 };
	size_t i;

	for (i = 0; i < 40; i++) {
		struct spot at = strip_spot(scenery, &grains, i, 40);

		paint_ellipse(scenery->cr, at.x, at.y, at.size, at.size * 0.7,
			      rgb_faint(lit(scenery, 0xc9a56d, 0), 0.6));
	}
	for (i = 0; i < 10; i++) {
		struct spot at = strip_spot(scenery, &shells, i, 10);

		if (i % 2) {
			path_star(scenery->cr, at.x, at.y, at.size * 1.3, 5,
				  0.48);
			paint_fill(scenery->cr, lit(scenery, 0xf08a6b, 0));
		} else {
			paint_ellipse(scenery->cr, at.x, at.y, at.size,
				      at.size * 0.7, lit(scenery, 0xfdf0e2, 0));
		}
	}
}

void beach_paint(struct scenery *scenery)
{
	sky_paint(scenery);
	water(scenery, HORIZON - 110, HORIZON + 240);
	lighthouse(scenery, dice_below(&scenery->dice, 2) ? 130 : 740,
		   HORIZON - 110);
	sail(scenery, dice_between(&scenery->dice, 300, 580), HORIZON - 70, 36);
	ridge_paint(scenery, HORIZON + 74, 16, rgb_of(0xf4fbff));
	ridge_paint(scenery, HORIZON + 86, 16, lit(scenery, 0xe4c48c, 0));
	ridge_paint(scenery, HORIZON + 130, 14, lit(scenery, 0xf3dcaa, 0));
	sand(scenery);
}

static void deck(struct scenery *scenery)
{
	cairo_t *cr = scenery->cr;
	int i;

	cairo_move_to(cr, -500, HORIZON + 120);
	cairo_curve_to(cr, 200, HORIZON + 170, 660, HORIZON + 170,
		       PICTURE_WIDTH + 500, HORIZON + 120);
	cairo_line_to(cr, PICTURE_WIDTH + 500, PICTURE_HEIGHT + 500);
	cairo_line_to(cr, -500, PICTURE_HEIGHT + 500);
	cairo_close_path(cr);
	paint_fill(cr, lit(scenery, 0xb98352, 0));
	for (i = 0; i < 7; i++) {
		cairo_move_to(cr, -500, HORIZON + 178 + i * 52);
		cairo_curve_to(cr, 200, HORIZON + 212 + i * 52, 660,
			       HORIZON + 212 + i * 52, PICTURE_WIDTH + 500,
			       HORIZON + 178 + i * 52);
		paint_set(cr, rgb_faint(lit(scenery, 0x8a5a36, 0), 0.8));
		cairo_set_line_width(cr, 5);
		cairo_stroke(cr);
	}
	for (i = -2; i < 9; i++) {
		path_round(cr, 40 + i * 130, HORIZON + 20, 22, 130, 8);
		paint_fill(cr, lit(scenery, 0x96653f, 0));
	}
	path_round(cr, -500, HORIZON + 8, PICTURE_WIDTH + 1000, 28, 12);
	paint_fill(cr, lit(scenery, 0xc8925f, 0));
}

void boat_paint(struct scenery *scenery)
{
	cairo_t *cr = scenery->cr;
	double x = dice_between(&scenery->dice, 380, 500);

	sky_paint(scenery);
	water(scenery, HORIZON - 110, HORIZON + 300);
	paint_ellipse(cr, x + 300, HORIZON - 104, 120, 34,
		      lit(scenery, 0x5f8f78, 0.3));
	/* The mast, and a sail full of wind. */
	cairo_rectangle(cr, x - 9, -300, 18, HORIZON + 440);
	paint_fill(cr, lit(scenery, 0x7a4f30, 0));
	cairo_move_to(cr, x - 16, -160);
	cairo_curve_to(cr, x - 380, 60, x - 420, 340, x - 330, 560);
	cairo_curve_to(cr, x - 220, 600, x - 120, 610, x - 16, 606);
	cairo_close_path(cr);
	paint_fill(cr, lit(scenery, 0xfff4df, 0.05));
	cairo_move_to(cr, x - 16, 300);
	cairo_curve_to(cr, x - 160, 340, x - 300, 330, x - 392, 300);
	cairo_curve_to(cr, x - 390, 360, x - 380, 400, x - 372, 430);
	cairo_curve_to(cr, x - 280, 450, x - 140, 450, x - 16, 420);
	cairo_close_path(cr);
	paint_fill(cr, lit(scenery, 0xe2695a, 0.05));
	deck(scenery);
}

static void craters(struct scenery *scenery)
{
	static const struct strip strip = { HORIZON + 90, 1170, 24, 60 };
	size_t i;

	for (i = 0; i < 10; i++) {
		struct spot at = strip_spot(scenery, &strip, i, 10);
		double r = at.size * (at.y - HORIZON + 200) / 360;

		paint_ellipse(scenery->cr, at.x, at.y, r, r * 0.3,
			      rgb_of(0x837fa6));
		paint_ellipse(scenery->cr, at.x, at.y + r * 0.06, r * 0.86,
			      r * 0.22, rgb_of(0x6a668f));
	}
}

static void earth(cairo_t *cr, double x, double y, double r)
{
	paint_glow(cr, x, y, r * 1.7, rgb_of(0x8fd0ff), 0.5);
	paint_ellipse(cr, x, y, r, r, rgb_of(0x3f86d0));
	cairo_save(cr);
	path_ellipse(cr, x, y, r, r);
	cairo_clip(cr);
	paint_ellipse(cr, x - r * 0.4, y - r * 0.3, r * 0.5, r * 0.34,
		      rgb_of(0x6cc08b));
	paint_ellipse(cr, x + r * 0.44, y + r * 0.3, r * 0.42, r * 0.5,
		      rgb_of(0x6cc08b));
	paint_ellipse(cr, x, y - r * 0.8, r * 0.5, r * 0.16,
		      rgb_faint(rgb_of(0xffffff), 0.9));
	paint_ellipse(cr, x - r * 0.1, y + r * 0.1, r * 0.6, r * 0.09,
		      rgb_faint(rgb_of(0xffffff), 0.7));
	paint_ellipse(cr, x + r * 0.5, y, r * 1.1, r * 1.2,
		      rgb_faint(rgb_of(0x0a0f2c), 0.34));
	cairo_restore(cr);
}

void moon_paint(struct scenery *scenery)
{
	cairo_t *cr = scenery->cr;
	double x = dice_below(&scenery->dice, 2) ? 660 : 200;

	paint_band(cr, -500, PICTURE_HEIGHT + 700, rgb_of(0x0a0b26),
		   rgb_of(0x3a2f6b));
	paint_glow(cr, dice_between(&scenery->dice, 100, 760), 420, 420,
		   rgb_of(0xb05fc0), 0.35);
	paint_glow(cr, dice_between(&scenery->dice, 100, 760), 200, 380,
		   rgb_of(0x3f7fd0), 0.35);
	stars_paint(scenery, 170, HORIZON);
	earth(cr, x, dice_between(&scenery->dice, 400, 520), 96);
	ridge_paint(scenery, HORIZON - 10, 60, rgb_of(0x7d79a8));
	ridge_paint(scenery, HORIZON + 50, 30, rgb_of(0xa6a2c8));
	craters(scenery);
}
