/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_BACKDROP_H
#define ENGINE_BACKDROP_H

/**
 * What is behind the people of a panel, sky, land or walls, and what lies
 * over all of it: the light of the hour and the mood.
 */

#include <cairo.h>

#include "engine/dice.h"
#include "engine/paint.h"
#include "engine/panel.h"

/** The light of an hour. */
struct light {
	double sun_y; /* or the moon's */
	double tint_share;
	unsigned int tint; /* over all that is lit */
	unsigned int top;  /* of the sky */
	unsigned int mid;
	unsigned int low; /* at the horizon */
	unsigned int sun; /* or the moon */
	int is_dark;      /* windows and lamps are lit */
};

/** A backdrop being painted. */
struct scenery {
	cairo_t *cr;
	const struct light *light;
	const struct panel *panel;
	struct dice dice;
};

/** A strip across the picture that things are strewn over. */
struct strip {
	double top;
	double bottom;
	double small; /* their sizes */
	double large;
};

struct spot {
	double x;
	double y;
	double size;
};

/** Where thing `i` of `n` on the strip stands: in turn, but out of line. */
struct spot strip_spot(struct scenery *scenery, const struct strip *strip,
		       size_t i, size_t n);

/** The line where land and sky meet. */
enum {
	HORIZON = 770
};

/** Paint everything behind the people. */
void backdrop_paint(cairo_t *cr, const struct panel *panel);

/** Paint what lies over them: light and mood. */
void mood_paint(cairo_t *cr, const struct panel *panel);

const struct light *light_of(enum time_of_day time);

/** Colour `hex` in the light of the hour; `far` (0 to 1) fades into the sky. */
struct rgba lit(const struct scenery *scenery, unsigned int hex, double far);

/** A window's colour: lit from within at night. */
struct rgba window_light(struct scenery *scenery);

void sky_paint(struct scenery *scenery);
void stars_paint(struct scenery *scenery, size_t n, double until);

/** A ridge across the picture about `y`, filled down to the bottom. */
void ridge_paint(struct scenery *scenery, double y, double height,
		 struct rgba colour);

/** A pine that stands at `at`, as high as its size. */
void pine_paint(struct scenery *scenery, struct spot at, struct rgba colour,
		int has_snow);

/** The places. */
void hills_paint(struct scenery *scenery);
void forest_paint(struct scenery *scenery);
void beach_paint(struct scenery *scenery);
void boat_paint(struct scenery *scenery);
void city_paint(struct scenery *scenery);
void roof_paint(struct scenery *scenery);
void market_paint(struct scenery *scenery);
void room_paint(struct scenery *scenery);
void cabin_paint(struct scenery *scenery);
void moon_paint(struct scenery *scenery);
void snow_paint(struct scenery *scenery);
void castle_paint(struct scenery *scenery);

#endif
