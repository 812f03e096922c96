/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mem.h"
#include "draw/layout.h"
#include "draw/route.h"
#include "shapes.h"

enum {
	HALF = 5,
	GAP = 3,
	PORT = 2,
	SEEDS = 200,
};

static void make(struct layout *layout, const struct shape *shape)
{
	size_t n = shape->pipeline.steps_n, i;
	struct layout_box *boxes = xcalloc(n + 1, sizeof(*boxes));

	for (i = 0; i < n; i++)
		boxes[i] = (struct layout_box){ HALF + (int)(i % 3),
						(int)(i % 2), 10 };
	layout_make(layout, &shape->pipeline,
		    &(struct layout_space){ boxes, GAP, 1, PORT });
	free(boxes);
}

static size_t layer_of(const struct layout *layout, const struct shape *shape,
		       const char *name)
{
	return layout->nodes[pipeline_step_index(&shape->pipeline, name)].layer;
}

static void a_step_stands_below_the_lowest_it_needs(void **state)
{
	struct shape shape;
	struct layout layout;

	(void)state;
	shape_init(&shape, "a b:a c:b d:a,c lone");
	make(&layout, &shape);
	assert_int_equal(layer_of(&layout, &shape, "a"), 0);
	assert_int_equal(layer_of(&layout, &shape, "b"), 1);
	assert_int_equal(layer_of(&layout, &shape, "c"), 2);
	assert_int_equal(layer_of(&layout, &shape, "d"), 3);
	assert_int_equal(layer_of(&layout, &shape, "lone"), 0);
	assert_int_equal(layout.layers_n, 4);
	layout_release(&layout);
	shape_release(&shape);
}

static void a_chain_is_straight(void **state)
{
	struct shape shape;
	struct layout layout;
	size_t i;

	(void)state;
	shape_init(&shape, "a b:a c:b d:c");
	make(&layout, &shape);
	for (i = 1; i < 4; i++)
		assert_int_equal(layout.nodes[i].x, layout.nodes[0].x);
	for (i = 0; i < layout.links_n; i++)
		assert_int_equal(layout.links[i].port, layout.nodes[0].x);
	layout_release(&layout);
	shape_release(&shape);
}

static void lines_are_shared_as_far_as_they_go(void **state)
{
	struct shape shape;
	struct layout layout;

	(void)state;
	shape_init(&shape, "a b:a c:b d:c e:c,a f:d,a g:e,a");
	make(&layout, &shape);
	/* a's way to g passes c's layer and, at d's, e and f join it */
	assert_int_equal(layout.nodes_n, 7 + 3);
	layout_release(&layout);
	shape_release(&shape);
}

static void crossings_are_untangled(void **state)
{
	struct shape shape;
	struct layout layout;

	(void)state;
	shape_init(&shape, "a b c x:c y:b z:a");
	make(&layout, &shape);
	assert_int_equal(layout.nodes[3].place, layout.nodes[2].place);
	assert_int_equal(layout.nodes[4].place, layout.nodes[1].place);
	assert_int_equal(layout.nodes[5].place, layout.nodes[0].place);
	layout_release(&layout);
	shape_release(&shape);
}

static void a_loop_stands_right_of_its_ends(void **state)
{
	struct shape shape;
	struct layout layout;
	size_t i, ends = 0;

	(void)state;
	shape_init(&shape, "a b:a c:a d:b,c e:d");
	shape_again(&shape, "d", "b");
	shape_again(&shape, "e", "e");
	make(&layout, &shape);
	for (i = 0; i < layout.nodes_n; i++) {
		const struct layout_node *node = &layout.nodes[i];

		if (node->mate < 0)
			continue;
		ends++;
		assert_int_equal(layout.nodes[node->mate].layer, node->layer);
		assert_int_equal(layout.nodes[node->mate].place + 1,
				 node->place);
	}
	assert_int_equal(ends, 3);
	layout_release(&layout);
	shape_release(&shape);
}

