/* SPDX-License-Identifier: MIT */

/*
 * The lettering engine: pictures get what is said in their panels.
 */

#include <config.h>

#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/strbuf.h"
#include "engine/body.h"
#include "engine/bubble.h"
#include "engine/panel.h"
#include "engine/picture.h"
#include "engine/role.h"

enum {
	LETTERING_CENTS = 10,
};

/* The panel that picture `index` shows; not valid when there is none. */
static jv panel_of(jv panels, size_t index)
{
	size_t place = 0;

	jv_array_foreach(panels, i, panel)
	{
		if (picture_index(panel, place++) == index)
			return panel;
		jv_free(panel);
	}
	return jv_invalid();
}

/* What a person who cannot see the picture is told. */
static char *alt_of(const struct panel *panel)
{
	struct strbuf alt = { .max = LIMIT_MESSAGE };
	size_t i;

	strbuf_adds(&alt, panel->description);
	for (i = 0; i < panel->n_lines; i++) {
		int person = panel->lines[i].person;

		strbuf_addf(&alt, "%s%s%s%s", i || alt.len ? "\n" : "",
			    person < 0 ? "" : panel->people[person].name,
			    person < 0 ? "" : ": ", panel->lines[i].text);
	}
	return strbuf_detach(&alt);
}

static int letter_one(const struct role_ctx *ctx, jv image, jv json,
		      const struct picture_place *place, jv *out,
		      struct err *err)
{
	const char *file = json_str(image, "file");
	struct panel panel = { 0 };
	cairo_surface_t *surface;
	cairo_t *cr;
	char *alt;
	int rc;

	if (!file)
		return err_set(err, ERR_INPUT, "image %zu has no 'file'",
			       place->index);
	surface = picture_load(ctx, file, err);
	if (!surface)
		return -1;
	if (jv_is_valid(json) && panel_read(&panel, json, place->index, err)) {
		cairo_surface_destroy(surface);
		return -1;
	}
	cr = cairo_create(surface);
	bubbles_draw(cr, &panel);
	cairo_destroy(cr);
	rc = picture_save(ctx, surface, place, out, err);
	if (rc == 0 && jv_is_valid(json)) {
		alt = alt_of(&panel);
		body_set_text(out, "alt", alt);
		free(alt);
	}
	cairo_surface_destroy(surface);
	panel_release(&panel);
	return rc;
}

static int letter_all(const struct role_ctx *ctx, jv pictures, jv panels,
		      const char *episode, jv *out, struct err *err)
{
	jv images = jv_array();
	size_t n = 0;
	int rc = 0;

	jv_array_foreach(pictures, i, image)
	{
		struct picture_place place = { episode, "lettered",
					       picture_index(image, n++) };
		jv panel = panel_of(panels, place.index);
		jv lettered = jv_null();

		rc = rc || role_check(ctx, err) ||
		     letter_one(ctx, image, panel, &place, &lettered, err);
		if (rc == 0)
			images = jv_array_append(images, lettered);
		jv_free(panel);
		jv_free(image);
	}
	if (rc)
		jv_free(images);
	else
		*out = images;
	return rc ? -1 : 0;
}

int role_lettering(const struct role_ctx *ctx, jv body, jv *out,
		   struct err *err)
{
	jv pictures = jv_null(), panels = jv_null(), images, answer;
	char *episode = body_episode(body, err);
	int rc = -1;

	if (!episode || pictures_of(body, &pictures, err) ||
	    body_array(body, "panels", PICTURES_MAX, &panels, err) ||
	    letter_all(ctx, pictures, panels, episode, &images, err))
		goto out;
	answer = jv_object();
	role_set_cost(&answer, LETTERING_CENTS, 0,
		      (size_t)jv_array_length(jv_copy(images)));
	body_set(&answer, "images", images);
	*out = answer;
	rc = 0;
out:
	free(episode);
	jv_free(panels);
	jv_free(pictures);
	return rc;
}
