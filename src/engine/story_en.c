/* SPDX-License-Identifier: MIT */

#include <config.h>

#include "base/util.h"
#include "engine/story.h"

static const struct story_plot plots[] = {
	{
		"{Topic} and the {thing}",
		"{hero} and the {thing}",
		"A story about {topic}. {hero}, {hero_look}, finds a {thing} "
		"that has lost its way home. {friend}, {friend_look}, comes "
		"along, and the long road turns out to be a short one.",
		{
			{ TIME_EVENING,
			  MOOD_WONDER,
			  "{hero} and {friend} find the {thing}",
			  {
				  { STORY_NARRATOR,
				    "An ordinary evening. Then something small "
				    "began to glow." },
				  { STORY_HERO,
				    "Hello? Did you fall from somewhere?" },
				  { STORY_FRIEND,
				    "{hero}! Don't touch it. ... Is it crying?" },
				  { STORY_HERO,
				    "It's only lost. We could take it home!" },
			  } },
			{ TIME_NIGHT,
			  MOOD_CALM,
			  "{hero} and {friend} carry the {thing} off the map",
			  {
				  { STORY_NARRATOR,
				    "Nobody had told them how far home was." },
				  { STORY_FRIEND,
				    "Left, and left again. Here the map "
				    "stops." },
				  { STORY_HERO,
				    "Then we draw the rest ourselves." },
				  { STORY_FRIEND,
				    "With what? You ate the pencil." },
			  } },
			{ TIME_NIGHT,
			  MOOD_TENSE,
			  "The {thing} grows dim and {hero} is afraid",
			  {
				  { STORY_NARRATOR,
				    "Halfway there, the light grew thin." },
				  { STORY_HERO,
				    "It's fading! What if we come too late?" },
				  { STORY_FRIEND,
				    "Hold it close. Things shine longer when "
				    "somebody holds them." },
				  { STORY_HERO, "... It's warm again. Look!" },
			  } },
			{ TIME_DAWN,
			  MOOD_JOYFUL,
			  "The {thing} is home",
			  {
				  { STORY_NARRATOR,
				    "Just before morning the sky opened a "
				    "little door." },
				  { STORY_HERO, "Go on. You're home." },
				  { STORY_FRIEND, "Will it remember us?" },
				  { STORY_HERO, "Look up! It's waving." },
				  { STORY_NARRATOR,
				    "Since then there is one light more than "
				    "the maps say." },
			  } },
		},
	},
	{
		"{Topic} and the Letter Without a Name",
		"{hero} and the Letter Without a Name",
		"A story about {topic}. A letter without a name sends {hero}, "
		"{hero_look}, from door to door for a whole day, and {friend}, "
		"{friend_look}, seems to know more than is in it.",
		{
			{ TIME_MORNING,
			  MOOD_CALM,
			  "A letter comes for {hero}",
			  {
				  { STORY_NARRATOR,
				    "The letter had no name on it. Only a "
				    "drawing of a door." },
				  { STORY_FRIEND, "It's for you." },
				  { STORY_HERO, "How do you know?" },
				  { STORY_FRIEND,
				    "It smells of adventure. And I have "
				    "laundry to do." },
			  } },
			{ TIME_NOON,
			  MOOD_JOYFUL,
			  "{hero} tries every door with the letter",
			  {
				  { STORY_NARRATOR,
				    "They tried every door they knew." },
				  { STORY_HERO, "Is it this one?" },
				  { STORY_FRIEND, "{hero}, that is a window." },
				  { STORY_HERO,
				    "Doors are harder than they look!" },
			  } },
			{ TIME_EVENING,
			  MOOD_SAD,
			  "{hero} is about to give up on the letter",
			  {
				  { STORY_NARRATOR,
				    "By evening one door was left, and it was "
				    "shut." },
				  { STORY_HERO,
				    "Maybe it was meant for somebody else." },
				  { STORY_FRIEND,
				    "You walked all day for somebody you don't "
				    "know. The letter chose well." },
				  { STORY_HERO, "... Will you knock with me?" },
			  } },
			{ TIME_NIGHT,
			  MOOD_WONDER,
			  "The door opens",
			  {
				  { STORY_NARRATOR,
				    "Behind it stood everybody they had asked "
				    "that day." },
				  { STORY_FRIEND,
				    "Surprise! I drew the door." },
				  { STORY_HERO, "You said you had laundry!" },
				  { STORY_FRIEND,
				    "There never was any laundry." },
				  { STORY_NARRATOR, "Happy birthday, {hero}." },
			  } },
		},
	},
	{
		"{Topic} and the Slowest Race",
		"{hero} and the Slowest Race",
		"A story about {topic}. This year {hero}, {hero_look}, wants to "
		"win the great race. {friend}, {friend_look}, keeps the time, "
		"until somebody small needs it more.",
		{
			{ TIME_MORNING,
			  MOOD_JOYFUL,
			  "{hero} is sure to win this year",
			  {
				  { STORY_NARRATOR,
				    "Once a year everybody races to the end of "
				    "the road." },
				  { STORY_HERO,
				    "This year I'll win. I even stretched!" },
				  { STORY_FRIEND,
				    "You reached for a sandwich." },
				  { STORY_HERO, "It was on a high shelf!" },
			  } },
			{ TIME_NOON,
			  MOOD_TENSE,
			  "The race begins, in two directions",
			  {
				  { STORY_NARRATOR,
				    "Ready. Steady. And gone!" },
				  { STORY_HERO, "Out of my way! Here I come!" },
				  { STORY_FRIEND,
				    "{hero}! That's the wrong way!" },
				  { STORY_HERO, "... I knew that." },
			  } },
			{ TIME_EVENING,
			  MOOD_SAD,
			  "Somebody small sits by the road",
			  {
				  { STORY_NARRATOR,
				    "Far behind, somebody small sat by the "
				    "road." },
				  { STORY_HERO,
				    "Did you hurt your foot? Come, up you go." },
				  { STORY_FRIEND,
				    "If we stop now, we come in last." },
				  { STORY_HERO,
				    "Then three of us come in last." },
			  } },
			{ TIME_NIGHT,
			  MOOD_JOYFUL,
			  "They arrive long after the prizes",
			  {
				  { STORY_NARRATOR,
				    "They arrived by moonlight, long after the "
				    "prizes." },
				  { STORY_FRIEND, "Wait. They all stayed?" },
				  { STORY_HERO,
				    "For us? But we were so slow!" },
				  { STORY_NARRATOR,
				    "Nobody remembers who won that year. They "
				    "remember who carried whom." },
			  } },
		},
	},
};

