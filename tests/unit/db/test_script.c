/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "db/script.h"

/* The statements of `text`, each in <>. */
static void assert_script(const char *text, const char *want)
{
	struct statement statement;
	struct strbuf got = { 0 };
	struct script script;

	script_init(&script, text, strlen(text));
	while (script_next(&script, &statement)) {
		strbuf_addc(&got, '<');
		strbuf_add(&got, statement.sql, statement.len);
		strbuf_addc(&got, '>');
	}
	assert_string_equal(strbuf_str(&got), want);
	strbuf_release(&got);
}

static void statements_end_at_a_semicolon_or_the_end(void **state)
{
	(void)state;
	assert_script("A; B ;C", "<A><B ><C>");
	assert_script("A;\n", "<A>");
	assert_script("", "");
	assert_script(" \n\t", "");
	assert_script(";;A;;", "<A>");
}

static void quotes_and_comments_hide_a_semicolon(void **state)
{
	(void)state;
	assert_script("A ';' B; C", "<A ';' B><C>");
	assert_script("A \"x\\\";\" B; C", "<A \"x\\\";\" B><C>");
	assert_script("A `;` B; C", "<A `;` B><C>");
	assert_script("A -- ;\nB; C", "<A -- ;\nB><C>");
	assert_script("A # ;\nB; C", "<A # ;\nB><C>");
	assert_script("A /* ; */ B; C", "<A /* ; */ B><C>");
	assert_script("A '; B", "<A '; B>");
	assert_script("A /* ; B", "<A /* ; B>");
}

static void comments_between_statements_are_left_out(void **state)
{
	(void)state;
	assert_script("-- what's this;\nA;\n--\n# end", "<A>");
	assert_script("/* a; b */ A; /* c */", "<A>");
	assert_script("--A;B", "<--A><B>");
}

static void what_the_server_runs_inside_a_comment_is_kept(void **state)
{
	(void)state;
	assert_script("/*!40101 SET x = 1 */; /*M! A */;",
		      "</*!40101 SET x = 1 */></*M! A */>");
}

static void a_delimiter_line_sets_another_one(void **state)
{
	(void)state;
	assert_script("A;\nDELIMITER //\nB; C;\nEND//\nDELIMITER ;\nD;",
		      "<A><B; C;\nEND><D>");
	assert_script("delimiter $$ what follows is not read\nA;$$B",
		      "<A;><B>");
	assert_script("DELIMITER //\r\nA;//\r\n", "<A;>");
	assert_script("SELECT DELIMITER x; A", "<SELECT DELIMITER x><A>");
}

static void a_statement_knows_its_line(void **state)
{
	static const char text[] = "-- one\n\nA\n;\nDELIMITER //\nB//";
	struct statement statement;
	struct script script;

	(void)state;
	script_init(&script, text, strlen(text));
	assert_int_equal(script_next(&script, &statement), 1);
	assert_int_equal(statement.line, 3);
	assert_int_equal(script_next(&script, &statement), 1);
	assert_int_equal(statement.line, 6);
	assert_int_equal(script_next(&script, &statement), 0);
	assert_int_equal(script_next(&script, &statement), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_end_at_a_semicolon_or_the_end),
		cmocka_unit_test(quotes_and_comments_hide_a_semicolon),
		cmocka_unit_test(comments_between_statements_are_left_out),
		cmocka_unit_test(what_the_server_runs_inside_a_comment_is_kept),
		cmocka_unit_test(a_delimiter_line_sets_another_one),
		cmocka_unit_test(a_statement_knows_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
