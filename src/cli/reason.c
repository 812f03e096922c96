/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "cli/note.h"
#include "cli/reason.h"
#include "cli/show.h"
#include "store/why.h"

enum {
	ERROR_SHOWN = 200 /* bytes; stepq status has all of it */
};

static void add_error(struct strbuf *sb, const char *error)
{
	if (!error)
		return;
	strbuf_adds(sb, ": ");
	strbuf_add_excerpt(sb, error, strlen(error), ERROR_SHOWN);
}

static void add_needs(struct strbuf *sb, const struct rundown *rundown,
		      const struct view_row *row)
{
	const struct view_row *need;
	const char *before = "waits for ";
	size_t at = 0;

	while ((need = rundown_next_need(rundown, row, &at))) {
		strbuf_adds(sb, before);
		before = ", ";
		show_name(sb, need);
		if (state_is_final(need->state))
			strbuf_addf(sb, ", which %s",
				    need->state == STATE_FAILED
					    ? "failed"
					    : "was cancelled");
		else if (need->has_items)
			strbuf_addf(sb, " (%" PRIu32 " of %" PRIu32 " items)",
				    view_items_over(need), need->items);
		else if (need->state != STATE_WAITING)
			strbuf_addf(sb, " (%s)", state_name(need->state));
	}
	if (at == 0)
		strbuf_addf(sb, "waits for %" PRIu32 " step%s", row->waiting_on,
			    row->waiting_on == 1 ? "" : "s");
}

static void add_items(struct strbuf *sb, const struct view_row *map)
{
	static const struct {
		enum state state;
		const char *what;
	} counts[] = { { STATE_RUNNING, "running" },
		       { STATE_RETRYING, "retrying" },
		       { STATE_QUEUED, "queued" },
		       { STATE_WAITING, "waiting for a place" } };
	uint32_t failed = map->items_in[STATE_FAILED];
	size_t i;

	strbuf_addf(sb, "%" PRIu32 " of %" PRIu32 " items done",
		    map->items_in[STATE_DONE], map->items);
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		if (map->items_in[counts[i].state])
			strbuf_addf(sb, ", %" PRIu32 " %s",
				    map->items_in[counts[i].state],
				    counts[i].what);
	if (failed > 0) {
		strbuf_addf(sb, ", %" PRIu32 " failed (item %" PRIu32, failed,
			    map->failed_item);
		add_error(sb, map->failed_error);
		strbuf_addc(sb, ')');
	}
}

static void add_paused(struct strbuf *sb, const struct why *why, int64_t now_ms)
{
	char took[DUR_TEXT];

	strbuf_adds(sb, "queue ");
	show_line(sb, why->queue);
	strbuf_addf(sb, " is paused for %s, see paused_at in table queues",
		    dur_format(now_ms - why->paused_ms, took));
}

static void add_no_worker(struct strbuf *sb, const struct why *why)
{
	strbuf_adds(sb, "no worker takes queue ");
	show_line(sb, why->queue);
	strbuf_adds(sb, ": stepq work --queue=");
	show_line(sb, why->queue);
}

/* What will hold it up when its time has come. */
static void add_later(struct strbuf *sb, const struct why *why, int64_t now_ms)
{
	if (why->paused_ms) {
		strbuf_adds(sb, "; and ");
		add_paused(sb, why, now_ms);
	} else if (why->workers == 0) {
		strbuf_adds(sb, "; and ");
		add_no_worker(sb, why);
	}
}

static void add_turn(struct strbuf *sb, const struct why *why, int64_t now_ms)
{
	char took[DUR_TEXT];

	strbuf_addf(sb, "due for %s: ", dur_format(now_ms - why->due_ms, took));
	if (why->ahead > 0)
		strbuf_addf(sb, "%" PRIu64 "%s job%s before it", why->ahead,
			    why->ahead >= LIMIT_LIST ? " or more" : "",
			    why->ahead == 1 ? "" : "s");
	else
		strbuf_adds(sb, "the next");
	strbuf_adds(sb, " in queue ");
	show_line(sb, why->queue);
	strbuf_addf(sb, ", taken by %" PRIu32 " worker%s", why->workers,
		    why->workers == 1 ? "" : "s");
}

static void add_holder(struct strbuf *sb, const struct why *why)
{
	show_line(sb, why->worker ? why->worker : "a worker");
	if (why->host) {
		strbuf_adds(sb, " (host ");
		show_line(sb, why->host);
		strbuf_addc(sb, ')');
	}
}

static void add_held(struct strbuf *sb, const struct why *why, int64_t now_ms)
{
	char took[DUR_TEXT];

	strbuf_adds(sb, "runs on ");
	add_holder(sb, why);
	strbuf_addf(sb, " for %s, lease until ",
		    dur_format(now_ms - why->claimed_ms, took));
	show_until(sb, why->due_ms, now_ms);
}

