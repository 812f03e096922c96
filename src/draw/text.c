/* SPDX-License-Identifier: MIT */

/*
 * A layer is as high as its highest box, the gap below it has a row for each
 * way across and one for the arrows. Columns come from the layout, rows from
 * here.
 */

#include <config.h>

#include <stdlib.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "draw/canvas.h"
#include "draw/draw.h"
#include "draw/label.h"
#include "draw/layout.h"
#include "draw/list.h"
#include "draw/route.h"
#include "plan/pipeline.h"

enum {
	HALF_LEAST = 4,
	PAD = 2, /* the frame and a blank */
	GAP = 3,
	LINE_GAP = 1,
	PORT = 2,
	COLUMNS_MOST = 1000, /* a picture that is wider helps nobody */
};

struct page {
	const struct draw *draw;
	const struct draw_terminal *terminal;
	struct label *labels;     /* [steps_n] */
	struct layout_box *boxes; /* [steps_n] */
	struct layout layout;
	struct route_gap *gaps; /* [layers_n], the last one empty */
	int *top;               /* [layers_n + 1] first row of a layer */
	int *bottom;            /* [layers_n] first row of the gap below it */
	struct canvas *canvas;
};

static int is_map(const struct page *page, size_t step)
{
	return page->draw->pipeline->steps[step].kind == PIPELINE_MAP;
}

/* A loop begins and ends at different lines of the box. */
static int is_loop_of_two(const struct page *page, size_t step)
{
	const struct pipeline *pipeline = page->draw->pipeline;
	size_t i;

	if (!pipeline->steps[step].again.to)
		return 0;
	for (i = 0; i < pipeline->steps_n; i++)
		if (pipeline->steps[i].again.to &&
		    pipeline->steps[i].again.index == step)
			return 1;
	return 0;
}

/* Rows of the frame and what is in it. */
static int box_height(const struct page *page, size_t step)
{
	int lines = (int)page->labels[step].n;

	return 2 + MAX(lines, is_loop_of_two(page, step) ? 2 : 1);
}

static void measure(struct page *page, size_t step)
{
	struct label *label = &page->labels[step];
	struct layout_box *box = &page->boxes[step];
	struct strbuf again = { 0 };
	size_t width = 0, i;

	label_make(label, page->draw, step, page->terminal->is_ascii);
	for (i = 0; i < label->n; i++)
		width = MAX(width,
			    utf8_width(strbuf_str(&label->lines[i].text)));
	box->half = MAX(HALF_LEAST, ((int)width + 2 * PAD) / 2);
	box->extra = is_map(page, step);
	if (page->draw->pipeline->steps[step].again.to) {
		label_again(&again, page->draw, step);
		box->label = 1 + (int)utf8_width(strbuf_str(&again));
	}
	strbuf_release(&again);
}

static void find_rows(struct page *page)
{
	const struct layout *layout = &page->layout;
	size_t layer, i;
	int y = 0;

	for (layer = 0; layer < layout->layers_n; layer++) {
		page->top[layer] = y;
		page->bottom[layer] = y;
		for (i = layout->layer_start[layer];
		     i < layout->layer_start[layer + 1]; i++) {
			size_t node = layout->order[i];

			if (layout->nodes[node].is_box)
				page->bottom[layer] =
					MAX(page->bottom[layer],
					    y + box_height(page, node) +
						    is_map(page, node));
		}
		y = page->bottom[layer];
		if (layer + 1 < layout->layers_n) {
			route_gap_make(&page->gaps[layer], layout, layer);
			y += page->gaps[layer].rows + 1;
		}
	}
	page->top[layer] = y;
}

/* A line of two nets that lead back to the same step is one. */
static int net_of(const struct page *page, size_t node, enum layout_kind kind)
{
	size_t step = page->layout.nodes[node].step;

	if (kind == LAYOUT_AGAIN)
		step = page->draw->pipeline->steps[step].again.index;
	return (int)(step * LAYOUT_KINDS + kind);
}

static enum state state_of(const struct page *page, size_t step)
{
	return page->draw->status ? page->draw->status[step].state
				  : STATE_COUNT;
}

static void draw_box(struct page *page, size_t step)
{
	const struct layout_node *node = &page->layout.nodes[step];
	const struct label *label = &page->labels[step];
	enum pipeline_kind kind = page->draw->pipeline->steps[step].kind;
	struct canvas_box box = {
		.x = node->x - node->half,
		.y = page->top[node->layer],
		.width = 2 * node->half + 1,
		.height = box_height(page, step),
		.frame = kind == PIPELINE_GATE    ? CANVAS_DOUBLE
			 : kind == PIPELINE_TIMER ? CANVAS_ROUND
						  : CANVAS_SQUARE,
		.state = state_of(page, step),
	};
	size_t i;

	if (kind == PIPELINE_MAP)
		canvas_shadow(page->canvas, &box);
	canvas_box(page->canvas, &box);
	for (i = 0; i < label->n; i++) {
		const char *text = strbuf_str(&label->lines[i].text);

		canvas_text(page->canvas, node->x - (int)utf8_width(text) / 2,
			    box.y + 1 + (int)i,
			    label->lines[i].role == LABEL_STATE ? box.state
								: STATE_COUNT,
			    text);
	}
}

