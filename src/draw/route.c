/* SPDX-License-Identifier: MIT */

/*
 * Lines end at even columns only. One that would leave its layer right above
 * where another net's line ends leaves one column further to the right, which
 * is odd: so no two nets ever share a column, and rows can be chosen for
 * looks alone. For each two nets that overlap, the one goes above that makes
 * fewer crossings so.
 */

#include <config.h>

#include <stdlib.h>

#include "base/mem.h"
#include "base/util.h"
#include "draw/route.h"

enum {
	FALLBACK_PORT = 3, /* beside the middle of a box; odd */
};

static int compare_links(const void *a, const void *b)
{
	const struct layout_link *const *x = a, *const *y = b;

	if ((*x)->from != (*y)->from)
		return (*x)->from < (*y)->from ? -1 : 1;
	if ((*x)->kind != (*y)->kind)
		return (*x)->kind < (*y)->kind ? -1 : 1;
	return (*x)->port < (*y)->port ? -1 : (*x)->port > (*y)->port;
}

static int compare_nets(const void *a, const void *b)
{
	const struct route_net *x = a, *y = b;

	return x->port < y->port ? -1 : x->port > y->port;
}

static int is_foreign_end(const struct route_gap *gap, size_t links_n,
			  const struct layout_link *own, int x)
{
	size_t i;

	for (i = 0; i < links_n; i++)
		if (gap->links[i]->port == x &&
		    (gap->links[i]->from != own->from ||
		     gap->links[i]->kind != own->kind))
			return 1;
	return 0;
}

static int has_other_kind(const struct route_gap *gap, size_t links_n,
			  const struct layout_link *own)
{
	size_t i;

	for (i = 0; i < links_n; i++)
		if (gap->links[i]->from == own->from &&
		    gap->links[i]->kind != own->kind)
			return 1;
	return 0;
}

static int find_port(const struct route_gap *gap, size_t links_n,
		     const struct layout *layout,
		     const struct layout_link *link)
{
	const struct layout_node *from = &layout->nodes[link->from];

	if (link->kind == LAYOUT_FALLBACK && has_other_kind(gap, links_n, link))
		return from->x + FALLBACK_PORT;
	return from->x + is_foreign_end(gap, links_n, link, from->x);
}

static void add_net(struct route_gap *gap, size_t links_n,
		    const struct layout *layout, size_t first)
{
	const struct layout_link *link = gap->links[first];
	struct route_net *net = &gap->nets[gap->nets_n++];
	size_t i;

	*net = (struct route_net){
		.from = link->from,
		.kind = link->kind,
		.row = -1,
		.links = gap->links + first,
	};
	net->port = find_port(gap, links_n, layout, link);
	net->left = net->right = net->port;
	for (i = first; i < links_n && gap->links[i]->from == link->from &&
			gap->links[i]->kind == link->kind;
	     i++) {
		net->left = MIN(net->left, gap->links[i]->port);
		net->right = MAX(net->right, gap->links[i]->port);
		net->links_n++;
	}
}

static int overlaps(const struct route_net *a, const struct route_net *b)
{
	return a->left <= b->right + 1 && b->left <= a->right + 1;
}

/* Crossings of two nets when `upper` has the upper row. */
static int crossings(const struct route_net *upper,
		     const struct route_net *lower)
{
	int n = lower->port > upper->left && lower->port < upper->right;
	size_t i;

	for (i = 0; i < upper->links_n; i++)
		n += upper->links[i]->port > lower->left &&
		     upper->links[i]->port < lower->right;
	return n;
}

/* Neighbours change places while that helps, a bounded number of times. */
static void order_nets(struct route_gap *gap)
{
	size_t pass, i;
	int is_moved = 1;

	for (pass = 0; is_moved && pass < gap->nets_n; pass++) {
		is_moved = 0;
		for (i = 0; i + 1 < gap->nets_n; i++) {
			struct route_net *a = &gap->nets[i], swap = *a;

			if (!overlaps(a, a + 1) ||
			    crossings(a, a + 1) <= crossings(a + 1, a))
				continue;
			*a = *(a + 1);
			*(a + 1) = swap;
			is_moved = 1;
		}
	}
}

static void choose_rows(struct route_gap *gap)
{
	size_t i, k;

	for (i = 0; i < gap->nets_n; i++) {
		struct route_net *net = &gap->nets[i];

		if (net->left == net->right)
			continue;
		net->row = 0;
		for (k = 0; k < i; k++)
			if (gap->nets[k].row >= net->row &&
			    overlaps(&gap->nets[k], net))
				net->row = gap->nets[k].row + 1;
		gap->rows = MAX(gap->rows, net->row + 1);
	}
}

void route_gap_make(struct route_gap *gap, const struct layout *layout,
		    size_t layer)
{
	size_t first = layout->gap_start[layer], i;
	size_t n = layout->gap_start[layer + 1] - first;

	*gap = (struct route_gap){
		.nets = xcalloc(n + 1, sizeof(*gap->nets)),
		.links = xcalloc(n + 1, sizeof(struct layout_link *)),
	};
	for (i = 0; i < n; i++)
		gap->links[i] = &layout->links[first + i];
	qsort(gap->links, n, sizeof(struct layout_link *), compare_links);
	for (i = 0; i < n; i += gap->nets[gap->nets_n - 1].links_n)
		add_net(gap, n, layout, i);
	qsort(gap->nets, gap->nets_n, sizeof(*gap->nets), compare_nets);
	order_nets(gap);
	choose_rows(gap);
}

void route_gap_release(struct route_gap *gap)
{
	free(gap->nets);
	free(gap->links);
	*gap = (struct route_gap){ 0 };
}
