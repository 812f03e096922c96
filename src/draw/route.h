/* SPDX-License-Identifier: MIT */
#ifndef DRAW_ROUTE_H
#define DRAW_ROUTE_H

/**
 * The rows between two layers of a text picture: each net, all that leads on
 * from one line, gets a row for its way across, so that no two nets lie on
 * each other.
 */

#include <stddef.h>

#include "draw/layout.h"

struct route_net {
	size_t from; /* node */
	enum layout_kind kind;
	int port;                         /* x where it leaves `from` */
	int left, right;                  /* how far it reaches */
	int row;                          /* -1: straight down */
	const struct layout_link **links; /* borrowed from the gap */
	size_t links_n;
};

struct route_gap {
	struct route_net *nets;
	size_t nets_n;
	int rows;
	const struct layout_link **links;
};

/** The gap below a layer. Free it with route_gap_release(). */
void route_gap_make(struct route_gap *gap, const struct layout *layout,
		    size_t layer);
void route_gap_release(struct route_gap *gap);

#endif
