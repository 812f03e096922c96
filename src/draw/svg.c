/* SPDX-License-Identifier: MIT */

/*
 * Text stays text, so that it can be searched and read aloud; the colours of
 * a dark page are chosen by the page that shows the picture, and nothing is
 * loaded from anywhere.
 */

#include <config.h>

#include <string.h>

#include "base/strbuf.h"
#include "draw/draw.h"
#include "draw/scene.h"
#include "plan/pipeline.h"

enum {
	RADIUS = 9,
	TURN = 10, /* radius of a loop's corners */
	ARROW = 7, /* a line ends so much before its arrow's tip */
};

static const char style[] =
	"text{font-family:Inter,system-ui,-apple-system,'Segoe UI',Roboto,"
	"'Noto Sans','DejaVu Sans',sans-serif;font-size:12px;fill:#5b6675}\n"
	".page{fill:#fff}\n"
	".title{font-size:15px;font-weight:600;fill:#1b2430}\n"
	".name{font-size:14px;font-weight:600;fill:#1b2430}\n"
	".kind{font-size:10px;font-weight:600;letter-spacing:.06em;"
	"fill:#7a8698}\n"
	".box{fill:#f7f9fb;stroke:#c3ccd8;stroke-width:1.5}\n"
	".fallback>.box{stroke-dasharray:5 4}\n"
	".line{fill:none;stroke:#97a3b4;stroke-width:1.6}\n"
	".dotted{stroke-dasharray:2 5;stroke-linecap:round;"
	"stroke-width:2}\n"
	".again{stroke:#8b6fd0}\n"
	"text.again{fill:#7558bd;stroke:none}\n"
	".tip{fill:#97a3b4}\n"
	".tip-again{fill:#8b6fd0}\n"
	".dot,.bar{fill:#97a3b4}\n"
	".track{fill:#dfe5ec}\n"
	".done>.box{fill:#effaf2;stroke:#3fa35c}\n"
	".done>.dot{fill:#2f9e4f}\n"
	".running>.box{fill:#eef5ff;stroke:#3b7ddd;stroke-width:2}\n"
	".running>.dot,.running>.bar{fill:#2f74d9}\n"
	".retrying>.box{fill:#fff8e8;stroke:#d99a1c}\n"
	".retrying>.dot,.retrying>.bar,.waiting>.dot{fill:#d9941a}\n"
	".failed>.box{fill:#fff0ef;stroke:#d64545}\n"
	".failed>.dot{fill:#d23c3c}\n"
	".skipped>.box,.cancelled>.box{fill:none}\n"
	".skipped>.name,.cancelled>.name{fill:#7a8698}\n"
	"@media (prefers-color-scheme:dark){\n"
	"text{fill:#9aa7b8}\n"
	".page{fill:#11161d}\n"
	".title,.name{fill:#e7edf5}\n"
	".kind{fill:#8794a6}\n"
	".box{fill:#1a212b;stroke:#3a4757}\n"
	".line{stroke:#5f6e81}\n"
	".tip{fill:#5f6e81}\n"
	".again{stroke:#a58be6}\n"
	"text.again{fill:#b9a5ee}\n"
	".tip-again{fill:#a58be6}\n"
	".track{fill:#2c3744}\n"
	".done>.box{fill:#12251a;stroke:#3f9d5a}\n"
	".running>.box{fill:#132338;stroke:#4d8fe8}\n"
	".retrying>.box{fill:#2a2112;stroke:#c78f22}\n"
	".failed>.box{fill:#2d1718;stroke:#d65a5a}\n"
	".skipped>.name,.cancelled>.name{fill:#8794a6}\n"
	"}\n";

static void add_xml(struct strbuf *out, const char *text)
{
	struct strbuf clean = { 0 };
	const char *p;

	strbuf_add_excerpt(&clean, text, strlen(text), strlen(text));
	for (p = strbuf_str(&clean); *p; p++)
		if (*p == '&')
			strbuf_adds(out, "&amp;");
		else if (*p == '<')
			strbuf_adds(out, "&lt;");
		else if (*p == '>')
			strbuf_adds(out, "&gt;");
		else if (*p == '"')
			strbuf_adds(out, "&quot;");
		else
			strbuf_addc(out, *p);
	strbuf_release(&clean);
}

