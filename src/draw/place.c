/* SPDX-License-Identifier: MIT */

/*
 * The x of each node, its place in the layer given. A node wants to stand in
 * the middle of those it is linked with; nodes that would come too close then
 * share the middle of what they want (pool adjacent violators, which finds the
 * least sum of squares that keeps order and distances). This goes down and up
 * a number of times. Lines pull harder at each other than boxes do, so that
 * long ones are straight.
 */

#include <config.h>

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/util.h"
#include "draw/layout.h"

enum {
	ROUNDS = 12,
};

/* Neighbours in a layer that stand as close as they may. */
struct block {
	int64_t sum; /* of what they want, times their weights */
	int64_t weight;
	size_t n;
};

struct place {
	struct layout *layout;
	const struct layout_space *space;
	struct block *blocks; /* [nodes_n] */
	int64_t *sums;        /* [nodes_n], with weights */
	int64_t *weights;     /* */
};

static int64_t divide(int64_t a, int64_t b)
{
	return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/* The nearest even number. */
static int to_even(int64_t sum, int64_t weight)
{
	return 2 * (int)divide(sum + weight, 2 * weight);
}

/* From the middle of `a` to that of `b`, its neighbour; even. */
static int distance(const struct layout_space *space,
		    const struct layout_node *a, const struct layout_node *b)
{
	int is_plain = !a->is_box && !b->is_box;
	int least = a->right + b->left + 1 +
		    (is_plain ? space->line_gap : space->gap);

	return (least + 1) / 2 * 2;
}

/* A loop goes where there is room: it moves nobody. */
static int pull(const struct layout_node *a, const struct layout_node *b)
{
	if (!a->is_box && a->kind == LAYOUT_AGAIN)
		return 1;
	return !a->is_box && !b->is_box   ? 512
	       : !a->is_box || !b->is_box ? 128
					  : 64;
}

static void add_wish(struct place *place, size_t node, size_t other)
{
	const struct layout_node *nodes = place->layout->nodes;
	int weight = pull(&nodes[node], &nodes[other]);

	place->sums[node] += (int64_t)weight * nodes[other].x;
	place->weights[node] += weight;
}

/* What the links across a gap want of the nodes below it, or above it. */
static void add_wishes(struct place *place, size_t gap, int is_down)
{
	const struct layout *layout = place->layout;
	size_t i;

	for (i = layout->gap_start[gap]; i < layout->gap_start[gap + 1]; i++) {
		const struct layout_link *link = &layout->links[i];

		if (is_down)
			add_wish(place, link->to, link->from);
		else
			add_wish(place, link->from, link->to);
	}
}

static int is_left_of(const struct block *a, const struct block *b)
{
	return to_even(a->sum, a->weight) <= to_even(b->sum, b->weight);
}

static void place_layer(struct place *place, size_t layer)
{
	struct layout *layout = place->layout;
	const size_t *order = layout->order + layout->layer_start[layer];
	size_t n = layout->layer_start[layer + 1] - layout->layer_start[layer];
	struct block *blocks = place->blocks;
	size_t i, k, at = 0, blocks_n = 0;
	int offset = 0;

	for (i = 0; i < n; i++) {
		struct layout_node *node = &layout->nodes[order[i]];
		int64_t weight = place->weights[order[i]];
		int64_t sum = place->sums[order[i]];

		place->sums[order[i]] = place->weights[order[i]] = 0;
		if (weight == 0) {
			weight = 1;
			sum = node->x;
		}
		if (i > 0)
			offset += distance(place->space,
					   &layout->nodes[order[i - 1]], node);
		blocks[blocks_n++] = (struct block){
			.sum = sum - weight * offset,
			.weight = weight,
			.n = 1,
		};
		for (; blocks_n > 1 && !is_left_of(&blocks[blocks_n - 2],
						   &blocks[blocks_n - 1]);
		     blocks_n--) {
			blocks[blocks_n - 2].sum += blocks[blocks_n - 1].sum;
			blocks[blocks_n - 2].weight +=
				blocks[blocks_n - 1].weight;
			blocks[blocks_n - 2].n += blocks[blocks_n - 1].n;
		}
	}
	for (i = 0, offset = 0; i < blocks_n; i++)
		for (k = 0; k < blocks[i].n; k++, at++) {
			struct layout_node *node = &layout->nodes[order[at]];

			if (at > 0)
				offset +=
					distance(place->space,
						 &layout->nodes[order[at - 1]],
						 node);
			node->x = offset +
				  to_even(blocks[i].sum, blocks[i].weight);
		}
}

/* A loop's ends want what their boxes want, and to stand beside them. */
static void hold_ends(struct place *place, size_t layer)
{
	const struct layout *layout = place->layout;
	size_t i;

	for (i = layout->layer_start[layer]; i < layout->layer_start[layer + 1];
	     i++) {
		size_t node = layout->order[i];
		int mate = layout->nodes[node].mate;

		if (mate < 0)
			continue;
		place->sums[node] =
			(place->weights[mate] > 0 ? divide(place->sums[mate],
							   place->weights[mate])
						  : layout->nodes[mate].x) +
			distance(place->space, &layout->nodes[mate],
				 &layout->nodes[node]);
		place->weights[node] = 1;
	}
}

/* How far the node can go to each side, the others where they are. */
static void find_room(const struct place *place, size_t index, int *least,
		      int *most)
{
	const struct layout *layout = place->layout;
	const struct layout_node *node = &layout->nodes[index];
	size_t at = layout->layer_start[node->layer] + node->place;

	*least = INT_MIN / 2;
	*most = INT_MAX / 2;
	if (node->place > 0) {
		const struct layout_node *left =
			&layout->nodes[layout->order[at - 1]];

		*least = left->x + distance(place->space, left, node);
	}
	if (at + 1 < layout->layer_start[node->layer + 1]) {
		const struct layout_node *right =
			&layout->nodes[layout->order[at + 1]];

		*most = right->x - distance(place->space, node, right);
	}
}

/* Points of one line, one below the other, follow each other in `nodes`. */
static int is_next_point(const struct layout *layout, size_t first, size_t at)
{
	const struct layout_node *a = &layout->nodes[first];
	const struct layout_node *b = &layout->nodes[at];

	return at < layout->nodes_n && a->step == b->step &&
	       a->kind == b->kind && b->layer - a->layer == at - first;
}

/* Right below the box where the line begins. */
static int is_first_point(const struct layout *layout, size_t index)
{
	const struct layout_node *node = &layout->nodes[index];

	return node->kind != LAYOUT_AGAIN &&
	       node->layer == layout->nodes[node->step].layer + 1;
}

/*
 * Put points of a line that can stand below each other there, as many as
 * possible from `first` on, as near as may be to where the line begins or
 * else to their mean. Returns the first that could not.
 */
static size_t straighten(struct place *place, size_t first)
{
	struct layout_node *nodes = place->layout->nodes;
	int least, most, low = 0, high = 0, wish;
	int64_t sum = nodes[first].x;
	size_t end = first + 1, i;

	find_room(place, first, &least, &most);
	for (; is_next_point(place->layout, first, end); end++) {
		find_room(place, end, &low, &high);
		if (MAX(least, low) > MIN(most, high))
			break;
		least = MAX(least, low);
		most = MIN(most, high);
		sum += nodes[end].x;
	}
	wish = to_even(sum, (int64_t)(end - first));
	if (is_first_point(place->layout, first))
		wish = nodes[nodes[first].step].x;
	wish = MIN(MAX(wish, least), most);
	for (i = first; i < end; i++)
		nodes[i].x = wish;
	return end;
}

static void straighten_all(struct place *place)
{
	const struct layout *layout = place->layout;
	size_t i = 0;

	while (i < layout->nodes_n && layout->nodes[i].is_box)
		i++;
	while (i < layout->nodes_n)
		i = straighten(place, i);
}

/* Who is linked with nobody stands close to his left neighbour. */
static void gather(struct place *place)
{
	struct layout *layout = place->layout;
	unsigned char *is_linked = xcalloc(layout->nodes_n + 1, 1);
	int least, most;
	size_t i;

	for (i = 0; i < layout->links_n; i++) {
		is_linked[layout->links[i].from] = 1;
		is_linked[layout->links[i].to] = 1;
	}
	for (i = 0; i < layout->nodes_n; i++) {
		size_t node = layout->order[i];

		if (is_linked[node] || layout->nodes[node].place == 0 ||
		    layout->nodes[node].mate >= 0)
			continue;
		find_room(place, node, &least, &most);
		layout->nodes[node].x = least;
	}
	free(is_linked);
}

static void move_to_zero(struct layout *layout)
{
	int least = 0, most = 0;
	size_t i;

	for (i = 0; i < layout->nodes_n; i++) {
		const struct layout_node *node = &layout->nodes[i];

		least = i ? MIN(least, node->x - node->left)
			  : node->x - node->left;
		most = i ? MAX(most, node->x + node->right)
			 : node->x + node->right;
	}
	least = 2 * (int)divide(least, 2);
	for (i = 0; i < layout->nodes_n; i++)
		layout->nodes[i].x -= least;
	layout->width = layout->nodes_n ? most - least + 1 : 0;
}

static int compare_links(const void *a, const void *b)
{
	const struct layout_link *const *x = a, *const *y = b;

	if ((*x)->port != (*y)->port)
		return (*x)->port < (*y)->port ? -1 : 1;
	return (*x)->kind < (*y)->kind ? -1 : (*x)->kind > (*y)->kind;
}

/*
 * Ends right below where their lines come from, where that is above the box,
 * else close to its middle; in the order of the lines.
 */
static void spread_ports(const struct layout_node *box,
			 struct layout_link **links, size_t n, int port)
{
	int reach = (box->half - port) / 2 * 2;
	int near = MIN(reach, ((int)n * port - port + 2) / 4 * 2);
	size_t i;

	qsort(links, n, sizeof(struct layout_link *), compare_links);
	for (i = 0; i < n; i++) {
		int wish = links[i]->port - box->x;
		int least = i ? links[i - 1]->port - box->x + port : -reach;
		int most = reach - (int)(n - 1 - i) * port;

		if (wish < -reach || wish > reach)
			wish = wish < 0 ? -near : near;
		links[i]->port = box->x + MIN(MAX(wish, least), most);
	}
}

static void set_ports(struct layout *layout, const struct layout_space *space)
{
	struct layout_link **links =
		xcalloc(layout->links_n + 1, sizeof(struct layout_link *));
	size_t i, k, n;

	for (i = 0; i < layout->links_n; i++)
		layout->links[i].port =
			layout->nodes[layout->links[i].to].is_box
				? layout->nodes[layout->links[i].from].x
				: layout->nodes[layout->links[i].to].x;
	for (i = 0; i < layout->nodes_n && layout->nodes[i].is_box; i++) {
		size_t layer = layout->nodes[i].layer;

		if (layer == 0)
			continue;
		for (n = 0, k = layout->gap_start[layer - 1];
		     k < layout->gap_start[layer]; k++)
			if (layout->links[k].to == i)
				links[n++] = &layout->links[k];
		spread_ports(&layout->nodes[i], links, n, space->port);
	}
	free(links);
}

void layout_place(struct layout *layout, const struct layout_space *space)
{
	size_t n = layout->nodes_n + 1, layer;
	struct place place = {
		.layout = layout,
		.space = space,
		.blocks = xcalloc(n, sizeof(*place.blocks)),
		.sums = xcalloc(n, sizeof(*place.sums)),
		.weights = xcalloc(n, sizeof(*place.weights)),
	};
	int round;

	for (layer = 0; layer < layout->layers_n; layer++)
		place_layer(&place, layer);
	for (round = 0; round < ROUNDS; round++) {
		for (layer = 1; layer < layout->layers_n; layer++) {
			add_wishes(&place, layer - 1, 1);
			hold_ends(&place, layer);
			place_layer(&place, layer);
		}
		for (layer = layout->layers_n; layer-- > 0;) {
			if (layer + 1 < layout->layers_n)
				add_wishes(&place, layer, 0);
			if (round > ROUNDS / 2 && layer > 0)
				add_wishes(&place, layer - 1, 1);
			hold_ends(&place, layer);
			place_layer(&place, layer);
		}
	}
	straighten_all(&place);
	straighten_all(&place);
	gather(&place);
	move_to_zero(layout);
	set_ports(layout, space);
	free(place.blocks);
	free(place.sums);
	free(place.weights);
}
