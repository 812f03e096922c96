/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "engine/words.h"

static void a_word_is_found_at_its_start_only(void **state)
{
	(void)state;
	assert_int_equal(word_find(kind_words, "a space cat", -1), KIND_CAT);
	assert_int_equal(word_find(kind_words, "Cats!", -1), KIND_CAT);
	assert_int_equal(word_find(kind_words, "a location", -1), -1);
	assert_int_equal(word_find(kind_words, "우주 고양이", -1), KIND_CAT);
	assert_int_equal(word_find(kind_words, "", 7), 7);
	assert_int_equal(word_find(kind_words, NULL, 7), 7);
}

static void what_is_inside_comes_before_what_it_is_in(void **state)
{
	(void)state;
	assert_int_equal(word_find(place_words, "the cabin of a rocket", -1),
			 PLACE_CABIN);
	assert_int_equal(word_find(place_words, "a rooftop back home", -1),
			 PLACE_ROOF);
	assert_int_equal(word_find(place_words, "the castle by moonlight", -1),
			 PLACE_CASTLE);
	assert_int_equal(word_find(place_words, "달빛 아래의 성", -1),
			 PLACE_CASTLE);
}

static void what_is_written_can_be_read(void **state)
{
	int lang, i;

	(void)state;
	for (lang = 0; lang < LANGUAGES; lang++) {
		for (i = 0; i < TIMES; i++)
			assert_int_equal(word_find(time_words,
						   time_names[lang][i], -1),
					 i);
		for (i = 0; i < MOODS; i++)
			assert_int_equal(word_find(mood_words,
						   mood_names[lang][i], -1),
					 i);
		for (i = 0; i < KINDS; i++)
			assert_int_equal(word_find(kind_words,
						   kind_names[lang][i], -1),
					 i);
		for (i = 0; i < COLOURS; i++)
			assert_int_equal(word_find(colour_words,
						   colour_names[lang][i], -1),
					 i);
		for (i = 0; i < WEARS; i++)
			assert_int_equal(word_find(wear_words,
						   wear_names[lang][i], -1),
					 i);
	}
}

static void one_korean_syllable_makes_it_korean(void **state)
{
	(void)state;
	assert_int_equal(language_of("space cat"), LANG_EN);
	assert_int_equal(language_of("caf\xc3\xa9 \xe2\x80\xa6"), LANG_EN);
	assert_int_equal(language_of("\xe6\x97\xa5\xe6\x9c\xac"), LANG_EN);
	assert_int_equal(language_of("the 곰"), LANG_KO);
	assert_int_equal(language_of("힣"), LANG_KO);
	assert_int_equal(language_of("가"), LANG_KO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_is_found_at_its_start_only),
		cmocka_unit_test(what_is_inside_comes_before_what_it_is_in),
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(one_korean_syllable_makes_it_korean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
