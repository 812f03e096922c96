/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <math.h>

#include "engine/backdrop.h"
#include "engine/picture.h"

const struct light *light_of(enum time_of_day time)
{
	static const struct light lights[TIMES] = {
		[TIME_DAWN] = { 690, 0.16, 0xf0a8a8, 0x6f7cc0, 0xd9a9c4,
				0xffdcb8, 0xfff0c9, 0 },
		[TIME_MORNING] = { 330, 0.08, 0xfff0cc, 0x62b2ea, 0xb4def3,
				   0xf6f7e8, 0xfff8d8, 0 },
		[TIME_NOON] = { 200, 0, 0xffffff, 0x3f9fea, 0x8fd0f6, 0xdcf4fb,
				0xfffbe6, 0 },
		[TIME_EVENING] = { 640, 0.22, 0xf58a62, 0x57499a, 0xe0708c,
				   0xffc07a, 0xffe7a8, 0 },
		[TIME_NIGHT] = { 240, 0.52, 0x141b4d, 0x0c1236, 0x202a66,
				 0x47509a, 0xfff4d0, 1 },
	};

	return &lights[time];
}

struct rgba lit(const struct scenery *scenery, unsigned int hex, double far)
{
	const struct light *light = scenery->light;
	struct rgba colour = rgb_mix(rgb_of(hex), rgb_of(light->low), far);

	return rgb_mix(colour, rgb_of(light->tint), light->tint_share);
}

struct rgba window_light(struct scenery *scenery)
{
	if (scenery->light->is_dark && dice_below(&scenery->dice, 5) < 3)
		return rgb_of(0xffd981);
	return rgb_mix(lit(scenery, 0x6d87a8, 0.2), rgb_of(scenery->light->top),
		       0.35);
}

void stars_paint(struct scenery *scenery, size_t n, double until)
{
	size_t i;

	for (i = 0; i < n; i++) {
		double x = dice_between(&scenery->dice, 0, PICTURE_WIDTH);
		double y = dice_between(&scenery->dice, 0, until);
		double r = dice_between(&scenery->dice, 0.8, 2.4);

		paint_ellipse(scenery->cr, x, y, r, r,
			      rgb_faint(rgb_of(0xfff6dd),
					dice_between(&scenery->dice, 0.3, 1)));
		if (dice_below(&scenery->dice, 14) == 0) {
			path_star(scenery->cr, x, y, r * 5, 4, 0.16);
			paint_fill(scenery->cr,
				   rgb_faint(rgb_of(0xfff6dd), 0.9));
		}
	}
}

static void cloud(struct scenery *scenery, struct spot at)
{
	double x = at.x, y = at.y, size = at.size;
	struct rgba white = lit(scenery, 0xffffff, 0.15);
	double alpha = scenery->light->is_dark ? 0.16 : 0.8;
	int i;

	/* One path, so that where the puffs overlap it is no denser. */
	for (i = 0; i < 5; i++)
		path_ellipse(scenery->cr, x + (i - 2) * size * 0.5,
			     y - (i % 2) * size * 0.22 -
				     (i == 2 ? size * 0.2 : 0),
			     size * (0.5 + 0.12 * (i % 3)), size * 0.36);
	path_round(scenery->cr, x - size * 1.5, y, size * 3, size * 0.34,
		   size * 0.17);
	paint_fill(scenery->cr, rgb_faint(white, alpha));
}

static void sun(struct scenery *scenery)
{
	const struct light *light = scenery->light;
	double x = dice_between(&scenery->dice, 140, PICTURE_WIDTH - 140);
	double r = light->is_dark ? 58 : 66;

	paint_glow(scenery->cr, x, light->sun_y, r * 5, rgb_of(light->sun),
		   light->is_dark ? 0.35 : 0.7);
	paint_ellipse(scenery->cr, x, light->sun_y, r, r, rgb_of(light->sun));
	if (!light->is_dark)
		return;
	paint_ellipse(scenery->cr, x - 18, light->sun_y - 12, 12, 12,
		      rgb_faint(rgb_of(0xe6d6a8), 0.7));
	paint_ellipse(scenery->cr, x + 20, light->sun_y + 16, 9, 9,
		      rgb_faint(rgb_of(0xe6d6a8), 0.7));
	paint_ellipse(scenery->cr, x + 14, light->sun_y - 24, 6, 6,
		      rgb_faint(rgb_of(0xe6d6a8), 0.7));
}

struct spot strip_spot(struct scenery *scenery, const struct strip *strip,
		       size_t i, size_t n)
{
	double step = (PICTURE_WIDTH + 200.0) / (double)n;
	struct spot spot = { .x = -100 + step * ((double)i + 0.5) };

	spot.x += dice_between(&scenery->dice, -step * 0.45, step * 0.45);
	spot.y = dice_between(&scenery->dice, strip->top, strip->bottom);
	spot.size = dice_between(&scenery->dice, strip->small, strip->large);
	return spot;
}

