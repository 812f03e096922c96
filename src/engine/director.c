/* SPDX-License-Identifier: MIT */

/*
 * The director engine: scenes become a storyboard, three panels a scene. The
 * lines of a scene are spread over its panels in their order; a panel shows
 * who speaks in it, and the wide ones everybody.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/util.h"
#include "engine/body.h"
#include "engine/role.h"

enum {
	SCENE_PANELS = 3,
	MAX_SCENES = 64,
	DIRECTOR_CENTS = 20,
};

/* How the scenes are shot, one after the other. */
static const char *const shots[][SCENE_PANELS] = {
	{ "wide", "medium", "close-up" },
	{ "wide", "close-up", "two-shot" },
	{ "medium", "close-up", "wide" },
	{ "two-shot", "close-up", "wide" },
};

static int is_narrator(const char *who)
{
	static const char *const names[] = { "",          "narrator",
					     "narration", "내레이션",
					     "나레이션",  "해설" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(who, names[i]) == 0)
			return 1;
	return 0;
}

/* The characters of a scene, or of the request; [] if there are none. */
static jv find_people(jv body, jv scene)
{
	jv people = json_get(scene, "characters"), scenario;

	if (jv_get_kind(people) != JV_KIND_ARRAY) {
		jv_free(people);
		people = body_find(body, "characters");
	}
	if (jv_get_kind(people) != JV_KIND_ARRAY) {
		jv_free(people);
		scenario = body_find(body, "scenario");
		people = json_get(scenario, "characters");
		jv_free(scenario);
	}
	if (jv_get_kind(people) == JV_KIND_ARRAY)
		return people;
	jv_free(people);
	return jv_array();
}

/* Whether member `key` of one of `all` is `name`. */
static int has_one(jv all, const char *key, const char *name)
{
	int found = 0;

	jv_array_foreach(all, i, one)
	{
		const char *is = json_str(one, key);

		found |= is && strcmp(is, name) == 0;
		jv_free(one);
	}
	return found;
}

/*
 * Everybody of a scene: its characters, then those who only speak. In all
 * its panels they stand in this order, so that nobody changes sides.
 */
static jv everybody(jv people, jv lines)
{
	jv all = jv_copy(people);

	jv_array_foreach(lines, i, line)
	{
		const char *who = json_str(line, "who");

		if (who && !is_narrator(who) && !has_one(all, "name", who)) {
			jv person = jv_object();

			body_set_text(&person, "name", who);
			all = jv_array_append(all, person);
		}
		jv_free(line);
	}
	return all;
}

/* Those of `people` who speak in `lines`. */
static jv speakers(jv people, jv lines)
{
	jv seen = jv_array();

	jv_array_foreach(people, i, person)
	{
		const char *name = json_str(person, "name");

		if (name && has_one(lines, "who", name))
			seen = jv_array_append(seen, jv_copy(person));
		jv_free(person);
	}
	return seen;
}

static void copy_text(jv *panel, jv scene, const char *key)
{
	const char *text = json_str(scene, key);

	body_set_text(panel, key, text ? text : "");
}

static jv describe(jv scene, const char *shot)
{
	const char *summary = json_str(scene, "summary");
	const char *place = json_str(scene, "place");
	char *text = xasprintf("%s (%s, %s)", summary ? summary : "", shot,
			       place ? place : "");
	jv v = jv_string(text);

	free(text);
	return v;
}

/* Lines `from` to before `to`. */
static jv lines_of(jv lines, int from, int to)
{
	jv part = jv_array();

	for (; from < to; from++)
		part = jv_array_append(part,
				       jv_array_get(jv_copy(lines), from));
	return part;
}

struct direction {
	jv scene;
	jv lines;
	jv people; /* everybody in it */
	size_t index;
};

static jv panel_json(const struct direction *direction, size_t part)
{
	const char *shot = shots[direction->index % ARRAY_SIZE(shots)][part];
	int n = jv_array_length(jv_copy(direction->lines));
	jv panel = jv_object(), seen;
	jv lines = lines_of(direction->lines, n * (int)part / SCENE_PANELS,
			    n * ((int)part + 1) / SCENE_PANELS);

	seen = speakers(direction->people, lines);
	if (strcmp(shot, "close-up") != 0 ||
	    jv_array_length(jv_copy(seen)) == 0) {
		jv_free(seen);
		seen = jv_copy(direction->people);
	}
	body_set_size(&panel, "index", direction->index * SCENE_PANELS + part);
	body_set_size(&panel, "scene", direction->index);
	body_set_text(&panel, "shot", shot);
	copy_text(&panel, direction->scene, "place");
	copy_text(&panel, direction->scene, "time");
	copy_text(&panel, direction->scene, "mood");
	body_set(&panel, "characters", seen);
	body_set(&panel, "description", describe(direction->scene, shot));
	body_set(&panel, "dialogue", lines);
	return panel;
}

static jv direct_scene(jv panels, jv scene, jv body, size_t index)
{
	struct direction direction = { .scene = scene, .index = index };
	jv people = find_people(body, scene);
	size_t part;

	direction.lines = json_get(scene, "lines");
	if (jv_get_kind(direction.lines) != JV_KIND_ARRAY) {
		jv_free(direction.lines);
		direction.lines = jv_array();
	}
	direction.people = everybody(people, direction.lines);
	for (part = 0; part < SCENE_PANELS; part++)
		panels = jv_array_append(panels, panel_json(&direction, part));
	jv_free(people);
	jv_free(direction.lines);
	jv_free(direction.people);
	return panels;
}

int role_director(const struct role_ctx *ctx, jv body, jv *out, struct err *err)
{
	jv scenes, panels, answer, title;
	size_t index = 0;

	(void)ctx;
	if (body_array(body, "scenes", MAX_SCENES, &scenes, err))
		return -1;
	panels = jv_array();
	jv_array_foreach(scenes, i, scene)
	{
		panels = direct_scene(panels, scene, body, index++);
		jv_free(scene);
	}
	answer = jv_object();
	title = body_find(body, "title");
	if (jv_get_kind(title) == JV_KIND_STRING)
		body_set(&answer, "title", title);
	else
		jv_free(title);
	body_set(&answer, "panels", panels);
	role_set_cost(&answer, DIRECTOR_CENTS, 0, index * SCENE_PANELS);
	jv_free(scenes);
	*out = answer;
	return 0;
}
