/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "plan/payload.h"

#define UUID "0188d2a8-1111-7000-8000-123456789abc"
#define EPISODE_IS(shown)              \
 "data.episode_id is " shown           \
 ": it must be a whole number from 0 " \
 "to 9007199254740991; a larger one goes in quotes"

static struct payload parse(const char *text)
{
	struct payload payload = { 0 };
	struct err err = { 0 };

	if (payload_parse(text, strlen(text), &payload, &err))
		fail_msg("%s", err.text);
	return payload;
}

static void a_name_is_all_it_needs(void **state)
{
	struct payload payload = parse("{\"job\":\"pipeline.full\"}");

	(void)state;
	assert_string_equal(payload.job, "pipeline.full");
	assert_null(payload.display_name);
	assert_string_equal(payload.uuid, "");
	assert_false(payload.has_episode);
	assert_int_equal(payload.step_id, 0);
	assert_string_equal(payload.input, "{}");
	assert_null(payload.options);
	payload_release(&payload);
	assert_null(payload.job);
	payload_release(&payload);
}

static void everything_it_says_is_read(void **state)
{
	struct payload payload = parse(
		"{\"uuid\":\"0188D2A8-1111-7000-8000-123456789ABC\","
		"\"displayName\":\"Shown\",\"job\":\"p\",\"data\":"
		"{\"episode_id\":25,\"input\":{\"topic\":\"cat\"}},"
		"\"maxTries\":5,\"timeout\":90,\"backoff\":\"1,5\","
		"\"retryUntil\":1700000000,\"tags\":[\"t\"],\"delay\":null,"
		"\"createdAt\":1699999999,\"maxExceptions\":2}");

	(void)state;
	assert_string_equal(payload.uuid, UUID);
	assert_string_equal(payload.display_name, "Shown");
	assert_true(payload.has_episode);
	assert_int_equal(payload.episode_id, 25);
	assert_string_equal(payload.input, "{\"topic\":\"cat\"}");
	assert_string_equal(payload.options,
			    "{\"maxTries\":5,\"timeout\":90,"
			    "\"backoff\":\"1,5\",\"retryUntil\":1700000000,"
			    "\"tags\":[\"t\"],\"createdAt\":1699999999,"
			    "\"displayName\":\"Shown\"}");
	payload_release(&payload);
}

static void a_large_id_goes_in_quotes(void **state)
{
	struct payload payload =
		parse("{\"job\":\"p\",\"data\":"
		      "{\"episode_id\":\"18446744073709551615\"}}");

	(void)state;
	assert_true(payload.episode_id == UINT64_MAX);
	payload_release(&payload);
}

static void the_input_may_be_any_value(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
		{ "{\"job\":\"p\",\"data\":{\"input\":[1,0.1]}}", "[1,0.1]" },
		{ "{\"job\":\"p\",\"data\":{\"input\":\"x\"}}", "\"x\"" },
		{ "{\"job\":\"p\",\"data\":{\"input\":false}}", "false" },
		{ "{\"job\":\"p\",\"data\":{\"input\":null}}", "{}" },
		{ "{\"job\":\"p\",\"data\":null}", "{}" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct payload payload = parse(rows[i].text);

		assert_string_equal(payload.input, rows[i].want);
		payload_release(&payload);
	}
}

static void a_step_says_which(void **state)
{
	struct payload payload = parse("{\"uuid\":\"" UUID
				       "\",\"job\":\"stepq.step\","
				       "\"data\":{\"episode_job_id\":70}}");

	(void)state;
	assert_string_equal(payload.job, PAYLOAD_STEP_JOB);
	assert_int_equal(payload.step_id, 70);
	payload_release(&payload);
}

