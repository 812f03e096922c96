/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <math.h>

#include "engine/backdrop.h"
#include "engine/picture.h"

const struct light *light_of(enum time_of_day time)
{
	static const struct light lights[TIMES] = {
		[TIME_DAWN] = { { 0.45, 0.50, 0.76 },
				{ 0.99, 0.80, 0.72 },
				{ 0.90, 0.62, 0.66 },
				0.16,
				{ 1.0, 0.90, 0.60 },
				0 },
		[TIME_MORNING] = { { 0.45, 0.72, 0.93 },
				   { 0.93, 0.97, 0.95 },
				   { 1.0, 0.95, 0.80 },
				   0.06,
				   { 1.0, 0.97, 0.80 },
				   0 },
		[TIME_NOON] = { { 0.30, 0.64, 0.93 },
				{ 0.80, 0.94, 0.98 },
				{ 1.0, 1.0, 0.92 },
				0.0,
				{ 1.0, 0.97, 0.80 },
				0 },
		[TIME_EVENING] = { { 0.40, 0.30, 0.60 },
				   { 1.0, 0.66, 0.42 },
				   { 0.96, 0.50, 0.30 },
				   0.20,
				   { 1.0, 0.84, 0.46 },
				   0 },
		[TIME_NIGHT] = { { 0.06, 0.08, 0.22 },
				 { 0.24, 0.27, 0.52 },
				 { 0.12, 0.14, 0.42 },
				 0.34,
				 { 1.0, 0.85, 0.48 },
				 1 },
	};

	return &lights[time];
}

struct rgb lit(const struct scenery *scenery, unsigned int hex, double far)
{
	const struct light *light = scenery->light;
	struct rgb colour = rgb_mix(rgb_of(hex), light->low, far);

	return rgb_mix(colour, light->tint,
		       light->is_dark ? 0.5 : light->tint_alpha);
}

static void stars(struct scenery *scenery)
{
	int i;

	for (i = 0; i < 90; i++) {
		double x = dice_between(&scenery->dice, 0, PICTURE_WIDTH);
		double y = dice_between(&scenery->dice, 0, 760);
		double r = dice_between(&scenery->dice, 0.8, 2.6);

		paint_ellipse(scenery->cr, x, y, r, r, rgb_of(0xfff6dd),
			      dice_between(&scenery->dice, 0.3, 1));
	}
}

static void sky(struct scenery *scenery)
{
	paint_band(scenery->cr, 0, PICTURE_HEIGHT, scenery->light->top,
		   scenery->light->low);
	if (scenery->light->is_dark)
		stars(scenery);
}

static void hills(struct scenery *scenery)
{
	cairo_t *cr = scenery->cr;
	int i;

	for (i = 0; i < 3; i++) {
		double y = 760 + i * 90;

		cairo_move_to(cr, 0, PICTURE_HEIGHT);
		cairo_line_to(cr, 0, y + dice_between(&scenery->dice, -60, 40));
		cairo_curve_to(cr, 300, y - 120, 500, y + 80, PICTURE_WIDTH,
			       y - dice_between(&scenery->dice, 0, 90));
		cairo_line_to(cr, PICTURE_WIDTH, PICTURE_HEIGHT);
		cairo_close_path(cr);
		paint_fill(cr, lit(scenery, 0x6fae5c, 0.5 - 0.22 * i), 1);
	}
}

void backdrop_paint(cairo_t *cr, const struct panel *panel)
{
	struct scenery scenery = { .cr = cr,
				   .light = light_of(panel->time),
				   .panel = panel,
				   .dice = dice_of(panel->seed) };

	sky(&scenery);
	hills(&scenery);
}
