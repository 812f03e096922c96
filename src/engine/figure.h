/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_FIGURE_H
#define ENGINE_FIGURE_H

/**
 * Draws the people of a panel. All is measured in radii of the head, whose
 * centre is the origin, so that one drawing serves every shot.
 */

#include <cairo.h>

#include "engine/paint.h"
#include "engine/panel.h"

/** What a face shows. */
enum feeling {
	FEEL_CONTENT,
	FEEL_HAPPY,
	FEEL_SURPRISED,
	FEEL_WORRIED,
	FEEL_SAD,
};

/** Colours of one person. */
struct hues {
	struct rgba fur;   /* or skin, or metal */
	struct rgba light; /* belly, muzzle, inside of the ears */
	struct rgba dark;  /* tips, hair, patches */
	struct rgba cloth;
};

/** Draw one person of `panel` where the panel has placed it. */
void figure_draw(cairo_t *cr, const struct panel *panel,
		 const struct panel_person *person);

/** Draw the thing the panel is about, if there is one. */
void prop_draw(cairo_t *cr, const struct panel *panel);

/** The parts, drawn in radii around the origin. */
void figure_ears(cairo_t *cr, enum kind kind, const struct hues *hues);
void figure_face(cairo_t *cr, const struct panel_person *person,
		 const struct hues *hues, enum feeling feeling);
void figure_wear(cairo_t *cr, enum wear wear, struct rgba cloth);

#endif
