/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "unit/conf/sandbox.h"

/* Read "main.conf", which must be free of errors. */
static struct conf *read_good(void)
{
	struct conf_report report = { 0 };
	struct conf *conf = conf_read("main.conf", &report);

	assert_string_equal(strbuf_str(&report.text), "");
	assert_int_equal(report.count, 0);
	assert_non_null(conf);
	conf_report_release(&report);
	return conf;
}

/* Read "main.conf", which must give these errors, and a tree or none. */
static void assert_errors(const char *want, int has_tree)
{
	struct conf_report report = { 0 };
	struct conf *conf = conf_read("main.conf", &report);

	assert_string_equal(strbuf_str(&report.text), want);
	assert_int_equal(conf != NULL, has_tree);
	conf_free(&conf);
	conf_report_release(&report);
}

static const char *text_at(const struct conf *conf, const char *path)
{
	const struct conf_node *node = conf_find(conf_root(conf), path);

	assert_non_null(node);
	return conf_node_text(node);
}

static void scalars_become_the_text_that_was_written(void **state)
{
	static const struct {
		const char *written;
		const char *want;
	} rows[] = {
		{ "5", "5" },
		{ "-5", "-5" },
		{ "0x1f", "31" },
		{ "5000000000L", "5000000000" },
		{ "0.1", "0.1" },
		{ "1e3", "1000" },
		{ "0.12345678901234567", "0.12345678901234566" },
		{ "true", "true" },
		{ "FALSE", "false" },
		{ "\"\"", "" },
		{ "\"a \\\"b\\\"\"", "a \"b\"" },
		{ "\"in \" \"parts\"", "in parts" },
		{ "\"\\(.x)\"", "\\(.x)" },
		{ "\"\xea\xb3\xa0\"", "\xea\xb3\xa0" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		char *text = xasprintf("a: { b = %s; };", rows[i].written);
		struct conf *conf;

		sandbox_write("main.conf", text);
		conf = read_good();
		assert_string_equal(text_at(conf, "a.b"), rows[i].want);
		conf_free(&conf);
		free(text);
	}
}

static void nodes_know_kind_name_and_place(void **state)
{
	const struct conf_node *list, *group;
	struct conf *conf;

	(void)state;
	sandbox_write("main.conf", "\nlist = ( 1,\n  { x = [2, 3]; } );\n");
	conf = read_good();
	assert_string_equal(conf_path(conf), "main.conf");
	list = conf_node_get(conf_root(conf), "list");
	assert_int_equal(conf_node_kind(list), CONF_NODE_LIST);
	assert_string_equal(conf_node_name(list), "list");
	assert_null(conf_node_text(list));
	assert_null(conf_node_raw(list));
	assert_string_equal(conf_node_file(list), "main.conf");
	assert_int_equal(conf_node_line(list), 2);
	assert_int_equal(conf_node_count(list), 2);
	assert_int_equal(conf_node_kind(conf_node_at(list, 0)),
			 CONF_NODE_SCALAR);
	assert_null(conf_node_name(conf_node_at(list, 0)));
	group = conf_node_at(list, 1);
	assert_int_equal(conf_node_kind(group), CONF_NODE_GROUP);
	assert_int_equal(conf_node_line(group), 3);
	assert_int_equal(conf_node_kind(conf_node_get(group, "x")),
			 CONF_NODE_LIST);
	assert_null(conf_node_get(group, "y"));
	assert_null(conf_node_at(list, 2));
	assert_null(conf_find(conf_root(conf), "list.x"));
	assert_null(conf_find(conf_root(conf), "no.such.thing"));
	assert_null(conf_find(NULL, "x"));
	conf_free(&conf);
	assert_null(conf);
	conf_free(&conf);
}

static void a_broken_file_gives_one_line_with_its_place(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
		{ "worker: {\n  a = 1;\n\nlog: { };\n",
		  "main.conf:1: '{' is not closed\n" },
		{ "a: {\n  b = [1, 2;\n};\n",
		  "main.conf:3: '}' here, but '[' of line 2 is still open\n" },
		{ "a = 1;\n};\n", "main.conf:2: '}' closes nothing\n" },
		{ "\na = \"x;\nb = 2;\n",
		  "main.conf:2: this string has no end\n" },
		{ "a = 1;\n/* b = 2;\n",
		  "main.conf:2: this comment has no end\n" },
		{ "a = 1;\nb = 5000000000;\n",
		  "main.conf:2: 5000000000 is too large for a plain number: "
		  "put it in quotes\n" },
		{ "b = 0x1ffffffff;",
		  "main.conf:1: 0x1ffffffff is too large for a plain number: "
		  "put it in quotes\n" },
		{ "b = 99999999999999999999L;",
		  "main.conf:1: 99999999999999999999 is too large for a plain "
		  "number: put it in quotes\n" },
		{ "a = 1;\na = 2;\n", "main.conf:2: duplicate setting name\n" },
		{ "a = 1;\nb = = 2;\n", "main.conf:2: syntax error\n" },
		{ "a = [1, \"x\"];\n",
		  "main.conf:1: mismatched element type in array\n" },
		{ "@include \"other.conf\"\n",
		  "main.conf:1: @include is not taken here\n"
		  "  hint: write include = [\"FILE\"]; instead\n" },
		{ "a = \"\xff\";\n",
		  "main.conf: not a text in UTF-8 (byte 5)\n" },
	};
	size_t i;

	(void)state;
	sandbox_write("other.conf", "b = 1;");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		sandbox_write("main.conf", rows[i].text);
		assert_errors(rows[i].want, 0);
	}
}

