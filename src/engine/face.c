/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <math.h>

#include "engine/figure.h"

static const double ink_width = 0.055;

static struct rgba ink(void)
{
	return rgb_of(0x2b1d2e);
}

static void stroke(cairo_t *cr, struct rgba colour, double width)
{
	paint_set(cr, colour);
	cairo_set_line_width(cr, width);
	cairo_stroke(cr);
}

/* A pointed ear of which only the outer half is round. */
static void pointed_ear(cairo_t *cr, double side, const struct hues *hues,
			double height)
{
	cairo_save(cr);
	cairo_scale(cr, side, 1);
	cairo_move_to(cr, 0.18, -0.86);
	cairo_curve_to(cr, 0.42, -1.1, 0.62, -0.9 - height * 0.6, 0.8,
		       -0.8 - height);
	cairo_curve_to(cr, 0.98, -0.9, 1.04, -0.6, 0.98, -0.26);
	cairo_close_path(cr);
	paint_shape(cr, hues->fur, ink_width);
	cairo_move_to(cr, 0.44, -0.86);
	cairo_curve_to(cr, 0.56, -1.0, 0.64, -0.85 - height * 0.5, 0.75,
		       -0.78 - height * 0.72);
	cairo_curve_to(cr, 0.85, -0.85, 0.88, -0.66, 0.85, -0.46);
	cairo_close_path(cr);
	paint_fill(cr, hues->light);
	cairo_restore(cr);
}

static void round_ear(cairo_t *cr, double side, const struct hues *hues)
{
	path_ellipse(cr, side * 0.72, -0.78, 0.34, 0.34);
	paint_shape(cr, hues->fur, ink_width);
	paint_ellipse(cr, side * 0.72, -0.76, 0.19, 0.19, hues->light);
}

static void long_ear(cairo_t *cr, double side, const struct hues *hues)
{
	cairo_save(cr);
	cairo_translate(cr, side * 0.4, -0.8);
	cairo_rotate(cr, side * 0.2);
	path_ellipse(cr, 0, -0.62, 0.24, 0.82);
	paint_shape(cr, hues->fur, ink_width);
	paint_ellipse(cr, 0, -0.6, 0.12, 0.6, hues->light);
	cairo_restore(cr);
}

static void antenna(cairo_t *cr, const struct hues *hues)
{
	cairo_move_to(cr, 0, -0.9);
	cairo_line_to(cr, 0, -1.32);
	stroke(cr, rgb_ink(hues->fur), 0.09);
	path_ellipse(cr, 0, -1.4, 0.14, 0.14);
	paint_shape(cr, rgb_of(0xffd166), ink_width);
	path_round(cr, -1.22, -0.3, 0.3, 0.6, 0.12);
	path_round(cr, 0.92, -0.3, 0.3, 0.6, 0.12);
	paint_shape(cr, hues->dark, ink_width);
}

void figure_ears(cairo_t *cr, enum kind kind, const struct hues *hues)
{
	int side;

	for (side = -1; side <= 1; side += 2) {
		switch (kind) {
		case KIND_CAT:
			pointed_ear(cr, side, hues, 0.42);
			break;
		case KIND_FOX:
			pointed_ear(cr, side, hues, 0.66);
			break;
		case KIND_BEAR:
			round_ear(cr, side, hues);
			break;
		case KIND_RABBIT:
			long_ear(cr, side, hues);
			break;
		case KIND_DOG:
		case KIND_PENGUIN:
		case KIND_ROBOT:
		case KIND_CHILD:
		case KINDS:
			break;
		}
	}
	if (kind == KIND_ROBOT)
		antenna(cr, hues);
}

/* The ears of a dog hang before its head. */
static void hanging_ears(cairo_t *cr, const struct hues *hues)
{
	int side;

	for (side = -1; side <= 1; side += 2) {
		cairo_save(cr);
		cairo_scale(cr, side, 1);
		cairo_move_to(cr, 0.5, -0.92);
		cairo_curve_to(cr, 1.1, -1.05, 1.36, -0.4, 1.22, 0.22);
		cairo_curve_to(cr, 1.14, 0.46, 0.9, 0.42, 0.84, 0.1);
		cairo_curve_to(cr, 0.8, -0.3, 0.74, -0.6, 0.5, -0.92);
		paint_shape(cr, hues->dark, ink_width);
		cairo_restore(cr);
	}
}

