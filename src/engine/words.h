/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_WORDS_H
#define ENGINE_WORDS_H

/**
 * Words that mean something to the engines, in English and Korean: where it
 * is, when it is, how it feels, what somebody looks like. The writer writes
 * them, the painter looks for them in any text.
 */

#include <stddef.h>

enum language {
	LANG_EN,
	LANG_KO,
	LANGUAGES,
};

enum time_of_day {
	TIME_DAWN,
	TIME_MORNING,
	TIME_NOON,
	TIME_EVENING,
	TIME_NIGHT,
	TIMES,
};

enum mood {
	MOOD_CALM,
	MOOD_JOYFUL,
	MOOD_TENSE,
	MOOD_SAD,
	MOOD_WONDER,
	MOODS,
};

enum place {
	PLACE_HILLS,
	PLACE_FOREST,
	PLACE_BEACH,
	PLACE_BOAT,
	PLACE_CITY,
	PLACE_ROOF,
	PLACE_MARKET,
	PLACE_ROOM,
	PLACE_CABIN,
	PLACE_MOON,
	PLACE_SNOW,
	PLACE_CASTLE,
	PLACES,
};

enum kind {
	KIND_CAT,
	KIND_DOG,
	KIND_FOX,
	KIND_RABBIT,
	KIND_BEAR,
	KIND_PENGUIN,
	KIND_ROBOT,
	KIND_CHILD,
	KINDS,
};

enum colour {
	COLOUR_ORANGE,
	COLOUR_GREY,
	COLOUR_WHITE,
	COLOUR_BROWN,
	COLOUR_BLUE,
	COLOUR_PINK,
	COLOUR_MINT,
	COLOUR_YELLOW,
	COLOURS,
};

enum wear {
	WEAR_SCARF,
	WEAR_BOW,
	WEAR_CAP,
	WEAR_GLASSES,
	WEAR_SATCHEL,
	WEARS,
};

/** What a story is about, where it is a thing. */
enum prop {
	PROP_NONE,
	PROP_STAR,
	PROP_SHELL,
	PROP_SNOWFLAKE,
	PROP_CROWN,
	PROP_LANTERN,
	PROP_PAPER_MOON,
	PROP_LETTER,
};

/** Names of values, by language: what the writer writes. */
extern const char *const time_names[LANGUAGES][TIMES];
extern const char *const mood_names[LANGUAGES][MOODS];
extern const char *const kind_names[LANGUAGES][KINDS];
extern const char *const colour_names[LANGUAGES][COLOURS];
extern const char *const wear_names[LANGUAGES][WEARS];

/** A word and the value it stands for; tables end with a NULL text. */
struct word {
	const char *text;
	int value;
};

extern const struct word time_words[];
extern const struct word mood_words[];
extern const struct word place_words[];
extern const struct word kind_words[];
extern const struct word colour_words[];
extern const struct word wear_words[];
extern const struct word prop_words[];

/**
 * The value of the first of `words` that a word of `text` begins with, in
 * any case; `otherwise` when there is none. NULL is an empty text.
 */
int word_find(const struct word *words, const char *text, int otherwise);

/** Whether UTF-8 `text` begins with a Korean syllable. */
int is_korean(const char *text);

/** Korean when `text` has a Korean syllable in it. */
enum language language_of(const char *text);

#endif