static const struct {
	const char *text;
	const char *want;
} wrong[] = {
	{ "", "the payload is not JSON: empty" },
	{ "{\"job\":",
	  "the payload is not JSON: Unfinished JSON term "
	  "at EOF at line 1, column 7" },
	{ "{job}",
	  "the payload is not JSON: Invalid numeric literal at line 1, column 5" },
	{ "{\"job\":\"\xff\"}",
	  "the payload is not JSON: invalid UTF-8 at byte 8" },
	{ "[1]", "the payload is an array, not an object" },
	{ "\"x\"", "the payload is a string, not an object" },
	{ "5", "the payload is a number, not an object" },
	{ "true", "the payload is true or false, not an object" },
	{ "null", "the payload is null, not an object" },
	{ "{}",
	  "the payload has no 'job', the name of the pipeline to "
	  "run" },
	{ "{\"job\":null}",
	  "the payload has no 'job', the name of the "
	  "pipeline to run" },
	{ "{\"job\":\"\"}",
	  "the payload has no 'job', the name of the "
	  "pipeline to run" },
	{ "{\"job\":5}", "job is a number, not a string" },
	{ "{\"job\":\"p\\u0000q\"}", "job has a NUL in it" },
	{ "{\"job\":\"p\",\"displayName\":{}}",
	  "displayName is an object, not a string" },
	{ "{\"job\":\"p\",\"uuid\":\"x\"}", "uuid 'x' is not a UUID" },
	{ "{\"job\":\"p\",\"uuid\":7}", "uuid is a number, not a string" },
	{ "{\"job\":\"p\",\"data\":[]}", "data is an array, not an object" },
	{ "{\"job\":\"p\",\"data\":{\"episode_id\":-1}}", EPISODE_IS("-1") },
	{ "{\"job\":\"p\",\"data\":{\"episode_id\":1.5}}", EPISODE_IS("1.5") },
	{ "{\"job\":\"p\",\"data\":{\"episode_id\":9007199254740992}}",
	  EPISODE_IS("9007199254740992") },
	{ "{\"job\":\"p\",\"data\":{\"episode_id\":\"x\"}}",
	  EPISODE_IS("\"x\"") },
	{ "{\"job\":\"p\",\"data\":{\"episode_id\":[]}}", EPISODE_IS("[]") },
	{ "{\"job\":\"stepq.step\"}",
	  "a stepq.step job needs data.episode_job_id" },
	{ "{\"job\":\"stepq.step\",\"data\":{\"episode_job_id\":0}}",
	  "a stepq.step job needs data.episode_job_id" },
	{ "{\"job\":\"Illuminate\\\\Queue\\\\CallQueuedHandler@call\","
	  "\"displayName\":\"App\\\\Jobs\\\\X\"}",
	  "a PHP job (App\\Jobs\\X): this queue is served by stepq, "
	  "which runs pipelines only" },
	{ "{\"job\":\"Illuminate\\\\Queue\\\\CallQueuedHandler@call\","
	  "\"data\":{\"commandName\":\"App\\\\Jobs\\\\Y\"}}",
	  "a PHP job (App\\Jobs\\Y): this queue is served by stepq, "
	  "which runs pipelines only" },
	{ "{\"job\":\"App\\\\Jobs\\\\Old\"}",
	  "a PHP job (App\\Jobs\\Old): this queue is served by stepq, "
	  "which runs pipelines only" },
	{ "{\"job\":\"p\",\"maxTries\":\"x\"}",
	  "maxTries must be a whole number from 0 to 65535" },
	{ "{\"job\":\"p\",\"timeout\":true}",
	  "timeout must be a number of seconds" },
	{ "{\"job\":\"p\",\"backoff\":{}}",
	  "backoff must be seconds: 5, \"1,5,10\" or [1,5,10]" },
	{ "{\"job\":\"p\",\"retryUntil\":\"soon\"}",
	  "retryUntil must be a time in seconds since 1970" },
};

static void each_wrong_payload_is_told_in_words(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct payload payload = { .step_id = 7 };
		struct err err = { 0 };

		assert_int_equal(payload_parse(wrong[i].text,
					       strlen(wrong[i].text), &payload,
					       &err),
				 -1);
		assert_int_equal(err.code, ERR_INPUT);
		assert_string_equal(err.text, wrong[i].want);
		assert_int_equal(payload.step_id, 7);
	}
}

static void a_payload_may_be_nested_too_deeply(void **state)
{
	struct payload payload = { 0 };
	struct strbuf text = { 0 };
	struct err err = { 0 };
	int i;

	(void)state;
	strbuf_adds(&text, "{\"job\":\"p\",\"data\":{\"input\":");
	for (i = 0; i < 200; i++)
		strbuf_addc(&text, '[');
	assert_int_equal(payload_parse(strbuf_str(&text), text.len, &payload,
				       &err),
			 -1);
	assert_int_equal(err.code, ERR_INPUT);
	assert_string_equal(err.text,
			    "the payload is not JSON: nested deeper "
			    "than 100 levels");
	strbuf_release(&text);
}

