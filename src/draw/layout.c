/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/util.h"
#include "draw/layout.h"
#include "plan/pipeline.h"

enum layout_kind layout_kind_of(const struct pipeline *pipeline, size_t need,
				size_t step)
{
	const struct pipeline_step *steps = pipeline->steps;

	if (steps[need].is_fallback ||
	    (steps[step].is_fallback && steps[step].fallback_of == need))
		return LAYOUT_FALLBACK;
	return LAYOUT_NEEDS;
}

/* One below the lowest of what it needs. Each pass settles a layer more. */
static void find_layers(struct layout *layout, const struct pipeline *pipeline)
{
	int is_moved = 1;
	size_t pass, i, k;

	layout->layers_n = pipeline->steps_n > 0;
	for (pass = 0; is_moved && pass < pipeline->steps_n; pass++) {
		is_moved = 0;
		for (i = 0; i < pipeline->steps_n; i++) {
			const struct pipeline_step *step = &pipeline->steps[i];
			struct layout_node *node = &layout->nodes[i];
			size_t layer = 0;

			for (k = 0; k < step->needs_n; k++)
				layer = MAX(layer, layout->nodes[step->needs[k]]
								   .layer +
							   1);
			is_moved |= node->layer != layer;
			node->layer = layer;
			layout->layers_n = MAX(layout->layers_n, layer + 1);
		}
	}
}

/* Room for one more behind `n`: it doubles whenever n is a power of two. */
static void *grow(void *list, size_t n, size_t size)
{
	return (n & (n - 1)) == 0 ? xreallocarray(list, n ? 2 * n : 1, size)
				  : list;
}

static size_t add_node(struct layout *layout, const struct layout_node *node)
{
	layout->nodes = grow(layout->nodes, layout->nodes_n, sizeof(*node));
	layout->nodes[layout->nodes_n] = *node;
	return layout->nodes_n++;
}

static void add_link(struct layout *layout, size_t from, size_t to,
		     enum layout_kind kind)
{
	layout->links =
		grow(layout->links, layout->links_n, sizeof(*layout->links));
	layout->links[layout->links_n++] =
		(struct layout_link){ .from = from, .to = to, .kind = kind };
}

/* The layer of the lowest step that a line of this kind leads to. */
static size_t last_layer(const struct layout *layout,
			 const struct pipeline *pipeline, size_t index,
			 enum layout_kind kind)
{
	const struct pipeline_step *step = &pipeline->steps[index];
	size_t last = layout->nodes[index].layer, i;

	for (i = 0; i < step->feeds_n; i++)
		if (layout_kind_of(pipeline, index, step->feeds[i]) == kind)
			last = MAX(last, layout->nodes[step->feeds[i]].layer);
	return last;
}

static void add_lines(struct layout *layout, const struct pipeline *pipeline,
		      size_t index, enum layout_kind kind)
{
	const struct pipeline_step *step = &pipeline->steps[index];
	size_t last = last_layer(layout, pipeline, index, kind);
	size_t layer = layout->nodes[index].layer + 1, at = index, i;

	for (; layer <= last; layer++) {
		for (i = 0; i < step->feeds_n; i++)
			if (layout->nodes[step->feeds[i]].layer == layer &&
			    layout_kind_of(pipeline, index, step->feeds[i]) ==
				    kind)
				add_link(layout, at, step->feeds[i], kind);
		if (layer < last) {
			size_t point =
				add_node(layout, &(struct layout_node){
							 .step = index,
							 .kind = kind,
							 .mate = -1,
							 .layer = layer });

			add_link(layout, at, point, kind);
			at = point;
		}
	}
}

static void add_loop(struct layout *layout, const struct pipeline *pipeline,
		     size_t index, int label)
{
	const struct pipeline_step *step = &pipeline->steps[index];
	size_t to = step->again.index;
	size_t first = layout->nodes[to].layer;
	size_t last = layout->nodes[index].layer, layer, point, at = 0;

	for (layer = first; layer <= last; layer++) {
		point = add_node(layout,
				 &(struct layout_node){ .step = index,
							.kind = LAYOUT_AGAIN,
							.mate = -1,
							.layer = layer });
		if (layer == first)
			layout->nodes[point].mate = (int)to;
		else
			add_link(layout, at, point, LAYOUT_AGAIN);
		at = point;
	}
	layout->nodes[at].mate = (int)index;
	layout->nodes[at].right = label;
}

static void link_layers(struct layout *layout)
{
	struct layout_link *links =
		xcalloc(layout->links_n + 1, sizeof(*links));
	size_t *at, i;

	layout->gap_start =
		xcalloc(layout->layers_n + 2, sizeof(*layout->gap_start));
	for (i = 0; i < layout->links_n; i++)
		layout->gap_start[layout->nodes[layout->links[i].from].layer +
				  1]++;
	for (i = 0; i < layout->layers_n; i++)
		layout->gap_start[i + 1] += layout->gap_start[i];
	at = xcalloc(layout->layers_n + 1, sizeof(*at));
	for (i = 0; i < layout->links_n; i++) {
		size_t layer = layout->nodes[layout->links[i].from].layer;

		links[layout->gap_start[layer] + at[layer]++] =
			layout->links[i];
	}
	free(at);
	free(layout->links);
	layout->links = links;
}

static void order_layers(struct layout *layout)
{
	size_t i, layer, n = 0;

	layout->order = xcalloc(layout->nodes_n + 1, sizeof(*layout->order));
	layout->layer_start =
		xcalloc(layout->layers_n + 1, sizeof(*layout->layer_start));
	for (layer = 0; layer < layout->layers_n; layer++) {
		layout->layer_start[layer] = n;
		for (i = 0; i < layout->nodes_n; i++)
			if (layout->nodes[i].layer == layer) {
				layout->nodes[i].place =
					n - layout->layer_start[layer];
				layout->order[n++] = i;
			}
	}
	layout->layer_start[layer] = n;
}

/* Wide enough for the ends of all lines that meet it. */
static int box_half(const struct pipeline_step *step,
		    const struct layout_space *space, int half)
{
	int n = (int)step->needs_n;

	return MAX(half, n > 1 ? (n - 1) * space->port / 2 + space->port : 0);
}

void layout_build(struct layout *layout, const struct pipeline *pipeline,
		  const struct layout_space *space)
{
	size_t i;

	*layout = (struct layout){ 0 };
	for (i = 0; i < pipeline->steps_n; i++) {
		int half = box_half(&pipeline->steps[i], space,
				    space->boxes[i].half);

		(void)add_node(layout,
			       &(struct layout_node){
				       .step = i,
				       .is_box = 1,
				       .mate = -1,
				       .left = half,
				       .right = half + space->boxes[i].extra,
				       .half = half });
	}
	find_layers(layout, pipeline);
	for (i = 0; i < pipeline->steps_n; i++) {
		add_lines(layout, pipeline, i, LAYOUT_NEEDS);
		add_lines(layout, pipeline, i, LAYOUT_FALLBACK);
		if (pipeline->steps[i].again.to)
			add_loop(layout, pipeline, i, space->boxes[i].label);
	}
	link_layers(layout);
	order_layers(layout);
}

void layout_make(struct layout *layout, const struct pipeline *pipeline,
		 const struct layout_space *space)
{
	layout_build(layout, pipeline, space);
	layout_sort(layout);
	layout_place(layout, space);
}

void layout_release(struct layout *layout)
{
	free(layout->nodes);
	free(layout->links);
	free(layout->order);
	free(layout->layer_start);
	free(layout->gap_start);
	*layout = (struct layout){ 0 };
}
