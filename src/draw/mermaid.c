/* SPDX-License-Identifier: MIT */

/*
 * Mermaid's grammar has words and signs that mean something even in a quoted
 * label, more of them with each version. What is neither letter nor digit nor
 * one of a few harmless signs goes out as "#40;", which all versions read.
 */

#include <config.h>

#include <string.h>

#include "base/strbuf.h"
#include "draw/draw.h"
#include "draw/label.h"
#include "draw/layout.h"
#include "plan/pipeline.h"

static int is_harmless(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c >= 0x80 || strchr(" ,/", c) != NULL;
}

static void add_text(struct strbuf *out, const char *text)
{
	struct strbuf clean = { 0 };
	const char *p;

	strbuf_add_excerpt(&clean, text, strlen(text), strlen(text));
	for (p = strbuf_str(&clean); *p; p++)
		if (is_harmless((unsigned char)*p))
			strbuf_addc(out, *p);
		else
			strbuf_addf(out, "#%d;", *p);
	strbuf_release(&clean);
}

static void add_step(struct strbuf *out, const struct draw *draw, size_t step)
{
	static const struct {
		const char *left;
		const char *right;
	} frames[] = {
		[PIPELINE_CALL] = { "[\"", "\"]" },
		[PIPELINE_MAP] = { "[[\"", "\"]]" },
		[PIPELINE_GATE] = { "{{\"", "\"}}" },
		[PIPELINE_TIMER] = { "([\"", "\"])" },
	};
	enum pipeline_kind kind = draw->pipeline->steps[step].kind;
	struct label label;
	size_t i;

	label_make(&label, draw, step, 0);
	strbuf_addf(out, "    s%zu%s", step, frames[kind].left);
	for (i = 0; i < label.n; i++) {
		strbuf_adds(out, i ? "<br>" : "");
		add_text(out, strbuf_str(&label.lines[i].text));
	}
	strbuf_addf(out, "%s%s%s\n", frames[kind].right,
		    draw->status ? ":::" : "",
		    draw->status ? state_name(draw->status[step].state) : "");
	label_release(&label);
}

static void add_lines(struct strbuf *out, const struct draw *draw, size_t index)
{
	const struct pipeline_step *step = &draw->pipeline->steps[index];
	size_t i;

	for (i = 0; i < step->needs_n; i++)
		strbuf_addf(out, "    s%zu %s s%zu\n", step->needs[i],
			    layout_kind_of(draw->pipeline, step->needs[i],
					   index) == LAYOUT_FALLBACK
				    ? "-.->"
				    : "-->",
			    index);
	if (!step->again.to)
		return;
	strbuf_addf(out, "    s%zu -->|\"", index);
	label_again(out, draw, index);
	strbuf_addf(out, "\"| s%zu\n", step->again.index);
}

static void add_colours(struct strbuf *out)
{
	strbuf_adds(out,
		    "    classDef done fill:#effaf2,stroke:#3fa35c,"
		    "color:#1b2430\n"
		    "    classDef running fill:#eef5ff,stroke:#3b7ddd,"
		    "stroke-width:2px,color:#1b2430\n"
		    "    classDef retrying fill:#fff8e8,stroke:#d99a1c,"
		    "color:#1b2430\n"
		    "    classDef failed fill:#fff0ef,stroke:#d64545,"
		    "color:#1b2430\n"
		    "    classDef waiting fill:#f7f9fb,stroke:#c3ccd8,"
		    "color:#5b6675\n"
		    "    classDef queued fill:#f7f9fb,stroke:#c3ccd8,"
		    "color:#5b6675\n"
		    "    classDef skipped fill:#f7f9fb,stroke:#c3ccd8,"
		    "color:#7a8698,stroke-dasharray:4 4\n"
		    "    classDef cancelled fill:#f7f9fb,stroke:#c3ccd8,"
		    "color:#7a8698,stroke-dasharray:4 4\n");
}

void draw_mermaid(const struct draw *draw, struct strbuf *out)
{
	size_t i;

	strbuf_adds(out, "flowchart TD\n");
	for (i = 0; i < draw->pipeline->steps_n; i++)
		add_step(out, draw, i);
	for (i = 0; i < draw->pipeline->steps_n; i++)
		add_lines(out, draw, i);
	if (draw->status)
		add_colours(out);
}
