/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "conf/conf.h"
#include "conf/keys.h"
#include "unit/conf/sandbox.h"

/* One field of each type. */
struct thing {
	char *str;
	char **strings;
	char *word;
	int64_t is_on;
	int64_t integer;
	double num;
	int64_t dur;
	int64_t *durs;
	int64_t size;
	char *expr;
	char **headers;
	char *secret;
	int64_t pin;
	int64_t unset_int;
	double unset_num;
	char *unset_str;
	int64_t *unset_durs;
};

#define AT(field) offsetof(struct thing, field)
#define ROW(name, type, def, min, max, flags)                            \
 {                                                                       \
#  name, type, def, min, max, flags, AT(name), "What " #  name " is for" \
 }

static const struct conf_key keys[] = {
	ROW(str, CONF_STR, "default", "1", "10", 0),
	ROW(strings, CONF_STRINGS, "a,b", "1", "3", 0),
	ROW(word, CONF_ENUM, "off", "off|on|verify", NULL, 0),
	ROW(is_on, CONF_BOOL, "yes", NULL, NULL, 0),
	ROW(integer, CONF_INT, "5", "-1", "100", 0),
	ROW(num, CONF_NUM, "0.5", "0", "1", 0),
	ROW(dur, CONF_DUR, "90s", "1s", "1h", 0),
	ROW(durs, CONF_DURS, "1s,2s", "0", "1h", 0),
	ROW(size, CONF_SIZE, "8M", "1K", "1G", 0),
	ROW(expr, CONF_EXPR, ".a", NULL, NULL, 0),
	ROW(headers, CONF_HEADERS, NULL, NULL, NULL, 0),
	ROW(secret, CONF_STR, "", NULL, "10", CONF_SECRET),
	ROW(pin, CONF_INT, "0", NULL, NULL, CONF_SECRET),
	ROW(unset_int, CONF_INT, NULL, NULL, NULL, 0),
	ROW(unset_num, CONF_NUM, NULL, NULL, NULL, 0),
	ROW(unset_str, CONF_STR, NULL, NULL, NULL, 0),
	ROW(unset_durs, CONF_DURS, NULL, NULL, NULL, 0),
	{ "group", CONF_GROUP, NULL, NULL, NULL, 0, 0, "Read elsewhere" },
};

/* Fill from group `t` of a file with these members; its errors as text. */
static char *fill(const char *members, const char *path, struct thing *out)
{
	struct conf_report report = { 0 };
	char *text = xasprintf("t: {\n%s\n};", members), *errors;
	const struct conf_node *group;
	struct conf *conf;

	sandbox_write("main.conf", text);
	conf = conf_read("main.conf", &report);
	assert_non_null(conf);
	group = conf_find(conf_root(conf), "t");
	conf_fill(group, path, keys, ARRAY_SIZE(keys), out, &report);
	errors = strbuf_detach(&report.text);
	conf_free(&conf);
	free(text);
	return errors;
}

static void unfill(struct thing *thing)
{
	conf_unfill(keys, ARRAY_SIZE(keys), thing);
}

static void assert_error(const char *members, const char *want)
{
	struct thing thing = { 0 };
	char *errors = fill(members, "t", &thing);

	assert_string_equal(errors, want);
	free(errors);
	unfill(&thing);
}

static void assert_defaults(const struct thing *thing)
{
	assert_string_equal(thing->str, "default");
	assert_string_equal(thing->strings[0], "a");
	assert_string_equal(thing->strings[1], "b");
	assert_null(thing->strings[2]);
	assert_string_equal(thing->word, "off");
	assert_int_equal(thing->is_on, 1);
	assert_int_equal(thing->integer, 5);
	assert_true(thing->num == 0.5);
	assert_int_equal(thing->dur, 90000);
	assert_int_equal(thing->durs[0], 1000);
	assert_int_equal(thing->durs[1], 2000);
	assert_int_equal(thing->durs[2], -1);
	assert_int_equal(thing->size, 8 << 20);
	assert_string_equal(thing->expr, ".a");
	assert_null(thing->headers);
	assert_string_equal(thing->secret, "");
	assert_int_equal(thing->unset_int, -1);
	assert_true(thing->unset_num == -1);
	assert_null(thing->unset_str);
	assert_null(thing->unset_durs);
}