static void hair(cairo_t *cr, const struct hues *hues)
{
	cairo_move_to(cr, -1.1, 0.16);
	cairo_curve_to(cr, -1.3, -1.2, -0.5, -1.28, 0, -1.2);
	cairo_curve_to(cr, 0.6, -1.3, 1.3, -1.1, 1.1, 0.16);
	cairo_curve_to(cr, 1.02, -0.1, 0.92, -0.3, 0.8, -0.46);
	cairo_curve_to(cr, 0.5, -0.3, 0.2, -0.4, 0.06, -0.62);
	cairo_curve_to(cr, -0.1, -0.34, -0.5, -0.24, -0.82, -0.44);
	cairo_curve_to(cr, -0.94, -0.28, -1.02, -0.1, -1.1, 0.16);
	cairo_close_path(cr);
	paint_shape(cr, hues->dark, ink_width);
}

/* What sets one kind's face apart, under the eyes and the mouth. */
static void mask(cairo_t *cr, enum kind kind, const struct hues *hues)
{
	int side;

	switch (kind) {
	case KIND_FOX:
		for (side = -1; side <= 1; side += 2) {
			cairo_move_to(cr, 0, 0.98);
			cairo_curve_to(cr, side * 0.7, 0.96, side * 1.1, 0.5,
				       side * 1.02, 0.1);
			cairo_curve_to(cr, side * 0.6, 0.1, side * 0.3, 0.2, 0,
				       0.44);
			paint_fill(cr, hues->light);
		}
		break;
	case KIND_PENGUIN:
		for (side = -1; side <= 1; side += 2)
			paint_ellipse(cr, side * 0.38, 0.12, 0.46, 0.62,
				      hues->light);
		paint_ellipse(cr, 0, 0.5, 0.6, 0.4, hues->light);
		break;
	case KIND_DOG:
	case KIND_BEAR:
		paint_ellipse(cr, 0, 0.46, 0.46, 0.36, hues->light);
		break;
	case KIND_CAT:
		for (side = -1; side <= 1; side++) {
			cairo_move_to(cr, side * 0.26, -0.96);
			cairo_line_to(cr, side * 0.2, -0.62);
			stroke(cr, hues->dark, 0.1);
		}
		paint_ellipse(cr, 0, 0.5, 0.4, 0.28, hues->light);
		break;
	case KIND_ROBOT:
		path_round(cr, -0.82, -0.5, 1.64, 1.12, 0.4);
		paint_shape(cr, rgb_of(0x24344d), ink_width);
		break;
	case KIND_RABBIT:
	case KIND_CHILD:
	case KINDS:
		break;
	}
}

static void eye(cairo_t *cr, double x, double look, enum feeling feeling,
		struct rgba colour)
{
	double tall = feeling == FEEL_SURPRISED ? 0.27 : 0.22;

	if (feeling == FEEL_HAPPY) {
		cairo_arc(cr, x, 0.16, 0.17, 1.1 * M_PI, 1.9 * M_PI);
		stroke(cr, colour, 0.085);
		return;
	}
	paint_ellipse(cr, x, 0.06, 0.16, tall, colour);
	paint_ellipse(cr, x + look * 0.05 - 0.03, -0.04, 0.065, 0.085,
		      rgb_faint(rgb_of(0xffffff), 0.95));
	paint_ellipse(cr, x + look * 0.05 + 0.05, 0.14, 0.03, 0.04,
		      rgb_faint(rgb_of(0xffffff), 0.8));
}

static void brow(cairo_t *cr, double x, double side, enum feeling feeling,
		 struct rgba colour)
{
	double tilt = feeling == FEEL_WORRIED || feeling == FEEL_SAD ? -0.1 : 0;
	double y = feeling == FEEL_SURPRISED ? -0.46 : -0.34;

	cairo_move_to(cr, x - 0.14, y + side * tilt);
	cairo_curve_to(cr, x - 0.05, y - 0.07 + side * tilt * 0.5, x + 0.05,
		       y - 0.07 - side * tilt * 0.5, x + 0.14, y - side * tilt);
	stroke(cr, colour, 0.055);
}

static void open_mouth(cairo_t *cr, double y, double w, double h)
{
	cairo_move_to(cr, -w, y);
	cairo_curve_to(cr, -w * 0.5, y + 0.05, w * 0.5, y + 0.05, w, y);
	cairo_curve_to(cr, w * 0.9, y + h * 1.3, -w * 0.9, y + h * 1.3, -w, y);
	cairo_close_path(cr);
	paint_shape(cr, rgb_of(0x9b2f45), 0.045);
	paint_ellipse(cr, 0, y + h * 0.72, w * 0.5, h * 0.22, rgb_of(0xf28b9b));
}