static void check_nodes(const struct layout *layout)
{
	size_t layer, i;

	for (layer = 0; layer < layout->layers_n; layer++) {
		size_t start = layout->layer_start[layer];

		for (i = start; i < layout->layer_start[layer + 1]; i++) {
			const struct layout_node *node =
				&layout->nodes[layout->order[i]];
			const struct layout_node *left;

			assert_int_equal(node->layer, layer);
			assert_int_equal(node->x % 2, 0);
			assert_true(node->x - node->left >= 0);
			assert_true(node->x + node->right < layout->width);
			if (i == start)
				continue;
			left = &layout->nodes[layout->order[i - 1]];
			assert_true(left->x + left->right <
				    node->x - node->left);
			if (left->is_box && node->is_box)
				assert_true(node->x - node->left - left->x -
						    left->right >
					    GAP);
		}
	}
}

static void check_links(const struct layout *layout)
{
	size_t layer, i, k;

	for (layer = 0; layer < layout->layers_n; layer++)
		for (i = layout->gap_start[layer];
		     i < layout->gap_start[layer + 1]; i++) {
			const struct layout_link *link = &layout->links[i];
			const struct layout_node *to = &layout->nodes[link->to];

			assert_int_equal(layout->nodes[link->from].layer,
					 layer);
			assert_int_equal(to->layer, layer + 1);
			assert_int_equal(link->port % 2, 0);
			assert_true(abs(link->port - to->x) <= to->half);
			for (k = layout->gap_start[layer]; k < i; k++)
				assert_true(layout->links[k].port !=
					    link->port);
		}
}

/* In one column, or on one row where they overlap, there is one net only. */
static void check_routes(const struct layout *layout)
{
	size_t layer, i, k;

	for (layer = 0; layer + 1 < layout->layers_n; layer++) {
		struct route_gap gap;

		route_gap_make(&gap, layout, layer);
		for (i = 0; i < gap.nets_n; i++)
			for (k = 0; k < gap.nets_n; k++) {
				const struct route_net *a = &gap.nets[i];
				const struct route_net *b = &gap.nets[k];
				size_t end;

				if (i == k)
					continue;
				assert_true(a->port != b->port);
				for (end = 0; end < b->links_n; end++)
					assert_true(a->port !=
						    b->links[end]->port);
				if (a->row >= 0 && a->row == b->row)
					assert_true(a->right < b->left ||
						    b->right < a->left);
			}
		route_gap_release(&gap);
	}
}

static void random_graphs_never_overlap(void **state)
{
	unsigned int seed;

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++) {
		struct shape shape;
		struct layout layout;
		size_t i;

		shape_random(&shape, 30, seed);
		for (i = 0; i + 1 < 30; i++)
			if (shape.pipeline.steps[i].feeds_n > 0 &&
			    seed % 3 == i % 3) {
				size_t end = shape.pipeline.steps[i].feeds[0];

				shape_again(&shape,
					    shape.pipeline.steps[end].name,
					    shape.pipeline.steps[i].name);
				break;
			}
		make(&layout, &shape);
		check_nodes(&layout);
		check_links(&layout);
		check_routes(&layout);
		layout_release(&layout);
		shape_release(&shape);
	}
}

static void every_need_has_a_way(void **state)
{
	struct shape shape;
	struct layout layout;
	size_t i, k, step;

	(void)state;
	shape_random(&shape, 30, 7);
	make(&layout, &shape);
	for (i = 0; i < 30; i++)
		for (k = 0; k < shape.pipeline.steps[i].needs_n; k++) {
			size_t need = shape.pipeline.steps[i].needs[k];
			int found = 0;

			for (step = 0; step < layout.links_n; step++)
				if (layout.links[step].to == i &&
				    layout.nodes[layout.links[step].from]
						    .step == need)
					found++;
			assert_int_equal(found, 1);
		}
	layout_release(&layout);
	shape_release(&shape);
}

static void the_largest_pipeline_has_a_layout(void **state)
{
	struct shape shape;
	struct layout layout;

	(void)state;
	shape_random(&shape, LIMIT_STEPS, 3);
	make(&layout, &shape);
	check_nodes(&layout);
	layout_release(&layout);
	shape_release(&shape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_stands_below_the_lowest_it_needs),
		cmocka_unit_test(a_chain_is_straight),
		cmocka_unit_test(lines_are_shared_as_far_as_they_go),
		cmocka_unit_test(crossings_are_untangled),
		cmocka_unit_test(a_loop_stands_right_of_its_ends),
		cmocka_unit_test(random_graphs_never_overlap),
		cmocka_unit_test(every_need_has_a_way),
		cmocka_unit_test(the_largest_pipeline_has_a_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
