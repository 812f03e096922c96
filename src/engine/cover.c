/* SPDX-License-Identifier: MIT */

/*
 * The cover engine: a picture of the storage is kept once more, as the cover
 * of its book.
 */

#include <config.h>

#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "engine/body.h"
#include "engine/role.h"
#include "engine/storage.h"

/* The file of `image`; NULL on error. The caller frees it. */
static char *find_picture(const struct role_ctx *ctx, jv image, struct err *err)
{
	const char *file = json_str(image, "file");

	if (file)
		return storage_find(ctx->storage, file, err);
	(void)err_set(err, ERR_INPUT, "'image' must be an object with a file");
	return NULL;
}

int role_cover(const struct role_ctx *ctx, jv body, jv *out, struct err *err)
{
	char *episode = body_episode(body, err), *from = NULL, *path = NULL;
	jv image = json_get(body, "image");
	struct strbuf png = { 0 };
	size_t bytes;
	int rc = -1;

	if (!episode)
		goto out;
	from = find_picture(ctx, image, err);
	if (!from)
		goto out;
	path = storage_place(ctx->storage, episode, "cover.png", err);
	if (!path || storage_read(from, &png, err) ||
	    storage_write(path, &png, &bytes, err))
		goto out;
	*out = jv_object();
	body_set_text(out, "cover", storage_name(ctx->storage, path));
	body_set(out, "artifacts",
		 jv_array_append(jv_array(), jv_string(path)));
	body_set_size(out, "bytes", bytes);
	rc = 0;
out:
	strbuf_release(&png);
	jv_free(image);
	free(path);
	free(from);
	free(episode);
	return rc;
}
