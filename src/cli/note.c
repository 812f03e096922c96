/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>

#include "base/strbuf.h"
#include "cli/note.h"
#include "cli/out.h"
#include "cli/show.h"
#include "store/rundown.h"

static void add_part(struct strbuf *note, const char *text)
{
	if (!text)
		return;
	strbuf_adds(note, note->len ? ", " : "");
	show_line(note, text);
}

void note_add_items(struct strbuf *note, const struct view_row *map)
{
	uint32_t failed = map->items_in[STATE_FAILED];
	uint32_t done = map->items_in[STATE_DONE];

	if (!map->has_items)
		return;
	if (map->state == STATE_DONE && failed == 0)
		strbuf_addf(note, "%" PRIu32 " item%s", map->items,
			    map->items == 1 ? "" : "s");
	else
		strbuf_addf(note, "%" PRIu32 " of %" PRIu32 " items", done,
			    map->items);
	if (failed == 0)
		return;
	if (failed > 1)
		strbuf_addf(note, ", %" PRIu32 " failed, the first", failed);
	strbuf_addf(note, "%s item %" PRIu32 "%s: ", failed > 1 ? "" : ",",
		    map->failed_item, failed > 1 ? "" : " failed");
	show_line(note, map->failed_error);
}

void note_add_gate(struct strbuf *note, const struct view_row *gate,
		   int64_t now_ms)
{
	strbuf_adds(note, "waits for approval");
	if (gate->due_ms) {
		strbuf_adds(note, " until ");
		show_until(note, gate->due_ms, now_ms);
	}
}

static void add_waiting(struct strbuf *note, const struct rundown *rundown,
			const struct view_row *step)
{
	const struct view_row *need;
	const char *before = "waits for ";
	int64_t now_ms = rundown->list.now_ms;
	size_t at = 0;

	if (view_is_parked(step) && step->kind == VIEW_GATE) {
		note_add_gate(note, step, now_ms);
		return;
	}
	if (view_is_parked(step)) {
		strbuf_adds(note, "waits until ");
		show_until(note, step->due_ms, now_ms);
		return;
	}
	while ((need = rundown_next_need(rundown, step, &at))) {
		strbuf_adds(note, before);
		show_name(note, need);
		if (need->state == STATE_FAILED)
			strbuf_adds(note, ", which failed");
		before = ", ";
	}
	if (note->len == 0)
		strbuf_addf(note, "waits for %" PRIu32 " step%s",
			    step->waiting_on, step->waiting_on == 1 ? "" : "s");
}

static void add_retry(struct strbuf *note, const struct view_row *step,
		      int64_t now_ms)
{
	char age[OUT_AGE];

	if (step->due_ms > now_ms)
		strbuf_addf(note, "next try %s: ",
			    out_age(now_ms - step->due_ms, age));
	else
		strbuf_adds(note, "next try is due: ");
	show_line(note, step->error);
}

static void add_running(struct strbuf *note, const struct view_row *step)
{
	note_add_items(note, step);
	add_part(note, step->message);
	if (note->len == 0 && step->worker) {
		strbuf_adds(note, "on ");
		show_line(note, step->worker);
	}
}

static void add_finished(struct strbuf *note, const struct view_row *step)
{
	note_add_items(note, step);
	add_part(note, step->verdict);
	if (step->origin_run)
		strbuf_addf(note, "%sfrom run %" PRIu64, note->len ? ", " : "",
			    step->origin_run);
	else if (step->origin_id)
		add_part(note, "from an earlier run");
	add_part(note, step->message);
}

static void add_skipped(struct strbuf *note, const struct view_row *step)
{
	add_part(note, step->message);
	if (step->error) {
		add_part(note, "failed: ");
		show_line(note, step->error);
	}
}

static void add_failed(struct strbuf *note, const struct rundown *rundown,
		       const struct view_row *step)
{
	const char *fallback = rundown_fallback(rundown, step);

	if (rundown_is_tolerated(rundown, step) && fallback)
		strbuf_addf(note, "%s takes over: ", fallback);
	else if (rundown_is_tolerated(rundown, step))
		strbuf_adds(note, "the run goes on: ");
	show_line(note, step->error);
}

void note_add(struct strbuf *note, const struct rundown *rundown,
	      const struct view_row *step)
{
	switch (step->state) {
	case STATE_WAITING:
		if (step->kind == VIEW_ITEM)
			strbuf_adds(note, "waits for a place");
		else
			add_waiting(note, rundown, step);
		return;
	case STATE_RETRYING:
		add_retry(note, step, rundown->list.now_ms);
		return;
	case STATE_QUEUED:
		strbuf_adds(note, "waits for a worker");
		return;
	case STATE_FAILED:
		add_failed(note, rundown, step);
		return;
	case STATE_RUNNING:
		add_running(note, step);
		return;
	case STATE_SKIPPED:
		add_skipped(note, step);
		return;
	case STATE_DONE:
	case STATE_CANCELLED:
	case STATE_COUNT:
		break;
	}
	add_finished(note, step);
}
