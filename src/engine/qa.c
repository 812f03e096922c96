/* SPDX-License-Identifier: MIT */

/*
 * The engine that looks at a video before it is shown: whether the cutting
 * list can be read, whether all that it shows and plays is there, and whether
 * it is as short as it has to be. Fault reject_first makes it find one thing
 * more, in as many rounds.
 */

#include <config.h>

#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "engine/body.h"
#include "engine/role.h"
#include "engine/storage.h"

enum {
	QA_CENTS = 3,
	LONGEST_SECONDS = 180,
};

static void add_note(jv *notes, const char *text)
{
	*notes = jv_array_append(*notes, jv_string(text));
}

static int is_there(const struct role_ctx *ctx, jv frame, const char *key)
{
	const char *file = json_str(frame, key);
	struct err err = { 0 };
	char *path = file ? storage_find(ctx->storage, file, &err) : NULL;
	int found = path != NULL;

	free(path);
	return found;
}

static void look_at(const struct role_ctx *ctx, jv list, jv *notes)
{
	jv frames = json_get(list, "frames"),
	   seconds = json_get(list, "seconds");
	int is_silent = 0, is_blind = 1;

	if (jv_get_kind(frames) == JV_KIND_ARRAY) {
		is_blind = jv_array_length(jv_copy(frames)) == 0;
		jv_array_foreach(frames, i, frame)
		{
			is_blind |= !is_there(ctx, frame, "picture");
			is_silent |= !is_there(ctx, frame, "sound");
			jv_free(frame);
		}
	}
	if (is_blind)
		add_note(notes, "a picture is missing");
	if (is_silent)
		add_note(notes, "a voice is missing");
	if (jv_get_kind(seconds) != JV_KIND_NUMBER ||
	    jv_number_value(seconds) > LONGEST_SECONDS)
		add_note(notes, "it is too long");
	jv_free(frames);
	jv_free(seconds);
}

/* The cutting list that `file` of the request names. */
static int read_list(const struct role_ctx *ctx, jv body, jv *out,
		     struct err *err)
{
	const char *file = json_str(body, "file");
	struct strbuf text = { 0 };
	char *path;
	int rc;

	if (!file)
		return err_set(err, ERR_INPUT, "'file' must be a text");
	path = storage_find(ctx->storage, file, err);
	if (!path)
		return -1;
	rc = storage_read(path, &text, err) ||
	     json_parse(strbuf_str(&text), text.len, out, err);
	strbuf_release(&text);
	free(path);
	return rc ? -1 : 0;
}

int role_qa(const struct role_ctx *ctx, jv body, jv *out, struct err *err)
{
	jv list, notes = jv_array();
	uint64_t round = 1;
	int is_good;

	if (read_list(ctx, body, &list, err)) {
		jv_free(notes);
		return -1;
	}
	look_at(ctx, list, &notes);
	jv_free(list);
	if (json_u64(body, "round", &round) != 1)
		round = 1;
	if (round <= ctx->reject_first)
		add_note(&notes, "the cuts are too hard");
	is_good = jv_array_length(jv_copy(notes)) == 0;
	*out = jv_object();
	body_set(out, "pass", is_good ? jv_true() : jv_false());
	body_set(out, "notes", notes);
	role_set_cost(out, QA_CENTS, 0, 12);
	return 0;
}
