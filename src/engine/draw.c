/* SPDX-License-Identifier: MIT */

/*
 * The image engine: panels become pictures.
 */

#include <config.h>

#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "engine/backdrop.h"
#include "engine/body.h"
#include "engine/figure.h"
#include "engine/picture.h"
#include "engine/role.h"

enum {
	IMAGE_CENTS = 64,
};

static cairo_surface_t *draw_panel(const struct panel *panel)
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
	cairo_destroy(cr);
	return surface;
}

/* The picture of one panel; `arg` is the episode. */
static int image_of(const struct role_ctx *ctx, jv json, size_t index,
		    void *arg, jv *out, struct err *err)
{
	struct picture_place place = { arg, "panels", index };
	struct panel panel = { 0 };
	cairo_surface_t *surface;
	int rc;

	if (panel_read(&panel, json, index, err))
		return -1;
	place.index = panel.index;
	surface = draw_panel(&panel);
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
	if (role_map(ctx, panels, image_of, episode, &images, err))
		goto out;
	answer = jv_object();
	role_set_cost(&answer, IMAGE_CENTS, from,
		      (size_t)jv_array_length(jv_copy(images)));
	body_set(&answer, "images", images);
	*out = answer;
	rc = 0;
out:
	free(episode);
	jv_free(panels);
	return rc;
}
