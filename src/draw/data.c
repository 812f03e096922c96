/* SPDX-License-Identifier: MIT */

#include <config.h>

#include "draw/draw.h"
#include "draw/scene.h"
#include "plan/pipeline.h"

static jv set(jv object, const char *key, jv value)
{
	return jv_object_set(object, jv_string(key), value);
}

static jv text_or_null(const char *text)
{
	return text ? jv_string(text) : jv_null();
}

static jv json_status(jv v, const struct draw_status *status)
{
	v = set(v, "status", jv_string(state_name(status->state)));
	v = set(v, "attempts", jv_number(status->attempts));
	v = set(v, "round", jv_number(MAX(status->round, 1)));
	v = set(v, "took_ms",
		status->took_ms > 0 ? jv_number((double)status->took_ms)
				    : jv_null());
	v = set(v, "progress", jv_number(status->progress));
	v = set(v, "items",
		status->has_items ? jv_number(status->items) : jv_null());
	return set(v, "items_done",
		   status->has_items ? jv_number(status->items_done)
				     : jv_null());
}

static jv json_node(const struct scene *scene, size_t index)
{
	const struct pipeline_step *step = &scene->draw->pipeline->steps[index];
	const struct layout_node *node = &scene->layout.nodes[index];
	jv v = set(jv_object(), "step", jv_string(step->name));

	v = set(v, "kind", jv_string(pipeline_kind_name(step->kind)));
	v = set(v, "engine", text_or_null(step->engine));
	v = set(v, "when", text_or_null(step->when_text));
	v = set(v, "each", text_or_null(step->each_text));
	v = set(v, "layer", jv_number((double)node->layer));
	v = set(v, "x", jv_number(node->x - node->half));
	v = set(v, "y", jv_number(scene->top[node->layer]));
	v = set(v, "width", jv_number(2 * node->half));
	v = set(v, "height", jv_number(scene->heights[index]));
	if (scene->draw->status)
		v = json_status(v, &scene->draw->status[index]);
	return v;
}

static jv json_edge(const struct draw *draw, size_t from, size_t to,
		    const char *kind)
{
	const struct pipeline_step *steps = draw->pipeline->steps;
	jv v = set(jv_object(), "from", jv_string(steps[from].name));

	v = set(v, "to", jv_string(steps[to].name));
	return set(v, "kind", jv_string(kind));
}

static jv json_edges(const struct draw *draw)
{
	const struct pipeline *pipeline = draw->pipeline;
	jv edges = jv_array();
	size_t i, k;

	for (i = 0; i < pipeline->steps_n; i++) {
		const struct pipeline_step *step = &pipeline->steps[i];

		for (k = 0; k < step->needs_n; k++) {
			int is_dotted = layout_kind_of(pipeline, step->needs[k],
						       i) == LAYOUT_FALLBACK;

			edges = jv_array_append(edges,
						json_edge(draw, step->needs[k],
							  i,
							  is_dotted ? "fallback"
								    : "needs"));
		}
		if (step->again.to)
			edges = jv_array_append(
				edges,
				set(json_edge(draw, i, step->again.index,
					      "again"),
				    "at_most",
				    jv_number((double)step->again.at_most)));
	}
	return edges;
}

static jv json_layers(const struct scene *scene)
{
	const struct layout *layout = &scene->layout;
	jv layers = jv_array();
	size_t layer, i;

	for (layer = 0; layer < layout->layers_n; layer++) {
		jv names = jv_array();

		for (i = layout->layer_start[layer];
		     i < layout->layer_start[layer + 1]; i++) {
			const struct layout_node *node =
				&layout->nodes[layout->order[i]];

			if (node->is_box)
				names = jv_array_append(
					names,
					jv_string(scene->draw->pipeline
							  ->steps[node->step]
							  .name));
		}
		layers = jv_array_append(layers, names);
	}
	return layers;
}

jv draw_json(const struct draw *draw)
{
	jv v = set(jv_object(), "pipeline", jv_string(draw->pipeline->name));
	jv nodes = jv_array();
	struct scene scene;
	size_t i;

	scene_make(&scene, draw);
	for (i = 0; i < draw->pipeline->steps_n; i++)
		nodes = jv_array_append(nodes, json_node(&scene, i));
	v = set(v, "width", jv_number(scene.width));
	v = set(v, "height", jv_number(scene.height));
	v = set(v, "layers", json_layers(&scene));
	v = set(v, "nodes", nodes);
	v = set(v, "edges", json_edges(draw));
	scene_release(&scene);
	return v;
}
