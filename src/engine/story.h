/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_STORY_H
#define ENGINE_STORY_H

/**
 * The story teller's shelf: plots of four scenes, the worlds they play in,
 * and names, in each language. All are constant data; text.c tells a story
 * from them.
 *
 * Texts hold {hero} {friend} {hero_look} {friend_look} {thing} {topic} and
 * {Topic}. In Korean {hero|은/는} adds the particle that fits the sound the
 * word ends with: the first after a consonant, the second after a vowel.
 */

#include "engine/words.h"

enum {
	STORY_SCENES = 4,
	STORY_LINES = 5, /* at most, in a scene */
	STORY_NAMES = 12,
};

enum story_who {
	STORY_END, /* no more lines */
	STORY_NARRATOR,
	STORY_HERO,
	STORY_FRIEND,
};

struct story_scene {
	enum time_of_day time;
	enum mood mood;
	const char *summary;
	struct story_line {
		enum story_who who;
		const char *text;
	} lines[STORY_LINES];
};

struct story_plot {
	const char *title;
	const char *title_short; /* without the topic, for long topics */
	const char *synopsis;
	struct story_scene scenes[STORY_SCENES];
};

/** A world: what of it a topic names, and where the scenes are. */
struct story_world {
	const char *words[12]; /* ended by NULL */
	const char *thing;
	const char *places[STORY_SCENES];
};

struct story_shelf {
	const struct story_plot *plots;
	size_t n_plots;
	const struct story_world *worlds;
	size_t n_worlds;
	const char *const *names; /* STORY_NAMES of them */
	const char *narrator;
	const char *look; /* {colour} {kind} {wear} */
};

extern const struct story_shelf story_shelf_en;
extern const struct story_shelf story_shelf_ko;

#endif
