/* SPDX-License-Identifier: MIT */

/*
 * The text engine: a topic becomes a scenario.
 *
 * The dice fall by topic and episode, so the same request always gives the
 * same story, and two episodes on one topic differ. The world comes from the
 * topic's own words where it has any that the shelf knows, and so does the
 * hero.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "engine/body.h"
#include "engine/dice.h"
#include "engine/role.h"
#include "engine/story.h"

enum {
	TOPIC_BYTES = 400,
	TITLE_TOPIC_COLUMNS = 28,
	TEXT_CENTS = 12,
};

struct person {
	enum kind kind;
	const char *name;
	char *look;
};

/* A story under way: what the placeholders of its texts stand for. */
struct story {
	enum language lang;
	const struct story_shelf *shelf;
	const struct story_plot *plot;
	const struct story_world *world;
	char *topic;
	char *topic_title; /* "Space Cat" */
	struct person hero;
	struct person friend;
};

/* Whether the last character of `text` is a syllable that ends in a sound. */
static int ends_in_consonant(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text + len - 3;
	unsigned int c;

	if (len < 3 || p[0] < 0xea || p[0] > 0xed)
		return 0;
	c = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return c >= 0xac00 && c <= 0xd7a3 && (c - 0xac00) % 28 != 0;
}

static const char *placeholder(const struct story *story, const char *name,
			       size_t len)
{
	const struct {
		const char *name;
		const char *value;
	} all[] = {
		{ "hero", story->hero.name },
		{ "friend", story->friend.name },
		{ "hero_look", story->hero.look },
		{ "friend_look", story->friend.look },
		{ "thing", story->world->thing },
		{ "topic", story->topic },
		{ "Topic", story->topic_title },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (strlen(all[i].name) == len &&
		    memcmp(all[i].name, name, len) == 0)
			return all[i].value;
	BUG("no placeholder '%.*s'", (int)len, name);
}

/* "{name}" or "{name|after a consonant/after a vowel}" at `text`. */
static const char *fill_one(const struct story *story, const char *text,
			    struct strbuf *out)
{
	size_t name = strcspn(text, "|}"), end = strcspn(text, "}");
	const char *value = placeholder(story, text, name), *slash;

	strbuf_adds(out, value);
	if (name < end) {
		slash = memchr(text, '/', end);
		if (ends_in_consonant(value, strlen(value)))
			strbuf_add(out, text + name + 1,
				   (size_t)(slash - text) - name - 1);
		else
			strbuf_add(out, slash + 1,
				   end - (size_t)(slash - text) - 1);
	}
	return text + end + 1;
}

static jv fill(const struct story *story, const char *text)
{
	struct strbuf out = { 0 };
	jv v;

	while (*text) {
		size_t len = strcspn(text, "{");

		strbuf_add(&out, text, len);
		text += len;
		if (*text == '{')
			text = fill_one(story, text + 1, &out);
	}
	v = jv_string(strbuf_str(&out));
	strbuf_release(&out);
	return v;
}

static int is_small_word(const char *word, size_t len)
{
	static const char *const small[] = { "a",  "an", "the", "of", "and",
					     "in", "on", "at",  "to", "for" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(small); i++)
		if (strlen(small[i]) == len && memcmp(small[i], word, len) == 0)
			return 1;
	return 0;
}

/* "the cat of the moon" as "The Cat of the Moon". */
static char *title_case(const char *topic)
{
	char *title = xstrdup(topic), *word = title;

	while (*word) {
		size_t len = strcspn(word, " ");

		if (*word >= 'a' && *word <= 'z' &&
		    (word == title || !is_small_word(word, len)))
			*word = (char)(*word - 'a' + 'A');
		word += len;
		word += strspn(word, " ");
	}
	return title;
}

static const struct story_world *find_world(const struct story_shelf *shelf,
					    const char *topic)
{
	size_t i, j;

	for (i = 0; i + 1 < shelf->n_worlds; i++) {
		const struct story_world *world = &shelf->worlds[i];

		for (j = 0; j < ARRAY_SIZE(world->words); j++) {
			const struct word words[] = { { world->words[j], 1 },
						      { NULL, 0 } };

			if (word_find(words, topic, 0))
				return world;
		}
	}
	return &shelf->worlds[shelf->n_worlds - 1];
}

static char *look_of(const struct story *story, enum kind kind,
		     struct dice *dice)
{
	size_t colour = dice_below(dice, COLOURS);
	size_t wear = dice_below(dice, WEARS);
	const struct {
		const char *mark;
		const char *value;
	} parts[] = {
		{ "{colour}", colour_names[story->lang][colour] },
		{ "{kind}", kind_names[story->lang][kind] },
		{ "{wear}", wear_names[story->lang][wear] },
	};
	const char *text = story->shelf->look;
	struct strbuf out = { 0 };
	size_t i;

	while (*text) {
		for (i = 0; i < ARRAY_SIZE(parts); i++)
			if (strncmp(text, parts[i].mark,
				    strlen(parts[i].mark)) == 0)
				break;
		if (i < ARRAY_SIZE(parts)) {
			strbuf_adds(&out, parts[i].value);
			text += strlen(parts[i].mark);
		} else {
			strbuf_addc(&out, *text++);
		}
	}
	return strbuf_detach(&out);
}

static void cast(struct story *story, struct dice *dice)
{
	int kind = word_find(kind_words, story->topic,
			     (int)dice_below(dice, KINDS));
	size_t name = dice_below(dice, STORY_NAMES);

	story->hero.kind = (enum kind)kind;
	story->friend.kind = (enum kind)(
		((size_t)kind + 1 + dice_below(dice, KINDS - 1)) % KINDS);
	story->hero.name = story->shelf->names[name];
	story->friend.name =
		story->shelf
			->names[(name + 1 + dice_below(dice, STORY_NAMES - 1)) %
				STORY_NAMES];
	story->hero.look = look_of(story, story->hero.kind, dice);
	story->friend.look = look_of(story, story->friend.kind, dice);
}

static void story_release(struct story *story)
{
	free(story->topic);
	free(story->topic_title);
	free(story->hero.look);
	free(story->friend.look);
}

static int story_begin(struct story *story, jv body, struct err *err)
{
	char *language = body_text(body, "language", "");
	char *seed, *episode = body_episode(body, err);
	struct dice dice;

	story->topic = body_text(body, "topic", "");
	if (!episode || story->topic[0] == '\0' ||
	    strlen(story->topic) > TOPIC_BYTES) {
		if (episode)
			(void)err_set(err, ERR_INPUT,
				      "'topic' must be a text of 1 to %d bytes",
				      TOPIC_BYTES);
		free(language);
		free(episode);
		return -1;
	}
	story->lang = strncmp(language, "ko", 2) == 0
			      ? LANG_KO
			      : language_of(story->topic);
	seed = xasprintf("%s/%s", story->topic, episode);
	dice = dice_of(seed);
	story->shelf =
		story->lang == LANG_KO ? &story_shelf_ko : &story_shelf_en;
	story->topic_title = title_case(story->topic);
	story->plot =
		&story->shelf->plots[dice_below(&dice, story->shelf->n_plots)];
	story->world = find_world(story->shelf, story->topic);
	cast(story, &dice);
	free(seed);
	free(language);
	free(episode);
	return 0;
}

static jv person_json(const struct person *person)
{
	jv v = jv_object();

	body_set_text(&v, "name", person->name);
	body_set_text(&v, "look", person->look);
	return v;
}

static jv people_json(const struct story *story)
{
	jv people = jv_array();

	people = jv_array_append(people, person_json(&story->hero));
	return jv_array_append(people, person_json(&story->friend));
}

static jv line_json(const struct story *story, const struct story_line *line)
{
	const char *who = line->who == STORY_HERO     ? story->hero.name
			  : line->who == STORY_FRIEND ? story->friend.name
						      : story->shelf->narrator;
	jv v = jv_object();

	body_set_text(&v, "who", who);
	body_set(&v, "text", fill(story, line->text));
	return v;
}

static jv scene_json(const struct story *story, size_t index)
{
	const struct story_scene *scene = &story->plot->scenes[index];
	jv v = jv_object(), lines = jv_array();
	size_t i;

	for (i = 0; i < STORY_LINES && scene->lines[i].who != STORY_END; i++)
		lines = jv_array_append(lines,
					line_json(story, &scene->lines[i]));
	body_set_size(&v, "index", index);
	body_set_text(&v, "place", story->world->places[index]);
	body_set_text(&v, "time", time_names[story->lang][scene->time]);
	body_set_text(&v, "mood", mood_names[story->lang][scene->mood]);
	body_set(&v, "summary", fill(story, scene->summary));
	/* Each scene has them, for who gets nothing but the scenes. */
	body_set(&v, "characters", people_json(story));
	body_set(&v, "lines", lines);
	return v;
}

static jv scenario_json(const struct story *story)
{
	jv v = jv_object();

	body_set(&v, "synopsis", fill(story, story->plot->synopsis));
	body_set(&v, "characters", people_json(story));
	return v;
}

static jv title_of(const struct story *story)
{
	return fill(story, utf8_width(story->topic) > TITLE_TOPIC_COLUMNS
				   ? story->plot->title_short
				   : story->plot->title);
}

/* A page of a picture book: a scene, told in one text. */
static jv page_json(const struct story *story, size_t index)
{
	const struct story_scene *scene = &story->plot->scenes[index];
	struct strbuf text = { 0 };
	jv page = scene_json(story, index), summary = json_get(page, "summary");
	size_t i;

	for (i = 0; i < STORY_LINES && scene->lines[i].who != STORY_END; i++) {
		jv line = fill(story, scene->lines[i].text);

		strbuf_addf(&text, "%s%s", i ? "\n" : "",
			    jv_string_value(line));
		jv_free(line);
	}
	body_set_text(&page, "text", strbuf_str(&text));
	body_set(&page, "description", summary);
	strbuf_release(&text);
	return page;
}

int role_story(const struct role_ctx *ctx, jv body, jv *out, struct err *err)
{
	struct story story = { 0 };
	jv pages;
	size_t i;

	(void)ctx;
	if (story_begin(&story, body, err)) {
		story_release(&story);
		return -1;
	}
	pages = jv_array();
	for (i = 0; i < STORY_SCENES; i++)
		pages = jv_array_append(pages, page_json(&story, i));
	*out = jv_object();
	body_set(out, "title", title_of(&story));
	body_set(out, "pages", pages);
	role_set_cost(out, TEXT_CENTS, 0, 12);
	story_release(&story);
	return 0;
}

int role_text(const struct role_ctx *ctx, jv body, jv *out, struct err *err)
{
	struct story story = { 0 };
	jv answer, scenes;
	size_t i;

	(void)ctx;
	if (story_begin(&story, body, err)) {
		story_release(&story);
		return -1;
	}
	answer = jv_object();
	scenes = jv_array();
	for (i = 0; i < STORY_SCENES; i++)
		scenes = jv_array_append(scenes, scene_json(&story, i));
	body_set(&answer, "title", title_of(&story));
	body_set_text(&answer, "language", story.lang == LANG_KO ? "ko" : "en");
	body_set(&answer, "scenario", scenario_json(&story));
	body_set(&answer, "scenes", scenes);
	role_set_cost(&answer, TEXT_CENTS, 0, 12);
	*out = answer;
	story_release(&story);
	return 0;
}