static void brackets_in_strings_and_comments_do_not_count(void **state)
{
	struct conf *conf;

	(void)state;
	sandbox_write("main.conf",
		      "# { (\n// [\n/* ( { */\n"
		      "a = \"{ \\\" (\"; x9999999999 = 1;\n"
		      "b = 1.5e9; c = 2147483647;\n");
	conf = read_good();
	assert_string_equal(text_at(conf, "a"), "{ \" (");
	assert_string_equal(text_at(conf, "c"), "2147483647");
	conf_free(&conf);
}

static void depth_and_size_are_bounded(void **state)
{
	struct strbuf text = { 0 };
	unsigned int i;

	(void)state;
	strbuf_adds(&text, "a = ");
	for (i = 0; i <= LIMIT_CONF_DEPTH; i++)
		strbuf_addc(&text, '(');
	sandbox_write("main.conf", strbuf_str(&text));
	assert_errors("main.conf:1: nested deeper than 64 levels\n", 0);
	strbuf_clear(&text);
	for (i = 0; i <= LIMIT_CONF_FILE / 16; i++)
		strbuf_adds(&text, "# sixteen bytes\n");
	sandbox_write("main.conf", strbuf_str(&text));
	assert_errors("main.conf: larger than 4194304 bytes\n", 0);
	strbuf_release(&text);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	(void)state;
	assert_errors("cannot read 'main.conf': No such file or directory\n",
		      0);
	sandbox_mkdir("main.conf");
	assert_errors("main.conf: Is a directory\n", 0);
}

static void the_file_is_looked_for_in_order(void **state)
{
	struct conf_report report = { 0 };
	struct conf *conf;

	(void)state;
	conf = conf_read(NULL, &report);
	assert_non_null(conf);
	assert_null(conf_path(conf));
	assert_int_equal(conf_node_count(conf_root(conf)), 0);
	conf_free(&conf);

	sandbox_mkdir("conf");
	sandbox_write("conf/stepq.conf", "a = 1;");
	conf = conf_read(NULL, &report);
	assert_string_equal(conf_path(conf), "conf/stepq.conf");
	conf_free(&conf);

	sandbox_write("other.conf", "a = 2;");
	assert_int_equal(setenv("STEPQ_CONFIG", "other.conf", 1), 0);
	conf = conf_read(NULL, &report);
	assert_string_equal(conf_path(conf), "other.conf");
	conf_free(&conf);

	conf = conf_read("conf/stepq.conf", &report);
	assert_string_equal(conf_path(conf), "conf/stepq.conf");
	conf_free(&conf);
	assert_int_equal(report.count, 0);

	assert_int_equal(setenv("STEPQ_CONFIG", "none.conf", 1), 0);
	assert_null(conf_read(NULL, &report));
	assert_string_equal(
		strbuf_str(&report.text),
		"cannot read 'none.conf': No such file or directory\n");
	conf_report_release(&report);
}