static void what_is_not_set_gets_its_default(void **state)
{
	struct thing thing = { 0 };
	struct conf_report report = { 0 };
	char *errors = fill("", "t", &thing);

	(void)state;
	assert_string_equal(errors, "");
	assert_defaults(&thing);
	free(errors);
	unfill(&thing);
	conf_fill(NULL, "t", keys, ARRAY_SIZE(keys), &thing, &report);
	assert_int_equal(report.count, 0);
	assert_defaults(&thing);
	unfill(&thing);
	assert_null(thing.str);
	assert_null(thing.strings);
	assert_null(thing.durs);
	unfill(&thing);
}

static void every_type_is_read_from_a_file(void **state)
{
	struct thing thing = { 0 };
	char *errors =
		fill("str = 5; strings = [\"x\", \"\"];"
		     "word = \"verify\"; is_on = false; integer = -1;"
		     "num = 1; dur = 2; durs = [\"5ms\"]; size = 2048;"
		     "expr = \"{a: 1}\"; unset_int = 0;"
		     "headers = { X-A = \"b\"; C = 5; };"
		     "group = 5;",
		     "t", &thing);

	(void)state;
	assert_string_equal(errors, "");
	assert_string_equal(thing.str, "5");
	assert_string_equal(thing.strings[0], "x");
	assert_string_equal(thing.strings[1], "");
	assert_null(thing.strings[2]);
	assert_string_equal(thing.word, "verify");
	assert_int_equal(thing.is_on, 0);
	assert_int_equal(thing.integer, -1);
	assert_true(thing.num == 1);
	assert_int_equal(thing.dur, 2000);
	assert_int_equal(thing.durs[0], 5);
	assert_int_equal(thing.durs[1], -1);
	assert_int_equal(thing.size, 2048);
	assert_string_equal(thing.expr, "{a: 1}");
	assert_string_equal(thing.headers[0], "X-A: b");
	assert_string_equal(thing.headers[1], "C: 5");
	assert_null(thing.headers[2]);
	assert_int_equal(thing.unset_int, 0);
	free(errors);
	unfill(&thing);
}

static void one_value_is_a_list_of_one(void **state)
{
	struct thing thing = { 0 };
	char *errors = fill("strings = \"a,b\"; durs = 3;", "t", &thing);

	(void)state;
	assert_string_equal(errors, "");
	assert_string_equal(thing.strings[0], "a,b");
	assert_null(thing.strings[1]);
	assert_int_equal(thing.durs[0], 3000);
	assert_int_equal(thing.durs[1], -1);
	free(errors);
	unfill(&thing);
}

static void a_list_may_be_empty_where_it_may(void **state)
{
	struct thing thing = { 0 };
	char *errors = fill("durs = []; unset_durs = ();", "t", &thing);

	(void)state;
	assert_string_equal(errors, "");
	assert_int_equal(thing.durs[0], -1);
	assert_int_equal(thing.unset_durs[0], -1);
	free(errors);
	unfill(&thing);
}

static void the_environment_goes_before_the_file(void **state)
{
	struct thing thing = { 0 };
	char *errors;

	(void)state;
	assert_int_equal(setenv("STEPQ_T_STR", "env", 1), 0);
	assert_int_equal(setenv("STEPQ_T_STRINGS", " x , y,z", 1), 0);
	assert_int_equal(setenv("STEPQ_T_DURS", "", 1), 0);
	assert_int_equal(setenv("STEPQ_T_DUR", "3", 1), 0);
	assert_int_equal(setenv("STEPQ_T_HEADERS", "X: y", 1), 0);
	assert_int_equal(setenv("STEPQ_T_GROUP", "x", 1), 0);
	errors = fill("str = \"${STEPQ_TEST_NOT}\"; strings = { }; dur = 9;",
		      "t", &thing);
	assert_string_equal(errors, "");
	assert_string_equal(thing.str, "env");
	assert_string_equal(thing.strings[0], "x");
	assert_string_equal(thing.strings[1], "y");
	assert_string_equal(thing.strings[2], "z");
	assert_int_equal(thing.durs[0], -1);
	assert_int_equal(thing.dur, 3000);
	assert_null(thing.headers);
	free(errors);
	unfill(&thing);
}

static void what_stands_in_a_list_has_no_variables(void **state)
{
	struct thing thing = { 0 };
	char *errors;

	(void)state;
	assert_int_equal(setenv("STEPQ_STR", "env", 1), 0);
	errors = fill("", "", &thing);
	assert_string_equal(thing.str, "default");
	free(errors);
	unfill(&thing);
}

