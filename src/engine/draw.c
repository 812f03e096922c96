/* SPDX-License-Identifier: MIT */

/*
 * The image engine: panels become pictures, in the style that the prompt
 * names, if it names one.
 */

#include <config.h>

#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "engine/backdrop.h"
#include "engine/body.h"
#include "engine/dice.h"
#include "engine/figure.h"
#include "engine/paint.h"
#include "engine/picture.h"
#include "engine/role.h"

enum {
	IMAGE_CENTS = 64,
};

enum style {
	STYLE_PLAIN,
	STYLE_WATERCOLOUR,
	STYLE_VAN_GOGH,
	STYLE_FANTASY,
	STYLE_CARTOON,
};

static const struct word style_words[] = {
	{ "watercolo", STYLE_WATERCOLOUR },
	{ "수채화", STYLE_WATERCOLOUR },
	{ "van gogh", STYLE_VAN_GOGH },
	{ "고흐", STYLE_VAN_GOGH },
	{ "fantasy", STYLE_FANTASY },
	{ "판타지", STYLE_FANTASY },
	{ "cartoon", STYLE_CARTOON },
	{ "만화", STYLE_CARTOON },
	{ NULL, 0 },
};

/* What lies over all of a picture: a wash, and strokes of a brush. */
static const struct manner {
	unsigned int wash;
	double share;
	size_t strokes;
	unsigned int stroke;
	double width;
} manners[] = {
	[STYLE_PLAIN] = { 0, 0, 0, 0, 0 },
	[STYLE_WATERCOLOUR] = { 0xfdf6e9, 0.30, 40, 0xffffff, 44 },
	[STYLE_VAN_GOGH] = { 0x2a4fa0, 0.22, 420, 0xf2d45c, 5 },
	[STYLE_FANTASY] = { 0x8a4fd0, 0.24, 60, 0xffd6ff, 3 },
	[STYLE_CARTOON] = { 0xffe08a, 0.12, 0, 0, 0 },
};

static void style_paint(cairo_t *cr, enum style style,
			const struct panel *panel)
{
	const struct manner *manner = &manners[style];
	struct dice dice = dice_of_part(panel->seed, 9);
	size_t i;

	paint_set(cr, rgb_faint(rgb_of(manner->wash), manner->share));
	cairo_paint(cr);
	paint_set(cr, rgb_faint(rgb_of(manner->stroke), 0.16));
	cairo_set_line_width(cr, manner->width);
	for (i = 0; i < manner->strokes; i++) {
		double x = dice_between(&dice, 0, PICTURE_WIDTH);
		double y = dice_between(&dice, 0, PICTURE_HEIGHT);
		double turn = dice_between(&dice, 0, 6);

		cairo_new_path(cr);
		cairo_arc(cr, x, y, dice_between(&dice, 20, 70), turn,
			  turn + 1.6);
		cairo_stroke(cr);
	}
}

static cairo_surface_t *draw_panel(const struct panel *panel, enum style style)
{
	cairo_surface_t *surface =
		cairo_image_surface_create(CAIRO_FORMAT_RGB24, PICTURE_WIDTH,
					   PICTURE_HEIGHT);
	cairo_t *cr = cairo_create(surface);
	size_t i;

	backdrop_paint(cr, panel);
	for (i = 0; i < panel->n_people; i++)
		figure_draw(cr, panel, &panel->people[i]);
	prop_draw(cr, panel);
	mood_paint(cr, panel);
	style_paint(cr, style, panel);
	cairo_destroy(cr);
	return surface;
}

/* What all pictures of a request have in common. */
struct drawing {
	const char *episode;
	enum style style;
};

/* The picture of one panel. */
static int image_of(const struct role_ctx *ctx, jv json, size_t index,
		    void *arg, jv *out, struct err *err)
{
	const struct drawing *drawing = arg;
	struct picture_place place = { drawing->episode, "panels", index };
	struct panel panel = { 0 };
	cairo_surface_t *surface;
	int rc;

	if (panel_read(&panel, json, index, err))
		return -1;
	place.index = panel.index;
	surface = draw_panel(&panel, drawing->style);
	rc = picture_save(ctx, surface, &place, out, err);
	if (rc == 0)
		body_set_text(out, "alt", panel.description);
	cairo_surface_destroy(surface);
	panel_release(&panel);
	return rc;
}

/* The one panel of a part of a map, as an array; not valid if there is none. */
static jv single_panel(jv body)
{
	static const char *const keys[] = { "panel", "item" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		jv panel = json_get(body, keys[i]), index;

		if (jv_get_kind(panel) == JV_KIND_OBJECT) {
			index = json_get(body, "index");
			if (jv_get_kind(index) == JV_KIND_NUMBER)
				body_set(&panel, "index", index);
			else
				jv_free(index);
			return jv_array_append(jv_array(), panel);
		}
		jv_free(panel);
	}
	return jv_invalid();
}

/* The panels of a webtoon, or the pages of a picture book. */
static int panels_of(jv body, jv *out, struct err *err)
{
	if (body_array(body, "panels", PICTURES_MAX, out, err) == 0)
		return 0;
	return body_array(body, "pages", PICTURES_MAX, out, NULL);
}

int role_image(const struct role_ctx *ctx, jv body, jv *out, struct err *err)
{
	jv panels = single_panel(body), images, answer, first;
	char *episode = body_episode(body, err);
	char *prompt = body_text(body, "prompt", "");
	struct drawing drawing = { episode, STYLE_PLAIN };
	size_t from = 0;
	int rc = -1;

	if (!episode)
		goto out;
	if (!jv_is_valid(panels)) {
		jv_free(panels);
		if (panels_of(body, &panels, err)) {
			panels = jv_invalid();
			goto out;
		}
	} else {
		first = jv_array_get(jv_copy(panels), 0);
		from = picture_index(first, 0);
		jv_free(first);
	}
	drawing.style = (enum style)word_find(style_words, prompt, STYLE_PLAIN);
	if (role_map(ctx, panels, image_of, &drawing, &images, err))
		goto out;
	answer = jv_object();
	role_set_cost(&answer, IMAGE_CENTS, from,
		      (size_t)jv_array_length(jv_copy(images)));
	body_set(&answer, "images", images);
	*out = answer;
	rc = 0;
out:
	free(prompt);
	free(episode);
	jv_free(panels);
	return rc;
}