static void patterns_are_relative_to_the_file_that_includes(void **state)
{
	struct conf *conf;

	(void)state;
	sandbox_mkdir("sub");
	sandbox_mkdir("sub/more");
	sandbox_write("main.conf", "include = [\"sub/one.conf\"];");
	sandbox_write("sub/one.conf", "include = \"more/*.conf\"; one = 1;");
	sandbox_write("sub/more/b.conf", "list = ( \"b\" );");
	sandbox_write("sub/more/a.conf", "list = ( \"a\" ); two = 2;");
	sandbox_write("sub/more/c.other", "three = 3;");
	conf = read_good();
	assert_string_equal(text_at(conf, "one"), "1");
	assert_string_equal(text_at(conf, "two"), "2");
	assert_null(conf_find(conf_root(conf), "three"));
	assert_null(conf_find(conf_root(conf), "include"));
	assert_string_equal(conf_node_file(conf_find(conf_root(conf), "two")),
			    "sub/more/a.conf");
	/* In the order of the alphabet. */
	assert_string_equal(conf_node_text(conf_node_at(
				    conf_find(conf_root(conf), "list"), 0)),
			    "a");
	conf_free(&conf);
}

static void a_pattern_may_match_nothing_a_name_may_not(void **state)
{
	struct conf *conf;

	(void)state;
	sandbox_write("main.conf", "include = [\"none/*.conf\"];");
	conf = read_good();
	conf_free(&conf);
	sandbox_write("main.conf", "a = 1;\ninclude = [\"none.conf\"];");
	assert_errors("main.conf:2: include[0]: no file 'none.conf'\n", 0);
}

static void include_takes_texts_only(void **state)
{
	(void)state;
	sandbox_write("main.conf", "include = { a = 1; };");
	assert_errors("main.conf:1: include: must be a list of file names\n",
		      1);
	sandbox_write("main.conf", "include = ( (\"x\") );");
	assert_errors("main.conf:1: include[0]: must be a file's name\n", 1);
	sandbox_write("main.conf", "include = [\"${STEPQ_TEST_DIR}/x\"];");
	assert_errors(
		"main.conf:1: include[0]: variable STEPQ_TEST_DIR is not "
		"set\n",
		0);
}

static void a_file_is_read_once_whatever_it_is_called(void **state)
{
	struct conf *conf;

	(void)state;
	sandbox_write("main.conf",
		      "include = [\"a.conf\", \"./a.conf\", "
		      "\"link.conf\", \"*.conf.d\"];");
	sandbox_write("a.conf", "a = 1;");
	assert_int_equal(symlink("a.conf", "link.conf"), 0);
	assert_int_equal(link("a.conf", "hard.conf.d"), 0);
	conf = read_good();
	assert_string_equal(text_at(conf, "a"), "1");
	conf_free(&conf);
}

static void a_cycle_is_told_with_its_path(void **state)
{
	(void)state;
	sandbox_write("main.conf", "include = [\"a.conf\"];");
	sandbox_write("a.conf", "\ninclude = [\"b.conf\"];");
	sandbox_write("b.conf", "include = \"a.conf\";");
	assert_errors(
		"b.conf:1: include: includes itself: "
		"a.conf -> b.conf -> a.conf\n",
		1);
	sandbox_write("main.conf", "include = \"main.conf\";");
	assert_errors(
		"main.conf:1: include: includes itself: "
		"main.conf -> main.conf\n",
		1);
}

static void the_number_of_files_is_bounded(void **state)
{
	struct conf_report report = { 0 };
	struct conf *conf;
	unsigned int i;

	(void)state;
	sandbox_write("main.conf", "include = \"f*.conf\";");
	for (i = 0; i < LIMIT_CONF_FILES; i++) {
		char *name = xasprintf("f%u.conf", i);

		sandbox_write(name, "");
		free(name);
	}
	conf = conf_read("main.conf", &report);
	assert_string_equal(strbuf_str(&report.text),
			    "main.conf:1: include: more than 256 files\n");
	conf_free(&conf);
	conf_report_release(&report);
}