static void mouth(cairo_t *cr, double y, enum feeling feeling, int is_speaking,
		  struct rgba colour)
{
	if (feeling == FEEL_SURPRISED) {
		path_ellipse(cr, 0, y + 0.1, 0.1, 0.14);
		paint_shape(cr, rgb_of(0x9b2f45), 0.045);
	} else if (is_speaking) {
		open_mouth(cr, y, feeling == FEEL_HAPPY ? 0.26 : 0.18,
			   feeling == FEEL_HAPPY ? 0.26 : 0.2);
	} else if (feeling == FEEL_SAD || feeling == FEEL_WORRIED) {
		cairo_arc(cr, 0, y + 0.2, 0.14, 1.2 * M_PI, 1.8 * M_PI);
		stroke(cr, colour, 0.055);
	} else {
		cairo_arc(cr, -0.1, y, 0.1, 0.1 * M_PI, 0.9 * M_PI);
		stroke(cr, colour, 0.055);
		cairo_arc(cr, 0.1, y, 0.1, 0.1 * M_PI, 0.9 * M_PI);
		stroke(cr, colour, 0.055);
	}
}

static void nose(cairo_t *cr, enum kind kind)
{
	if (kind == KIND_PENGUIN) {
		cairo_move_to(cr, -0.18, 0.3);
		cairo_curve_to(cr, -0.05, 0.2, 0.05, 0.2, 0.18, 0.3);
		cairo_curve_to(cr, 0.1, 0.48, -0.1, 0.48, -0.18, 0.3);
		cairo_close_path(cr);
		paint_shape(cr, rgb_of(0xf7a83c), 0.045);
	} else if (kind == KIND_DOG || kind == KIND_BEAR || kind == KIND_FOX) {
		paint_ellipse(cr, 0, 0.32, 0.13, 0.09, ink());
		paint_ellipse(cr, -0.04, 0.29, 0.035, 0.025,
			      rgb_faint(rgb_of(0xffffff), 0.7));
	} else if (kind == KIND_CAT || kind == KIND_RABBIT) {
		paint_ellipse(cr, 0, 0.34, 0.075, 0.055, rgb_of(0xe5738a));
	} else if (kind == KIND_CHILD) {
		cairo_arc(cr, 0, 0.28, 0.05, 0.15 * M_PI, 0.85 * M_PI);
		stroke(cr, rgb_of(0xc9826b), 0.04);
	}
}

static void whiskers(cairo_t *cr, struct rgba colour)
{
	int side;
	int i;

	for (side = -1; side <= 1; side += 2) {
		for (i = 0; i < 2; i++) {
			cairo_move_to(cr, side * 0.62, 0.4 + 0.14 * i);
			cairo_line_to(cr, side * 1.12, 0.34 + 0.22 * i);
			stroke(cr, colour, 0.03);
		}
	}
}

void figure_face(cairo_t *cr, const struct panel_person *person,
		 const struct hues *hues, enum feeling feeling)
{
	int is_robot = person->kind == KIND_ROBOT;
	struct rgba line = is_robot ? rgb_of(0x7ff0e0) : ink();
	double look = person->looks_left ? -1 : 1;
	int side;

	cairo_save(cr);
	mask(cr, person->kind, hues);
	/* The face is turned a little to where it looks. */
	cairo_translate(cr, look * 0.1, 0);
	for (side = -1; side <= 1; side += 2) {
		eye(cr, side * 0.42, look, feeling, line);
		if (!is_robot)
			brow(cr, side * 0.42, side, feeling, line);
		paint_ellipse(cr, side * 0.66, 0.36, 0.16, 0.1,
			      rgb_faint(rgb_of(0xff7f8f),
					is_robot ? 0.25 : 0.45));
	}
	nose(cr, person->kind);
	mouth(cr, person->kind == KIND_ROBOT ? 0.34 : 0.48, feeling,
	      person->line != NULL, line);
	if (person->kind == KIND_CAT)
		whiskers(cr, rgb_ink(hues->fur));
	cairo_restore(cr);
	if (person->kind == KIND_DOG)
		hanging_ears(cr, hues);
	if (person->kind == KIND_CHILD)
		hair(cr, hues);
}
