/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "cli/note.h"
#include "cli/show.h"
#include "cli/watch.h"

enum {
	BAR_MOST = 30,
	BAR_LEAST = 8,
};

static const struct view_row *find_row(const struct view_list *list,
				       uint64_t id)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->rows[i].id == id)
			return &list->rows[i];
	return NULL;
}

/* What an event is about, read behind the event; NULL: it is gone. */
static const struct view_row *row_of(const struct watch *watch,
				     const struct view_event *event)
{
	const struct view_row *row = find_row(&watch->list, event->row_id);

	return row ? row : find_row(&watch->items, event->row_id);
}

/* Without what it is about: "image[5]: 429", "check sends the run back". */
static const char *reason(const struct view_row *row, const char *message)
{
	const char *text = row->step ? row->step : row->pipeline;
	struct strbuf name = { 0 };
	size_t len;
	int is_named;

	strbuf_adds(&name, text);
	if (row->kind == VIEW_ITEM)
		strbuf_addf(&name, "[%" PRIu32 "]", row->item);
	len = name.len;
	is_named = message && strncmp(message, strbuf_str(&name), len) == 0 &&
		   strchr(": ", message[len]);
	strbuf_release(&name);
	if (!message)
		return "";
	if (!is_named)
		return message;
	message += len;
	if (*message == ':')
		message++;
	return message + strspn(message, " ");
}

/* What the row knows besides, as long as it is still as the event says. */
static void add_state(struct strbuf *text, const struct view_row *row,
		      const struct view_event *event, int64_t now_ms)
{
	int is_current = strcmp(event->state, state_name(row->state)) == 0;
	const char *why = reason(row, event->message);
	char took[DUR_TEXT], cost[SHOW_COST], age[OUT_AGE];

	strbuf_adds(text, event->state);
	if (is_current && row->state == STATE_DONE)
		strbuf_addf(text, " in %s", show_took(row, now_ms, took));
	if (is_current && row->state == STATE_DONE &&
	    *show_cost(row->cost, cost))
		strbuf_addf(text, ", cost %s", cost);
	if (*why) {
		strbuf_adds(text, ": ");
		show_line(text, why);
	}
	if (is_current && row->state == STATE_SKIPPED && row->message &&
	    !*why) {
		strbuf_adds(text, ": ");
		show_line(text, row->message);
	}
	if (is_current && view_is_parked(row) && row->due_ms) {
		strbuf_adds(text, " until ");
		show_until(text, row->due_ms, now_ms);
	}
	if (is_current && row->state == STATE_RETRYING && row->due_ms > now_ms)
		strbuf_addf(text, ", next try %s",
			    out_age(now_ms - row->due_ms, age));
}

/* "01:31:04 image      done in 1.9s" */
static void add_event(struct strbuf *text, const struct watch *watch,
		      const struct view_event *event, int64_t now_ms)
{
	const struct view_row *row = row_of(watch, event);
	struct strbuf name = { 0 };
	char time[SHOW_TIME];

	if (row && row->step)
		show_name(&name, row);
	else
		strbuf_addf(&name, "run %" PRIu64, watch->list.rows[0].id);
	strbuf_addf(text, "%s %-12s ",
		    show_time(event->created_ms, now_ms, time),
		    strbuf_str(&name));
	strbuf_release(&name);
	if (event->state && row)
		add_state(text, row, event, now_ms);
	else
		show_line(text,
			  row ? reason(row, event->message) : event->message);
}

static int is_open_gate(const struct view_row *row)
{
	return row->kind == VIEW_GATE && view_is_parked(row);
}

/*
 * A map has many items: that one begins is seen in the map's own count. A
 * gate that waits is told with what to type.
 */
static int is_noise(const struct watch *watch, const struct view_event *event)
{
	const struct view_row *row = row_of(watch, event);

	if (!row || !event->state)
		return 0;
	if (strcmp(event->state, state_name(STATE_WAITING)) == 0)
		return is_open_gate(row);
	return row->kind == VIEW_ITEM &&
	       strcmp(event->state, state_name(STATE_RUNNING)) == 0;
}

static enum out_style event_style(const struct view_event *event)
{
	enum out_style style =
		event->state ? out_status_style(event->state) : OUT_DIM;

	return style == OUT_RED || style == OUT_YELLOW ? style : OUT_DIM;
}

static void keep_line(struct watch *watch, const char *text,
		      enum out_style style)
{
	if (watch->log_n == WATCH_LOG) {
		free(watch->log[0].text);
		memmove(watch->log, watch->log + 1,
			(WATCH_LOG - 1) * sizeof(*watch->log));
		watch->log_n--;
	}
	watch->log[watch->log_n++] =
		(struct watch_line){ .text = xstrdup(text), .style = style };
}

