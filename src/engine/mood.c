/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <math.h>

#include "engine/backdrop.h"
#include "engine/picture.h"

struct place_and_turn {
	double x;
	double y;
	double turn; /* 0 to 1 */
};

static struct place_and_turn anywhere(struct dice *dice)
{
	struct place_and_turn at;

	at.x = dice_between(dice, 0, PICTURE_WIDTH);
	at.y = dice_between(dice, 0, PICTURE_HEIGHT);
	at.turn = dice_unit(dice);
	return at;
}

/* Lines that rush at the middle, and leave it free. */
static void rush(cairo_t *cr, struct dice *dice)
{
	int i;

	for (i = 0; i < 96; i++) {
		double at = dice_between(dice, 0, 2 * M_PI);
		double from = dice_between(dice, 480, 660);
		double half = dice_between(dice, 0.003, 0.011);

		cairo_move_to(cr, 432 + cos(at) * from, 700 + sin(at) * from);
		cairo_line_to(cr, 432 + cos(at - half) * 1500,
			      700 + sin(at - half) * 1500);
		cairo_line_to(cr, 432 + cos(at + half) * 1500,
			      700 + sin(at + half) * 1500);
		cairo_close_path(cr);
	}
	paint_fill(cr, rgb_faint(rgb_of(0x1c1430), 0.55));
}

static void rain(cairo_t *cr, struct dice *dice)
{
	int i;

	cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
	for (i = 0; i < 120; i++) {
		struct place_and_turn at = anywhere(dice);
		double len = 20 + at.turn * 34;

		cairo_move_to(cr, at.x, at.y);
		cairo_line_to(cr, at.x - len * 0.22, at.y + len);
	}
	paint_set(cr, rgb_faint(rgb_of(0xdfeaff), 0.34));
	cairo_set_line_width(cr, 2.5);
	cairo_stroke(cr);
}

static void sparkles(cairo_t *cr, struct dice *dice)
{
	int i;

	for (i = 0; i < 34; i++) {
		struct place_and_turn at = anywhere(dice);
		double r = 5 + at.turn * 12;

		paint_glow(cr, at.x, at.y, r * 2.6, rgb_of(0xffe9a8), 0.5);
		path_star(cr, at.x, at.y, r, 4, 0.22);
		paint_fill(cr, rgb_faint(rgb_of(0xfffbe8), 0.9));
	}
}

static void petals(cairo_t *cr, struct dice *dice)
{
	static const unsigned int colours[] = { 0xffb3c1, 0xffd6e0, 0xfff0c9,
						0xbfe3d0 };
	int i;

	for (i = 0; i < 40; i++) {
		struct place_and_turn at = anywhere(dice);
		double r = dice_between(dice, 6, 12);

		cairo_save(cr);
		cairo_translate(cr, at.x, at.y);
		cairo_rotate(cr, at.turn * 2 * M_PI);
		paint_ellipse(cr, 0, 0, r, r * 0.5,
			      rgb_faint(rgb_of(colours[i % 4]), 0.85));
		cairo_restore(cr);
	}
}

/* The light of the hour on the people, and a darker rim. */
static void light_over(cairo_t *cr, const struct panel *panel)
{
	const struct light *light = light_of(panel->time);
	cairo_pattern_t *rim =
		cairo_pattern_create_radial(432, 620, 420, 432, 620, 900);

	if (panel->place != PLACE_CABIN && panel->place != PLACE_MOON) {
		cairo_set_operator(cr, CAIRO_OPERATOR_SOFT_LIGHT);
		paint_set(cr, rgb_faint(rgb_of(light->tint),
					light->tint_share * 0.6));
		cairo_paint(cr);
		cairo_set_operator(cr, CAIRO_OPERATOR_OVER);
	}
	cairo_pattern_add_color_stop_rgba(rim, 0, 0.08, 0.05, 0.16, 0);
	cairo_pattern_add_color_stop_rgba(
		rim, 1, 0.08, 0.05, 0.16,
		panel->mood == MOOD_SAD || panel->mood == MOOD_TENSE ? 0.5
								     : 0.24);
	cairo_set_source(cr, rim);
	cairo_paint(cr);
	cairo_pattern_destroy(rim);
}

void mood_paint(cairo_t *cr, const struct panel *panel)
{
	struct dice dice = dice_of_part(panel->seed, 7);

	light_over(cr, panel);
	switch (panel->mood) {
	case MOOD_JOYFUL:
		petals(cr, &dice);
		break;
	case MOOD_TENSE:
		if (panel->shot != SHOT_WIDE)
			rush(cr, &dice);
		break;
	case MOOD_SAD:
		if (panel->place != PLACE_ROOM && panel->place != PLACE_CABIN &&
		    panel->place != PLACE_MOON)
			rain(cr, &dice);
		break;
	case MOOD_WONDER:
		sparkles(cr, &dice);
		break;
	case MOOD_CALM:
	case MOODS:
		break;
	}
}