static void add_head(struct strbuf *out, const struct scene *scene)
{
	const struct pipeline *pipeline = scene->draw->pipeline;
	size_t i;

	strbuf_addf(out,
		    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		    "height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
		    "aria-labelledby=\"t d\">\n<title id=\"t\">",
		    scene->width, scene->height, scene->width, scene->height);
	add_xml(out, label_title(scene->draw));
	strbuf_adds(out, "</title>\n<desc id=\"d\">");
	if (scene->draw->subtitle) {
		add_xml(out, scene->draw->subtitle);
		strbuf_adds(out, "; ");
	}
	strbuf_addf(out, "%zu step%s: ", pipeline->steps_n,
		    pipeline->steps_n == 1 ? "" : "s");
	for (i = 0; i < pipeline->steps_n; i++) {
		strbuf_adds(out, i ? ", " : "");
		add_xml(out, pipeline->steps[i].name);
		if (scene->draw->status)
			strbuf_addf(out, " %s",
				    state_name(scene->draw->status[i].state));
	}
	strbuf_addf(out, "</desc>\n<style>\n%s</style>\n<defs>\n", style);
	for (i = 0; i < 2; i++)
		strbuf_addf(out,
			    "<marker id=\"%s\" viewBox=\"0 0 8 8\" refX=\"1\" "
			    "refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" "
			    "markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
			    "<path class=\"%s\" d=\"M0 0.5L8 4L0 7.5z\"/>"
			    "</marker>\n",
			    i ? "b" : "a", i ? "tip-again" : "tip");
	strbuf_addf(out,
		    "</defs>\n<rect class=\"page\" width=\"%d\" height=\"%d\" "
		    "rx=\"12\"/>\n<text class=\"title\" x=\"%d\" y=\"29\">",
		    scene->width, scene->height, SCENE_MARGIN);
	add_xml(out, label_title(scene->draw));
	strbuf_adds(out, "</text>\n");
	if (!scene->draw->subtitle)
		return;
	strbuf_addf(out, "<text x=\"%d\" y=\"48\">", SCENE_MARGIN);
	add_xml(out, scene->draw->subtitle);
	strbuf_adds(out, "</text>\n");
}

/* Down to the end of the layer, and as an S on to the next. */
static void add_curve(struct strbuf *out, const struct scene *scene,
		      const struct layout_link *link)
{
	const struct layout_node *from = &scene->layout.nodes[link->from];
	const struct layout_node *to = &scene->layout.nodes[link->to];
	int x = scene_port(scene, link), y = scene->bottom[from->layer];
	int end = scene->top[to->layer] - (to->is_box ? ARROW : 0);
	int middle = (y + end) / 2, start = scene->top[from->layer];

	if (from->is_box)
		start += scene->heights[link->from] +
			 scene->boxes[link->from].extra;
	else if (from->mate >= 0)
		start += SCENE_LOOP_INSET + TURN;
	strbuf_addf(out, "M%d %dV%d", x, start, y);
	if (x == link->port)
		strbuf_addf(out, "V%d", end);
	else
		strbuf_addf(out, "C%d %d %d %d %d %d", x, middle, link->port,
			    middle, link->port, end);
}

static void add_line(struct strbuf *out, const struct scene *scene,
		     const struct layout_link *link)
{
	int is_box = scene->layout.nodes[link->to].is_box;

	strbuf_addf(out, "<path class=\"line%s\" d=\"",
		    link->kind == LAYOUT_FALLBACK ? " dotted" : "");
	add_curve(out, scene, link);
	strbuf_addf(out, "\"%s/>\n", is_box ? " marker-end=\"url(#a)\"" : "");
}

/* Out of the box's right side and up, or, where the loop begins, into it. */
static void add_loop_end(struct strbuf *out, const struct scene *scene,
			 const struct layout_node *point, int is_start)
{
	const struct pipeline *pipeline = scene->draw->pipeline;
	size_t mate = is_start ? pipeline->steps[point->step].again.index
			       : point->step;
	const struct layout_node *box = &scene->layout.nodes[mate];
	int top = scene->top[box->layer], right = box->x + box->right;
	int bottom = top + scene->heights[mate] - SCENE_LOOP_INSET;

	strbuf_adds(out, "<path class=\"line again\" d=\"");
	if (is_start) {
		top += SCENE_LOOP_INSET;
		strbuf_addf(out, "M%d %dQ%d %d %d %dH%d\" marker-end=\"url(#b)",
			    point->x, top + TURN, point->x, top,
			    point->x - TURN, top, right + ARROW + 1);
	} else {
		if (pipeline->steps[mate].again.index == mate)
			top += SCENE_LOOP_INSET + TURN;
		strbuf_addf(out, "M%d %dH%dQ%d %d %d %dV%d", right, bottom,
			    point->x - TURN, point->x, bottom, point->x,
			    bottom - TURN, top);
	}
	strbuf_adds(out, "\"/>\n");
	if (is_start)
		return;
	strbuf_addf(out, "<text class=\"again\" x=\"%d\" y=\"%d\">",
		    point->x + 8, bottom + 4);
	label_again(out, scene->draw, point->step);
	strbuf_adds(out, "</text>\n");
}

static void add_loops(struct strbuf *out, const struct scene *scene)
{
	const struct layout *layout = &scene->layout;
	size_t i;

	for (i = 0; i < layout->links_n; i++) {
		if (layout->links[i].kind != LAYOUT_AGAIN)
			continue;
		strbuf_adds(out, "<path class=\"line again\" d=\"");
		add_curve(out, scene, &layout->links[i]);
		strbuf_adds(out, "\"/>\n");
	}
	for (i = 0; i < layout->nodes_n; i++) {
		const struct layout_node *point = &layout->nodes[i];
		const struct pipeline_step *step =
			&scene->draw->pipeline->steps[point->step];

		if (point->mate < 0)
			continue;
		if ((size_t)point->mate == point->step)
			add_loop_end(out, scene, point, 0);
		if ((size_t)point->mate == step->again.index)
			add_loop_end(out, scene, point, 1);
	}
}

