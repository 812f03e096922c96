/* SPDX-License-Identifier: MIT */

/*
 * The video engine: a small JSON file that says which picture is seen when,
 * and what is heard with it. A real engine would render it.
 */

#include <config.h>

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "engine/body.h"
#include "engine/picture.h"
#include "engine/role.h"
#include "engine/storage.h"

enum {
	VIDEO_CENTS = 10,
};

static const double shortest_seconds = 3;

/* The sound of page `index`; jv_null() when it has none. */
static jv sound_of(jv audio, size_t index)
{
	size_t place = 0;

	if (jv_get_kind(audio) != JV_KIND_ARRAY)
		return jv_null();
	jv_array_foreach(audio, i, sound)
	{
		if (picture_index(sound, place++) == index)
			return sound;
		jv_free(sound);
	}
	return jv_null();
}

/* One frame; `*at` moves to its end. */
static jv frame_of(jv image, jv audio, size_t index, double *at)
{
	jv sound = sound_of(audio, index), frame = jv_object();
	jv seconds = json_get(sound, "seconds");
	double shown = shortest_seconds;

	if (jv_get_kind(seconds) == JV_KIND_NUMBER)
		shown = fmax(shown, jv_number_value(seconds) + 0.5);
	body_set(&frame, "picture", json_get(image, "file"));
	body_set(&frame, "sound", json_get(sound, "file"));
	body_set(&frame, "start", jv_number(round(*at * 100) / 100));
	body_set(&frame, "seconds", jv_number(round(shown * 100) / 100));
	*at += shown;
	jv_free(seconds);
	jv_free(sound);
	return frame;
}

static jv manifest_of(jv body, jv images, double *seconds_out)
{
	jv manifest = jv_object(), frames = jv_array();
	jv audio = body_find(body, "audio"), music = body_find(body, "music");
	size_t place = 0;
	double at = 0;

	jv_array_foreach(images, i, image)
	{
		frames = jv_array_append(frames,
					 frame_of(image, audio,
						  picture_index(image, place),
						  &at));
		place++;
		jv_free(image);
	}
	body_set(&manifest, "frames", frames);
	body_set(&manifest, "music", json_get(music, "file"));
	body_set(&manifest, "seconds", jv_number(round(at * 100) / 100));
	/* What the last look at it found, for who cuts it anew. */
	body_set(&manifest, "notes", json_get(body, "notes"));
	jv_free(audio);
	jv_free(music);
	*seconds_out = at;
	return manifest;
}

int role_video(const struct role_ctx *ctx, jv body, jv *out, struct err *err)
{
	char *episode = body_episode(body, err), *path = NULL;
	jv images = jv_null(), manifest;
	struct strbuf text = { 0 };
	double seconds;
	size_t bytes;
	int rc = -1;

	if (!episode || pictures_of(body, &images, err))
		goto out;
	path = storage_place(ctx->storage, episode, "video.json", err);
	if (!path)
		goto out;
	manifest = manifest_of(body, images, &seconds);
	json_dump(manifest, &text);
	jv_free(manifest);
	rc = storage_write(path, &text, &bytes, err);
	if (rc == 0) {
		*out = jv_object();
		body_set(out, "artifacts",
			 jv_array_append(jv_array(), jv_string(path)));
		body_set(out, "seconds", jv_number(round(seconds * 100) / 100));
		body_set_size(out, "bytes", bytes);
		role_set_cost(out, VIDEO_CENTS, 0, 12);
	}
out:
	strbuf_release(&text);
	jv_free(images);
	free(path);
	free(episode);
	return rc;
}
