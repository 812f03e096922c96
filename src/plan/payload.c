/* SPDX-License-Identifier: MIT */

/*
 * A row of the queue may come from anywhere. What stepq needs of it is
 * checked here, before anything is done, and each message is for the person
 * who wrote the INSERT: it names the key and says what it should have been.
 * Keys that mean nothing to stepq are left alone, since Laravel adds its own.
 *
 * A string with a NUL in it (\u0000 in JSON) is refused wherever a string
 * counts: in C it would be another, shorter string.
 */

#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "plan/options.h"
#include "plan/payload.h"

static const char *kind_words(jv v)
{
	switch (jv_get_kind(v)) {
	case JV_KIND_ARRAY:
		return "an array";
	case JV_KIND_OBJECT:
		return "an object";
	case JV_KIND_STRING:
		return "a string";
	case JV_KIND_NUMBER:
		return "a number";
	case JV_KIND_TRUE:
	case JV_KIND_FALSE:
		return "true or false";
	case JV_KIND_NULL:
	case JV_KIND_INVALID:
		break;
	}
	return "null";
}

/* NULL in `out` when absent or null; `what` names it in the message. */
static int get_string(jv object, const char *key, const char *what, char **out,
		      struct err *err)
{
	jv v = json_get(object, key);
	int rc = 0;

	*out = NULL;
	if (jv_get_kind(v) == JV_KIND_NULL)
		; /* nothing is said */
	else if (jv_get_kind(v) != JV_KIND_STRING)
		rc = err_set(err, ERR_INPUT, "%s is %s, not a string", what,
			     kind_words(v));
	else if (strlen(jv_string_value(v)) !=
		 (size_t)jv_string_length_bytes(jv_copy(v)))
		rc = err_set(err, ERR_INPUT, "%s has a NUL in it", what);
	else
		*out = xstrdup(jv_string_value(v));
	jv_free(v);
	return rc;
}

static int get_id(jv object, const char *key, uint64_t *out, struct err *err)
{
	struct strbuf shown = { 0 };
	int rc = json_u64(object, key, out);
	char *text;
	jv v;

	if (rc >= 0)
		return rc;
	v = json_get(object, key);
	text = json_text(v);
	strbuf_add_excerpt(&shown, text, strlen(text), 40);
	(void)err_set(err, ERR_INPUT,
		      "data.%s is %s: it must be a whole number from 0 to "
		      "9007199254740991; a larger one goes in quotes",
		      key, strbuf_str(&shown));
	strbuf_release(&shown);
	free(text);
	jv_free(v);
	return -1;
}

static int refuse_php(jv root, const char *job, const char *display_name,
		      struct err *err)
{
	jv data = json_get(root, "data");
	const char *command = json_str(data, "commandName");

	(void)err_set(
		err, ERR_INPUT,
		"a PHP job (%.200s): this queue is served by stepq, which "
		"runs pipelines only",
		display_name ? display_name
		: command    ? command
			     : job);
	jv_free(data);
	return -1;
}

static int parse_job(jv root, struct payload *out, struct err *err)
{
	if (get_string(root, "job", "job", &out->job, err) ||
	    get_string(root, "displayName", "displayName", &out->display_name,
		       err))
		return -1;
	if (!out->job || !*out->job)
		return err_set(err, ERR_INPUT,
			       "the payload has no 'job', the name of the "
			       "pipeline to run");
	/* "Illuminate\Queue\CallQueuedHandler@call", "App\Jobs\Old" */
	if (strpbrk(out->job, "@\\"))
		return refuse_php(root, out->job, out->display_name, err);
	return 0;
}

static int parse_uuid(jv root, struct payload *out, struct err *err)
{
	char *uuid = NULL;
	size_t i;
	int rc;

	rc = get_string(root, "uuid", "uuid", &uuid, err);
	if (rc || !uuid)
		return rc;
	if (uuid_is_valid(uuid))
		for (i = 0; i < UUID_TEXT; i++)
			out->uuid[i] = (char)tolower((unsigned char)uuid[i]);
	else
		rc = err_set(err, ERR_INPUT, "uuid '%.50s' is not a UUID",
			     uuid);
	free(uuid);
	return rc;
}

static int parse_data(jv data, struct payload *out, struct err *err)
{
	jv input;

	if (jv_get_kind(data) != JV_KIND_OBJECT &&
	    jv_get_kind(data) != JV_KIND_NULL)
		return err_set(err, ERR_INPUT, "data is %s, not an object",
			       kind_words(data));
	if (strcmp(out->job, PAYLOAD_STEP_JOB) == 0) {
		int rc = get_id(data, "episode_job_id", &out->step_id, err);

		if (rc < 0)
			return -1;
		if (rc == 0 || out->step_id == 0)
			return err_set(err, ERR_INPUT,
				       "a " PAYLOAD_STEP_JOB
				       " job needs data.episode_job_id");
	}
	out->has_episode = get_id(data, "episode_id", &out->episode_id, err);
	if (out->has_episode < 0)
		return -1;
	input = json_get(data, "input");
	out->input = jv_get_kind(input) == JV_KIND_NULL ? xstrdup("{}")
							: json_text(input);
	jv_free(input);
	return 0;
}

static int parse_options(jv root, struct payload *out, struct err *err)
{
	static const char *const keys[] = { "maxTries",  "timeout",
					    "backoff",   "retryUntil",
					    "tags",      "delay",
					    "createdAt", "displayName" };
	struct run_options checked;
	jv options = jv_object();
	size_t i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		jv v = json_get(root, keys[i]);

		if (jv_get_kind(v) == JV_KIND_NULL)
			jv_free(v);
		else
			options = jv_object_set(options, jv_string(keys[i]), v);
	}
	rc = run_options_read(options, &checked, err);
	if (rc == 0) {
		run_options_release(&checked);
		if (jv_object_length(jv_copy(options)) > 0)
			out->options = json_text(options);
	}
	jv_free(options);
	return rc;
}

int payload_parse(const char *text, size_t len, struct payload *out,
		  struct err *err)
{
	struct payload made = { 0 };
	jv root, data;
	int rc;

	if (json_parse(text, len, &root, err)) {
		(void)err_wrap(err, "the payload is not JSON");
		err->code = ERR_INPUT;
		return -1;
	}
	data = json_get(root, "data");
	if (jv_get_kind(root) != JV_KIND_OBJECT)
		rc = err_set(err, ERR_INPUT, "the payload is %s, not an object",
			     kind_words(root));
	else
		rc = parse_job(root, &made, err) ||
				     parse_uuid(root, &made, err) ||
				     parse_data(data, &made, err) ||
				     parse_options(root, &made, err)
			     ? -1
			     : 0;
	jv_free(data);
	jv_free(root);
	if (rc)
		payload_release(&made);
	else
		*out = made;
	return rc;
}

void payload_release(struct payload *payload)
{
	free(payload->job);
	free(payload->display_name);
	free(payload->input);
	free(payload->options);
	*payload = (struct payload){ 0 };
}
