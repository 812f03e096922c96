/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "engine/body.h"
#include "engine/dice.h"
#include "engine/picture.h"
#include "engine/role.h"
#include "engine/storage.h"

static cairo_status_t write_png(void *arg, const unsigned char *data,
				unsigned int len)
{
	return fwrite(data, 1, len, arg) == len ? CAIRO_STATUS_SUCCESS
						: CAIRO_STATUS_WRITE_ERROR;
}

/* An id in the form of a UUID that follows from the path. */
static char *uuid_of(const char *text)
{
	unsigned long long a = dice_hash(text);
	struct dice dice = dice_of_part(text, 1);
	unsigned long long b = dice.state;

	return xasprintf("%08llx-%04llx-4%03llx-a%03llx-%012llx", a >> 32,
			 (a >> 16) & 0xffff, a & 0xfff, b >> 52,
			 b & 0xffffffffffff);
}

static void set_names(const struct role_ctx *ctx, jv *picture, const char *path)
{
	const char *name = storage_name(ctx->storage, path);
	char *uuid = uuid_of(name), *url;

	body_set_text(picture, "file", path);
	body_set_text(picture, "imageUUID", uuid);
	free(uuid);
	if (!ctx->public_url)
		return;
	url = xasprintf("%s/files/%s", ctx->public_url, name);
	body_set_text(picture, "imageURL", url);
	free(url);
}

int picture_save(const struct role_ctx *ctx, cairo_surface_t *surface,
		 const struct picture_place *place, jv *out, struct err *err)
{
	struct storage_file file = { 0 };
	cairo_status_t status;
	char *name = xasprintf("%s/%02zu.png", place->folder, place->index + 1);
	char *path = storage_place(ctx->storage, place->episode, name, err);
	size_t bytes;
	int rc = -1;

	free(name);
	if (!path || storage_create(&file, path, err))
		goto out;
	status = cairo_surface_write_to_png_stream(surface, write_png,
						   file.stream);
	if (status != CAIRO_STATUS_SUCCESS) {
		(void)err_set(err, ERR_IO, "cannot write '%s': %s", path,
			      cairo_status_to_string(status));
		storage_abandon(&file);
		goto out;
	}
	if (storage_commit(&file, &bytes, err))
		goto out;
	*out = jv_object();
	body_set_size(out, "index", place->index);
	set_names(ctx, out, path);
	body_set_size(out, "width",
		      (size_t)cairo_image_surface_get_width(surface));
	body_set_size(out, "height",
		      (size_t)cairo_image_surface_get_height(surface));
	body_set_size(out, "bytes", bytes);
	rc = 0;
out:
	free(path);
	return rc;
}

cairo_surface_t *picture_load(const struct role_ctx *ctx, const char *file,
			      struct err *err)
{
	char *path = storage_find(ctx->storage, file, err);
	cairo_surface_t *surface;
	cairo_status_t status;

	if (!path)
		return NULL;
	surface = cairo_image_surface_create_from_png(path);
	status = cairo_surface_status(surface);
	free(path);
	if (status == CAIRO_STATUS_SUCCESS)
		return surface;
	cairo_surface_destroy(surface);
	(void)err_set(err, ERR_INPUT, "'%.200s' is not a picture: %s", file,
		      cairo_status_to_string(status));
	return NULL;
}

/* Takes both arrays. */
static jv append_pictures(jv flat, jv images)
{
	jv_array_foreach(images, i, image)
	{
		jv inner = json_get(image, "images");

		if (jv_get_kind(inner) == JV_KIND_ARRAY) {
			flat = jv_array_concat(flat, inner);
			jv_free(image);
		} else {
			jv_free(inner);
			if (jv_get_kind(image) == JV_KIND_OBJECT)
				flat = jv_array_append(flat, image);
			else
				jv_free(image);
		}
	}
	jv_free(images);
	return flat;
}

int pictures_of(jv body, jv *out, struct err *err)
{
	jv images, flat;
	int n;

	if (body_array(body, "images", PICTURES_MAX, &images, err))
		return -1;
	flat = append_pictures(jv_array(), images);
	n = jv_array_length(jv_copy(flat));
	if (n == 0 || n > PICTURES_MAX) {
		jv_free(flat);
		return err_set(err, ERR_INPUT,
			       "'images' must hold 1 to %d pictures, not %d",
			       PICTURES_MAX, n);
	}
	*out = flat;
	return 0;
}

size_t picture_index(jv picture, size_t otherwise)
{
	uint64_t index;

	if (json_u64(picture, "index", &index) == 1 && index < 100000)
		return (size_t)index;
	return otherwise;
}
