/* SPDX-License-Identifier: MIT */

/*
 * The order within each layer, so that few lines cross: each node moves to the
 * mean place of those it is linked with in the layer above, then, on the way
 * back, below, a number of times; the best order that was seen counts. Ties
 * keep their order, so that the picture follows the order of the steps where
 * nothing speaks against it. The ends of a loop stand beside their boxes
 * whatever the means say.
 */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "draw/layout.h"

enum {
	SWEEPS = 16,
	SCALE = 1024, /* means are fractions of a place */
};

struct rank {
	int64_t key;
	size_t place;
	size_t node;
};

/* What the passes need, made once. */
struct sort {
	struct layout *layout;
	struct rank *ranks;  /* [the widest layer] */
	int64_t *sums;       /* [nodes_n], with counts */
	size_t *counts;      /* */
	size_t *tree;        /* [the widest layer + 1], counts of places */
	size_t *glued;       /* [the widest layer] */
	struct rank *spokes; /* [the most links of a gap] */
};

static size_t layer_size(const struct layout *layout, size_t layer)
{
	return layout->layer_start[layer + 1] - layout->layer_start[layer];
}

static int compare_ranks(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return 0;
}

/* Sum up the places of the neighbours across the gap below `gap`. */
static void sum_places(struct sort *sort, size_t gap, int is_down)
{
	const struct layout *layout = sort->layout;
	size_t i;

	for (i = layout->gap_start[gap]; i < layout->gap_start[gap + 1]; i++) {
		const struct layout_link *link = &layout->links[i];
		size_t self = is_down ? link->to : link->from;
		size_t other = is_down ? link->from : link->to;

		sort->sums[self] += (int64_t)layout->nodes[other].place;
		sort->counts[self]++;
	}
}

static void set_places(struct layout *layout, size_t layer)
{
	size_t start = layout->layer_start[layer], i;

	for (i = start; i < layout->layer_start[layer + 1]; i++)
		layout->nodes[layout->order[i]].place = i - start;
}

/* Loops' ends go behind their boxes, in the order they came. */
static void glue_loops(struct sort *sort, size_t layer)
{
	struct layout *layout = sort->layout;
	size_t *order = layout->order + layout->layer_start[layer];
	size_t n = layer_size(layout, layer), i, k, at = 0;

	memcpy(sort->glued, order, n * sizeof(*order));
	for (i = 0; i < n; i++) {
		if (layout->nodes[sort->glued[i]].mate >= 0)
			continue;
		order[at++] = sort->glued[i];
		for (k = 0; k < n; k++)
			if (layout->nodes[sort->glued[k]].mate ==
				    (int)sort->glued[i] &&
			    layout->nodes[sort->glued[i]].is_box)
				order[at++] = sort->glued[k];
	}
	set_places(layout, layer);
}

static void sort_layer(struct sort *sort, size_t layer, int is_down)
{
	struct layout *layout = sort->layout;
	size_t start = layout->layer_start[layer];
	size_t n = layer_size(layout, layer), i;
	size_t other = is_down ? layer - 1 : layer + 1;

	sum_places(sort, is_down ? layer - 1 : layer, is_down);
	for (i = 0; i < n; i++) {
		size_t node = layout->order[start + i];
		int64_t count = (int64_t)sort->counts[node];

		sort->ranks[i] = (struct rank){ .place = i, .node = node };
		sort->ranks[i].key =
			count > 0 ? sort->sums[node] * SCALE / count
				  : (int64_t)(i * layer_size(layout, other) *
					      SCALE / n);
		sort->sums[node] = 0;
		sort->counts[node] = 0;
	}
	qsort(sort->ranks, n, sizeof(*sort->ranks), compare_ranks);
	for (i = 0; i < n; i++)
		layout->order[start + i] = sort->ranks[i].node;
	glue_loops(sort, layer);
}

/* How many of those counted so far stand right of `place`. */
static size_t count_right(const struct sort *sort, size_t place, size_t all)
{
	size_t left = 0, i;

	for (i = place + 1; i > 0; i -= i & (~i + 1))
		left += sort->tree[i];
	return all - left;
}

/* Crossings of two layers are the inversions of their links. */
static size_t count_gap(struct sort *sort, size_t gap)
{
	const struct layout *layout = sort->layout;
	size_t first = layout->gap_start[gap];
	size_t n = layout->gap_start[gap + 1] - first;
	size_t width = layer_size(layout, gap + 1), crossings = 0, i, k;

	for (i = 0; i < n; i++) {
		const struct layout_link *link = &layout->links[first + i];

		sort->spokes[i].key = (int64_t)layout->nodes[link->from].place;
		sort->spokes[i].place = layout->nodes[link->to].place;
	}
	qsort(sort->spokes, n, sizeof(*sort->spokes), compare_ranks);
	memset(sort->tree, 0, (width + 1) * sizeof(*sort->tree));
	for (i = 0; i < n; i++) {
		crossings += count_right(sort, sort->spokes[i].place, i);
		for (k = sort->spokes[i].place + 1; k <= width;
		     k += k & (~k + 1))
			sort->tree[k]++;
	}
	return crossings;
}

static size_t count_crossings(struct sort *sort)
{
	size_t gap, crossings = 0;

	for (gap = 0; gap + 1 < sort->layout->layers_n; gap++)
		crossings += count_gap(sort, gap);
	return crossings;
}

static void sort_init(struct sort *sort, struct layout *layout)
{
	size_t widest = 0, links = 0, i;

	for (i = 0; i < layout->layers_n; i++) {
		size_t gap = layout->gap_start[i + 1] - layout->gap_start[i];

		widest = MAX(widest, layer_size(layout, i));
		links = MAX(links, gap);
	}
	*sort = (struct sort){
		.layout = layout,
		.ranks = xcalloc(widest + 1, sizeof(*sort->ranks)),
		.sums = xcalloc(layout->nodes_n + 1, sizeof(*sort->sums)),
		.counts = xcalloc(layout->nodes_n + 1, sizeof(*sort->counts)),
		.tree = xcalloc(widest + 1, sizeof(*sort->tree)),
		.glued = xcalloc(widest + 1, sizeof(*sort->glued)),
		.spokes = xcalloc(links + 1, sizeof(*sort->spokes)),
	};
}

static void sort_release(struct sort *sort)
{
	free(sort->ranks);
	free(sort->sums);
	free(sort->counts);
	free(sort->tree);
	free(sort->glued);
	free(sort->spokes);
}

void layout_sort(struct layout *layout)
{
	size_t bytes = layout->nodes_n * sizeof(*layout->order);
	size_t *best = xcalloc(layout->nodes_n + 1, sizeof(*best));
	size_t fewest, crossings, layer;
	struct sort sort;
	int sweep;

	sort_init(&sort, layout);
	for (layer = 0; layer < layout->layers_n; layer++)
		glue_loops(&sort, layer);
	fewest = count_crossings(&sort);
	memcpy(best, layout->order, bytes);
	for (sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
		for (layer = 1; layer < layout->layers_n; layer++)
			if (sweep % 2 == 0)
				sort_layer(&sort, layer, 1);
			else
				sort_layer(&sort, layout->layers_n - 1 - layer,
					   0);
		crossings = count_crossings(&sort);
		if (crossings < fewest) {
			fewest = crossings;
			memcpy(best, layout->order, bytes);
		}
	}
	memcpy(layout->order, best, bytes);
	for (layer = 0; layer < layout->layers_n; layer++)
		set_places(layout, layer);
	sort_release(&sort);
	free(best);
}