/* The last one is for topics that name no other. */
static const struct story_world worlds[] = {
	{ { "space", "star", "moon", "rocket", "planet", "galaxy", "comet",
	    "astronaut" },
	  "Lost Star",
	  { "a hill under the stars", "the cabin of a little rocket",
	    "the quiet side of the moon", "a rooftop back home" } },
	{ { "sea", "ocean", "ship", "pirate", "whale", "fish", "island",
	    "beach", "harbor", "boat", "mermaid" },
	  "Singing Shell",
	  { "a beach behind the harbor", "a small sailing boat",
	    "an island in the sea", "a hill above the lighthouse" } },
	{ { "snow", "winter", "ice", "christmas", "frozen", "polar",
	    "penguin" },
	  "Warm Snowflake",
	  { "a village street in winter", "a wide field of snow",
	    "a frozen forest of snow", "a room with a fireplace" } },
	{ { "castle", "king", "queen", "prince", "princess", "knight", "dragon",
	    "wizard", "magic", "witch" },
	  "Sleepy Crown",
	  { "a meadow before the castle", "the castle gate", "the dark forest",
	    "the castle by moonlight" } },
	{ { "forest", "wood", "tree", "mushroom", "bear", "fox", "deer",
	    "mountain", "camp" },
	  "Firefly Lantern",
	  { "a meadow behind the village", "deep in the forest",
	    "a hill over the treetops", "a little wooden house" } },
	{ { NULL },
	  "Paper Moon",
	  { "a small room with a big window", "a narrow street",
	    "the night market", "a rooftop over the city" } },
};

static const char *const names[STORY_NAMES] = {
	"Mina", "Nabi", "Toby", "Pip",  "Juno", "Olive",
	"Momo", "Hana", "Leo",  "Bori", "Luna", "Theo",
};

const struct story_shelf story_shelf_en = {
	.plots = plots,
	.n_plots = ARRAY_SIZE(plots),
	.worlds = worlds,
	.n_worlds = ARRAY_SIZE(worlds),
	.names = names,
	.narrator = "narrator",
	.look = "a small {colour} {kind} with {wear}",
};
