/* SPDX-License-Identifier: MIT */

/*
 * What is too wide for boxes, as lines: in the order in which steps can run,
 * further in the later they can, with the names of what each waits for.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "draw/draw.h"
#include "draw/label.h"
#include "draw/layout.h"
#include "draw/list.h"
#include "plan/pipeline.h"

enum {
	INDENT = 2,
	INDENT_MOST = 24,
};

static void add_needs(struct strbuf *line, const struct draw *draw,
		      size_t index, int is_ascii)
{
	const struct pipeline *pipeline = draw->pipeline;
	const struct pipeline_step *step = &pipeline->steps[index];
	size_t i;

	for (i = 0; i < step->needs_n; i++) {
		size_t need = step->needs[i];
		int is_dotted = step->is_fallback && step->fallback_of == need;

		strbuf_adds(line, i > 0 ? ", " : is_ascii ? "  <- " : "  ← ");
		strbuf_addf(line, "%s%s", pipeline->steps[need].name,
			    is_dotted ? " if it fails" : "");
	}
	if (step->again.to) {
		strbuf_addf(line, "%s%s ", step->needs_n > 0 ? ", " : "  ",
			    step->again.to);
		label_again(line, draw, index);
	}
}

/* Cut to what is left of the terminal's width. */
static void add_fitting(struct strbuf *out, const char *text, size_t columns,
			int is_ascii)
{
	const char *dots = is_ascii ? "..." : "…";
	size_t fit = strlen(text);

	if (utf8_width(text) > columns)
		fit = utf8_fit(text, columns - MIN(columns, utf8_width(dots)));

	strbuf_add(out, text, fit);
	if (text[fit] && columns > 0)
		strbuf_adds(out, dots);
}

static void write_step(const struct draw *draw,
		       const struct draw_terminal *terminal,
		       const struct layout_node *node, struct strbuf *out)
{
	size_t columns = terminal->columns ? terminal->columns : SIZE_MAX;
	struct strbuf line = { 0 }, status = { 0 }, detail = { 0 };
	struct label label;
	size_t i, width;

	label_make(&label, draw, node->step, terminal->is_ascii);
	strbuf_addf(&line, "%*s%s", (int)MIN(node->layer * INDENT, INDENT_MOST),
		    "", draw->pipeline->steps[node->step].name);
	for (i = 1; i < label.n; i++)
		if (label.lines[i].role == LABEL_STATE)
			strbuf_addf(&status, "%s%s",
				    status.len > 0 ? ", " : "  ",
				    strbuf_str(&label.lines[i].text));
		else
			strbuf_addf(&detail, "  %s",
				    strbuf_str(&label.lines[i].text));
	width = utf8_width(strbuf_str(&line));
	add_fitting(out, strbuf_str(&line), columns, terminal->is_ascii);
	columns -= MIN(columns, width);
	width = utf8_width(strbuf_str(&status));
	if (width > 0 && width <= columns) {
		if (terminal->paint)
			terminal->paint(terminal->user, out,
					draw->status[node->step].state,
					strbuf_str(&status));
		else
			strbuf_adds(out, strbuf_str(&status));
		columns -= width;
	}
	strbuf_clear(&line);
	add_needs(&line, draw, node->step, terminal->is_ascii);
	strbuf_adds(&line, strbuf_str(&detail));
	add_fitting(out, strbuf_str(&line), columns, terminal->is_ascii);
	strbuf_addc(out, '\n');
	label_release(&label);
	strbuf_release(&line);
	strbuf_release(&status);
	strbuf_release(&detail);
}

void list_write(const struct draw *draw, const struct draw_terminal *terminal,
		struct strbuf *out)
{
	size_t n = draw->pipeline->steps_n, i;
	struct layout_box *boxes = xcalloc(n + 1, sizeof(*boxes));
	struct layout layout;

	layout_build(&layout, draw->pipeline,
		     &(struct layout_space){ .boxes = boxes, .port = 2 });
	for (i = 0; i < layout.nodes_n; i++)
		if (layout.nodes[layout.order[i]].is_box)
			write_step(draw, terminal,
				   &layout.nodes[layout.order[i]], out);
	layout_release(&layout);
	free(boxes);
}
