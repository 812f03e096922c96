/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <math.h>
#include <string.h>

#include "engine/dice.h"
#include "engine/figure.h"

static const double ink_width = 0.055;

/* Of the coats: fur, its light parts, its dark parts. */
static const unsigned int coats[COLOURS][3] = {
	[COLOUR_ORANGE] = { 0xf4a259, 0xfff1dc, 0xc8693a },
	[COLOUR_GREY] = { 0x9aa5b1, 0xe9eef2, 0x66717e },
	[COLOUR_WHITE] = { 0xfaf6f0, 0xffdfe0, 0xd9cfc8 },
	[COLOUR_BROWN] = { 0xa9744f, 0xf1dcc4, 0x6f4630 },
	[COLOUR_BLUE] = { 0x7fa8d9, 0xe6f0fb, 0x486fa6 },
	[COLOUR_PINK] = { 0xf3a6b8, 0xfff0f2, 0xc96c86 },
	[COLOUR_MINT] = { 0x8fd0b5, 0xecfaf3, 0x4f9c83 },
	[COLOUR_YELLOW] = { 0xf3cf63, 0xfff8df, 0xc0962c },
};

static const unsigned int cloths[] = { 0xd1495b, 0x2e86ab, 0x3f7d58, 0x7b5ea7,
				       0xe0a030, 0x35708a, 0xb5577c };

static struct hues hues_of(const struct panel_person *person)
{
	const unsigned int *coat = coats[person->colour];
	struct dice dice = dice_of(person->name);
	struct hues hues = { rgb_of(coat[0]), rgb_of(coat[1]), rgb_of(coat[2]),
			     rgb_of(cloths[dice_below(&dice, 7)]) };

	if (person->kind == KIND_CHILD) {
		/* The colour is the hair's. */
		hues.dark = rgb_mix(hues.dark, rgb_of(0x3a2632), 0.35);
		hues.fur = rgb_of(dice_below(&dice, 2) ? 0xf6cfb2 : 0xd9a17c);
		hues.light = hues.fur;
	} else if (person->kind == KIND_PENGUIN) {
		hues.fur = rgb_mix(hues.dark, rgb_of(0x27324a), 0.6);
		hues.light = rgb_of(0xfdfaf4);
	}
	return hues;
}

static enum feeling feeling_of(const struct panel *panel,
			       const struct panel_person *person)
{
	static const enum feeling by_mood[MOODS] = {
		[MOOD_CALM] = FEEL_CONTENT,   [MOOD_JOYFUL] = FEEL_HAPPY,
		[MOOD_TENSE] = FEEL_WORRIED,  [MOOD_SAD] = FEEL_SAD,
		[MOOD_WONDER] = FEEL_CONTENT,
	};
	const char *line = person->line;

	if (!line)
		return by_mood[panel->mood];
	if (strstr(line, "?!") || (strchr(line, '!') && strchr(line, '?')))
		return FEEL_SURPRISED;
	if (strchr(line, '!'))
		return panel->mood == MOOD_TENSE ? FEEL_SURPRISED : FEEL_HAPPY;
	if (strstr(line, "...") || strstr(line, "…"))
		return FEEL_WORRIED;
	return by_mood[panel->mood];
}

static void limb(cairo_t *cr, double from_x, double from_y, double to_x,
		 double to_y, struct rgba colour)
{
	double mid_x = (from_x + to_x) / 2 + (to_x > 0 ? 0.12 : -0.12);
	double mid_y = (from_y + to_y) / 2 + 0.08;
	int pass;

	/* The outline is a wider stroke beneath. */
	for (pass = 0; pass < 2; pass++) {
		cairo_move_to(cr, from_x, from_y);
		cairo_curve_to(cr, mid_x, mid_y, mid_x, mid_y, to_x, to_y);
		paint_set(cr, pass ? colour : rgb_ink(colour));
		cairo_set_line_width(cr, pass ? 0.32 : 0.32 + 2 * ink_width);
		cairo_stroke(cr);
	}
}

static void arms(cairo_t *cr, const struct panel_person *person,
		 const struct hues *hues, struct dice *dice)
{
	struct rgba sleeve =
		person->kind == KIND_CHILD ? hues->cloth : hues->fur;
	double wave = person->looks_left ? -1 : 1;

	limb(cr, -wave * 0.5, 1.3, -wave * 0.78, 2.0, sleeve);
	if (person->line && dice_below(dice, 3) != 0)
		limb(cr, wave * 0.5, 1.3, wave * 1.24, 0.86, sleeve);
	else
		limb(cr, wave * 0.5, 1.3, wave * 0.78, 2.0, sleeve);
}

