/* SPDX-License-Identifier: MIT */

/*
 * The lettering engine: pictures get what is said in their panels.
 */

#include <config.h>

#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
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

/* What all pictures of a request have in common. */
struct lettering {
	const char *episode;
	jv panels;
};

/* Draw what is said in the panel `json`; jv_invalid() is none. */
static int letter_surface(cairo_surface_t *surface, jv json, size_t index,
			  char **alt_out, struct err *err)
{
	struct panel panel = { 0 };
	cairo_t *cr;

	if (!jv_is_valid(json)) {
		*alt_out = xstrdup("");
		return 0;
	}
	if (panel_read(&panel, json, index, err))
		return -1;
	cr = cairo_create(surface);
	bubbles_draw(cr, &panel);
	cairo_destroy(cr);
	*alt_out = alt_of(&panel);
	panel_release(&panel);
	return 0;
}

static int letter_one(const struct role_ctx *ctx, jv image, size_t index,
		      void *arg, jv *out, struct err *err)
{
	const struct lettering *lettering = arg;
	struct picture_place place = { lettering->episode, "lettered",
				       picture_index(image, index) };
	const char *file = json_str(image, "file");
	cairo_surface_t *surface;
	char *alt = NULL;
	jv panel;
	int rc;

	if (!file)
		return err_set(err, ERR_INPUT, "image %zu has no 'file'",
			       place.index);
	surface = picture_load(ctx, file, err);
	if (!surface)
		return -1;
	panel = panel_of(lettering->panels, place.index);
	rc = letter_surface(surface, panel, place.index, &alt, err) ||
	     picture_save(ctx, surface, &place, out, err);
	if (rc == 0)
		body_set_text(out, "alt", alt);
	free(alt);
	jv_free(panel);
	cairo_surface_destroy(surface);
	return rc ? -1 : 0;
}

int role_lettering(const struct role_ctx *ctx, jv body, jv *out,
		   struct err *err)
{
	char *episode = body_episode(body, err);
	struct lettering lettering = { episode, jv_null() };
	jv pictures = jv_null(), images, answer;
	int rc = -1;

	if (!episode || pictures_of(body, &pictures, err) ||
	    body_array(body, "panels", PICTURES_MAX, &lettering.panels, err) ||
	    role_map(ctx, pictures, letter_one, &lettering, &images, err))
		goto out;
	answer = jv_object();
	role_set_cost(&answer, LETTERING_CENTS, 0,
		      (size_t)jv_array_length(jv_copy(images)));
	body_set(&answer, "images", images);
	*out = answer;
	rc = 0;
out:
	free(episode);
	jv_free(lettering.panels);
	jv_free(pictures);
	return rc;
}
