/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/body.h"
#include "engine/dice.h"
#include "engine/panel.h"
#include "engine/picture.h"

static const struct word shot_words[] = {
	{ "close", SHOT_CLOSE },
	{ "extreme close", SHOT_CLOSE },
	{ "클로즈업", SHOT_CLOSE },
	{ "two", SHOT_TWO },
	{ "medium", SHOT_MEDIUM },
	{ "wide", SHOT_WIDE },
	{ "long", SHOT_WIDE },
	{ "establishing", SHOT_WIDE },
	{ NULL, 0 },
};

static void add_person(struct panel *panel, const char *name, const char *look)
{
	struct dice dice = dice_of(name);
	int kind = (int)dice_below(&dice, KINDS);
	int colour = (int)dice_below(&dice, COLOURS);
	int wear = (int)dice_below(&dice, WEARS);
	struct panel_person *person;

	if (panel->n_people == PANEL_PEOPLE)
		return;
	person = &panel->people[panel->n_people++];
	person->name = xstrdup(name);
	person->kind = (enum kind)word_find(kind_words, look, kind);
	person->colour = (enum colour)word_find(colour_words, look, colour);
	person->wear = (enum wear)word_find(wear_words, look, wear);
}

static int find_person(const struct panel *panel, const char *name)
{
	size_t i;

	for (i = 0; i < panel->n_people; i++)
		if (strcmp(panel->people[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* A character is a name, or an object with a name and a look. */
static void read_people(struct panel *panel, jv people)
{
	if (jv_get_kind(people) != JV_KIND_ARRAY)
		return;
	jv_array_foreach(people, i, person)
	{
		const char *name = jv_get_kind(person) == JV_KIND_STRING
					   ? jv_string_value(person)
					   : json_str(person, "name");

		if (name && find_person(panel, name) < 0)
			add_person(panel, name, json_str(person, "look"));
		jv_free(person);
	}
}

/* As much of a line as a bubble could ever hold; the caller frees it. */
static char *line_text(const char *text)
{
	struct strbuf line = { 0 };

	strbuf_add_excerpt(&line, text, strlen(text), LIMIT_MESSAGE);
	return strbuf_detach(&line);
}

static void read_lines(struct panel *panel, jv lines)
{
	if (jv_get_kind(lines) != JV_KIND_ARRAY)
		return;
	jv_array_foreach(lines, i, json)
	{
		struct panel_line *line = &panel->lines[panel->n_lines];
		const char *text = json_str(json, "text");
		const char *who = json_str(json, "who");

		if (text && *text && panel->n_lines < PANEL_LINES) {
			line->text = line_text(text);
			line->person = who ? find_person(panel, who) : -1;
			if (line->person >= 0)
				panel->people[line->person].line = line->text;
			panel->n_lines++;
		}
		jv_free(json);
	}
}

struct staging {
	double radius; /* of heads */
	double y;      /* of their centres */
	double spread; /* between the outermost, of the width */
};

/*
 * The upper third is kept for bubbles. Heads are sized for two people and
 * shrink when there are more.
 */
static void stage(struct panel *panel)
{
	static const struct staging stagings[] = {
		[SHOT_WIDE] = { 84, 800, 0.36 },
		[SHOT_MEDIUM] = { 150, 760, 0.46 },
		[SHOT_TWO] = { 196, 790, 0.50 },
		[SHOT_CLOSE] = { 320, 830, 0.62 },
	};
	/* A close-up of several is a two-shot. */
	const struct staging *staging =
		&stagings[panel->shot == SHOT_CLOSE && panel->n_people > 1
				  ? SHOT_TWO
				  : panel->shot];
	struct dice dice = dice_of(panel->seed);
	double shift = dice_between(&dice, -0.025, 0.025);
	size_t n = panel->n_people, i;
	double shrink = n > 2 ? 2.4 / (double)n : 1;

	for (i = 0; i < n; i++) {
		struct panel_person *person = &panel->people[i];
		double at = n > 1 ? (double)i / (double)(n - 1) - 0.5 : 0;
		double spread = n > 2 ? 0.7 : staging->spread;

		/* Alone, one stands beside the middle and looks across it. */
		if (n == 1)
			at = dice_below(&dice, 2) ? 0.16 : -0.16;
		if (n == 1 && panel->shot == SHOT_CLOSE)
			at *= 0.3;
		person->x = PICTURE_WIDTH * (0.5 + at * spread + shift);
		person->radius = staging->radius * shrink;
		person->y = staging->y +
			    person->radius * dice_between(&dice, -0.12, 0.12);
		person->looks_left = at > 0;
	}
}

static const char *text_or_empty(jv json, const char *key)
{
	const char *text = json_str(json, key);

	return text ? text : "";
}

int panel_read(struct panel *panel, jv json, size_t index, struct err *err)
{
	jv part;

	if (jv_get_kind(json) != JV_KIND_OBJECT)
		return err_set(err, ERR_INPUT, "panel %zu is not an object",
			       index);
	*panel = (struct panel){ .index = picture_index(json, index) };
	panel->description = xstrdup(text_or_empty(json, "description"));
	panel->seed = xasprintf("%s/%zu", panel->description, panel->index);
	panel->shot = (enum shot)word_find(shot_words, json_str(json, "shot"),
					   SHOT_MEDIUM);
	panel->place = (enum place)word_find(
		place_words, json_str(json, "place"),
		(int)(dice_hash(text_or_empty(json, "place")) % PLACES));
	panel->time =
		(enum time_of_day)word_find(time_words, json_str(json, "time"),
					    TIME_NOON);
	panel->mood = (enum mood)word_find(mood_words, json_str(json, "mood"),
					   MOOD_CALM);
	panel->prop =
		(enum prop)word_find(prop_words, panel->description, PROP_NONE);
	part = json_get(json, "characters");
	read_people(panel, part);
	jv_free(part);
	part = json_get(json, "dialogue");
	read_lines(panel, part);
	jv_free(part);
	stage(panel);
	return 0;
}

void panel_release(struct panel *panel)
{
	size_t i;

	for (i = 0; i < panel->n_people; i++)
		free(panel->people[i].name);
	for (i = 0; i < panel->n_lines; i++)
		free(panel->lines[i].text);
	free(panel->seed);
	free(panel->description);
	*panel = (struct panel){ 0 };
}