static jv json_event(const struct watch *watch, const struct view_event *event)
{
	const struct view_row *run = &watch->list.rows[0];
	const struct view_row *row = row_of(watch, event);
	int is_item = row && row->kind == VIEW_ITEM;
	jv v = jv_object();

	v = show_json_set(v, "event", show_json_id(event->id));
	v = show_json_set(v, "run", show_json_id(run->id));
	v = show_json_set(v, "episode",
			  show_json_episode(run->has_episode, run->episode_id));
	v = show_json_set(v, "step", show_json_text(row ? row->step : NULL));
	v = show_json_set(v, "item",
			  is_item ? jv_number(row->item) : jv_null());
	v = show_json_set(v, "round",
			  row && row->step ? jv_number(row->round) : jv_null());
	v = show_json_set(v, "kind", show_json_text(event->kind));
	v = show_json_set(v, "state", show_json_text(event->state));
	v = show_json_set(v, "progress",
			  event->has_progress ? jv_number(event->progress)
					      : jv_null());
	v = show_json_set(v, "message", show_json_text(event->message));
	return show_json_set(v, "at", show_json_time(event->created_ms));
}

void watch_event(struct watch *watch, const struct view_event *event,
		 int64_t now_ms)
{
	struct strbuf text = { 0 };

	if (watch->mode == WATCH_JSON) {
		out_json(watch->out, json_event(watch, event));
		return;
	}
	if (strcmp(event->kind, "progress") == 0 || is_noise(watch, event))
		return;
	add_event(&text, watch, event, now_ms);
	if (watch->mode == WATCH_BLOCK)
		keep_line(watch, strbuf_str(&text), event_style(event));
	else
		out_line(watch->out, "%s", strbuf_str(&text));
	strbuf_release(&text);
}

void watch_notice(struct watch *watch, const char *text)
{
	if (watch->mode != WATCH_BLOCK) {
		if (text)
			show_note("%s", text);
		return;
	}
	free(watch->notice);
	watch->notice = xstrdup(text);
}

static int is_told(const struct watch *watch, uint64_t id)
{
	size_t i;

	for (i = 0; i < watch->told_n; i++)
		if (watch->told[i] == id)
			return 1;
	return 0;
}

static void add_gate(struct strbuf *text, const struct view_list *list,
		     const struct view_row *gate)
{
	show_name(text, gate);
	strbuf_addc(text, ' ');
	note_add_gate(text, gate, list->now_ms);
	strbuf_addf(text, ": stepq approve %" PRIu64 " ", list->rows[0].id);
	show_line(text, gate->step);
}

/* As lines each gate is told once; the block shows it while it waits. */
void watch_gates(struct watch *watch)
{
	struct strbuf text = { 0 };
	size_t i;

	for (i = 1; watch->mode == WATCH_LINES && i < watch->list.n; i++) {
		const struct view_row *row = &watch->list.rows[i];

		if (!is_open_gate(row) || is_told(watch, row->id))
			continue;
		watch->told = xreallocarray(watch->told, watch->told_n + 1,
					    sizeof(*watch->told));
		watch->told[watch->told_n++] = row->id;
		strbuf_clear(&text);
		add_gate(&text, &watch->list, row);
		out_line(watch->out, "%s", strbuf_str(&text));
	}
	strbuf_release(&text);
}

void watch_run(struct watch *watch, struct view_list *list_taken)
{
	view_list_release(&watch->list);
	watch->list = *list_taken;
	*list_taken = (struct view_list){ 0 };
}

static void draw_gates(struct block *block, const struct view_list *list)
{
	struct strbuf text = { 0 };
	size_t i;

	for (i = 1; i < list->n && block_lines_left(block) > 1; i++) {
		if (!is_open_gate(&list->rows[i]))
			continue;
		strbuf_clear(&text);
		add_gate(&text, list, &list->rows[i]);
		block_addf(block, OUT_YELLOW, "  %s", strbuf_str(&text));
		block_end_line(block);
	}
	strbuf_release(&text);
}

static void draw_bar(struct block *block, double progress)
{
	size_t room = block_room(block), width, full, i;
	struct strbuf bar = { 0 };

	/* Behind it come "  46 %   1h12m". */
	width = room > 18 ? MIN(room - 18, BAR_MOST) : 0;
	if (width < BAR_LEAST)
		return;
	full = (size_t)(progress / 100 * (double)width);
	for (i = 0; i < width; i++)
		strbuf_adds(&bar, i < full ? "█" : "░");
	block_addf(block, OUT_PLAIN, "%s  ", strbuf_str(&bar));
	strbuf_release(&bar);
}

