/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "base/util.h"

static void a_character_has_its_length_or_none(void **state)
{
	static const struct {
		const char *bytes;
		size_t want;
	} rows[] = {
		{ "a", 1 },
		{ "\x7f", 1 },
		{ "\x80", 0 }, /* a continuation */
		{ "\xbf", 0 },
		{ "\xc0\xaf", 0 }, /* '/' in two bytes */
		{ "\xc1\xbf", 0 },
		{ "\xc2\x80", 2 },
		{ "\xdf\xbf", 2 },
		{ "\xc3", 0 }, /* cut */
		{ "\xc3(", 0 },
		{ "\xe0\x9f\xbf", 0 }, /* overlong */
		{ "\xe0\xa0\x80", 3 },
		{ "\xed\x9f\xbf", 3 },
		{ "\xed\xa0\x80", 0 }, /* a surrogate */
		{ "\xee\x80\x80", 3 },
		{ "\xe2\x82", 0 },
		{ "\xe2\x82(", 0 },
		{ "\xf0\x8f\xbf\xbf", 0 }, /* overlong */
		{ "\xf0\x90\x80\x80", 4 },
		{ "\xf4\x8f\xbf\xbf", 4 },
		{ "\xf4\x90\x80\x80", 0 }, /* above U+10FFFF */
		{ "\xf5\x80\x80\x80", 0 },
		{ "\xf0\x9f\x98", 0 },
		{ "\xf0\x9f\x98(", 0 },
		{ "\xff", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(
			utf8_char_len((const unsigned char *)rows[i].bytes,
				      strlen(rows[i].bytes)),
			rows[i].want);
	assert_int_equal(utf8_char_len((const unsigned char *)"", 0), 0);
	/* what stands behind the end does not count */
	assert_int_equal(utf8_char_len((const unsigned char *)"\xc3\xa9", 1),
			 0);
}

static void the_first_invalid_byte_is_found(void **state)
{
	(void)state;
	assert_int_equal(utf8_valid_len("", 0), 0);
	assert_int_equal(utf8_valid_len("abc", 3), 3);
	assert_int_equal(utf8_valid_len("a\0b", 3), 3);
	assert_int_equal(utf8_valid_len("a\xc3\xa9z", 4), 4);
	assert_int_equal(utf8_valid_len("ab\xff", 3), 2);
	assert_int_equal(utf8_valid_len("ab\xc3", 3), 2);
}

static void width_counts_columns(void **state)
{
	static const struct {
		const char *text;
		size_t want;
	} rows[] = {
		{ "", 0 },
		{ "abc", 3 },
		{ "\xc3\xa9", 1 },         /* e acute */
		{ "e\xcc\x81", 1 },        /* e and a combining acute */
		{ "\xe7\x8c\xab", 2 },     /* a CJK cat */
		{ "\xed\x95\x9c", 2 },     /* Hangul */
		{ "\xef\xbc\xa1", 2 },     /* a fullwidth A */
		{ "\xf0\x9f\x90\xb1", 2 }, /* a cat's face */
		{ "\xe2\x80\x8b", 0 },     /* zero width space */
		{ "\xff", 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(utf8_width(rows[i].text), rows[i].want);
}

static void what_fits_ends_between_characters(void **state)
{
	static const char text[] = "a\xe7\x8c\xab\xc3\xa9z"; /* 1 + 2 + 1 + 1 */
	static const size_t want[] = { 0, 1, 1, 4, 6, 7, 7 };
	size_t columns;

	(void)state;
	for (columns = 0; columns < ARRAY_SIZE(want); columns++)
		assert_int_equal(utf8_fit(text, columns), want[columns]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_character_has_its_length_or_none),
		cmocka_unit_test(the_first_invalid_byte_is_found),
		cmocka_unit_test(width_counts_columns),
		cmocka_unit_test(what_fits_ends_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
