/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <math.h>

#include "engine/backdrop.h"
#include "engine/picture.h"

static const unsigned int walls[] = { 0xe8b07c, 0xd98f7f, 0xf0d39a,
				      0x9fb8c8, 0xc9a7b8, 0xa9c2a0 };

/* A house front with its windows, standing on y. */
static void front(struct scenery *scenery, double x, double y, double w,
		  double h, double far)
{
	cairo_t *cr = scenery->cr;
	unsigned int hex = walls[dice_below(&scenery->dice, 6)];
	int columns = (int)fmax(2, w / 58), rows = (int)fmax(2, h / 92), i, j;
	double step_x = w / columns, step_y = h / rows;

	cairo_rectangle(cr, x, y - h, w, h);
	paint_fill(cr, lit(scenery, hex, far));
	cairo_rectangle(cr, x - 6, y - h - 14, w + 12, 18);
	paint_fill(cr, lit(scenery, 0x8a5a4a, far));
	for (i = 0; i < columns; i++) {
		for (j = 0; j < rows; j++) {
			path_round(cr, x + step_x * (i + 0.26),
				   y - h + step_y * (j + 0.24), step_x * 0.48,
				   step_y * 0.5, 5);
			paint_fill(cr, window_light(scenery));
		}
	}
}

static void row_of_fronts(struct scenery *scenery, double y, double height,
			  double far)
{
	double x = -300;

	while (x < PICTURE_WIDTH + 300) {
		double w = dice_between(&scenery->dice, 120, 210);

		front(scenery, x, y, w,
		      height * dice_between(&scenery->dice, 0.7, 1.25), far);
		x += w + dice_between(&scenery->dice, 0, 14);
	}
}

static void office(struct scenery *scenery, double x, double y, double w,
		   double h)
{
	int columns = (int)(w / 24), rows = (int)(h / 34), i;

	for (i = 0; i < columns * rows; i++) {
		int row = i / columns;

		cairo_rectangle(scenery->cr, x + 8 + i % columns * 24,
				y - h + 18 + row * 34, 11, 16);
		paint_fill(scenery->cr, rgb_faint(window_light(scenery), 0.85));
	}
}

static void skyline(struct scenery *scenery, double y, double far)
{
	double x = -300;

	while (x < PICTURE_WIDTH + 300) {
		double w = dice_between(&scenery->dice, 60, 130);
		double h = dice_between(&scenery->dice, 120, 380);

		cairo_rectangle(scenery->cr, x, y - h, w, h + 300);
		paint_fill(scenery->cr, lit(scenery, 0x6f7fa6, far));
		office(scenery, x, y, w, h);
		x += w + dice_between(&scenery->dice, -8, 20);
	}
}

static void lamp(struct scenery *scenery, double x, double y, double h)
{
	cairo_t *cr = scenery->cr;

	cairo_rectangle(cr, x - 5, y - h, 10, h);
	paint_fill(cr, lit(scenery, 0x3a3f4f, 0));
	path_round(cr, x - 20, y - h - 50, 40, 54, 12);
	paint_fill(cr, rgb_of(scenery->light->is_dark ? 0xffe6a3 : 0xf1ead8));
	cairo_move_to(cr, x - 28, y - h - 48);
	cairo_line_to(cr, x, y - h - 74);
	cairo_line_to(cr, x + 28, y - h - 48);
	paint_fill(cr, lit(scenery, 0x3a3f4f, 0));
	if (scenery->light->is_dark)
		paint_glow(cr, x, y - h - 24, 230, rgb_of(0xffd981), 0.6);
}

static void awning(struct scenery *scenery, double x, double y, double w,
		   unsigned int hex)
{
	cairo_t *cr = scenery->cr;
	double stripe = w / 8;
	int i;

	for (i = 0; i < 8; i++) {
		cairo_move_to(cr, x + stripe * i, y);
		cairo_line_to(cr, x + stripe * (i + 1), y);
		cairo_line_to(cr, x + stripe * (i + 1), y + 60);
		cairo_curve_to(cr, x + stripe * (i + 1), y + 84, x + stripe * i,
			       y + 84, x + stripe * i, y + 60);
		cairo_close_path(cr);
		paint_fill(cr, lit(scenery, i % 2 ? 0xfff6e8 : hex, 0));
	}
}

