/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_PANEL_H
#define ENGINE_PANEL_H

/**
 * A panel of the storyboard as the painter and the letterer both need it:
 * what is seen, and where everybody stands. Both read it from the same JSON,
 * so the tail of a speech bubble finds the mouth that was drawn.
 */

#include "base/json.h"
#include "base/util.h"
#include "engine/words.h"

struct err;

enum shot {
	SHOT_WIDE,
	SHOT_MEDIUM,
	SHOT_TWO,
	SHOT_CLOSE,
};

enum {
	PANEL_PEOPLE = 4,
	PANEL_LINES = 6,
};

struct panel_person {
	char *name;
	enum kind kind;
	enum colour colour;
	enum wear wear;
	const char *line; /* what the person says here; NULL: nothing */
	/* where: */
	double x;
	double y;      /* centre of the head */
	double radius; /* of the head; everything else follows */
	int looks_left;
};

struct panel_line {
	char *text;
	int person; /* index in people; -1: the narrator */
};

struct panel {
	size_t index;
	char *seed; /* what the dice of its details fall by */
	char *description;
	enum shot shot;
	enum place place;
	enum time_of_day time;
	enum mood mood;
	enum prop prop;
	size_t n_people;
	struct panel_person people[PANEL_PEOPLE];
	size_t n_lines;
	struct panel_line lines[PANEL_LINES];
};

/** Read and lay out a panel; `index` is used where it does not say its own. */
int panel_read(struct panel *panel, jv json, size_t index,
	       struct err *err) MUST_CHECK;

void panel_release(struct panel *panel);

#endif
