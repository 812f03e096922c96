/* SPDX-License-Identifier: MIT */

/*
 * libjq parses text piecemeal when asked to: each value comes with its path as
 * soon as it is complete, whatever follows. A text that ends early or turns
 * out to be broken has still told what stood before.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "plan/payload.h"
#include "store/peek.h"

/* What is collected; names are chosen from at the end. */
struct found {
	char *display_name;
	char *job;
	struct peek *peek;
};

static int is_key(jv path, int at, const char *name)
{
	jv key = jv_array_get(jv_copy(path), at);
	int same = jv_get_kind(key) == JV_KIND_STRING &&
		   strcmp(jv_string_value(key), name) == 0;

	jv_free(key);
	return same;
}

static void keep_string(char **to, jv value)
{
	if (!*to && jv_get_kind(value) == JV_KIND_STRING)
		*to = xstrdup(jv_string_value(value));
}

static int read_u64(jv value, uint64_t *out)
{
	jv holder = jv_object_set(jv_object(), jv_string("n"), jv_copy(value));
	int found = json_u64(holder, "n", out) == 1;

	jv_free(holder);
	return found;
}

static void keep_leaf(struct found *found, jv path, jv value)
{
	int depth = jv_array_length(jv_copy(path));

	if (depth == 1 && is_key(path, 0, "displayName"))
		keep_string(&found->display_name, value);
	else if (depth == 1 && is_key(path, 0, "job"))
		keep_string(&found->job, value);
	else if (depth != 2 || !is_key(path, 0, "data"))
		return;
	else if (is_key(path, 1, "episode_job_id"))
		(void)read_u64(value, &found->peek->step_id); /* else 0 */
	else if (is_key(path, 1, "episode_id"))
		found->peek->has_episode =
			read_u64(value, &found->peek->episode_id);
}

static void read_leaves(struct found *found, const char *text, size_t len)
{
	jv_parser *parser = jv_parser_new(JV_PARSE_STREAMING);
	jv item;

	jv_parser_set_buf(parser, text, (int)len, 1);
	for (;;) {
		item = jv_parser_next(parser);
		if (!jv_is_valid(item))
			break;
		if (jv_array_length(jv_copy(item)) == 2) {
			jv path = jv_array_get(jv_copy(item), 0);
			jv value = jv_array_get(jv_copy(item), 1);

			keep_leaf(found, path, value);
			jv_free(path);
			jv_free(value);
		}
		jv_free(item);
	}
	jv_free(item);
	jv_parser_free(parser);
}

void peek_payload(const char *text, size_t len, struct peek *out)
{
	struct found found = { .peek = out };

	*out = (struct peek){ 0 };
	read_leaves(&found, text, len);
	out->is_step = found.job && strcmp(found.job, PAYLOAD_STEP_JOB) == 0;
	out->name = found.display_name ? found.display_name : found.job;
	if (found.display_name)
		free(found.job);
}

void peek_release(struct peek *peek)
{
	free(peek->name);
	*peek = (struct peek){ 0 };
}
