/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/body.h"

/* The result of a step that is called as what it makes: {images: [...]}. */
static jv unwrap(jv v, const char *key)
{
	jv inner = json_get(v, key);

	if (jv_get_kind(inner) == JV_KIND_NULL) {
		jv_free(inner);
		return v;
	}
	jv_free(v);
	return inner;
}

jv body_find(jv body, const char *key)
{
	static const char *const places[] = {
		"input", "run",   "lettering", "image", "images",
		"tts",   "music", "director",  "text",  "story",
	};
	jv v = unwrap(json_get(body, key), key);
	size_t i;

	for (i = 0; jv_get_kind(v) == JV_KIND_NULL && i < ARRAY_SIZE(places);
	     i++) {
		jv place = json_get(body, places[i]);

		jv_free(v);
		v = json_get(place, key);
		jv_free(place);
	}
	return v;
}

char *body_text(jv body, const char *key, const char *otherwise)
{
	jv v = body_find(body, key);
	char *text =
		xstrdup(jv_get_kind(v) == JV_KIND_STRING ? jv_string_value(v)
							 : otherwise);

	jv_free(v);
	return text;
}

int body_array(jv body, const char *key, size_t max, jv *out, struct err *err)
{
	jv v = body_find(body, key);
	size_t n;

	if (jv_get_kind(v) != JV_KIND_ARRAY) {
		jv_free(v);
		return err_set(err, ERR_INPUT, "'%s' must be an array", key);
	}
	n = (size_t)jv_array_length(jv_copy(v));
	if (n == 0 || n > max) {
		jv_free(v);
		return err_set(err, ERR_INPUT,
			       "'%s' must have 1 to %zu elements, not %zu", key,
			       max, n);
	}
	*out = v;
	return 0;
}

static int is_id(const char *text, size_t len)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz"
		"0123456789_-";

	return len >= 1 && len <= LIMIT_NAME && strspn(text, allowed) == len;
}

char *body_episode(jv body, struct err *err)
{
	jv v = body_find(body, "episode_id");
	char *id = NULL;

	if (jv_get_kind(v) == JV_KIND_NULL) {
		jv_free(v);
		v = body_find(body, "book_id");
	}

	if (jv_get_kind(v) == JV_KIND_STRING) {
		size_t len = (size_t)jv_string_length_bytes(jv_copy(v));

		if (is_id(jv_string_value(v), len))
			id = xstrdup(jv_string_value(v));
	} else if (jv_get_kind(v) == JV_KIND_NUMBER) {
		double n = jv_number_value(v);

		if (n >= 0 && n <= 9007199254740991.0 &&
		    n == (double)(uint64_t)n)
			id = xasprintf("%" PRIu64, (uint64_t)n);
	}
	jv_free(v);
	if (!id)
		(void)err_set(err, ERR_INPUT,
			      "'episode_id' must be a number or 1 to %u of "
			      "A-Z a-z 0-9 _ -",
			      LIMIT_NAME);
	return id;
}

void body_set(jv *object, const char *key, jv value)
{
	*object = jv_object_set(*object, jv_string(key), value);
}

void body_set_text(jv *object, const char *key, const char *value)
{
	body_set(object, key, jv_string(value));
}

void body_set_size(jv *object, const char *key, size_t value)
{
	body_set(object, key, jv_number((double)value));
}
