/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "engine/body.h"

static jv parsed(const char *text)
{
	jv v;

	assert_int_equal(json_parse(text, strlen(text), &v, NULL), 0);
	return v;
}

static void finds(const char *body, const char *key, const char *want)
{
	jv v = parsed(body), found = body_find(v, key);
	char *text = json_text(found);

	assert_string_equal(text, want);
	free(text);
	jv_free(found);
	jv_free(v);
}

static void a_member_is_found_wherever_the_run_has_it(void **state)
{
	(void)state;
	finds("{\"topic\":1}", "topic", "1");
	finds("{\"input\":{\"topic\":2}}", "topic", "2");
	finds("{\"topic\":1,\"input\":{\"topic\":2}}", "topic", "1");
	finds("{\"director\":{\"panels\":[3]}}", "panels", "[3]");
	finds("{\"run\":{\"episode_id\":4}}", "episode_id", "4");
	finds("{\"other\":{\"topic\":5}}", "topic", "null");
	finds("[]", "topic", "null");
}

static void the_latest_step_wins(void **state)
{
	(void)state;
	finds("{\"image\":{\"images\":[1]},\"lettering\":{\"images\":[2]}}",
	      "images", "[2]");
}

static void a_step_may_be_called_as_what_it_makes(void **state)
{
	(void)state;
	finds("{\"images\":{\"images\":[1]}}", "images", "[1]");
	finds("{\"images\":[1]}", "images", "[1]");
}

static void an_episode_is_a_number_or_a_short_plain_name(void **state)
{
	static const struct {
		const char *body;
		const char *want; /* NULL: refused */
	} cases[] = {
		{ "{\"episode_id\":25}", "25" },
		{ "{\"episode_id\":\"a_B-9\"}", "a_B-9" },
		{ "{\"book_id\":7}", "7" },
		{ "{\"episode_id\":9007199254740991}", "9007199254740991" },
		{ "{\"episode_id\":1e300}", NULL },
		{ "{\"episode_id\":-1}", NULL },
		{ "{\"episode_id\":1.5}", NULL },
		{ "{\"episode_id\":\"\"}", NULL },
		{ "{\"episode_id\":\"..\"}", NULL },
		{ "{\"episode_id\":\"a/b\"}", NULL },
		{ "{\"episode_id\":\"a\\u0000b\"}", NULL },
		{ "{\"episode_id\":true}", NULL },
		{ "{}", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		jv body = parsed(cases[i].body);
		struct err err = { 0 };
		char *id = body_episode(body, &err);

		if (cases[i].want) {
			assert_non_null(id);
			assert_string_equal(id, cases[i].want);
		} else {
			assert_null(id);
			assert_int_equal(err.code, ERR_INPUT);
		}
		free(id);
		jv_free(body);
	}
}

static void an_array_has_one_to_max_elements(void **state)
{
	jv body = parsed("{\"none\":[],\"two\":[1,2],\"not\":{}}"), out;

	(void)state;
	assert_int_equal(body_array(body, "none", 2, &out, NULL), -1);
	assert_int_equal(body_array(body, "not", 2, &out, NULL), -1);
	assert_int_equal(body_array(body, "two", 1, &out, NULL), -1);
	assert_int_equal(body_array(body, "two", 2, &out, NULL), 0);
	jv_free(out);
	jv_free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_is_found_wherever_the_run_has_it),
		cmocka_unit_test(the_latest_step_wins),
		cmocka_unit_test(a_step_may_be_called_as_what_it_makes),
		cmocka_unit_test(an_episode_is_a_number_or_a_short_plain_name),
		cmocka_unit_test(an_array_has_one_to_max_elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