void city_paint(struct scenery *scenery)
{
	cairo_t *cr = scenery->cr;
	int i;

	sky_paint(scenery);
	skyline(scenery, HORIZON - 40, 0.45);
	row_of_fronts(scenery, HORIZON + 60, 420, 0.08);
	awning(scenery, dice_between(&scenery->dice, 60, 480), HORIZON - 110,
	       250, walls[1]);
	paint_band(cr, HORIZON + 60, PICTURE_HEIGHT, lit(scenery, 0xb9b0b8, 0),
		   lit(scenery, 0x8f8794, 0));
	cairo_rectangle(cr, -500, HORIZON + 60, PICTURE_WIDTH + 1000, 44);
	paint_fill(cr, lit(scenery, 0xd8cfc8, 0));
	for (i = -4; i < 12; i++) {
		cairo_move_to(cr, 432 + (i - 4) * 130, HORIZON + 104);
		cairo_line_to(cr, 432 + (i - 4) * 330, PICTURE_HEIGHT + 300);
		paint_set(cr, rgb_faint(lit(scenery, 0x776f7e, 0), 0.5));
		cairo_set_line_width(cr, 4);
		cairo_stroke(cr);
	}
	lamp(scenery, 70, HORIZON + 100, 330);
	lamp(scenery, 800, HORIZON + 100, 330);
}

static void laundry(struct scenery *scenery, double y)
{
	cairo_t *cr = scenery->cr;
	int i;

	cairo_move_to(cr, -300, y - 30);
	cairo_curve_to(cr, 200, y + 40, 660, y + 40, PICTURE_WIDTH + 300,
		       y - 30);
	paint_set(cr, lit(scenery, 0x4a4458, 0));
	cairo_set_line_width(cr, 4);
	cairo_stroke(cr);
	for (i = 0; i < 4; i++) {
		double x = 90 + i * 200 + dice_between(&scenery->dice, -30, 30);

		path_round(cr, x, y + 16, 70, 92, 8);
		paint_fill(cr, lit(scenery,
				   walls[dice_below(&scenery->dice, 6)], 0.05));
	}
}

void roof_paint(struct scenery *scenery)
{
	cairo_t *cr = scenery->cr;
	int i;

	sky_paint(scenery);
	skyline(scenery, HORIZON + 100, 0.3);
	paint_band(scenery->cr, HORIZON + 60, 60, lit(scenery, 0x66708f, 0.3),
		   lit(scenery, 0x5c6580, 0.2));
	if (scenery->panel->shot == SHOT_WIDE)
		laundry(scenery, HORIZON - 170);
	paint_band(cr, HORIZON + 90, PICTURE_HEIGHT, lit(scenery, 0xc7b7a8, 0),
		   lit(scenery, 0xa8948a, 0));
	for (i = -3; i < 14; i++) {
		path_round(cr, i * 74, HORIZON - 10, 12, 120, 4);
		paint_fill(cr, lit(scenery, 0x5a6478, 0));
	}
	path_round(cr, -500, HORIZON - 20, PICTURE_WIDTH + 1000, 18, 8);
	paint_fill(cr, lit(scenery, 0x6c788f, 0));
	cairo_rectangle(cr, -500, HORIZON + 90, PICTURE_WIDTH + 1000, 20);
	paint_fill(cr, lit(scenery, 0x8f8078, 0));
	for (i = 0; i < 3; i++) {
		double x = 60 + i * 350 + dice_between(&scenery->dice, -40, 40);

		path_round(cr, x, HORIZON + 120, 64, 56, 8);
		paint_fill(cr, lit(scenery, 0xc26a4a, 0));
		paint_ellipse(cr, x + 32, HORIZON + 96, 54, 42,
			      lit(scenery, 0x5f9f62, 0));
		paint_ellipse(cr, x + 12, HORIZON + 84, 10, 10,
			      lit(scenery, 0xff9fb0, 0));
		paint_ellipse(cr, x + 50, HORIZON + 92, 9, 9,
			      lit(scenery, 0xffe08a, 0));
	}
}

