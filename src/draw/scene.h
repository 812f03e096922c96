/* SPDX-License-Identifier: MIT */
#ifndef DRAW_SCENE_H
#define DRAW_SCENE_H

/**
 * The picture in pixels: the layout with a y for each layer, as SVG and JSON
 * show it. Text is measured by guess, since nobody knows the reader's font:
 * a little too wide rather than too narrow.
 */

#include <stddef.h>

#include "draw/label.h"
#include "draw/layout.h"

struct draw;

enum {
	SCENE_MARGIN = 24,
	SCENE_HEADER = 52, /* with the title */
	SCENE_PAD = 14,    /* in a box, beside its text */
	SCENE_NAME_ROW = 21,
	SCENE_ROW = 17,
	SCENE_STACK = 4,       /* how far a map's second box looks out */
	SCENE_PORT = 14,       /* between two ends of lines */
	SCENE_LOOP_INSET = 17, /* of a loop's ends from a box's corners */
};

struct scene {
	const struct draw *draw;
	struct label *labels;     /* [steps_n] */
	struct layout_box *boxes; /* [steps_n] */
	int *heights;             /* [steps_n] of the boxes */
	struct layout layout;
	int *top;    /* [layers_n] */
	int *bottom; /* [layers_n] */
	int width;
	int height;
};

void scene_make(struct scene *scene, const struct draw *draw);
void scene_release(struct scene *scene);

/** Where the line of a link leaves its node. */
int scene_port(const struct scene *scene, const struct layout_link *link);

#endif