static void add_abandoned(struct strbuf *sb, const struct why *why,
			  int64_t now_ms)
{
	char took[DUR_TEXT];

	if (why->silent_ms >= 0) {
		add_holder(sb, why);
		strbuf_addf(sb, " is silent for %s",
			    dur_format(why->silent_ms, took));
	} else {
		strbuf_adds(sb, "its worker is gone");
	}
	if (why->lost > 0)
		strbuf_addf(sb, ", lost %" PRIu32 " time%s before", why->lost,
			    why->lost == 1 ? "" : "s");
	if (why->due_ms > now_ms) {
		strbuf_adds(sb, "; taken over at ");
		show_until(sb, why->due_ms, now_ms);
	} else {
		strbuf_addf(sb,
			    "; its lease ended %s ago, the next free worker"
			    " takes over",
			    dur_format(now_ms - why->due_ms, took));
	}
	add_later(sb, why, now_ms);
}

static void add_gate(struct strbuf *sb, const struct rundown *rundown,
		     const struct why *why)
{
	char took[DUR_TEXT];

	note_add_gate(sb, why->row, rundown->list.now_ms);
	if (why->row->started_ms)
		strbuf_addf(sb, ", for %s so far",
			    dur_format(rundown->list.now_ms -
					       why->row->started_ms,
				       took));
	strbuf_addf(sb, ": stepq approve %" PRIu64 " ",
		    rundown->list.rows[0].id);
	show_line(sb, why->row->step);
}

static void add_retry(struct strbuf *sb, const struct why *why, int64_t now_ms)
{
	strbuf_addf(sb, "failed %" PRIu32 " time%s, next try ",
		    why->row->attempts, why->row->attempts == 1 ? "" : "s");
	show_until(sb, why->due_ms, now_ms);
	add_error(sb, why->row->error);
	add_later(sb, why, now_ms);
}

static void add_failed(struct strbuf *sb, const struct rundown *rundown,
		       const struct why *why)
{
	strbuf_adds(sb, "failed");
	add_error(sb, why->row->error);
	if (why->failed_id)
		strbuf_addf(sb, ": stepq retry %" PRIu64, why->failed_id);
	else
		strbuf_addf(sb,
			    "; its failed job is gone from failed_jobs: stepq"
			    " rerun %" PRIu64 " --failed",
			    rundown->list.rows[0].id);
}

static void add_broken(struct strbuf *sb, const struct view_row *row)
{
	if (row->state == STATE_WAITING && row->waiting_on > 0)
		strbuf_adds(sb, "waits, but all that it needs is finished");
	else if (row->kind == VIEW_MAP && row->has_items)
		strbuf_adds(sb, "is running, but no item of it has a job");
	else
		strbuf_addf(sb, "is %s, but has no job",
			    state_name(row->state));
	strbuf_adds(sb, ": stepq doctor --repair");
}

void reason_add_job(struct strbuf *sb, const struct why *why, int64_t now_ms)
{
	switch (why->reason) {
	case WHY_TIME:
		strbuf_adds(sb, "waits until ");
		show_until(sb, why->due_ms, now_ms);
		add_later(sb, why, now_ms);
		return;
	case WHY_PAUSED:
		add_paused(sb, why, now_ms);
		return;
	case WHY_NO_WORKER:
		add_no_worker(sb, why);
		return;
	case WHY_TURN:
		add_turn(sb, why, now_ms);
		return;
	case WHY_HELD:
		add_held(sb, why, now_ms);
		return;
	case WHY_ABANDONED:
		add_abandoned(sb, why, now_ms);
		return;
	case WHY_LARAVEL:
		strbuf_adds(sb, "a worker of Laravel holds its job");
		return;
	case WHY_NEEDS:
	case WHY_ITEMS:
	case WHY_PLACE:
	case WHY_GATE:
	case WHY_RETRY:
	case WHY_FAILED:
	case WHY_BROKEN:
	case WHY_COUNT:
		break;
	}
}

void reason_add(struct strbuf *sb, const struct rundown *rundown,
		const struct why *why)
{
	int64_t now_ms = rundown->list.now_ms;

	switch (why->reason) {
	case WHY_NEEDS:
		add_needs(sb, rundown, why->row);
		return;
	case WHY_ITEMS:
		add_items(sb, why->row);
		return;
	case WHY_PLACE:
		strbuf_adds(sb,
			    "waits for a place: as many items as may run"
			    " at once have a job");
		return;
	case WHY_GATE:
		add_gate(sb, rundown, why);
		return;
	case WHY_RETRY:
		add_retry(sb, why, now_ms);
		return;
	case WHY_FAILED:
		add_failed(sb, rundown, why);
		return;
	case WHY_BROKEN:
		add_broken(sb, why->row);
		return;
	case WHY_TIME:
	case WHY_PAUSED:
	case WHY_NO_WORKER:
	case WHY_TURN:
	case WHY_HELD:
	case WHY_ABANDONED:
	case WHY_LARAVEL:
	case WHY_COUNT:
		break;
	}
	reason_add_job(sb, why, now_ms);
}
