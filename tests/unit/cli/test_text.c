/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "base/util.h"
#include "cli/text.h"

static void prose_is_filled_and_examples_are_not(void **state)
{
	struct strbuf sb = { 0 };

	(void)state;
	text_fill(&sb,
		  "one two  three\nfour five\n\n"
		  "  stepq  push a\n  stepq watch a\n\n\n"
		  "six\n",
		  10);
	assert_string_equal(strbuf_str(&sb),
			    "one two\nthree four\nfive\n\n"
			    "  stepq  push a\n"
			    "  stepq watch a\n\n"
			    "six\n");
	strbuf_release(&sb);
}

static void a_line_is_as_wide_as_it_may_be(void **state)
{
	struct strbuf sb = { 0 };

	(void)state;
	text_fill(&sb, "four five", 9);
	text_fill(&sb, "four five", 8);
	assert_string_equal(strbuf_str(&sb), "four five\nfour\nfive\n");
	strbuf_release(&sb);
}

static void one_is_singular(void **state)
{
	char buf[TEXT_COUNT];

	(void)state;
	assert_string_equal(text_count(0, "job", buf), "0 jobs");
	assert_string_equal(text_count(1, "job", buf), "1 job");
	assert_string_equal(text_count(UINT64_MAX, "job", buf),
			    "18446744073709551615 jobs");
}

static void a_long_word_has_a_line_of_its_own(void **state)
{
	struct strbuf sb = { 0 };

	(void)state;
	text_fill(&sb, "a incomprehensibilities b", 10);
	assert_string_equal(strbuf_str(&sb), "a\nincomprehensibilities\nb\n");
	strbuf_release(&sb);
}

static void no_text_has_no_paragraph(void **state)
{
	struct text_paragraph paragraph;
	const char *text = "\n\n\n";
	struct strbuf sb = { 0 };

	(void)state;
	assert_int_equal(text_next(&text, &paragraph), 0);
	text_fill(&sb, "", 10);
	assert_string_equal(strbuf_str(&sb), "");
	strbuf_release(&sb);
}

static void a_sentence_begins_large_and_ends(void **state)
{
	static const char *const cases[][2] = {
		{ "do it", "Do it." },
		{ "Done.", "Done." },
		{ "", "" },
		{ "4 of them", "4 of them." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strbuf sb = { 0 };

		text_sentence(&sb, cases[i][0]);
		assert_string_equal(strbuf_str(&sb), cases[i][1]);
		strbuf_release(&sb);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prose_is_filled_and_examples_are_not),
		cmocka_unit_test(a_line_is_as_wide_as_it_may_be),
		cmocka_unit_test(one_is_singular),
		cmocka_unit_test(a_long_word_has_a_line_of_its_own),
		cmocka_unit_test(no_text_has_no_paragraph),
		cmocka_unit_test(a_sentence_begins_large_and_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