static void stall(struct scenery *scenery, double x, unsigned int cloth)
{
	static const unsigned int fruit[] = { 0xe6534a, 0xf6a83c, 0x8fbf4f,
					      0xb46bc0 };
	cairo_t *cr = scenery->cr;
	int i;

	cairo_rectangle(cr, x + 8, HORIZON - 200, 12, 330);
	cairo_rectangle(cr, x + 260, HORIZON - 200, 12, 330);
	paint_fill(cr, lit(scenery, 0x7a5638, 0));
	cairo_rectangle(cr, x + 14, HORIZON - 150, 252, 170);
	paint_fill(cr, rgb_faint(rgb_of(scenery->light->is_dark ? 0xf7c877
								: 0xf1dcc0),
				 0.9));
	for (i = 0; i < 12; i++) {
		unsigned int hex = fruit[(i + i / 6) % 4];
		int row = i / 6;

		/* Lit by the stall's own lamp, too. */
		paint_ellipse(cr, x + 34 + i % 6 * 42, HORIZON + 10 - row * 26,
			      22, 20,
			      rgb_mix(rgb_of(hex), lit(scenery, hex, 0), 0.5));
	}
	cairo_rectangle(cr, x, HORIZON + 20, 280, 110);
	paint_fill(cr, lit(scenery, 0xa2744c, 0));
	awning(scenery, x - 16, HORIZON - 226, 312, cloth);
}

static void lantern_string(struct scenery *scenery, double y)
{
	static const unsigned int colours[] = { 0xff7b6b, 0xffd166, 0x8fd0b5,
						0xf7a8c4 };
	cairo_t *cr = scenery->cr;
	int i;

	for (i = 0; i < 11; i++) {
		double x = -120 + i * 110, sag = 40 * sin((i % 5) * M_PI / 4);

		paint_glow(cr, x, y + sag + 20, 90, rgb_of(colours[i % 4]),
			   scenery->light->is_dark ? 0.6 : 0.2);
		path_ellipse(cr, x, y + sag + 20, 24, 28);
		paint_shape(cr, rgb_of(colours[i % 4]), 3);
		cairo_rectangle(cr, x - 9, y + sag - 12, 18, 8);
		paint_fill(cr, rgb_of(0x4a3040));
	}
}

void market_paint(struct scenery *scenery)
{
	static const struct strip cobbles = { HORIZON + 150, 1184, 20, 44 };
	cairo_t *cr = scenery->cr;
	double x = dice_between(&scenery->dice, -160, -60);
	size_t i;

	sky_paint(scenery);
	row_of_fronts(scenery, HORIZON + 20, 360, 0.25);
	paint_band(cr, HORIZON + 20, 120, lit(scenery, 0x9b8070, 0),
		   lit(scenery, 0xb59a82, 0));
	for (i = 0; i < 4; i++)
		stall(scenery, x + (double)i * 330, walls[(i * 2 + 1) % 6]);
	paint_band(cr, HORIZON + 130, PICTURE_HEIGHT, lit(scenery, 0xc2a58a, 0),
		   lit(scenery, 0x9b7f70, 0));
	for (i = 0; i < 40; i++) {
		struct spot at = strip_spot(scenery, &cobbles, i, 40);

		paint_ellipse(cr, at.x, at.y, at.size, 9,
			      rgb_faint(lit(scenery, 0x8a7064, 0), 0.35));
	}
	lantern_string(scenery, 420);
	lantern_string(scenery, 500);
}
