/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_BUBBLE_H
#define ENGINE_BUBBLE_H

/**
 * Text on a picture: speech bubbles with their tails, and captions.
 */

#include <cairo.h>

struct panel;

/** Draw all that is said and told in `panel`. */
void bubbles_draw(cairo_t *cr, const struct panel *panel);

#endif