/* The loop that begins or ends at this point has its box to the left. */
static void draw_loop_end(struct page *page, const struct layout_node *point)
{
	size_t step = point->step;
	size_t to = page->draw->pipeline->steps[step].again.index;
	const struct layout_node *box = &page->layout.nodes[point->mate];
	int top = page->top[point->layer];
	int bottom = page->bottom[point->layer];
	int entry = top + 1, way_out = top + box_height(page, step) - 2;
	struct strbuf label = { 0 };

	if ((size_t)point->mate == step) {
		label_again(&label, page->draw, step);
		canvas_across(page->canvas, way_out, box->x + box->right + 1,
			      point->x);
		canvas_down(page->canvas, point->x, to == step ? entry : top,
			    way_out);
		canvas_text(page->canvas, point->x + 2, way_out, STATE_COUNT,
			    strbuf_str(&label));
		strbuf_release(&label);
	} else {
		canvas_down(page->canvas, point->x, entry, bottom - 1);
	}
	if ((size_t)point->mate != step || to == step) {
		box = &page->layout.nodes[to];
		canvas_across(page->canvas, entry, box->x + box->right + 1,
			      point->x);
		canvas_arrow_left(page->canvas, box->x + box->right + 1, entry);
	}
}

static void draw_point(struct page *page, size_t index)
{
	const struct layout_node *node = &page->layout.nodes[index];

	canvas_net(page->canvas, net_of(page, index, node->kind),
		   node->kind == LAYOUT_FALLBACK);
	if (node->mate >= 0)
		draw_loop_end(page, node);
	else
		canvas_down(page->canvas, node->x, page->top[node->layer],
			    page->bottom[node->layer] - 1);
}

/* From where the net leaves its node to the row below the layer. */
static void draw_way_out(struct page *page, const struct route_net *net, int to)
{
	const struct layout_node *from = &page->layout.nodes[net->from];
	int y = page->bottom[from->layer];

	if (from->is_box) {
		int is_stack = is_map(page, net->from);
		int frame = page->top[from->layer] +
			    box_height(page, net->from) - 1 + is_stack;

		canvas_leave(page->canvas, net->port, frame);
		canvas_down(page->canvas, net->port, frame, to);
		return;
	}
	if (net->port != from->x) {
		canvas_down(page->canvas, from->x, y - 2, y - 1);
		canvas_across(page->canvas, y - 1, from->x, net->port);
	}
	canvas_down(page->canvas, net->port, y - 1, to);
}

static void draw_net(struct page *page, size_t layer,
		     const struct route_net *net)
{
	int arrows = page->top[layer + 1] - 1;
	int row = net->row < 0 ? arrows : page->bottom[layer] + net->row;
	size_t i;

	canvas_net(page->canvas, net_of(page, net->from, net->kind),
		   net->kind == LAYOUT_FALLBACK);
	draw_way_out(page, net, row);
	canvas_across(page->canvas, row, net->left, net->right);
	for (i = 0; i < net->links_n; i++) {
		const struct layout_link *link = net->links[i];
		int is_box = page->layout.nodes[link->to].is_box;

		canvas_down(page->canvas, link->port, row,
			    is_box ? arrows : arrows + 1);
		if (is_box)
			canvas_arrow_down(page->canvas, link->port, arrows);
	}
}

static void draw_page(struct page *page)
{
	const struct layout *layout = &page->layout;
	size_t layer, i;

	page->canvas = canvas_new(layout->width, page->top[layout->layers_n]);
	for (i = 0; i < page->draw->pipeline->steps_n; i++)
		draw_box(page, i);
	for (; i < layout->nodes_n; i++)
		draw_point(page, i);
	for (layer = 0; layer + 1 < layout->layers_n; layer++)
		for (i = 0; i < page->gaps[layer].nets_n; i++)
			draw_net(page, layer, &page->gaps[layer].nets[i]);
}

static int fits(const struct page *page)
{
	size_t columns = page->terminal->columns;

	return page->layout.width <=
	       (columns ? (int)MIN(columns, COLUMNS_MOST) : COLUMNS_MOST);
}

static void page_init(struct page *page, const struct draw *draw,
		      const struct draw_terminal *terminal)
{
	size_t n = draw->pipeline->steps_n, i;

	*page = (struct page){
		.draw = draw,
		.terminal = terminal,
		.labels = xcalloc(n + 1, sizeof(*page->labels)),
		.boxes = xcalloc(n + 1, sizeof(*page->boxes)),
		.gaps = xcalloc(n + 1, sizeof(*page->gaps)),
		.top = xcalloc(n + 1, sizeof(*page->top)),
		.bottom = xcalloc(n + 1, sizeof(*page->bottom)),
	};
	for (i = 0; i < n; i++)
		measure(page, i);
	layout_make(&page->layout, draw->pipeline,
		    &(struct layout_space){ .boxes = page->boxes,
					    .gap = GAP,
					    .line_gap = LINE_GAP,
					    .port = PORT });
}

static void page_release(struct page *page)
{
	size_t i;

	for (i = 0; i < page->draw->pipeline->steps_n; i++) {
		label_release(&page->labels[i]);
		route_gap_release(&page->gaps[i]);
	}
	layout_release(&page->layout);
	canvas_free(&page->canvas);
	free(page->labels);
	free(page->boxes);
	free(page->gaps);
	free(page->top);
	free(page->bottom);
}

void draw_text(const struct draw *draw, const struct draw_terminal *terminal,
	       struct strbuf *out)
{
	struct page page;

	page_init(&page, draw, terminal);
	if (fits(&page)) {
		find_rows(&page);
		draw_page(&page);
		canvas_write(page.canvas, terminal, out);
	} else {
		list_write(draw, terminal, out);
	}
	page_release(&page);
}
