/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "base/num.h"
#include "base/utf8.h"
#include "draw/draw.h"
#include "draw/label.h"
#include "plan/pipeline.h"

enum {
	EXPR_COLUMNS = 26, /* an expression is cut to so much */
};

static struct strbuf *add_line(struct label *label, enum label_role role)
{
	label->lines[label->n].role = role;
	return &label->lines[label->n++].text;
}

/* An expression on one line: blanks of any kind are one blank. */
static void add_expr(struct strbuf *out, const char *expr, int is_ascii)
{
	struct strbuf line = { 0 };
	size_t fit;

	for (; *expr; expr++)
		if (!strchr(" \t\r\n", *expr))
			strbuf_addc(&line, *expr);
		else if (line.len > 0 && line.buf[line.len - 1] != ' ')
			strbuf_addc(&line, ' ');
	while (line.len > 0 && line.buf[line.len - 1] == ' ')
		line.buf[--line.len] = '\0';
	fit = utf8_fit(strbuf_str(&line), EXPR_COLUMNS);
	if (fit < line.len)
		fit = utf8_fit(strbuf_str(&line), EXPR_COLUMNS - 3);
	strbuf_add_excerpt(out, strbuf_str(&line), fit, fit);
	if (fit < line.len)
		strbuf_adds(out, is_ascii ? "..." : "…");
	strbuf_release(&line);
}

/* "2d" for "2d0h": settings are round. */
static void add_duration(struct strbuf *out, int64_t ms)
{
	char dur[DUR_TEXT];
	size_t n;

	(void)dur_format(ms, dur);
	n = strcspn(dur, "dhms") + 1;
	if (dur[n - 1] && dur[n] && dur[n + strspn(dur + n, "0")] &&
	    !strpbrk(dur + n, "123456789."))
		dur[n] = '\0';
	strbuf_adds(out, dur);
}

static void add_wait(struct label *label, const struct pipeline_step *step,
		     int is_ascii)
{
	struct strbuf *line;

	if (step->wait_ms <= 0 && !step->until_text)
		return;
	line = add_line(label, LABEL_DETAIL);
	if (step->until_text) {
		strbuf_adds(line, "until ");
		add_expr(line, step->until_text, is_ascii);
		return;
	}
	strbuf_adds(line, "wait ");
	add_duration(line, step->wait_ms);
}

static void add_gate(struct label *label, const struct pipeline_step *step)
{
	struct strbuf *line = add_line(label, LABEL_DETAIL);
	const char *then = step->gate.on_deadline;

	strbuf_adds(line, "a person decides");
	if (step->gate.deadline_ms < 0)
		return;
	strbuf_adds(line, ", after ");
	add_duration(line, step->gate.deadline_ms);
	strbuf_addf(line, " %s", then ? then : "reject");
}

static void add_map(struct label *label, const struct pipeline_step *step,
		    int is_ascii)
{
	struct strbuf *line = add_line(label, LABEL_DETAIL);

	strbuf_adds(line, is_ascii ? "for each " : "× ");
	add_expr(line, step->each_text ? step->each_text : "item", is_ascii);
	if (step->min_done_text)
		strbuf_addf(line, ", at least %s", step->min_done_text);
}

static const char *state_mark(enum state state)
{
	switch (state) {
	case STATE_WAITING:
		return "· ";
	case STATE_QUEUED:
		return "○ ";
	case STATE_RUNNING:
		return "● ";
	case STATE_RETRYING:
		return "↻ ";
	case STATE_DONE:
		return "✔ ";
	case STATE_FAILED:
		return "✘ ";
	case STATE_SKIPPED:
		return "– ";
	case STATE_CANCELLED:
		return "⊘ ";
	case STATE_COUNT:
		break;
	}
	return "";
}

/* "● running 31s, 7/12 items, 2 tries, round 2" on two lines. */
static void add_status(struct label *label, const struct draw_status *status,
		       int is_ascii)
{
	struct strbuf *line = add_line(label, LABEL_STATE), more = { 0 };
	char dur[DUR_TEXT];

	strbuf_addf(line, "%s%s", is_ascii ? "" : state_mark(status->state),
		    state_name(status->state));
	if (status->took_ms > 0)
		strbuf_addf(line, " %s", dur_format(status->took_ms, dur));
	if (status->has_items)
		strbuf_addf(&more, "%" PRIu32 "/%" PRIu32 " items",
			    status->items_done, status->items);
	if (status->attempts > 1)
		strbuf_addf(&more, "%s%" PRIu32 " tries",
			    more.len > 0 ? ", " : "", status->attempts);
	if (status->round > 1)
		strbuf_addf(&more, "%sround %" PRIu32, more.len > 0 ? ", " : "",
			    status->round);
	if (more.len > 0)
		strbuf_adds(add_line(label, LABEL_STATE), strbuf_str(&more));
	strbuf_release(&more);
}

void label_make(struct label *label, const struct draw *draw, size_t index,
		int is_ascii)
{
	const struct pipeline_step *step = &draw->pipeline->steps[index];

	*label = (struct label){ 0 };
	strbuf_adds(add_line(label, LABEL_NAME), step->name);
	if (step->kind == PIPELINE_MAP)
		add_map(label, step, is_ascii);
	else if (step->kind == PIPELINE_GATE)
		add_gate(label, step);
	add_wait(label, step, is_ascii);
	if (step->is_fallback)
		strbuf_addf(add_line(label, LABEL_DETAIL), "if %s fails",
			    draw->pipeline->steps[step->fallback_of].name);
	if (step->when_text) {
		struct strbuf *line = add_line(label, LABEL_DETAIL);

		strbuf_adds(line, "when ");
		add_expr(line, step->when_text, is_ascii);
	}
	if (draw->status)
		add_status(label, &draw->status[index], is_ascii);
}

void label_release(struct label *label)
{
	size_t i;

	for (i = 0; i < label->n; i++)
		strbuf_release(&label->lines[i].text);
	label->n = 0;
}

void label_again(struct strbuf *out, const struct draw *draw, size_t step)
{
	strbuf_addf(out, "again, at most %" PRId64,
		    draw->pipeline->steps[step].again.at_most);
}

const char *label_title(const struct draw *draw)
{
	return draw->title ? draw->title : draw->pipeline->name;
}

const char *label_kind(const struct draw *draw, size_t step)
{
	enum pipeline_kind kind = draw->pipeline->steps[step].kind;

	return kind == PIPELINE_CALL ? NULL : pipeline_kind_name(kind);
}

double label_progress(const struct draw_status *status)
{
	if (status->state == STATE_DONE)
		return 1;
	if (status->has_items && status->items > 0)
		return (double)status->items_done / (double)status->items;
	return MAX(0, MIN(1, status->progress / 100));
}
