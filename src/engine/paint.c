/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <math.h>

#include "engine/paint.h"
#include "engine/picture.h"

struct rgba rgb_of(unsigned int hex)
{
	return (struct rgba){ (hex >> 16 & 0xff) / 255.0,
			      (hex >> 8 & 0xff) / 255.0, (hex & 0xff) / 255.0,
			      1 };
}

struct rgba rgb_faint(struct rgba colour, double alpha)
{
	colour.alpha *= alpha;
	return colour;
}

struct rgba rgb_mix(struct rgba a, struct rgba b, double share)
{
	return (struct rgba){ a.r + (b.r - a.r) * share,
			      a.g + (b.g - a.g) * share,
			      a.b + (b.b - a.b) * share,
			      a.alpha + (b.alpha - a.alpha) * share };
}

struct rgba rgb_ink(struct rgba colour)
{
	return rgb_mix(colour, rgb_of(0x2b1d2e), 0.78);
}

void paint_set(cairo_t *cr, struct rgba colour)
{
	cairo_set_source_rgba(cr, colour.r, colour.g, colour.b, colour.alpha);
}

void path_ellipse(cairo_t *cr, double x, double y, double rx, double ry)
{
	cairo_new_sub_path(cr);
	cairo_save(cr);
	cairo_translate(cr, x, y);
	cairo_scale(cr, rx, ry);
	cairo_arc(cr, 0, 0, 1, 0, 2 * M_PI);
	cairo_restore(cr);
	cairo_close_path(cr);
}

void path_round(cairo_t *cr, double x, double y, double w, double h, double r)
{
	cairo_new_sub_path(cr);
	cairo_arc(cr, x + w - r, y + r, r, -M_PI / 2, 0);
	cairo_arc(cr, x + w - r, y + h - r, r, 0, M_PI / 2);
	cairo_arc(cr, x + r, y + h - r, r, M_PI / 2, M_PI);
	cairo_arc(cr, x + r, y + r, r, M_PI, 1.5 * M_PI);
	cairo_close_path(cr);
}

void path_star(cairo_t *cr, double x, double y, double r, int points,
	       double inner)
{
	int i;

	cairo_new_sub_path(cr);
	for (i = 0; i < points * 2; i++) {
		double at = M_PI * i / points - M_PI / 2;
		double far = i % 2 ? r * inner : r;

		cairo_line_to(cr, x + cos(at) * far, y + sin(at) * far);
	}
	cairo_close_path(cr);
}

void paint_shape(cairo_t *cr, struct rgba colour, double width)
{
	paint_set(cr, colour);
	cairo_fill_preserve(cr);
	paint_set(cr, rgb_ink(colour));
	cairo_set_line_width(cr, width);
	cairo_stroke(cr);
}

void paint_fill(cairo_t *cr, struct rgba colour)
{
	paint_set(cr, colour);
	cairo_fill(cr);
}

void paint_ellipse(cairo_t *cr, double x, double y, double rx, double ry,
		   struct rgba colour)
{
	path_ellipse(cr, x, y, rx, ry);
	paint_fill(cr, colour);
}

void paint_band(cairo_t *cr, double y, double h, struct rgba top,
		struct rgba bottom)
{
	cairo_pattern_t *fade = cairo_pattern_create_linear(0, y, 0, y + h);

	cairo_pattern_add_color_stop_rgb(fade, 0, top.r, top.g, top.b);
	cairo_pattern_add_color_stop_rgb(fade, 1, bottom.r, bottom.g, bottom.b);
	cairo_rectangle(cr, -PICTURE_WIDTH, y, PICTURE_WIDTH * 3, h);
	cairo_set_source(cr, fade);
	cairo_fill(cr);
	cairo_pattern_destroy(fade);
}

void paint_glow(cairo_t *cr, double x, double y, double r, struct rgba colour,
		double alpha)
{
	cairo_pattern_t *fade = cairo_pattern_create_radial(x, y, 0, x, y, r);

	cairo_pattern_add_color_stop_rgba(fade, 0, colour.r, colour.g, colour.b,
					  alpha);
	cairo_pattern_add_color_stop_rgba(fade, 0.4, colour.r, colour.g,
					  colour.b, alpha * 0.45);
	cairo_pattern_add_color_stop_rgba(fade, 1, colour.r, colour.g, colour.b,
					  0);
	cairo_set_source(cr, fade);
	cairo_arc(cr, x, y, r, 0, 2 * M_PI);
	cairo_fill(cr);
	cairo_pattern_destroy(fade);
}
