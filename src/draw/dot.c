/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <string.h>

#include "base/strbuf.h"
#include "draw/draw.h"
#include "draw/label.h"
#include "draw/layout.h"
#include "plan/pipeline.h"

static void add_text(struct strbuf *out, const char *text)
{
	struct strbuf clean = { 0 };
	const char *p;

	strbuf_add_excerpt(&clean, text, strlen(text), strlen(text));
	for (p = strbuf_str(&clean); *p; p++) {
		if (*p == '"' || *p == '\\')
			strbuf_addc(out, '\\');
		strbuf_addc(out, *p);
	}
	strbuf_release(&clean);
}

static const char *kind_style(enum pipeline_kind kind)
{
	switch (kind) {
	case PIPELINE_MAP:
		return ", shape=box3d";
	case PIPELINE_GATE:
		return ", peripheries=2";
	case PIPELINE_TIMER:
		return ", shape=oval";
	case PIPELINE_CALL:
		break;
	}
	return "";
}

static const char *state_style(enum state state)
{
	switch (state) {
	case STATE_DONE:
		return ", color=\"#3fa35c\", fillcolor=\"#effaf2\"";
	case STATE_RUNNING:
		return ", color=\"#3b7ddd\", fillcolor=\"#eef5ff\"";
	case STATE_RETRYING:
		return ", color=\"#d99a1c\", fillcolor=\"#fff8e8\"";
	case STATE_FAILED:
		return ", color=\"#d64545\", fillcolor=\"#fff0ef\"";
	case STATE_SKIPPED:
	case STATE_CANCELLED:
		return ", color=\"#c3ccd8\", fontcolor=\"#7a8698\"";
	case STATE_WAITING:
	case STATE_QUEUED:
	case STATE_COUNT:
		break;
	}
	return "";
}

static void add_step(struct strbuf *out, const struct draw *draw, size_t step)
{
	struct label label;
	size_t i;

	label_make(&label, draw, step, 0);
	strbuf_addf(out, "\ts%zu [label=\"", step);
	for (i = 0; i < label.n; i++) {
		strbuf_adds(out, i ? "\\n" : "");
		add_text(out, strbuf_str(&label.lines[i].text));
	}
	strbuf_addf(out, "\"%s%s%s];\n",
		    kind_style(draw->pipeline->steps[step].kind),
		    draw->status ? state_style(draw->status[step].state) : "",
		    draw->pipeline->steps[step].is_fallback
			    ? ", style=\"rounded,filled,dashed\""
			    : "");
	label_release(&label);
}

static void add_lines(struct strbuf *out, const struct draw *draw, size_t index)
{
	const struct pipeline_step *step = &draw->pipeline->steps[index];
	size_t i;

	for (i = 0; i < step->needs_n; i++)
		strbuf_addf(out, "\ts%zu -> s%zu%s;\n", step->needs[i], index,
			    layout_kind_of(draw->pipeline, step->needs[i],
					   index) == LAYOUT_FALLBACK
				    ? " [style=dotted]"
				    : "");
	if (!step->again.to)
		return;
	strbuf_addf(out,
		    "\ts%zu -> s%zu [constraint=false, color=\"#8b6fd0\", "
		    "fontcolor=\"#7558bd\", label=\"",
		    index, step->again.index);
	label_again(out, draw, index);
	strbuf_adds(out, "\"];\n");
}

void draw_dot(const struct draw *draw, struct strbuf *out)
{
	size_t i;

	strbuf_adds(out, "digraph pipeline {\n\tlabel=\"");
	add_text(out, label_title(draw));
	if (draw->subtitle) {
		strbuf_adds(out, "\\n");
		add_text(out, draw->subtitle);
	}
	strbuf_adds(out,
		    "\";\n\tlabelloc=t;\n\tfontname=\"sans-serif\";\n"
		    "\tnode [shape=box, style=\"rounded,filled\", "
		    "fillcolor=\"#f7f9fb\", color=\"#c3ccd8\", "
		    "fontname=\"sans-serif\", fontsize=11];\n"
		    "\tedge [color=\"#97a3b4\", fontname=\"sans-serif\", "
		    "fontsize=10];\n");
	for (i = 0; i < draw->pipeline->steps_n; i++)
		add_step(out, draw, i);
	for (i = 0; i < draw->pipeline->steps_n; i++)
		add_lines(out, draw, i);
	strbuf_adds(out, "}\n");
}