static void groups_of_several_files_become_one(void **state)
{
	struct conf *conf;

	(void)state;
	sandbox_write("main.conf",
		      "include = \"a.conf\"; g: { one = 1; };\n"
		      "list = ( 1 );");
	sandbox_write("a.conf", "g: { two = 2; };\nlist = ( 2, 3 );");
	conf = read_good();
	assert_int_equal(conf_node_count(conf_find(conf_root(conf), "g")), 2);
	assert_string_equal(text_at(conf, "g.one"), "1");
	assert_string_equal(text_at(conf, "g.two"), "2");
	assert_int_equal(conf_node_count(conf_find(conf_root(conf), "list")),
			 3);
	conf_free(&conf);
}

static void what_is_set_twice_names_both_places(void **state)
{
	(void)state;
	sandbox_write("main.conf",
		      "include = \"a.conf\";\n"
		      "engines: {\n  text: { url = \"x\"; };\n};\n"
		      "a = 1; b: { };");
	sandbox_write("a.conf",
		      "engines: { text: { url = \"y\"; }; };\n"
		      "a = 2;\nb = ( );");
	assert_errors(
		"a.conf:1: engines.text: already set in main.conf:3\n"
		"a.conf:2: a: already set in main.conf:5\n"
		"a.conf:3: b: already set in main.conf:5\n",
		1);
}

static void a_broken_included_file_gives_no_tree(void **state)
{
	(void)state;
	sandbox_write("main.conf", "include = [\"a.conf\", \"b.conf\"];");
	sandbox_write("a.conf", "a = ;");
	sandbox_write("b.conf", "b = {");
	assert_errors("a.conf:1: syntax error\nb.conf:1: '{' is not closed\n",
		      0);
}

static void variables_are_filled_in(void **state)
{
	static const struct {
		const char *raw;
		const char *want;
	} rows[] = {
		{ "${STEPQ_TEST_A}", "alpha" },
		{ "x${STEPQ_TEST_A}y${STEPQ_TEST_B}z", "xalphaybeta ${z}z" },
		{ "$${STEPQ_TEST_A}", "${STEPQ_TEST_A}" },
		{ "$$${STEPQ_TEST_A}", "$${STEPQ_TEST_A}" },
		{ "$STEPQ_TEST_A $ {x} $$", "$STEPQ_TEST_A $ {x} $$" },
		{ "${STEPQ_TEST_EMPTY}", "" },
		{ "a$${b}${STEPQ_TEST_A}", "a${b}alpha" },
	};
	size_t i;

	(void)state;
	assert_int_equal(setenv("STEPQ_TEST_A", "alpha", 1), 0);
	assert_int_equal(setenv("STEPQ_TEST_B", "beta ${z}", 1), 0);
	assert_int_equal(setenv("STEPQ_TEST_EMPTY", "", 1), 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		char *text = xasprintf("a = \"%s\";", rows[i].raw);
		const struct conf_node *node;
		struct conf *conf;

		sandbox_write("main.conf", text);
		conf = read_good();
		node = conf_find(conf_root(conf), "a");
		assert_string_equal(conf_node_text(node), rows[i].want);
		assert_string_equal(conf_node_raw(node), rows[i].raw);
		assert_null(conf_node_unset(node));
		conf_free(&conf);
		free(text);
	}
}

static void what_variables_brought_in_is_known(void **state)
{
	const struct conf_node *node;
	struct conf *conf;

	(void)state;
	assert_int_equal(setenv("STEPQ_TEST_A", "alpha", 1), 0);
	sandbox_write("main.conf",
		      "a = \"${STEPQ_TEST_A}/${STEPQ_TEST_NOT}/"
		      "${STEPQ_TEST_A}\";");
	conf = read_good();
	node = conf_find(conf_root(conf), "a");
	assert_string_equal(conf_node_text(node), "alpha//alpha");
	assert_string_equal(conf_node_unset(node), "STEPQ_TEST_NOT");
	assert_string_equal(conf_node_value(node, 0), "alpha");
	assert_string_equal(conf_node_value(node, 1), "alpha");
	assert_null(conf_node_value(node, 2));
	conf_free(&conf);
}

