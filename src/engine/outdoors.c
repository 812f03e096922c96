/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <math.h>

#include "engine/backdrop.h"
#include "engine/picture.h"

static void flower(struct scenery *scenery, struct spot at)
{
	static const unsigned int colours[] = { 0xff8fa3, 0xffd166, 0xffffff,
						0xb79ced };
	unsigned int hex = colours[dice_below(&scenery->dice, 4)];
	double x = at.x, y = at.y, r = at.size;
	int i;

	cairo_move_to(scenery->cr, x, y);
	cairo_line_to(scenery->cr, x, y + r * 3);
	paint_set(scenery->cr, lit(scenery, 0x3f7a45, 0));
	cairo_set_line_width(scenery->cr, 2.5);
	cairo_stroke(scenery->cr);
	for (i = 0; i < 5; i++)
		path_ellipse(scenery->cr, x + cos(i * 1.257) * r * 0.8,
			     y + sin(i * 1.257) * r * 0.8, r * 0.6, r * 0.6);
	paint_fill(scenery->cr, lit(scenery, hex, 0));
	paint_ellipse(scenery->cr, x, y, r * 0.45, r * 0.45,
		      lit(scenery, 0xf7a83c, 0));
}

static void grass(struct scenery *scenery, struct spot at, struct rgba colour)
{
	double x = at.x, y = at.y, h = at.size;
	int i;

	for (i = -2; i <= 2; i++) {
		cairo_move_to(scenery->cr, x + i * h * 0.16 - h * 0.07, y);
		cairo_curve_to(scenery->cr, x + i * h * 0.18, y - h * 0.5,
			       x + i * h * 0.24, y - h * 0.8, x + i * h * 0.4,
			       y - h * (1 - 0.12 * fabs((double)i)));
		cairo_curve_to(scenery->cr, x + i * h * 0.28, y - h * 0.5,
			       x + i * h * 0.22, y - h * 0.3,
			       x + i * h * 0.16 + h * 0.07, y);
	}
	paint_fill(scenery->cr, colour);
}

static void meadow(struct scenery *scenery)
{
	static const struct strip blades = { HORIZON + 120, PICTURE_HEIGHT, 20,
					     46 };
	static const struct strip flowers = { HORIZON + 140,
					      PICTURE_HEIGHT - 20, 4, 8 };
	size_t i;

	for (i = 0; i < 18; i++)
		grass(scenery, strip_spot(scenery, &blades, i, 18),
		      lit(scenery, 0x4f8f4a, 0));
	for (i = 0; i < 16; i++)
		flower(scenery, strip_spot(scenery, &flowers, i, 16));
}

static void cottage(struct scenery *scenery, double x, double y, double s)
{
	cairo_t *cr = scenery->cr;

	cairo_rectangle(cr, x - s, y - s * 1.1, s * 2, s * 1.1);
	paint_fill(cr, lit(scenery, 0xf6e7cf, 0.15));
	cairo_move_to(cr, x - s * 1.3, y - s);
	cairo_line_to(cr, x, y - s * 2);
	cairo_line_to(cr, x + s * 1.3, y - s);
	cairo_close_path(cr);
	paint_fill(cr, lit(scenery, 0xc2574a, 0.15));
	cairo_rectangle(cr, x - s * 0.7, y - s * 0.8, s * 0.5, s * 0.45);
	paint_fill(cr, window_light(scenery));
	cairo_rectangle(cr, x + s * 0.15, y - s * 0.7, s * 0.5, s * 0.7);
	paint_fill(cr, lit(scenery, 0x7a4f38, 0.1));
}

static void path_to_horizon(struct scenery *scenery, double y, unsigned int hex)
{
	cairo_t *cr = scenery->cr;
	double at = dice_between(&scenery->dice, 320, 560);

	cairo_move_to(cr, at, y);
	cairo_curve_to(cr, at + 150, y + 90, at - 190, y + 150, at - 260,
		       PICTURE_HEIGHT + 300);
	cairo_line_to(cr, at + 260, PICTURE_HEIGHT + 300);
	cairo_curve_to(cr, at + 90, y + 160, at + 240, y + 90, at + 16, y);
	cairo_close_path(cr);
	paint_fill(cr, lit(scenery, hex, 0.1));
}

void hills_paint(struct scenery *scenery)
{
	static const struct strip pines = { HORIZON + 30, HORIZON + 30, 70,
					    130 };
	size_t i;

	sky_paint(scenery);
	ridge_paint(scenery, HORIZON - 80, 90, lit(scenery, 0x7fa9b8, 0.55));
	ridge_paint(scenery, HORIZON - 20, 70, lit(scenery, 0x7fb878, 0.34));
	for (i = 0; i < 7; i++)
		pine_paint(scenery, strip_spot(scenery, &pines, i, 7),
			   lit(scenery, 0x4c8a66, 0.2), 0);
	cottage(scenery, dice_between(&scenery->dice, 120, 740), HORIZON + 34,
		34);
	ridge_paint(scenery, HORIZON + 50, 40, lit(scenery, 0x83c26a, 0.08));
	path_to_horizon(scenery, HORIZON + 46, 0xeed9a8);
	meadow(scenery);
}

