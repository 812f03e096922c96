/* SPDX-License-Identifier: MIT */

/*
 * watch - follow a run until it ends.
 *
 * Each look reads the run first and its events behind it, so that when the
 * run has ended its last events have been read. A run that has failed is
 * followed until its other branches have come to an end too. A database that
 * goes away is waited for, and so is a run that no worker has made yet.
 *
 * No signal is caught: what is drawn leaves the terminal as it was at any
 * moment, so Ctrl-C may end it anywhere.
 */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/out.h"
#include "cli/show.h"
#include "cli/watch.h"
#include "db/db.h"
#include "store/tail.h"

enum {
	INTERVAL_MS = 300,
	INTERVAL_LEAST_MS = 20,
	LOST_MS = 1000, /* between tries to connect */
	HISTORY = 1000, /* old events that are shown as lines */
};

static const struct opt watch_opts[] = {
	OPT_DUR('i', "interval", "DURATION", "look this often (300ms)"),
	OPT_DUR('t', "timeout", "DURATION", "give up after this time"),
	OPT_END,
};

struct session {
	const struct cmd_ctx *ctx;
	const char *name; /* as the user typed it */
	struct watch watch;
	struct tail tail; /* run_id 0: no run yet */
	int64_t interval_ms;
	int64_t deadline_ms; /* on the monotonic clock; 0: none */
	int is_waiting;      /* for the run to be made */
	int is_lost;         /* the database is away */
};

/* The run, or 0 when there is none yet. */
static int find_run(struct session *session, struct err *err)
{
	struct strbuf text = { 0 };
	size_t history =
		session->watch.mode == WATCH_BLOCK ? WATCH_LOG : HISTORY;
	uint64_t run_id;

	if (show_find_run(session->ctx, session->name, &run_id, err) == 0) {
		if (session->is_waiting)
			watch_notice(&session->watch, NULL);
		return tail_start(session->ctx->db, &session->tail, run_id,
				  history, err)
			       ? -1
			       : 1;
	}
	if (err->code != ERR_NOT_FOUND)
		return -1;
	if (num_u64(session->name, &run_id) == 0)
		return err_hint(err,
				"a number is not waited for, stepq watch "
				"episode:%s is",
				session->name);
	if (!session->is_waiting) {
		session->is_waiting = 1;
		strbuf_addf(&text,
			    "no run %s yet: waiting for a worker to"
			    " take it",
			    session->name);
		watch_notice(&session->watch, strbuf_str(&text));
		strbuf_release(&text);
	}
	return 0;
}

/* The rows of items, and of steps made since, that events are about. */
static int read_rows(struct session *session, const struct view_events *events,
		     struct err *err)
{
	const struct view_list *list = &session->watch.list;
	uint64_t *ids = xcalloc(events->n, sizeof(*ids));
	size_t i, k, n = 0;
	int rc = 0;

	for (i = 0; i < events->n; i++) {
		for (k = 0; k < list->n; k++)
			if (list->rows[k].id == events->events[i].row_id)
				break;
		if (k == list->n)
			ids[n++] = events->events[i].row_id;
	}
	view_list_release(&session->watch.items);
	if (n > 0)
		rc = view_rows(session->ctx->db, ids, n, &session->watch.items,
			       err);
	free(ids);
	return rc;
}

static int read_events(struct session *session, struct err *err)
{
	struct view_events events;
	size_t i;
	int rc, lost;

	while ((rc = tail_next(session->ctx->db, &session->tail, &events,
			       err)) > 0) {
		/* They are shown once, if need be without their rows. */
		lost = read_rows(session, &events, err);
		for (i = 0; i < events.n; i++)
			watch_event(&session->watch, &events.events[i],
				    events.now_ms);
		view_events_release(&events);
		if (lost)
			return -1;
	}
	return rc;
}

/* 1 when the run has ended, 0 when not yet. */
static int look(struct session *session, struct err *err)
{
	struct db *db = session->ctx->db;
	struct view_list list;
	int rc;

	if (db_connect(db, err))
		return -1;
	if (session->tail.run_id == 0) {
		rc = find_run(session, err);
		if (rc <= 0)
			return rc;
	}
	rc = view_run(db, session->tail.run_id, &list, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "run %" PRIu64 " is gone",
			       session->tail.run_id);
	if (rc < 0)
		return -1;
	watch_run(&session->watch, &list);
	if (read_events(session, err))
		return -1;
	watch_gates(&session->watch);
	return !view_is_live(&session->watch.list);
}