static void draw_head(struct block *block, const struct view_list *list)
{
	const struct view_row *run = &list->rows[0];
	struct strbuf text = { 0 };
	char took[DUR_TEXT];
	size_t i, finished = 0;

	/* What failed in a run that goes on is behind it too. */
	for (i = 1; i < list->n; i++)
		finished += state_is_final(list->rows[i].state) &&
			    (list->rows[i].state != STATE_FAILED ||
			     run->state != STATE_FAILED);
	show_title(&text, run);
	block_addf(block, OUT_PLAIN, "%s     ", strbuf_str(&text));
	strbuf_clear(&text);
	block_addf(block, OUT_PLAIN, "%zu of %zu steps   ", finished,
		   list->n - 1);
	if (state_is_final(run->state)) {
		show_state(NULL, &text, run, list->now_ms);
		block_add(block, out_status_style(state_name(run->state)),
			  strbuf_str(&text));
	} else {
		draw_bar(block, run->progress);
		block_addf(block, OUT_PLAIN, "%.0f %%   %s", run->progress,
			   show_took(run, list->now_ms, took));
	}
	block_end_line(block);
	strbuf_release(&text);
}

static const char *state_sign(enum state state)
{
	switch (state) {
	case STATE_DONE:
		return "✔";
	case STATE_RUNNING:
		return "●";
	case STATE_RETRYING:
		return "↻";
	case STATE_FAILED:
		return "✘";
	case STATE_QUEUED:
		return "○";
	case STATE_SKIPPED:
	case STATE_CANCELLED:
		return "–";
	case STATE_WAITING:
	case STATE_COUNT:
		break;
	}
	return "·";
}

static void draw_step(struct block *block, const struct view_row *step,
		      int64_t now_ms)
{
	const char *status = state_name(step->state);
	struct strbuf name = { 0 }, more = { 0 };
	char took[DUR_TEXT];
	size_t width;

	show_name(&name, step);
	if (step->has_items && step->state == STATE_RUNNING)
		strbuf_addf(&more, " %" PRIu32 "/%" PRIu32,
			    view_items_over(step), step->items);
	if (view_is_parked(step) && step->due_ms > now_ms)
		strbuf_addf(&more, " %s left",
			    dur_format(step->due_ms - now_ms, took));
	else if (step->state == STATE_RETRYING && step->due_ms > now_ms)
		strbuf_addf(&more, " in %s",
			    dur_format(step->due_ms - now_ms, took));
	else if (*show_took(step, now_ms, took))
		strbuf_addf(&more, " %s", took);
	width = utf8_width(strbuf_str(&name)) + 2 + more.len;
	if (block->width > 0 && block_room(block) < width + 3)
		block_end_line(block);
	block_addf(block, OUT_PLAIN, "%s%s ", block->width ? "   " : "  ",
		   strbuf_str(&name));
	block_add(block,
		  step->state == STATE_WAITING ? OUT_DIM
					       : out_status_style(status),
		  state_sign(step->state));
	block_add(block, OUT_DIM, strbuf_str(&more));
	strbuf_release(&name);
	strbuf_release(&more);
}

static void draw_steps(struct block *block, const struct view_list *list)
{
	size_t i;

	for (i = 1; i < list->n && block_lines_left(block) > 1; i++)
		draw_step(block, &list->rows[i], list->now_ms);
	if (block->width > 0)
		block_end_line(block);
}

static void draw_log(struct watch *watch)
{
	struct block *block = &watch->block;
	size_t room = block_lines_left(block) - (watch->notice != NULL);
	size_t i = watch->log_n - MIN(watch->log_n, room);

	for (; i < watch->log_n; i++) {
		block_add(block, OUT_PLAIN, "  ");
		block_add(block, watch->log[i].style, watch->log[i].text);
		block_end_line(block);
	}
}

void watch_draw(struct watch *watch)
{
	struct block *block = &watch->block;

	if (watch->mode != WATCH_BLOCK)
		return;
	block->out = watch->out;
	block_begin(block);
	if (watch->list.n > 0) {
		draw_head(block, &watch->list);
		draw_steps(block, &watch->list);
		draw_gates(block, &watch->list);
		draw_log(watch);
	}
	if (watch->notice) {
		block_addf(block, OUT_DIM, "  %s", watch->notice);
		block_end_line(block);
	}
	block_draw(block);
}

void watch_end(struct watch *watch)
{
	const struct view_row *run = &watch->list.rows[0];

	out_json(watch->out, show_json_run(run, watch->list.now_ms));
	if (run->state == STATE_FAILED)
		out_line(watch->out,
			 "Why, and how to try again: stepq status %" PRIu64,
			 run->id);
}

void watch_release(struct watch *watch)
{
	size_t i;

	for (i = 0; i < watch->log_n; i++)
		free(watch->log[i].text);
	free(watch->notice);
	free(watch->told);
	block_release(&watch->block);
	view_list_release(&watch->items);
	view_list_release(&watch->list);
}