static void a_broken_variable_is_an_error(void **state)
{
	static const char *const bad[] = { "${",  "${}",   "${A",  "${1A}",
					   "${A", "${A-}", "${A }" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		char *text = xasprintf("g: {\n a = \"%s\"; };", bad[i]);

		sandbox_write("main.conf", text);
		assert_errors(
			"main.conf:2: g.a: '${' must be followed by a "
			"variable's name and '}'; '$${' is a plain "
			"'${'\n",
			1);
		free(text);
	}
}

static void a_password_in_a_url_is_not_shown(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
		{ "http://host/path", "http://host/path" },
		{ "http://u:pw@host/", "http://u:***@host/" },
		{ "http://token@host/", "http://***@host/" },
		{ "http://u:p@w@host/", "http://u:***@host/" },
		{ "http://u:${PW}@host/", "http://u:${PW}@host/" },
		{ "http://u:${PW}x@host/", "http://u:***@host/" },
		{ "http://u:@host/", "http://u:@host/" },
		{ "http://host/a@b", "http://host/a@b" },
		{ "a http://u:p@h b http://v:q@i",
		  "a http://u:***@h b "
		  "http://v:***@i" },
		{ "no url: a:b@c", "no url: a:b@c" },
		{ "://", "://" },
	};
	struct strbuf text = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		conf_mask_login(rows[i].text, &text);
		assert_string_equal(strbuf_str(&text), rows[i].want);
		strbuf_clear(&text);
	}
	strbuf_release(&text);
}

static void the_nearest_word_is_found(void **state)
{
	static const char *const words[] = { "timeout", "tries", "url",
					     "connect_timeout", "headers" };
	static const struct {
		const char *word;
		const char *want; /* NULL: none is near */
	} rows[] = {
		{ "timout", "timeout" },
		{ "Timeout", "timeout" },
		{ "ulr", "url" },
		{ "itmeuot", "timeout" },
		{ "urls", "url" },
		{ "header", "headers" },
		{ "retries", "tries" },
		{ "conect_timeout", "connect_timeout" },
		{ "password", NULL },
		{ "x", NULL },
		{ "", NULL },
	};
	char longer[LIMIT_NAME + 2];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *near =
			conf_nearest(rows[i].word, words, ARRAY_SIZE(words));

		if (rows[i].want)
			assert_string_equal(near, rows[i].want);
		else
			assert_null(near);
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_null(conf_nearest(longer, words, ARRAY_SIZE(words)));
	assert_null(conf_nearest("url", words, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(scalars_become_the_text_that_was_written),
		SANDBOX_TEST(nodes_know_kind_name_and_place),
		SANDBOX_TEST(a_broken_file_gives_one_line_with_its_place),
		SANDBOX_TEST(brackets_in_strings_and_comments_do_not_count),
		SANDBOX_TEST(depth_and_size_are_bounded),
		SANDBOX_TEST(a_file_that_cannot_be_read_is_named),
		SANDBOX_TEST(the_file_is_looked_for_in_order),
		SANDBOX_TEST(patterns_are_relative_to_the_file_that_includes),
		SANDBOX_TEST(a_pattern_may_match_nothing_a_name_may_not),
		SANDBOX_TEST(include_takes_texts_only),
		SANDBOX_TEST(a_file_is_read_once_whatever_it_is_called),
		SANDBOX_TEST(a_cycle_is_told_with_its_path),
		SANDBOX_TEST(the_number_of_files_is_bounded),
		SANDBOX_TEST(groups_of_several_files_become_one),
		SANDBOX_TEST(what_is_set_twice_names_both_places),
		SANDBOX_TEST(a_broken_included_file_gives_no_tree),
		SANDBOX_TEST(variables_are_filled_in),
		SANDBOX_TEST(what_variables_brought_in_is_known),
		SANDBOX_TEST(a_broken_variable_is_an_error),
		SANDBOX_TEST(a_password_in_a_url_is_not_shown),
		SANDBOX_TEST(the_nearest_word_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