/* One look and what it shows: 1 at the end, 0 to go on, -1 to give up. */
static int turn(struct session *session, struct err *err)
{
	struct strbuf text = { 0 };
	int rc = look(session, err);

	if (rc < 0 && !err_is_transient(err))
		return -1;
	if (rc < 0 && !session->is_lost) {
		show_line(&text, err->text);
		strbuf_adds(&text, "; waiting for it");
		watch_notice(&session->watch, strbuf_str(&text));
		strbuf_release(&text);
		session->is_lost = 1;
	} else if (rc >= 0 && session->is_lost) {
		watch_notice(&session->watch, session->watch.mode == WATCH_BLOCK
						      ? NULL
						      : "the database is back");
		session->is_lost = 0;
	}
	watch_draw(&session->watch);
	return rc > 0;
}

/* Until the next look, or the deadline if that comes first. */
static void wait_turn(const struct session *session)
{
	int64_t ms = session->is_lost ? MAX(session->interval_ms, LOST_MS)
				      : session->interval_ms;
	struct timespec pause;

	if (session->deadline_ms)
		ms = MIN(ms, session->deadline_ms - clock_mono_ms());
	if (ms <= 0)
		return;
	pause.tv_sec = ms / 1000;
	pause.tv_nsec = ms % 1000 * 1000000;
	/* A signal that ends it early does no harm. */
	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

static int give_up(const struct session *session)
{
	char after[DUR_TEXT];

	(void)fprintf(stderr, "stepq: %s has not ended after %s\n",
		      session->name,
		      dur_format(opt_dur_ms(session->ctx, "timeout", 0),
				 after));
	return CMD_FAILED;
}

static int follow(struct session *session)
{
	struct err err = { 0 };
	int rc;

	for (;;) {
		rc = turn(session, &err);
		if (rc < 0)
			return cmd_fail(session->ctx, &err);
		if (rc > 0)
			watch_end(&session->watch);
		if (out_flush(session->ctx->out))
			return CMD_FAILED;
		if (rc > 0)
			break;
		if (session->deadline_ms &&
		    clock_mono_ms() >= session->deadline_ms)
			return give_up(session);
		wait_turn(session);
	}
	return session->watch.list.rows[0].state == STATE_DONE ? CMD_OK
							       : CMD_FAILED;
}

static enum watch_mode find_mode(const struct out *out)
{
	const char *term = getenv("TERM");

	if (out_format(out) == OUT_JSON)
		return WATCH_JSON;
	return out_is_terminal(out) && term && strcmp(term, "dumb") != 0
		       ? WATCH_BLOCK
		       : WATCH_LINES;
}

static int run_watch(struct cmd_ctx *ctx, int argc, char **argv)
{
	int64_t timeout_ms = opt_dur_ms(ctx, "timeout", 0);
	struct session session = {
		.ctx = ctx,
		.watch = { .out = ctx->out, .mode = find_mode(ctx->out) },
		.interval_ms = opt_dur_ms(ctx, "interval", INTERVAL_MS),
	};
	int rc;

	if (argc != 1)
		return cmd_usage(ctx, "name one run, as in 'stepq watch 25'");
	if (session.interval_ms < INTERVAL_LEAST_MS)
		return cmd_usage(ctx, "--interval takes %dms or more",
				 INTERVAL_LEAST_MS);
	session.name = argv[0];
	if (timeout_ms > 0)
		session.deadline_ms = clock_mono_ms() + timeout_ms;
	rc = follow(&session);
	tail_release(&session.tail);
	watch_release(&session.watch);
	return rc;
}

const struct cmd cmd_watch = {
	.name = "watch",
	.args = "RUN",
	.help = "follow a run until it ends",
	.text = "RUN is named as for 'stepq status'; one that no worker has"
		" made yet is waited for, if it is named by its uuid or its"
		" episode. Exits with 0 when the run is done,"
		" with 1 when it failed or was cancelled.\n"
		"\n"
		"  stepq watch 25\n"
		"  stepq watch 25 --format json | jq .message",
	.needs = CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.opts = watch_opts,
	.run = run_watch,
};