void sky_paint(struct scenery *scenery)
{
	static const struct strip clouds = { 120, 600, 40, 100 };
	const struct light *light = scenery->light;
	size_t i;

	paint_band(scenery->cr, -400, 400 + HORIZON / 2.0, rgb_of(light->top),
		   rgb_of(light->mid));
	paint_band(scenery->cr, HORIZON / 2.0 - 0.5, HORIZON / 2.0 + 60,
		   rgb_of(light->mid), rgb_of(light->low));
	if (light->is_dark)
		stars_paint(scenery, 110, 700);
	else if (scenery->panel->time == TIME_DAWN)
		stars_paint(scenery, 30, 300);
	sun(scenery);
	for (i = 0; i < 4; i++)
		cloud(scenery, strip_spot(scenery, &clouds, i, 4));
}

void ridge_paint(struct scenery *scenery, double y, double height,
		 struct rgba colour)
{
	cairo_t *cr = scenery->cr;
	double phase = dice_between(&scenery->dice, 0, 6.28);
	double wave = dice_between(&scenery->dice, 170, 300);
	int x;

	cairo_move_to(cr, -500, PICTURE_HEIGHT + 500);
	for (x = -500; x <= PICTURE_WIDTH + 520; x += 20)
		cairo_line_to(cr, x,
			      y - height * (sin(x / wave + phase) * 0.6 +
					    sin(x / wave * 2.3 + phase * 2) *
						    0.25));
	cairo_line_to(cr, PICTURE_WIDTH + 500, PICTURE_HEIGHT + 500);
	cairo_close_path(cr);
	paint_fill(cr, colour);
}

void pine_paint(struct scenery *scenery, struct spot at, struct rgba colour,
		int has_snow)
{
	cairo_t *cr = scenery->cr;
	double x = at.x, y = at.y, h = at.size;
	int i;

	cairo_rectangle(cr, x - h * 0.04, y - h * 0.16, h * 0.08, h * 0.16);
	paint_fill(cr, rgb_mix(colour, rgb_of(0x3a2418), 0.6));
	for (i = 0; i < 3; i++) {
		double top = y - h + i * h * 0.24, w = h * (0.17 + 0.07 * i);

		cairo_move_to(cr, x, top);
		cairo_curve_to(cr, x + w * 0.3, top + h * 0.2, x + w,
			       top + h * 0.3, x + w, top + h * 0.36);
		cairo_line_to(cr, x - w, top + h * 0.36);
		cairo_curve_to(cr, x - w, top + h * 0.3, x - w * 0.3,
			       top + h * 0.2, x, top);
		cairo_close_path(cr);
		paint_fill(cr, rgb_mix(colour, rgb_of(0x0f2a2a), 0.12 * i));
		if (!has_snow)
			continue;
		cairo_move_to(cr, x, top - 2);
		cairo_curve_to(cr, x + w * 0.3, top + h * 0.12, x + w * 0.5,
			       top + h * 0.18, x + w * 0.55, top + h * 0.2);
		cairo_curve_to(cr, x + w * 0.1, top + h * 0.12, x - w * 0.1,
			       top + h * 0.24, x - w * 0.55, top + h * 0.2);
		cairo_close_path(cr);
		paint_fill(cr, lit(scenery, 0xffffff, 0));
	}
}

void backdrop_paint(cairo_t *cr, const struct panel *panel)
{
	static void (*const painters[PLACES])(struct scenery *) = {
		[PLACE_HILLS] = hills_paint,   [PLACE_FOREST] = forest_paint,
		[PLACE_BEACH] = beach_paint,   [PLACE_BOAT] = boat_paint,
		[PLACE_CITY] = city_paint,     [PLACE_ROOF] = roof_paint,
		[PLACE_MARKET] = market_paint, [PLACE_ROOM] = room_paint,
		[PLACE_CABIN] = cabin_paint,   [PLACE_MOON] = moon_paint,
		[PLACE_SNOW] = snow_paint,     [PLACE_CASTLE] = castle_paint,
	};
	static const double zooms[] = { 1, 1.18, 1.32, 1.6 };
	struct scenery scenery = { .cr = cr,
				   .light = light_of(panel->time),
				   .panel = panel,
				   .dice = dice_of(panel->seed) };
	double zoom = zooms[panel->shot];
	double x = dice_between(&scenery.dice, 300, 560);

	assert(panel->place < PLACES);
	cairo_save(cr);
	/* The nearer the shot, the less of the place is seen. */
	cairo_translate(cr, x, HORIZON);
	cairo_scale(cr, zoom, zoom);
	cairo_translate(cr, -x, -HORIZON);
	painters[panel->place](&scenery);
	cairo_restore(cr);
}