static void trunk(struct scenery *scenery, struct spot at, struct rgba bark)
{
	cairo_t *cr = scenery->cr;
	double x = at.x, w = at.size;

	cairo_move_to(cr, x - w * 0.42, -300);
	cairo_curve_to(cr, x - w * 0.4, 500, x - w * 0.5, 820, x - w,
		       HORIZON + 130);
	cairo_line_to(cr, x + w, HORIZON + 130);
	cairo_curve_to(cr, x + w * 0.5, 820, x + w * 0.4, 500, x + w * 0.42,
		       -300);
	cairo_close_path(cr);
	paint_fill(cr, bark);
}

static void mushroom(struct scenery *scenery, struct spot at)
{
	cairo_t *cr = scenery->cr;
	double x = at.x, y = at.y, s = at.size;

	path_round(cr, x - s * 0.25, y - s * 0.8, s * 0.5, s * 0.9, s * 0.2);
	paint_fill(cr, lit(scenery, 0xf7ead6, 0));
	cairo_move_to(cr, x - s, y - s * 0.6);
	cairo_curve_to(cr, x - s * 0.9, y - s * 1.9, x + s * 0.9, y - s * 1.9,
		       x + s, y - s * 0.6);
	cairo_close_path(cr);
	paint_fill(cr, lit(scenery, 0xd8534f, 0));
	paint_ellipse(cr, x - s * 0.4, y - s, s * 0.16, s * 0.13,
		      lit(scenery, 0xffffff, 0));
	paint_ellipse(cr, x + s * 0.3, y - s * 1.15, s * 0.18, s * 0.14,
		      lit(scenery, 0xffffff, 0));
}

/* Leaves that hang in from above, the nearest and darkest at the top. */
static void canopy(struct scenery *scenery)
{
	static const struct {
		struct strip strip;
		unsigned int hex;
	} rows[] = {
		{ { 180, 250, 80, 130 }, 0x77b36b },
		{ { 70, 140, 80, 130 }, 0x4f9457 },
		{ { -30, 30, 80, 130 }, 0x376f47 },
	};
	size_t i, row;

	for (row = 0; row < ARRAY_SIZE(rows); row++) {
		for (i = 0; i < 12; i++) {
			struct spot at =
				strip_spot(scenery, &rows[row].strip, i, 12);

			path_ellipse(scenery->cr, at.x, at.y, at.size,
				     at.size * 0.8);
		}
		cairo_rectangle(scenery->cr, -500, -500, PICTURE_WIDTH + 1000,
				500 + rows[row].strip.top);
		paint_fill(scenery->cr, lit(scenery, rows[row].hex, 0.14));
	}
}

static void light_shafts(struct scenery *scenery)
{
	cairo_t *cr = scenery->cr;
	int i;

	if (scenery->light->is_dark)
		return;
	for (i = 0; i < 4; i++) {
		double x =
			120 + i * 200 + dice_between(&scenery->dice, -60, 60);

		cairo_move_to(cr, x, -100);
		cairo_line_to(cr, x + 70, -100);
		cairo_line_to(cr, x - 60, HORIZON + 120);
		cairo_line_to(cr, x - 220, HORIZON + 120);
		cairo_close_path(cr);
		paint_fill(cr, rgb_faint(rgb_of(scenery->light->sun), 0.13));
	}
}

void forest_paint(struct scenery *scenery)
{
	static const struct strip far_trunks = { 0, 0, 16, 28 };
	static const struct strip near_trunks = { 0, 0, 40, 64 };
	static const struct strip blades = { HORIZON + 120, PICTURE_HEIGHT, 30,
					     64 };
	static const struct strip mushrooms = { HORIZON + 130, 1150, 12, 26 };
	size_t i;

	paint_band(scenery->cr, -400, PICTURE_HEIGHT + 400,
		   lit(scenery, 0x6fae86, 0.2), lit(scenery, 0xd9ecc0, 0.5));
	for (i = 0; i < 9; i++)
		trunk(scenery, strip_spot(scenery, &far_trunks, i, 9),
		      lit(scenery, 0x86a878, 0.35));
	light_shafts(scenery);
	for (i = 0; i < 4; i++)
		trunk(scenery, strip_spot(scenery, &near_trunks, i, 4),
		      lit(scenery, 0x7a5b45, 0.08));
	canopy(scenery);
	ridge_paint(scenery, HORIZON + 70, 26, lit(scenery, 0x7aa85c, 0.06));
	path_to_horizon(scenery, HORIZON + 64, 0xd9c294);
	for (i = 0; i < 16; i++)
		grass(scenery, strip_spot(scenery, &blades, i, 16),
		      lit(scenery, 0x3f7d48, 0));
	for (i = 0; i < 6; i++)
		mushroom(scenery, strip_spot(scenery, &mushrooms, i, 6));
}