static void options_are_what_laravel_means(void **state)
{
	static const struct {
		const char *text;
		int64_t tries;
		int64_t timeout;
		int64_t until;
		int64_t backoff[4]; /* { -2 }: not said */
	} rows[] = {
		{ NULL, -1, -1, 0, { -2 } },
		{ "{}", -1, -1, 0, { -2 } },
		{ "{\"maxTries\":null,\"timeout\":null,\"backoff\":null,"
		  "\"retryUntil\":null}",
		  -1,
		  -1,
		  0,
		  { -2 } },
		{ "{\"maxTries\":0,\"timeout\":0}", 0, 0, 0, { -2 } },
		{ "{\"maxTries\":\"7\",\"timeout\":\"90\"}",
		  7,
		  90000,
		  0,
		  { -2 } },
		{ "{\"timeout\":1.5}", -1, 1500, 0, { -2 } },
		{ "{\"timeout\":\"2m\"}", -1, 120000, 0, { -2 } },
		{ "{\"retryUntil\":1700000000}", -1, -1, 1700000000, { -2 } },
		{ "{\"backoff\":5}", -1, -1, 0, { 5000, -1 } },
		{ "{\"backoff\":\"5\"}", -1, -1, 0, { 5000, -1 } },
		{ "{\"backoff\":\"1, 5 ,10\"}",
		  -1,
		  -1,
		  0,
		  { 1000, 5000, 10000, -1 } },
		{ "{\"backoff\":[1,\"5s\"]}", -1, -1, 0, { 1000, 5000, -1 } },
		{ "{\"backoff\":[]}", -1, -1, 0, { -1 } },
		{ "{\"backoff\":\"\"}", -1, -1, 0, { -1 } },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run_options options = { 0 };
		struct err err = { 0 };

		assert_int_equal(run_options_parse(rows[i].text, &options,
						   &err),
				 0);
		assert_int_equal(options.max_tries, rows[i].tries);
		assert_int_equal(options.timeout_ms, rows[i].timeout);
		assert_int_equal(options.retry_until, rows[i].until);
		if (rows[i].backoff[0] == -2) {
			assert_null(options.backoff_ms);
		} else {
			assert_non_null(options.backoff_ms);
			for (k = 0; rows[i].backoff[k] >= 0; k++)
				assert_int_equal(options.backoff_ms[k],
						 rows[i].backoff[k]);
			assert_int_equal(options.backoff_ms[k], -1);
		}
		run_options_release(&options);
	}
}

static void options_out_of_range_are_refused(void **state)
{
	static const char *const bad[] = {
		"{",
		"{\"maxTries\":-1}",
		"{\"maxTries\":65536}",
		"{\"maxTries\":1.5}",
		"{\"timeout\":-1}",
		"{\"timeout\":1e12}",
		"{\"timeout\":[]}",
		"{\"timeout\":\"soon\"}",
		"{\"backoff\":-1}",
		"{\"backoff\":true}",
		"{\"backoff\":\"1,x\"}",
		"{\"backoff\":[[1]]}",
		"{\"retryUntil\":-5}",
		"{\"retryUntil\":\"99999999999999999\"}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct run_options options = { .max_tries = 7 };
		struct err err = { 0 };

		assert_int_equal(run_options_parse(bad[i], &options, &err), -1);
		assert_int_equal(err.code, ERR_INPUT);
		assert_int_equal(options.max_tries, 7);
	}
}

static void a_list_of_waits_is_bounded(void **state)
{
	struct run_options options = { 0 };
	struct strbuf text = { 0 };
	struct err err = { 0 };
	int i;

	(void)state;
	strbuf_adds(&text, "{\"backoff\":\"1");
	for (i = 0; i < 100; i++)
		strbuf_adds(&text, ",1");
	strbuf_adds(&text, "\"}");
	assert_int_equal(run_options_parse(strbuf_str(&text), &options, &err),
			 -1);
	strbuf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_all_it_needs),
		cmocka_unit_test(everything_it_says_is_read),
		cmocka_unit_test(a_large_id_goes_in_quotes),
		cmocka_unit_test(the_input_may_be_any_value),
		cmocka_unit_test(a_step_says_which),
		cmocka_unit_test(each_wrong_payload_is_told_in_words),
		cmocka_unit_test(a_payload_may_be_nested_too_deeply),
		cmocka_unit_test(options_are_what_laravel_means),
		cmocka_unit_test(options_out_of_range_are_refused),
		cmocka_unit_test(a_list_of_waits_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
