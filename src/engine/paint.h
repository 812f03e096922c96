/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_PAINT_H
#define ENGINE_PAINT_H

/**
 * Brushes: colours that can be mixed, and the few shapes everything is
 * painted with.
 */

#include <cairo.h>

struct rgba {
	double r;
	double g;
	double b;
	double alpha;
};

/** 0xRRGGBB. */
struct rgba rgb_of(unsigned int hex);

/** The same, seen through. */
struct rgba rgb_faint(struct rgba colour, double alpha);

/** `share` of `b` in `a`, 0 to 1. */
struct rgba rgb_mix(struct rgba a, struct rgba b, double share);

/** The dark line that fits round a patch of this colour. */
struct rgba rgb_ink(struct rgba colour);

void paint_set(cairo_t *cr, struct rgba colour);

/** Paths; the caller fills or strokes. */
void path_ellipse(cairo_t *cr, double x, double y, double rx, double ry);
void path_round(cairo_t *cr, double x, double y, double w, double h, double r);
void path_star(cairo_t *cr, double x, double y, double r, int points,
	       double inner);

/** Fill the path with `colour` and draw its outline `width` wide. */
void paint_shape(cairo_t *cr, struct rgba colour, double width);

/** Fill the path and forget it. */
void paint_fill(cairo_t *cr, struct rgba colour);

void paint_ellipse(cairo_t *cr, double x, double y, double rx, double ry,
		   struct rgba colour);

/** From `top` to `bottom` in a rectangle as wide as the picture. */
void paint_band(cairo_t *cr, double y, double h, struct rgba top,
		struct rgba bottom);

/** Light that fades out around a point. */
void paint_glow(cairo_t *cr, double x, double y, double r, struct rgba colour,
		double alpha);

#endif