static void add_rect(struct strbuf *out, const struct layout_node *node, int y,
		     int height, int radius)
{
	strbuf_addf(out,
		    "<rect class=\"box\" x=\"%d\" y=\"%d\" width=\"%d\" "
		    "height=\"%d\" rx=\"%d\"/>\n",
		    node->x - node->half, y, 2 * node->half, height, radius);
}

static void add_frame(struct strbuf *out, const struct scene *scene,
		      size_t step)
{
	const struct layout_node *node = &scene->layout.nodes[step];
	int y = scene->top[node->layer], height = scene->heights[step];
	struct layout_node inner = *node;

	switch (scene->draw->pipeline->steps[step].kind) {
	case PIPELINE_MAP:
		inner.x += SCENE_STACK;
		add_rect(out, &inner, y + SCENE_STACK, height, RADIUS);
		add_rect(out, node, y, height, RADIUS);
		return;
	case PIPELINE_GATE:
		inner.half -= 3;
		add_rect(out, node, y, height, RADIUS);
		add_rect(out, &inner, y + 3, height - 6, RADIUS - 3);
		return;
	case PIPELINE_TIMER:
		add_rect(out, node, y, height, 2 * RADIUS);
		return;
	case PIPELINE_CALL:
		add_rect(out, node, y, height, RADIUS);
	}
}

static void add_bar(struct strbuf *out, const struct scene *scene, size_t step)
{
	const struct layout_node *node = &scene->layout.nodes[step];
	const struct draw_status *status = &scene->draw->status[step];
	int width = 2 * (node->half - SCENE_PAD);
	int done = (int)(label_progress(status) * width);
	int y = scene->top[node->layer] + scene->heights[step] - 9;

	if (done == 0 || state_is_final(status->state))
		return;
	strbuf_addf(out,
		    "<rect class=\"track\" x=\"%d\" y=\"%d\" width=\"%d\" "
		    "height=\"3\" rx=\"1.5\"/>\n<rect class=\"bar\" x=\"%d\" "
		    "y=\"%d\" width=\"%d\" height=\"3\" rx=\"1.5\"/>\n",
		    node->x - node->half + SCENE_PAD, y, width,
		    node->x - node->half + SCENE_PAD, y, done);
}

/* The mark before a state is for terminals: here a dot has its colour. */
static const char *without_mark(const char *text)
{
	while (*text && (*text < 'a' || *text > 'z') &&
	       (*text < '0' || *text > '9'))
		text++;
	return text;
}

static void add_words(struct strbuf *out, const struct scene *scene,
		      size_t step)
{
	const struct layout_node *node = &scene->layout.nodes[step];
	const struct label *label = &scene->labels[step];
	int x = node->x - node->half + SCENE_PAD;
	int y = scene->top[node->layer] + 25;
	const char *kind = label_kind(scene->draw, step);
	size_t i, states = 0;

	if (kind)
		strbuf_addf(out,
			    "<text class=\"kind\" x=\"%d\" y=\"%d\" "
			    "text-anchor=\"end\">%s</text>\n",
			    node->x + node->half - SCENE_PAD, y, kind);
	for (i = 0; i < label->n; i++) {
		const char *text = strbuf_str(&label->lines[i].text);
		int is_state = label->lines[i].role == LABEL_STATE;

		y += i == 1 ? SCENE_ROW + 2 : i > 1 ? SCENE_ROW : 0;
		if (is_state && states++ == 0) {
			strbuf_addf(out,
				    "<circle class=\"dot\" cx=\"%d\" "
				    "cy=\"%d\" r=\"4\"/>\n",
				    x + 4, y - 4);
			text = without_mark(text);
		}
		strbuf_addf(out, "<text%s x=\"%d\" y=\"%d\">",
			    i ? "" : " class=\"name\"", x + (is_state ? 14 : 0),
			    y);
		add_xml(out, text);
		strbuf_adds(out, "</text>\n");
	}
}

static void add_step(struct strbuf *out, const struct scene *scene, size_t step)
{
	const struct draw_status *status = scene->draw->status;

	strbuf_addf(out, "<g class=\"step%s%s%s\">\n",
		    scene->draw->pipeline->steps[step].is_fallback ? " fallback"
								   : "",
		    status ? " " : "",
		    status ? state_name(status[step].state) : "");
	add_frame(out, scene, step);
	add_words(out, scene, step);
	if (status)
		add_bar(out, scene, step);
	strbuf_adds(out, "</g>\n");
}

void draw_svg(const struct draw *draw, struct strbuf *out)
{
	struct scene scene;
	size_t i;

	scene_make(&scene, draw);
	add_head(out, &scene);
	for (i = 0; i < scene.layout.links_n; i++)
		if (scene.layout.links[i].kind != LAYOUT_AGAIN)
			add_line(out, &scene, &scene.layout.links[i]);
	add_loops(out, &scene);
	for (i = 0; i < draw->pipeline->steps_n; i++)
		add_step(out, &scene, i);
	strbuf_adds(out, "</svg>\n");
	scene_release(&scene);
}
