/* SPDX-License-Identifier: MIT */

/*
 * What a payload may say about attempts, in Laravel's keys and with Laravel's
 * meanings: seconds as numbers, backoff as 5, "1,5,10" or [1, 5, 10]. Strings
 * may have units too ("90s"), as everywhere in stepq.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/num.h"
#include "plan/options.h"
#include "plan/payload.h"

enum {
	TRIES_MAX = 65535, /* what jobs.attempts can count */
	SECONDS_MAX = 1000000000,
	BACKOFF_MAX = 100, /* values in a list */
};

static int read_seconds(jv v, int64_t *ms_out)
{
	double n;

	if (jv_get_kind(v) == JV_KIND_STRING)
		return dur_parse(jv_string_value(v), ms_out);
	if (jv_get_kind(v) != JV_KIND_NUMBER)
		return -1;
	n = jv_number_value(v);
	if (!(n >= 0 && n <= SECONDS_MAX))
		return -1;
	*ms_out = (int64_t)(n * 1000);
	return 0;
}

/*
 * 5, "5", "1,5,10" and [1, 5, 10] as the array of their values. "" is what
 * Laravel makes of an empty list: no wait.
 */
static jv backoff_values(jv v)
{
	if (jv_get_kind(v) == JV_KIND_ARRAY)
		return jv_copy(v);
	if (jv_get_kind(v) == JV_KIND_STRING)
		return jv_string_split(jv_copy(v), jv_string(","));
	return JV_ARRAY_1(jv_copy(v));
}

static jv without_blanks(jv v)
{
	const char *start, *end;
	jv trimmed;

	if (jv_get_kind(v) != JV_KIND_STRING)
		return v;
	start = jv_string_value(v);
	start += strspn(start, " ");
	for (end = start + strlen(start); end > start && end[-1] == ' '; end--)
		;
	trimmed = jv_string_sized(start, (int)(end - start));
	jv_free(v);
	return trimmed;
}

static int read_backoff(jv v, int64_t **out)
{
	jv values = backoff_values(v);
	int n = jv_array_length(jv_copy(values)), rc, i;
	int64_t *list = xcalloc((size_t)n + 1, sizeof(*list));

	rc = n <= BACKOFF_MAX ? 0 : -1;
	for (i = 0; rc == 0 && i < n; i++) {
		jv value = without_blanks(jv_array_get(jv_copy(values), i));

		rc = read_seconds(value, &list[i]);
		jv_free(value);
	}
	list[n] = -1;
	jv_free(values);
	if (rc)
		free(list);
	else
		*out = list;
	return rc;
}

static int read_tries(jv object, int64_t *out)
{
	uint64_t n = 0;
	int rc = json_u64(object, "maxTries", &n);

	if (rc < 0 || n > TRIES_MAX)
		return -1;
	if (rc > 0)
		*out = (int64_t)n;
	return 0;
}

static int read_until(jv object, int64_t *out)
{
	uint64_t n = 0;
	int rc = json_u64(object, "retryUntil", &n);

	if (rc < 0 || n > INT64_MAX / 1000)
		return -1;
	*out = (int64_t)n;
	return 0;
}

int run_options_read(jv object, struct run_options *out, struct err *err)
{
	struct run_options made = { .max_tries = -1, .timeout_ms = -1 };
	jv timeout = json_get(object, "timeout");
	jv backoff = json_get(object, "backoff");
	const char *wrong = NULL;

	if (read_tries(object, &made.max_tries))
		wrong = "maxTries must be a whole number from 0 to 65535";
	else if (jv_get_kind(timeout) != JV_KIND_NULL &&
		 read_seconds(timeout, &made.timeout_ms))
		wrong = "timeout must be a number of seconds";
	else if (jv_get_kind(backoff) != JV_KIND_NULL &&
		 read_backoff(backoff, &made.backoff_ms))
		wrong = "backoff must be seconds: 5, \"1,5,10\" or [1,5,10]";
	else if (read_until(object, &made.retry_until))
		wrong = "retryUntil must be a time in seconds since 1970";
	jv_free(timeout);
	jv_free(backoff);
	if (wrong) {
		run_options_release(&made);
		return err_set(err, ERR_INPUT, "%s", wrong);
	}
	*out = made;
	return 0;
}

int run_options_parse(const char *options, struct run_options *out,
		      struct err *err)
{
	jv object = jv_null();
	int rc;

	if (options && json_parse(options, strlen(options), &object, err))
		return -1;
	rc = run_options_read(object, out, err);
	jv_free(object);
	return rc;
}

void run_options_release(struct run_options *options)
{
	free(options->backoff_ms);
	*options = (struct run_options){ 0 };
}