static void a_wrong_variable_is_named_and_the_default_taken(void **state)
{
	static const struct {
		const char *variable;
		const char *value;
		const char *want;
	} rows[] = {
		{ "STEPQ_T_DUR", "0s", "STEPQ_T_DUR: '0s' is less than 1s\n" },
		{ "STEPQ_T_DUR", "",
		  "STEPQ_T_DUR: '' is not a duration like 500ms, 90s or "
		  "1h30m\n" },
		{ "STEPQ_T_DURS", "1s,,2s",
		  "STEPQ_T_DURS: '' is not a duration like 500ms, 90s or "
		  "1h30m\n" },
		{ "STEPQ_T_STRINGS", "",
		  "STEPQ_T_STRINGS: must not be empty\n" },
		{ "STEPQ_T_STRINGS", "a,b,c,d",
		  "STEPQ_T_STRINGS: has more than 3 elements\n" },
		{ "STEPQ_T_WORD", "onn",
		  "STEPQ_T_WORD: 'onn' is not one of off|on|verify\n"
		  "  hint: did you mean 'on'?\n" },
		{ "STEPQ_T_SECRET", "hidden-value",
		  "STEPQ_T_SECRET: has more than 10 bytes\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct thing thing = { 0 };
		char *errors;

		assert_int_equal(setenv(rows[i].variable, rows[i].value, 1), 0);
		errors = fill("dur = 5;", "t", &thing);
		assert_string_equal(errors, rows[i].want);
		if (strcmp(rows[i].variable, "STEPQ_T_DUR") == 0)
			assert_int_equal(thing.dur, 90000);
		assert_int_equal(unsetenv(rows[i].variable), 0);
		free(errors);
		unfill(&thing);
	}
}

static void a_wrong_value_is_told_with_its_place(void **state)
{
	static const struct {
		const char *members;
		const char *want;
	} rows[] = {
		{ "str = \"\";", "main.conf:2: t.str: must not be empty\n" },
		{ "str = \"12345678901\";",
		  "main.conf:2: t.str: has more than 10 bytes\n" },
		{ "str = [\"x\"];",
		  "main.conf:2: t.str: must be a single value\n" },
		{ "str = { };",
		  "main.conf:2: t.str: must be a single value\n" },
		{ "strings = { };",
		  "main.conf:2: t.strings: must be a list\n" },
		{ "strings = (\"a\", (\"b\"));",
		  "main.conf:2: t.strings[1]: must be a single value\n" },
		{ "strings = [];",
		  "main.conf:2: t.strings: must not be empty\n" },
		{ "\nword = \"of\";",
		  "main.conf:3: t.word: 'of' is not one of off|on|verify\n"
		  "  hint: did you mean 'off'?\n" },
		{ "word = \"something\";",
		  "main.conf:2: t.word: 'something' is not one of "
		  "off|on|verify\n" },
		{ "is_on = 2;",
		  "main.conf:2: t.is_on: '2' is not true or false\n" },
		{ "integer = 1.5;",
		  "main.conf:2: t.integer: '1.5' is not a whole number\n" },
		{ "integer = -2;",
		  "main.conf:2: t.integer: '-2' is less than -1\n" },
		{ "integer = 101;",
		  "main.conf:2: t.integer: '101' is more than 100\n" },
		{ "num = \"x\";", "main.conf:2: t.num: 'x' is not a number\n" },
		{ "num = -0.5;",
		  "main.conf:2: t.num: '-0.5' is less than 0\n" },
		{ "num = 1.01;",
		  "main.conf:2: t.num: '1.01' is more than 1\n" },
		{ "dur = \"9x\";",
		  "main.conf:2: t.dur: '9x' is not a duration like 500ms, 90s "
		  "or 1h30m\n" },
		{ "dur = \"2h\";",
		  "main.conf:2: t.dur: '2h' is more than 1h\n" },
		{ "durs = [\"1s\",\n\"x\"];",
		  "main.conf:3: t.durs[1]: 'x' is not a duration like 500ms, "
		  "90s or 1h30m\n" },
		{ "size = \"8X\";",
		  "main.conf:2: t.size: '8X' is not a size like 512K or 8M\n" },
		{ "size = 5;", "main.conf:2: t.size: '5' is less than 1K\n" },
		{ "size = \"2G\";",
		  "main.conf:2: t.size: '2G' is more than 1G\n" },
		{ "str = \"${STEPQ_TEST_NOT}\";",
		  "main.conf:2: t.str: variable STEPQ_TEST_NOT is not set\n" },
		{ "headers = \"X: y\";",
		  "main.conf:2: t.headers: must be a group { Name = "
		  "\"value\"; }\n" },
		{ "headers = { A = \"\"; };",
		  "main.conf:2: t.headers.A: must be a text in one line\n" },
		{ "headers = { A = \"x\\ny\"; };",
		  "main.conf:2: t.headers.A: must be a text in one line\n" },
		{ "headers = { A = [1]; };",
		  "main.conf:2: t.headers.A: must be a text in one line\n" },
		{ "headers = { A = \"${STEPQ_TEST_NOT}\"; };",
		  "main.conf:2: t.headers.A: variable STEPQ_TEST_NOT is not "
		  "set\n" },
		{ "sizes = 5;",
		  "main.conf:2: t.sizes: unknown key\n"
		  "  hint: did you mean 'size'?\n" },
		{ "something = 5;", "main.conf:2: t.something: unknown key\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_error(rows[i].members, rows[i].want);
}

static void what_is_wrong_gets_its_default(void **state)
{
	struct thing thing = { 0 };
	char *errors =
		fill("str = \"\"; strings = []; word = 5; is_on = 5;"
		     "integer = 999; num = 9; dur = 0; durs = \"x\";"
		     "size = 0; expr = [1]; secret = { };"
		     "unset_int = \"x\"; unset_num = \"x\";"
		     "unset_durs = \"x\";",
		     "t", &thing);

	(void)state;
	assert_defaults(&thing);
	free(errors);
	unfill(&thing);
}

static void no_error_shows_a_secret(void **state)
{
	(void)state;
	assert_int_equal(setenv("STEPQ_TEST_PW", "hush-hush", 1), 0);
	assert_error("secret = \"open sesame\";",
		     "main.conf:2: t.secret: has more than 10 bytes\n");
	assert_error("pin = \"12x\";",
		     "main.conf:2: t.pin: is not a whole number\n");
	assert_error("dur = \"${STEPQ_TEST_PW}\";",
		     "main.conf:2: t.dur: '${STEPQ_TEST_PW}' is not a duration "
		     "like 500ms, 90s or 1h30m\n");
}

static void a_group_must_be_one(void **state)
{
	struct conf_report report = { 0 };
	struct thing thing = { 0 };
	struct conf *conf;

	(void)state;
	sandbox_write("main.conf", "t = 5;");
	conf = conf_read("main.conf", &report);
	conf_fill(conf_find(conf_root(conf), "t"), "t", keys, ARRAY_SIZE(keys),
		  &thing, &report);
	assert_string_equal(strbuf_str(&report.text),
			    "main.conf:1: t: must be a group { ... }\n");
	assert_defaults(&thing);
	unfill(&thing);
	conf_free(&conf);
	conf_report_release(&report);
}

static void a_required_key_must_be_there(void **state)
{
	static const struct conf_key required[] = {
		{ "name", CONF_STR, NULL, NULL, NULL, CONF_REQUIRED, AT(str),
		  "" },
		{ "steps", CONF_GROUP, NULL, NULL, NULL, CONF_REQUIRED, 0, "" },
	};
	struct conf_report report = { 0 };
	struct thing thing = { 0 };
	struct conf *conf;

	(void)state;
	sandbox_write("main.conf",
		      "list = (\n {\n }, { name = \"n\"; "
		      "steps = 1; } );");
	conf = conf_read("main.conf", &report);
	conf_fill(conf_node_at(conf_find(conf_root(conf), "list"), 0), "",
		  required, ARRAY_SIZE(required), &thing, &report);
	assert_string_equal(strbuf_str(&report.text),
			    "main.conf:2: list[0]: 'name' is missing\n"
			    "main.conf:2: list[0]: 'steps' is missing\n");
	conf_report_release(&report);
	conf_unfill(required, ARRAY_SIZE(required), &thing);
	conf_fill(conf_node_at(conf_find(conf_root(conf), "list"), 1), "",
		  required, ARRAY_SIZE(required), &thing, &report);
	assert_int_equal(report.count, 0);
	conf_unfill(required, ARRAY_SIZE(required), &thing);
	conf_free(&conf);
}

static void elements_are_named_by_their_name(void **state)
{
	struct conf_report report = { 0 };
	struct conf *conf;
	const struct conf_node *node;

	(void)state;
	sandbox_write("main.conf", "list = ( { name = \"n\"; x = 1; } );");
	conf = conf_read("main.conf", &report);
	node = conf_node_at(conf_find(conf_root(conf), "list"), 0);
	conf_report_add(&report, conf_node_get(node, "x"), "bad");
	assert_string_equal(strbuf_str(&report.text),
			    "main.conf:1: list[n].x: bad\n");
	conf_free(&conf);
	conf_report_release(&report);
}

static void a_name_of_a_variable_is_made_of_the_key(void **state)
{
	static const struct {
		const char *key;
		const char *want;
	} rows[] = {
		{ "worker.lease", "STEPQ_WORKER_LEASE" },
		{ "engines.my-text.url", "STEPQ_ENGINES_MY_TEXT_URL" },
		{ "worker.max_jobs", "STEPQ_WORKER_MAX_JOBS" },
	};
	struct strbuf name = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		conf_env_name(rows[i].key, &name);
		assert_string_equal(strbuf_str(&name), rows[i].want);
		strbuf_clear(&name);
	}
	strbuf_release(&name);
}

static void a_later_check_names_where_the_value_is_from(void **state)
{
	struct conf_report report = { 0 };
	const struct conf_node *node;
	struct conf *conf;

	(void)state;
	sandbox_write("main.conf", "t: { url = \"x\"; };");
	conf = conf_read("main.conf", &report);
	node = conf_find(conf_root(conf), "t.url");
	conf_report_value(&report, "t.url", node, "is %s", "bad");
	assert_int_equal(setenv("STEPQ_T_URL", "y", 1), 0);
	conf_report_value(&report, "t.url", node, "is %s", "worse");
	assert_string_equal(strbuf_str(&report.text),
			    "main.conf:1: t.url: is bad\n"
			    "STEPQ_T_URL: is worse\n");
	conf_free(&conf);
	conf_report_release(&report);
}

static void the_example_is_a_commented_configuration(void **state)
{
	static const struct conf_key rows[] = {
		{ "include", CONF_GROUP, NULL, NULL, NULL, 0, 0, "Files" },
		{ "a.one", CONF_DUR, "5s", "1s", "1h", 0, 0, "How long" },
		{ "a.two", CONF_STRINGS, "x,y", "1", "9", 0, 0, "Names" },
		{ "a.three", CONF_DUR, "0", NULL, NULL, 0, 0,
		  "A sentence that is long enough to be broken into two lines "
		  "of the file" },
		{ "b.four", CONF_ENUM, "on", "on|off", NULL, 0, 0, "Whether" },
		{ "b.seven", CONF_INT, "7", "1", NULL, 0, 0, "Least" },
		{ "b.five", CONF_INT, NULL, NULL, "9", 0, 0, "Number" },
		{ "b.six", CONF_DURS, NULL, NULL, NULL, 0, 0, "Waits" },
	};
	static const char want[] =
		"# Files.\n# include = ...;\n\n"
		"a: {\n"
		"\t# How long (1s to 1h).\n\t# one = \"5s\";\n\n"
		"\t# Names.\n\t# two = [\"x\", \"y\"];\n\n"
		"\t# A sentence that is long enough to be broken into two "
		"lines of the\n\t# file.\n\t# three = 0;\n"
		"};\n\n"
		"b: {\n"
		"\t# Whether (on|off).\n\t# four = \"on\";\n\n"
		"\t# Least.\n\t# seven = 7;\n\n"
		"\t# Number (at most 9).\n\t# five = ...;\n\n"
		"\t# Waits.\n\t# six = [...];\n"
		"};\n";
	struct strbuf text = { 0 };

	(void)state;
	conf_example(rows, ARRAY_SIZE(rows), "", &text);
	assert_string_equal(strbuf_str(&text), want);
	strbuf_clear(&text);
	conf_example(&keys[0], 2, "\t", &text);
	assert_string_equal(strbuf_str(&text),
			    "\t# What str is for.\n\t# str = \"default\";\n\n"
			    "\t# What strings is for.\n"
			    "\t# strings = [\"a\", \"b\"];\n");
	strbuf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(what_is_not_set_gets_its_default),
		SANDBOX_TEST(every_type_is_read_from_a_file),
		SANDBOX_TEST(one_value_is_a_list_of_one),
		SANDBOX_TEST(a_list_may_be_empty_where_it_may),
		SANDBOX_TEST(the_environment_goes_before_the_file),
		SANDBOX_TEST(what_stands_in_a_list_has_no_variables),
		SANDBOX_TEST(a_wrong_variable_is_named_and_the_default_taken),
		SANDBOX_TEST(a_wrong_value_is_told_with_its_place),
		SANDBOX_TEST(what_is_wrong_gets_its_default),
		SANDBOX_TEST(no_error_shows_a_secret),
		SANDBOX_TEST(a_group_must_be_one),
		SANDBOX_TEST(a_required_key_must_be_there),
		SANDBOX_TEST(elements_are_named_by_their_name),
		SANDBOX_TEST(a_name_of_a_variable_is_made_of_the_key),
		SANDBOX_TEST(a_later_check_names_where_the_value_is_from),
		SANDBOX_TEST(the_example_is_a_commented_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