static void tail(cairo_t *cr, const struct panel_person *person,
		 const struct hues *hues)
{
	double side = person->looks_left ? 1 : -1;

	cairo_save(cr);
	cairo_scale(cr, side, 1);
	if (person->kind == KIND_FOX) {
		cairo_move_to(cr, 0.3, 2.3);
		cairo_curve_to(cr, 1.2, 2.6, 1.6, 1.6, 1.3, 0.9);
		cairo_curve_to(cr, 2.1, 1.4, 1.9, 2.9, 0.3, 2.6);
		cairo_close_path(cr);
		paint_shape(cr, hues->fur, ink_width);
		cairo_move_to(cr, 1.3, 0.9);
		cairo_curve_to(cr, 1.8, 1.2, 1.86, 1.7, 1.72, 2.0);
		cairo_curve_to(cr, 1.6, 1.8, 1.48, 1.7, 1.42, 1.62);
		cairo_curve_to(cr, 1.44, 1.4, 1.4, 1.1, 1.3, 0.9);
		paint_fill(cr, hues->light);
	} else if (person->kind == KIND_CAT || person->kind == KIND_DOG) {
		limb(cr, 0.4, 2.4, 1.15, 1.5, hues->fur);
	} else if (person->kind == KIND_RABBIT) {
		path_ellipse(cr, 0.7, 2.4, 0.26, 0.26);
		paint_shape(cr, hues->light, ink_width);
	}
	cairo_restore(cr);
}

static void torso_path(cairo_t *cr)
{
	cairo_move_to(cr, -0.42, 0.85);
	cairo_curve_to(cr, -0.66, 1.4, -0.86, 2.0, -0.74, 2.56);
	cairo_curve_to(cr, -0.4, 2.74, 0.4, 2.74, 0.74, 2.56);
	cairo_curve_to(cr, 0.86, 2.0, 0.66, 1.4, 0.42, 0.85);
	cairo_close_path(cr);
}

static void torso(cairo_t *cr, const struct panel_person *person,
		  const struct hues *hues)
{
	torso_path(cr);
	if (person->kind == KIND_CHILD) {
		paint_shape(cr, hues->cloth, ink_width);
		return;
	}
	paint_shape(cr, hues->fur, ink_width);
	cairo_save(cr);
	torso_path(cr);
	cairo_clip(cr);
	if (person->kind == KIND_ROBOT) {
		path_round(cr, -0.4, 1.45, 0.8, 0.66, 0.12);
		paint_shape(cr, hues->light, 0.045);
		paint_ellipse(cr, -0.18, 1.7, 0.09, 0.09, rgb_of(0xff7f8f));
		paint_ellipse(cr, 0.12, 1.7, 0.09, 0.09, rgb_of(0xffd166));
	} else {
		paint_ellipse(cr, 0, 1.95, 0.5, 0.72, hues->light);
	}
	cairo_restore(cr);
}

static void legs(cairo_t *cr, const struct panel_person *person,
		 const struct hues *hues)
{
	struct rgba foot = person->kind == KIND_PENGUIN ? rgb_of(0xf7a83c)
			   : person->kind == KIND_CHILD ? rgb_of(0x5a4a66)
							: hues->fur;
	int side;

	for (side = -1; side <= 1; side += 2) {
		path_round(cr, side * 0.36 - 0.22, 2.3, 0.44, 0.76, 0.2);
		paint_shape(cr, foot, ink_width);
		path_ellipse(cr, side * 0.42, 3.02, 0.34, 0.18);
		paint_shape(cr, foot, ink_width);
	}
}

static void head_path(cairo_t *cr, enum kind kind)
{
	if (kind == KIND_ROBOT)
		path_round(cr, -1, -0.9, 2, 1.8, 0.6);
	else
		path_ellipse(cr, 0, 0, 1.08, 0.97);
}