static void snowfall(struct scenery *scenery)
{
	static const struct strip flakes = { 0, PICTURE_HEIGHT, 2, 6 };
	size_t i;

	for (i = 0; i < 90; i++) {
		struct spot at = strip_spot(scenery, &flakes, i, 90);

		paint_ellipse(scenery->cr, at.x, at.y, at.size, at.size,
			      rgb_faint(rgb_of(0xffffff), 0.3 + at.size * 0.1));
	}
}

void snow_paint(struct scenery *scenery)
{
	static const struct strip pines = { HORIZON + 50, HORIZON + 50, 120,
					    260 };
	static const struct strip drifts = { HORIZON + 120, 1180, 30, 90 };
	size_t i;

	sky_paint(scenery);
	ridge_paint(scenery, HORIZON - 90, 100, lit(scenery, 0xb9cfe6, 0.4));
	ridge_paint(scenery, HORIZON - 10, 60, lit(scenery, 0xdce9f5, 0.2));
	for (i = 0; i < 9; i++)
		pine_paint(scenery, strip_spot(scenery, &pines, i, 9),
			   lit(scenery, 0x3f7a74, 0.15), 1);
	cottage(scenery, dice_between(&scenery->dice, 120, 740), HORIZON + 60,
		44);
	ridge_paint(scenery, HORIZON + 70, 30, lit(scenery, 0xf5faff, 0));
	for (i = 0; i < 12; i++) {
		struct spot at = strip_spot(scenery, &drifts, i, 12);

		paint_ellipse(scenery->cr, at.x, at.y, at.size, 7,
			      rgb_faint(lit(scenery, 0xc9dbee, 0), 0.6));
	}
	snowfall(scenery);
}

static void tower(struct scenery *scenery, double x, double y, double w,
		  double h)
{
	cairo_t *cr = scenery->cr;
	struct rgba stone = lit(scenery, 0xcfc3d6, 0.18);

	cairo_rectangle(cr, x - w / 2, y - h, w, h);
	paint_fill(cr, stone);
	cairo_rectangle(cr, x - w / 2, y - h, w * 0.3, h);
	paint_fill(cr, rgb_faint(rgb_mix(stone, rgb_of(0x3a2f55), 0.5), 0.3));
	cairo_move_to(cr, x - w * 0.68, y - h);
	cairo_line_to(cr, x, y - h - w * 1.5);
	cairo_line_to(cr, x + w * 0.68, y - h);
	cairo_close_path(cr);
	paint_fill(cr, lit(scenery, 0x6a5aa8, 0.1));
	cairo_rectangle(cr, x - 2, y - h - w * 1.5 - 44, 4, 50);
	paint_fill(cr, lit(scenery, 0x5a4630, 0));
	cairo_move_to(cr, x + 2, y - h - w * 1.5 - 44);
	cairo_line_to(cr, x + 46, y - h - w * 1.5 - 30);
	cairo_line_to(cr, x + 2, y - h - w * 1.5 - 16);
	paint_fill(cr, lit(scenery, 0xe0526a, 0));
	path_round(cr, x - w * 0.13, y - h + w * 0.4, w * 0.26, w * 0.5,
		   w * 0.13);
	paint_fill(cr, window_light(scenery));
}

void castle_paint(struct scenery *scenery)
{
	cairo_t *cr = scenery->cr;
	double x = dice_between(&scenery->dice, 360, 520);
	struct rgba stone = lit(scenery, 0xdccfe0, 0.16);
	int i;

	sky_paint(scenery);
	ridge_paint(scenery, HORIZON - 60, 90, lit(scenery, 0x8aa6c0, 0.5));
	tower(scenery, x - 190, HORIZON + 20, 84, 260);
	tower(scenery, x + 190, HORIZON + 20, 84, 300);
	tower(scenery, x - 70, HORIZON + 20, 100, 400);
	tower(scenery, x + 84, HORIZON + 20, 90, 340);
	for (i = 0; i < 9; i++)
		cairo_rectangle(cr, x - 216 + i * 50, HORIZON - 186, 30, 30);
	cairo_rectangle(cr, x - 230, HORIZON - 160, 460, 240);
	paint_fill(cr, stone);
	path_round(cr, x - 56, HORIZON - 110, 112, 240, 56);
	paint_fill(cr, lit(scenery, 0x5d4232, 0));
	for (i = -1; i <= 1; i += 2) {
		path_round(cr, x + i * 140 - 16, HORIZON - 90, 32, 60, 16);
		paint_fill(cr, window_light(scenery));
	}
	ridge_paint(scenery, HORIZON + 50, 22, lit(scenery, 0x7fb96c, 0.1));
	path_to_horizon(scenery, HORIZON + 40, 0xe9d8b4);
	meadow(scenery);
}
