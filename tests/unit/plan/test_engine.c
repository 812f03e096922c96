/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "conf/conf.h"
#include "plan/engine.h"
#include "unit/conf/sandbox.h"

/* Load engine `e` with these members; its errors, which the caller frees. */
static char *load(const char *members, struct engine *out)
{
	struct conf_report report = { 0 };
	char *text = xasprintf("engines: { e: {\n%s }; };", members);
	struct conf *conf;

	*out = (struct engine){ 0 };
	sandbox_write("main.conf", text);
	conf = conf_read("main.conf", &report);
	assert_non_null(conf);
	engine_load(conf_find(conf_root(conf), "engines.e"), out, &report);
	conf_free(&conf);
	free(text);
	return strbuf_detach(&report.text);
}

static struct engine load_good(const char *members)
{
	struct engine engine;
	char *errors = load(members, &engine);

	assert_string_equal(errors, "");
	free(errors);
	return engine;
}

static void one_key_says_what_kind_it_is(void **state)
{
	struct engine engine;

	(void)state;
	engine = load_good("url = \"http://h\";");
	assert_int_equal(engine.kind, ENGINE_HTTP);
	assert_string_equal(engine.name, "e");
	assert_string_equal(engine.url, "http://h");
	assert_int_equal(engine.timeout_ms, -1);
	assert_int_equal(engine.tries, -1);
	assert_null(engine.backoff_ms);
	assert_int_equal(engine.connect_timeout_ms, 5000);
	assert_int_equal(engine.max_body, 8 << 20);
	assert_null(engine.secrets);
	engine_release(&engine);
	engine_release(&engine);

	engine = load_good("command = [\"packager\", \"--format\", \"x\"];");
	assert_int_equal(engine.kind, ENGINE_COMMAND);
	assert_string_equal(engine.command[2], "x");
	assert_null(engine.command[3]);
	engine_release(&engine);

	engine = load_good(
		"dummy = { ms = 20; result = \"{a: 1}\"; };"
		"tries = 0; backoff = [\"1s\"];");
	assert_int_equal(engine.kind, ENGINE_DUMMY);
	assert_int_equal(engine.dummy.ms, 20);
	assert_true(engine.dummy.fail_rate == 0);
	assert_string_equal(engine.dummy.result_text, "{a: 1}");
	assert_int_equal(engine.tries, 0);
	assert_int_equal(engine.backoff_ms[0], 1000);
	engine_release(&engine);

	engine = load_good("dummy = { };");
	assert_int_equal(engine.kind, ENGINE_DUMMY);
	assert_null(engine.dummy.result_text);
	engine_release(&engine);
}

static void variables_of_the_environment_go_before(void **state)
{
	struct engine engine;

	(void)state;
	assert_int_equal(setenv("STEPQ_ENGINES_E_URL", "http://env", 1), 0);
	engine = load_good("url = \"http://file\";");
	assert_string_equal(engine.url, "http://env");
	engine_release(&engine);
}

