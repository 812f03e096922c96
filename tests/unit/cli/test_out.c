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

#include "base/json.h"
#include "base/strbuf.h"
#include "cli/out.h"

enum {
	TEXT_MAX = 4096,
};

/* What a test writes goes to a file in place of the harness's stdout. */
struct capture {
	FILE *file;
	int stdout_fd;
	struct out *out;
	char text[TEXT_MAX];
};

static void capture_start(struct capture *capture, enum out_format format)
{
	*capture = (struct capture){ .file = tmpfile() };
	assert_non_null(capture->file);
	(void)fflush(stdout);
	capture->stdout_fd = dup(STDOUT_FILENO);
	assert_true(dup2(fileno(capture->file), STDOUT_FILENO) >= 0);
	capture->out = out_new(format);
}

static const char *capture_end(struct capture *capture)
{
	int rc = out_close(&capture->out);
	size_t n;

	assert_true(dup2(capture->stdout_fd, STDOUT_FILENO) >= 0);
	(void)close(capture->stdout_fd);
	assert_int_equal(rc, 0);
	rewind(capture->file);
	n = fread(capture->text, 1, TEXT_MAX - 1, capture->file);
	capture->text[n] = '\0';
	(void)fclose(capture->file);
	return capture->text;
}

#define ROW(table, ...) \
 out_table_row((table), (const char *const[]){ __VA_ARGS__ })

static const struct out_column columns[] = {
	{ "ID", OUT_RIGHT },
	{ "STATUS", OUT_STATUS },
	{ "WHY", OUT_FLEX },
	{ "COST", OUT_RIGHT },
};

static void a_table_aligns_and_ends_no_line_in_blanks(void **state)
{
	struct capture capture;
	struct out_table *table;

	(void)state;
	(void)unsetenv("COLUMNS");
	capture_start(&capture, OUT_TEXT);
	table = out_table_new(capture.out, columns, 4, 2);
	ROW(table, "1", "done", "", "1.25");
	ROW(table, "1000", "failed", "한글", NULL);
	ROW(table, NULL, NULL, "x", "10");
	out_table_end(&table);
	assert_null(table);
	assert_string_equal(capture_end(&capture),
			    "    ID  STATUS  WHY   COST\n"
			    "     1  done          1.25\n"
			    "  1000  failed  한글\n"
			    "                x       10\n");
}

static void only_a_known_width_cuts(void **state)
{
	static const char text[] = "a reason that is longer than the line";
	struct capture capture;
	struct out_table *table;

	(void)state;
	(void)setenv("COLUMNS", "40", 1);
	capture_start(&capture, OUT_TEXT);
	assert_int_equal(out_columns(capture.out), 40);
	table = out_table_new(capture.out, columns, 4, 0);
	ROW(table, "1", "failed", text, "0.12");
	out_table_end(&table);
	assert_string_equal(capture_end(&capture),
			    "ID  STATUS  WHY                     COST\n"
			    " 1  failed  a reason that is long…  0.12\n");

	(void)unsetenv("COLUMNS");
	capture_start(&capture, OUT_TEXT);
	assert_int_equal(out_columns(capture.out), 80);
	table = out_table_new(capture.out, columns, 4, 0);
	ROW(table, "1", "failed", text, "0.12");
	out_table_end(&table);
	assert_non_null(strstr(capture_end(&capture), text));
}

static void wide_characters_are_cut_by_columns(void **state)
{
	static const struct out_column wide[] = { { NULL, OUT_FLEX },
						  { NULL, OUT_LEFT } };
	struct capture capture;
	struct out_table *table;

	(void)state;
	(void)setenv("COLUMNS", "20", 1);
	capture_start(&capture, OUT_TEXT);
	table = out_table_new(capture.out, wide, 2, 0);
	ROW(table, "고양이가우주로간다네", "end");
	out_table_end(&table);
	assert_string_equal(capture_end(&capture), "고양이가우주로…  end\n");
	(void)unsetenv("COLUMNS");
}

static void cells_cannot_move_the_cursor(void **state)
{
	static const struct out_column one[] = { { NULL, OUT_LEFT } };
	struct capture capture;
	struct out_table *table;

	(void)state;
	capture_start(&capture, OUT_TEXT);
	table = out_table_new(capture.out, one, 1, 0);
	ROW(table, "a\033[2Jb\nc\xff");
	out_table_end(&table);
	assert_string_equal(capture_end(&capture), "a [2Jb c?\n");
}

static void nothing_is_printed_for_no_rows(void **state)
{
	struct capture capture;
	struct out_table *table;

	(void)state;
	capture_start(&capture, OUT_TEXT);
	table = out_table_new(capture.out, columns, 4, 0);
	out_table_end(&table);
	assert_string_equal(capture_end(&capture), "");
}

static void each_format_prints_its_own(void **state)
{
	struct capture capture;
	struct out_table *table;

	(void)state;
	capture_start(&capture, OUT_TEXT);
	out_line(capture.out, "%d lines", 2);
	out_text(capture.out, "text");
	out_json(capture.out, jv_object());
	assert_string_equal(capture_end(&capture), "2 lines\ntext");

	capture_start(&capture, OUT_JSON);
	out_line(capture.out, "%d lines", 2);
	out_text(capture.out, "text");
	table = out_table_new(capture.out, columns, 4, 0);
	ROW(table, "1", "2", "3", "4");
	out_table_end(&table);
	out_json(capture.out, jv_string("a\nb"));
	assert_string_equal(capture_end(&capture), "\"a\\nb\"\n");
}

static void a_file_has_no_colour(void **state)
{
	struct strbuf sb = { 0 };
	struct capture capture;

	(void)state;
	capture_start(&capture, OUT_TEXT);
	assert_false(out_is_terminal(capture.out));
	out_styled(capture.out, &sb, OUT_RED, "failed");
	(void)capture_end(&capture);
	assert_string_equal(strbuf_str(&sb), "failed");
	strbuf_release(&sb);
}

static void states_have_their_colours(void **state)
{
	(void)state;
	assert_int_equal(out_status_style("done"), OUT_GREEN);
	assert_int_equal(out_status_style("waiting"), OUT_YELLOW);
	assert_int_equal(out_status_style("retrying"), OUT_YELLOW);
	assert_int_equal(out_status_style("failed"), OUT_RED);
	assert_int_equal(out_status_style("cancelled"), OUT_DIM);
}

static void an_age_has_one_unit(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "now" },           { 999, "now" },
		{ -1, "in 1s" },        { 1000, "1s ago" },
		{ -7001, "in 8s" },     { 59999, "59s ago" },
		{ 60000, "1m ago" },    { 3600000, "1h ago" },
		{ 90000000, "1d ago" }, { -172800000, "in 2d" },
	};
	char buf[OUT_AGE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(out_age(cases[i].ms, buf), cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_aligns_and_ends_no_line_in_blanks),
		cmocka_unit_test(only_a_known_width_cuts),
		cmocka_unit_test(wide_characters_are_cut_by_columns),
		cmocka_unit_test(cells_cannot_move_the_cursor),
		cmocka_unit_test(nothing_is_printed_for_no_rows),
		cmocka_unit_test(each_format_prints_its_own),
		cmocka_unit_test(a_file_has_no_colour),
		cmocka_unit_test(states_have_their_colours),
		cmocka_unit_test(an_age_has_one_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
