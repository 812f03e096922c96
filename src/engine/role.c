/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "engine/body.h"
#include "engine/role.h"

enum {
	EPISODE_PANELS = 12
};

const struct role roles[] = {
	{ "text", "a topic becomes a scenario in scenes", 0, role_text },
	{ "director", "scenes become a storyboard of panels", 0,
	  role_director },
	{ "image", "panels become pictures, PNG of 864 x 1184", 1, role_image },
	{ "lettering", "pictures get their speech bubbles", 1, role_lettering },
	{ "packaging", "pictures become a page, the webtoon", 1,
	  role_packaging },
	{ "story", "a topic becomes the pages of a picture book", 0,
	  role_story },
	{ "tts", "pages become speech, a WAV each", 1, role_tts },
	{ "music", "a mood becomes music, a WAV", 1, role_music },
	{ "video", "pictures and sounds become a cutting list", 0, role_video },
	{ "qa", "a cutting list is looked at, and passes or not", 0, role_qa },
	{ "cover", "a picture becomes the cover of its book", 0, role_cover },
	{ "article", "scenes become an article of a given length", 0,
	  role_article },
	{ "echo", "answers what it was asked, and the headers", 0, role_echo },
	{ NULL, NULL, 0, NULL },
};

const struct role *role_find(const char *name, size_t len)
{
	const struct role *role;

	for (role = roles; role->name; role++)
		if (strlen(role->name) == len &&
		    memcmp(role->name, name, len) == 0)
			return role;
	return NULL;
}

int role_check(const struct role_ctx *ctx, struct err *err)
{
	if (atomic_load(ctx->is_stopping))
		return err_set(err, ERR_IO, "the engine is being stopped");
	return 0;
}

int role_map(const struct role_ctx *ctx, jv parts, role_part_fn fn, void *arg,
	     jv *out, struct err *err)
{
	jv made = jv_array();
	size_t place = 0;
	int rc = 0;

	jv_array_foreach(parts, i, part)
	{
		jv one = jv_null();

		rc = rc || role_check(ctx, err) ||
		     fn(ctx, part, place++, arg, &one, err);
		if (rc == 0)
			made = jv_array_append(made, one);
		jv_free(part);
	}
	if (rc)
		jv_free(made);
	else
		*out = made;
	return rc ? -1 : 0;
}

/* What the first `n` panels cost, in cents. */
static size_t cents_until(unsigned int cents, size_t n)
{
	return (cents * n + EPISODE_PANELS / 2) / EPISODE_PANELS;
}

void role_set_cost(jv *answer, unsigned int cents, size_t first, size_t n)
{
	size_t cost = cents_until(cents, first + n) - cents_until(cents, first);
	char text[32];

	/* Text, since money as a double is not what was meant. */
	(void)snprintf(text, sizeof(text), "%zu.%02zu", cost / 100, cost % 100);
	body_set_text(answer, "cost", text);
}

int role_echo(const struct role_ctx *ctx, jv body, jv *out, struct err *err)
{
	jv answer = jv_object();

	(void)err;
	body_set(&answer, "echo", jv_copy(body));
	body_set(&answer, "headers", jv_copy(ctx->headers));
	*out = answer;
	return 0;
}
