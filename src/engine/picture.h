/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_PICTURE_H
#define ENGINE_PICTURE_H

/**
 * A panel's picture: PNG in the storage, cairo surface in memory, and the
 * JSON object that answers carry for it.
 */

#include <cairo.h>

#include "base/json.h"
#include "base/util.h"

struct err;
struct role_ctx;

enum {
	PICTURE_WIDTH = 864,
	PICTURE_HEIGHT = 1184,
	PICTURES_MAX = 500, /* in one request */
};

/** Where a picture belongs: DIR/episodes/EPISODE/FOLDER/NN.png. */
struct picture_place {
	const char *episode;
	const char *folder;
	size_t index; /* from 0; files are numbered from 1 */
};

/** Store `surface`; `out` gets {index, file, width, height, bytes, ...}. */
int picture_save(const struct role_ctx *ctx, cairo_surface_t *surface,
		 const struct picture_place *place, jv *out,
		 struct err *err) MUST_CHECK;

/** Load a PNG that lies in the storage. NULL on error. */
cairo_surface_t *picture_load(const struct role_ctx *ctx, const char *file,
			      struct err *err) MUST_CHECK;

/**
 * The picture objects of a request, in a flat array: `images` may hold the
 * answers of several calls ({images: [...]}) and, where a part of a map
 * failed, nulls, which are left out.
 */
int pictures_of(jv body, jv *out, struct err *err) MUST_CHECK;

/** Where the picture stands in its episode; its place in the array if unsaid.
 */
size_t picture_index(jv picture, size_t otherwise);

#endif