static void what_is_wrong_is_told(void **state)
{
	static const struct {
		const char *members;
		const char *want;
	} rows[] = {
		{ "",
		  "main.conf:1: engines.e: needs one of url, command and "
		  "dummy, and only one\n" },
		{ "url = \"http://h\"; dummy = { };",
		  "main.conf:1: engines.e: needs one of url, command and dummy, "
		  "and only one\n" },
		{ "command = [\"a\"]; url = \"http://h\";",
		  "main.conf:1: engines.e: needs one of url, command and dummy, "
		  "and only one\n" },
		{ "url = \"${STEPQ_NOT_SET}\";",
		  "main.conf:2: engines.e.url: variable STEPQ_NOT_SET is not "
		  "set\n" },
		{ "url = \"ftp://u:pw1234@h\";",
		  "main.conf:2: engines.e.url: must begin with http:// or "
		  "https://\n" },
		{ "url = \"http://\";",
		  "main.conf:2: engines.e.url: has no host\n" },
		{ "url = \"http://u:pw1234@/x\";",
		  "main.conf:2: engines.e.url: has no host\n" },
		{ "url = \"http://:80/\";",
		  "main.conf:2: engines.e.url: has no host\n" },
		{ "url = \"http://h/a b\";",
		  "main.conf:2: engines.e.url: must not have blanks in it\n" },
		{ "url = \"http://h/a\\nb\";",
		  "main.conf:2: engines.e.url: must not have blanks in it\n" },
		{ "url = \"http://h/#x\";",
		  "main.conf:2: engines.e.url: must not have a '#'\n" },
		{ "command = [];",
		  "main.conf:2: engines.e.command: must not be empty\n" },
		{ "command = [\"\"];",
		  "main.conf:2: engines.e.command: must begin with the name of "
		  "a program\n" },
		{ "command = \"a\"; headers = { A = \"b\"; };",
		  "main.conf:2: engines.e.headers: only an engine with a url "
		  "has headers\n" },
		{ "url = \"http://h\"; headers = { Content-Length = \"5\"; "
		  "stepq-run = \"x\"; traceparent = \"x\"; };",
		  "main.conf:2: engines.e.headers.Content-Length: stepq sets "
		  "this header itself\n"
		  "main.conf:2: engines.e.headers.stepq-run: stepq sets this "
		  "header itself\n"
		  "main.conf:2: engines.e.headers.traceparent: stepq sets this "
		  "header itself\n" },
		{ "url = \"http://h\"; timout = 5;",
		  "main.conf:2: engines.e.timout: unknown key\n"
		  "  hint: did you mean 'timeout'?\n" },
		{ "dummy = { fail_rate = 2; };",
		  "main.conf:2: engines.e.dummy.fail_rate: '2' is more than "
		  "1\n" },
		{ "dummy = { msec = 2; };",
		  "main.conf:2: engines.e.dummy.msec: unknown key\n"
		  "  hint: did you mean 'ms'?\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct engine engine;
		char *errors = load(rows[i].members, &engine);

		assert_string_equal(errors, rows[i].want);
		free(errors);
		engine_release(&engine);
	}
}

static void a_wrong_url_in_a_variable_names_the_variable(void **state)
{
	struct engine engine;
	char *errors;

	(void)state;
	assert_int_equal(setenv("STEPQ_ENGINES_E_URL", "h", 1), 0);
	errors = load("url = \"http://file\";", &engine);
	assert_string_equal(errors,
			    "STEPQ_ENGINES_E_URL: must begin with "
			    "http:// or https://\n");
	free(errors);
	engine_release(&engine);
}

static void a_name_is_not_too_long(void **state)
{
	struct conf_report report = { 0 };
	struct engine engine = { 0 };
	struct conf *conf;
	char name[66], *text;

	(void)state;
	memset(name, 'e', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	text = xasprintf("engines: { %s: { dummy = { }; }; };", name);
	sandbox_write("main.conf", text);
	conf = conf_read("main.conf", &report);
	engine_load(conf_node_at(conf_find(conf_root(conf), "engines"), 0),
		    &engine, &report);
	assert_int_equal(report.count, 1);
	assert_non_null(strstr(strbuf_str(&report.text),
			       ": a name has at most 64 bytes\n"));
	engine_release(&engine);
	conf_free(&conf);
	conf_report_release(&report);
	free(text);
}

static void assert_secrets(const char *members, const char *want)
{
	struct engine engine = load_good(members);
	struct strbuf text = { 0 };
	size_t i;

	for (i = 0; engine.secrets && engine.secrets[i]; i++)
		strbuf_addf(&text, "%s%s", i ? " " : "", engine.secrets[i]);
	assert_string_equal(strbuf_str(&text), want);
	strbuf_release(&text);
	engine_release(&engine);
}

static void secrets_are_known_by_where_they_stand(void **state)
{
	(void)state;
	assert_int_equal(setenv("STEPQ_TEST_KEY", "expanded-key", 1), 0);
	assert_int_equal(setenv("STEPQ_TEST_SHORT", "short", 1), 0);
	assert_int_equal(setenv("STEPQ_TEST_HOST", "engine.example", 1), 0);
	assert_int_equal(setenv("STEPQ_TEST_BASE", "http://engine:80", 1), 0);

	/* The login of a url, and what variables brought into its path. */
	assert_secrets("url = \"http://user:pa%24sword@h/x\";",
		       "user:pa%24sword pa%24sword");
	assert_secrets("url = \"http://token-only@h/\";", "token-only");
	assert_secrets("url = \"http://h/bot${STEPQ_TEST_KEY}/send\";",
		       "expanded-key");
	assert_secrets("url = \"http://h/?k=${STEPQ_TEST_SHORT}\";", "");
	/* A host is none, wherever it came from. */
	assert_secrets("url = \"http://${STEPQ_TEST_HOST}:80/x\";", "");
	assert_secrets("url = \"${STEPQ_TEST_BASE}/x\";", "");

	/* Headers that hold credentials, and all that variables brought in. */
	assert_secrets(
		"url = \"http://h\";"
		"headers = { Authorization = \"Bearer literal-key\";"
		"X-Api-Key = \"two words here\"; Accept = \"text/any\";"
		"Cookie = \"session=abcdef\"; };",
		"session=abcdef literal-key words here");
	assert_secrets(
		"url = \"http://h\";"
		"headers = { X-Any = \"a ${STEPQ_TEST_KEY}\"; };",
		"expanded-key");
	assert_secrets(
		"url = \"http://h/${STEPQ_TEST_KEY}\";"
		"headers = { X-Any = \"${STEPQ_TEST_KEY}\"; };",
		"expanded-key");
	assert_secrets("command = [\"a\", \"--key=${STEPQ_TEST_KEY}\"];",
		       "expanded-key");
}

static void scrubbing_leaves_nothing_of_a_secret(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
		{ "", "" },
		{ "nothing to hide", "nothing to hide" },
		{ "got literal-key!", "got ***!" },
		{ "literal-keyliteral-key", "******" },
		{ "a literal-key-and-more", "a ***" },
		{ "literal-ke", "literal-ke" },
	};
	struct engine engine = load_good(
		"url = \"http://h\"; headers = {"
		"Authorization = \"Bearer literal-key\";"
		"X-Token = \"literal-key-and-more\"; };");
	struct engine without = load_good("url = \"http://h\";");
	struct strbuf text = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		strbuf_clear(&text);
		strbuf_adds(&text, rows[i].text);
		engine_scrub(&engine, &text);
		assert_string_equal(strbuf_str(&text), rows[i].want);
		engine_scrub(&without, &text);
		assert_string_equal(strbuf_str(&text), rows[i].want);
	}
	strbuf_release(&text);
	engine_release(&engine);
	engine_release(&without);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(one_key_says_what_kind_it_is),
		SANDBOX_TEST(variables_of_the_environment_go_before),
		SANDBOX_TEST(what_is_wrong_is_told),
		SANDBOX_TEST(a_wrong_url_in_a_variable_names_the_variable),
		SANDBOX_TEST(a_name_is_not_too_long),
		SANDBOX_TEST(secrets_are_known_by_where_they_stand),
		SANDBOX_TEST(scrubbing_leaves_nothing_of_a_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
