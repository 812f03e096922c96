/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "draw/draw.h"
#include "draw/scene.h"
#include "plan/pipeline.h"

enum {
	HALF_LEAST = 60,
	GAP = 34,
	LINE_GAP = 13,
	LAYER_GAP = 40, /* more where lines go far across */
	LAYER_GAP_MOST = 84,
	BOX_PAD = 11,     /* above and below the text */
	BADGE = 58,       /* the kind, right of the name */
	NAME_TENTHS = 86, /* of a pixel, a column */
	TEXT_TENTHS = 69,
	TITLE_TENTHS = 95,
	DOT = 14, /* before a state */
};

static int text_width(const char *text, int tenths)
{
	return ((int)utf8_width(text) * tenths + 9) / 10;
}

static void measure(struct scene *scene, size_t step)
{
	struct label *label = &scene->labels[step];
	struct layout_box *box = &scene->boxes[step];
	struct strbuf again = { 0 };
	int width, height = 2 * BOX_PAD + SCENE_NAME_ROW;
	size_t i;

	label_make(label, scene->draw, step, 0);
	width = text_width(strbuf_str(&label->lines[0].text), NAME_TENTHS) +
		(label_kind(scene->draw, step) ? BADGE : 0);
	for (i = 1; i < label->n; i++) {
		int line = text_width(strbuf_str(&label->lines[i].text),
				      TEXT_TENTHS);

		if (label->lines[i].role == LABEL_STATE)
			line += DOT;
		width = MAX(width, line);
		height += SCENE_ROW;
	}
	scene->heights[step] = height;
	box->half = MAX(HALF_LEAST, width / 2 + SCENE_PAD);
	if (scene->draw->pipeline->steps[step].kind == PIPELINE_MAP)
		box->extra = SCENE_STACK;
	if (scene->draw->pipeline->steps[step].again.to) {
		label_again(&again, scene->draw, step);
		box->label = 10 + text_width(strbuf_str(&again), TEXT_TENTHS);
	}
	strbuf_release(&again);
}

int scene_port(const struct scene *scene, const struct layout_link *link)
{
	const struct layout_node *from = &scene->layout.nodes[link->from];
	const struct layout *layout = &scene->layout;
	size_t i;

	if (!from->is_box || link->kind != LAYOUT_FALLBACK)
		return from->x;
	for (i = layout->gap_start[from->layer];
	     i < layout->gap_start[from->layer + 1]; i++)
		if (layout->links[i].from == link->from &&
		    layout->links[i].kind != link->kind)
			return from->x + SCENE_PORT;
	return from->x;
}

/* Lines that go far across need more room to look smooth. */
static int gap_height(const struct scene *scene, size_t layer)
{
	const struct layout *layout = &scene->layout;
	int farthest = 0;
	size_t i;

	for (i = layout->gap_start[layer]; i < layout->gap_start[layer + 1];
	     i++) {
		const struct layout_link *link = &layout->links[i];

		farthest = MAX(farthest,
			       abs(link->port - layout->nodes[link->from].x));
	}
	return MIN(LAYER_GAP + farthest / 8, LAYER_GAP_MOST);
}

static void find_rows(struct scene *scene)
{
	const struct layout *layout = &scene->layout;
	int y = SCENE_HEADER + (scene->draw->subtitle ? SCENE_ROW : 0);
	size_t layer, i;

	for (layer = 0; layer < layout->layers_n; layer++) {
		scene->top[layer] = scene->bottom[layer] = y;
		for (i = layout->layer_start[layer];
		     i < layout->layer_start[layer + 1]; i++) {
			size_t node = layout->order[i];

			if (layout->nodes[node].is_box)
				scene->bottom[layer] =
					MAX(scene->bottom[layer],
					    y + scene->heights[node] +
						    scene->boxes[node].extra);
		}
		y = scene->bottom[layer];
		if (layer + 1 < layout->layers_n)
			y += gap_height(scene, layer);
	}
	scene->height = y + SCENE_MARGIN;
}

static int header_width(const struct draw *draw)
{
	int title = text_width(label_title(draw), TITLE_TENTHS);

	return draw->subtitle
		       ? MAX(title, text_width(draw->subtitle, TEXT_TENTHS))
		       : title;
}

void scene_make(struct scene *scene, const struct draw *draw)
{
	size_t n = draw->pipeline->steps_n, i;

	*scene = (struct scene){
		.draw = draw,
		.labels = xcalloc(n + 1, sizeof(*scene->labels)),
		.boxes = xcalloc(n + 1, sizeof(*scene->boxes)),
		.heights = xcalloc(n + 1, sizeof(*scene->heights)),
		.top = xcalloc(n + 1, sizeof(*scene->top)),
		.bottom = xcalloc(n + 1, sizeof(*scene->bottom)),
	};
	for (i = 0; i < n; i++)
		measure(scene, i);
	layout_make(&scene->layout, draw->pipeline,
		    &(struct layout_space){ .boxes = scene->boxes,
					    .gap = GAP,
					    .line_gap = LINE_GAP,
					    .port = SCENE_PORT });
	scene->width =
		MAX(scene->layout.width, header_width(draw)) + 2 * SCENE_MARGIN;
	for (i = 0; i < scene->layout.nodes_n; i++)
		scene->layout.nodes[i].x +=
			(scene->width - scene->layout.width) / 4 * 2;
	for (i = 0; i < scene->layout.links_n; i++)
		scene->layout.links[i].port +=
			(scene->width - scene->layout.width) / 4 * 2;
	find_rows(scene);
}

void scene_release(struct scene *scene)
{
	size_t i;

	for (i = 0; i < scene->draw->pipeline->steps_n; i++)
		label_release(&scene->labels[i]);
	layout_release(&scene->layout);
	free(scene->labels);
	free(scene->boxes);
	free(scene->heights);
	free(scene->top);
	free(scene->bottom);
}
