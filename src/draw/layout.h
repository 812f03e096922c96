/* SPDX-License-Identifier: MIT */
#ifndef DRAW_LAYOUT_H
#define DRAW_LAYOUT_H

/**
 * Where the boxes of a pipeline stand and where its lines run, in the units
 * of the caller: cells or pixels. A layered drawing after Sugiyama, the same
 * for text and SVG.
 *
 * A step stands one layer below the lowest it needs, so that steps side by
 * side may run side by side. What leads further than to the next layer gets a
 * point in each layer on its way; all lines from one step share their points
 * as far as they go, which keeps the picture narrow. A loop runs up beside
 * its steps, on points that stand right of the boxes where it begins and
 * ends.
 *
 * All x are even, so that a box is as wide to the left as to the right and
 * odd columns are free for lines that would lie on another's.
 */

#include <stddef.h>

struct pipeline;

enum layout_kind {
	LAYOUT_NEEDS,
	LAYOUT_FALLBACK,
	LAYOUT_AGAIN,
	LAYOUT_KINDS,
};

/** A box, or a point where lines pass through a layer. */
struct layout_node {
	size_t step; /* the box's; of a point: where the line begins */
	int is_box;
	enum layout_kind kind; /* of a point's line */
	int mate;              /* of a loop's end: the box to its left; -1 */
	size_t layer;
	size_t place; /* from the left */
	int x;        /* of its middle */
	int left;     /* reach from there */
	int right;
	int half; /* of a box: without what stands out at its right */
};

/** A line from a node to one in the layer below; a loop's leads upwards. */
struct layout_link {
	size_t from;
	size_t to;
	enum layout_kind kind;
	int port; /* x where it meets `to` */
};

struct layout {
	struct layout_node *nodes; /* the boxes first, by step */
	size_t nodes_n;
	struct layout_link *links; /* by the layer they begin in */
	size_t links_n;
	size_t layers_n;
	size_t *order;       /* nodes by layer and place */
	size_t *layer_start; /* [layers_n + 1] in order */
	size_t *gap_start;   /* [layers_n + 1] in links, by layer of `from` */
	int width;
};

/** What a box needs: half its width, and what stands out at its right. */
struct layout_box {
	int half;
	int extra;
	int label; /* what is written beside the loop that ends here */
};

struct layout_space {
	const struct layout_box *boxes; /* [steps_n] */
	int gap;                        /* beside a box, at least */
	int line_gap;                   /* between two lines */
	int port;                       /* between two ends of lines, even */
};

void layout_make(struct layout *layout, const struct pipeline *pipeline,
		 const struct layout_space *space);
void layout_release(struct layout *layout);

/** The parts of layout_make(), in order. */
void layout_build(struct layout *layout, const struct pipeline *pipeline,
		  const struct layout_space *space);
void layout_sort(struct layout *layout);
void layout_place(struct layout *layout, const struct layout_space *space);

/** What the line from `need` to `step`, which waits for it, is. */
enum layout_kind layout_kind_of(const struct pipeline *pipeline, size_t need,
				size_t step);

#endif
