/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_BACKDROP_H
#define ENGINE_BACKDROP_H

/**
 * What is behind the people of a panel: sky, land or walls, and the light of
 * the hour.
 */

#include <cairo.h>

#include "engine/dice.h"
#include "engine/paint.h"
#include "engine/panel.h"

/** The light of an hour. */
struct light {
	struct rgb top;  /* of the sky */
	struct rgb low;  /* of the sky, at the horizon */
	struct rgb tint; /* over everything */
	double tint_alpha;
	struct rgb lamp; /* windows, lanterns */
	int is_dark;
};

/** A backdrop being painted. */
struct scenery {
	cairo_t *cr;
	const struct light *light;
	const struct panel *panel;
	struct dice dice;
};

const struct light *light_of(enum time_of_day time);

/** Colour `hex` as the light of the hour leaves it; far things are paler. */
struct rgb lit(const struct scenery *scenery, unsigned int hex, double far);

/** Paint everything behind the people. */
void backdrop_paint(cairo_t *cr, const struct panel *panel);

#endif
