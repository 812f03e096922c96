/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_PAINT_H
#define ENGINE_PAINT_H

/**
 * Brushes: colours that can be mixed, and the few shapes everything is
 * painted with.
 */

#include <cairo.h>

struct rgb {
	double r;
	double g;
	double b;
};

/** 0xRRGGBB. */
struct rgb rgb_of(unsigned int hex);

/** `share` of `b` in `a`, 0 to 1. */
struct rgb rgb_mix(struct rgb a, struct rgb b, double share);

/** The dark line that fits round a patch of this colour. */
struct rgb rgb_ink(struct rgb colour);

void paint_set(cairo_t *cr, struct rgb colour, double alpha);

/** Paths; the caller fills or strokes. */
void path_ellipse(cairo_t *cr, double x, double y, double rx, double ry);
void path_round(cairo_t *cr, double x, double y, double w, double h, double r);
void path_star(cairo_t *cr, double x, double y, double r, int points,
	       double inner);

/** Fill the path with `colour` and draw its outline `width` wide. */
void paint_shape(cairo_t *cr, struct rgb colour, double width);

/** Fill the path and forget it. */
void paint_fill(cairo_t *cr, struct rgb colour, double alpha);

void paint_ellipse(cairo_t *cr, double x, double y, double rx, double ry,
		   struct rgb colour, double alpha);

/** From `top` to `bottom` in a rectangle as wide as the picture. */
void paint_band(cairo_t *cr, double y, double h, struct rgb top,
		struct rgb bottom);

/** Light that fades out around a point. */
void paint_glow(cairo_t *cr, double x, double y, double r, struct rgb colour,
		double alpha);

#endif