static void head(cairo_t *cr, const struct panel_person *person,
		 const struct hues *hues)
{
	head_path(cr, person->kind);
	paint_shape(cr, hues->fur, ink_width);
	/* Shade on the side away from where it looks. */
	cairo_save(cr);
	head_path(cr, person->kind);
	cairo_clip(cr);
	cairo_set_fill_rule(cr, CAIRO_FILL_RULE_EVEN_ODD);
	path_ellipse(cr, 0, 0, 1.4, 1.4);
	path_ellipse(cr, person->looks_left ? -0.18 : 0.18, -0.14, 1.16, 1.06);
	paint_fill(cr, rgb_faint(rgb_ink(hues->fur), 0.16));
	cairo_restore(cr);
}

void figure_wear(cairo_t *cr, enum wear wear, struct rgba cloth)
{
	int side;

	switch (wear) {
	case WEAR_SCARF:
		path_round(cr, 0.2, 0.98, 0.36, 0.9, 0.12);
		paint_shape(cr, rgb_mix(cloth, rgb_of(0), 0.12), ink_width);
		path_round(cr, -0.66, 0.82, 1.32, 0.36, 0.18);
		paint_shape(cr, cloth, ink_width);
		break;
	case WEAR_BOW:
		for (side = -1; side <= 1; side += 2) {
			cairo_move_to(cr, 0, 1.02);
			cairo_curve_to(cr, side * 0.3, 0.7, side * 0.56, 0.74,
				       side * 0.5, 1.02);
			cairo_curve_to(cr, side * 0.56, 1.32, side * 0.3, 1.34,
				       0, 1.02);
			paint_shape(cr, cloth, ink_width);
		}
		path_ellipse(cr, 0, 1.02, 0.12, 0.13);
		paint_shape(cr, cloth, ink_width);
		break;
	case WEAR_CAP:
		cairo_move_to(cr, -0.62, -0.72);
		cairo_curve_to(cr, -0.6, -1.34, 0.6, -1.34, 0.62, -0.72);
		cairo_close_path(cr);
		paint_shape(cr, rgb_of(0xd1495b), ink_width);
		path_round(cr, -0.74, -0.82, 1.7, 0.2, 0.1);
		paint_shape(cr, rgb_of(0xb03a4b), ink_width);
		break;
	case WEAR_GLASSES:
		for (side = -1; side <= 1; side += 2)
			path_ellipse(cr, side * 0.43, 0.06, 0.31, 0.31);
		paint_set(cr, rgb_of(0x4a3b2a));
		cairo_set_line_width(cr, 0.06);
		cairo_stroke(cr);
		cairo_move_to(cr, -0.12, 0.04);
		cairo_line_to(cr, 0.12, 0.04);
		cairo_stroke(cr);
		break;
	case WEAR_SATCHEL:
		cairo_move_to(cr, -0.44, 1.0);
		cairo_line_to(cr, 0.5, 2.1);
		paint_set(cr, rgb_of(0x7a4f2b));
		cairo_set_line_width(cr, 0.1);
		cairo_stroke(cr);
		path_round(cr, 0.3, 1.96, 0.6, 0.5, 0.1);
		paint_shape(cr, rgb_of(0xa26a3a), ink_width);
		break;
	case WEARS:
		break;
	}
}

static void shadow(cairo_t *cr)
{
	paint_ellipse(cr, 0, 3.16, 1.15, 0.16,
		      rgb_faint(rgb_of(0x20142a), 0.28));
}

void figure_draw(cairo_t *cr, const struct panel *panel,
		 const struct panel_person *person)
{
	struct hues hues = hues_of(person);
	struct dice dice = dice_of_part(panel->seed, (size_t)person->x);
	double tilt = dice_between(&dice, -0.08, 0.08);

	cairo_save(cr);
	cairo_translate(cr, person->x, person->y);
	cairo_scale(cr, person->radius, person->radius);
	cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	shadow(cr);
	tail(cr, person, &hues);
	legs(cr, person, &hues);
	torso(cr, person, &hues);
	arms(cr, person, &hues, &dice);
	if (person->wear != WEAR_CAP && person->wear != WEAR_GLASSES)
		figure_wear(cr, person->wear, hues.cloth);
	cairo_rotate(cr, tilt);
	figure_ears(cr, person->kind, &hues);
	head(cr, person, &hues);
	figure_face(cr, person, &hues, feeling_of(panel, person));
	if (person->wear == WEAR_CAP || person->wear == WEAR_GLASSES)
		figure_wear(cr, person->wear, hues.cloth);
	cairo_restore(cr);
}
