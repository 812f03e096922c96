/* SPDX-License-Identifier: MIT */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

/**
 * What `stepq watch` shows of a run: a block that is drawn in place on a
 * terminal, a line for each event elsewhere, JSON for programs.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "cli/block.h"
#include "store/view.h"

enum watch_mode {
	WATCH_LINES,
	WATCH_BLOCK,
	WATCH_JSON,
};

enum {
	WATCH_LOG = 8, /* events that the block shows */
};

struct watch_line {
	char *text;
	enum out_style style;
};

/** All-zero but `out` and `mode` has shown nothing yet. */
struct watch {
	struct out *out;
	enum watch_mode mode;
	struct view_list list;  /* the run and its steps; n 0: no run yet */
	struct view_list items; /* those that the next events are about */
	uint64_t *told;         /* gates whose command was said */
	size_t told_n;
	struct block block;
	struct watch_line log[WATCH_LOG];
	size_t log_n;
	char *notice; /* what the block says below; NULL: nothing */
};

/** The run as it is now; `list` is taken. */
void watch_run(struct watch *watch, struct view_list *list_taken);

/** As lines: what a person has to do, once; behind the events before it. */
void watch_gates(struct watch *watch);

/** Events as they come; what they are about is in watch->list or ->items. */
void watch_event(struct watch *watch, const struct view_event *event,
		 int64_t now_ms);

/**
 * Something about watching itself: in the block until the next one, else on
 * stderr. NULL ends it.
 */
void watch_notice(struct watch *watch, const char *text);

/** Draw the block as things stand; nothing in the other modes. */
void watch_draw(struct watch *watch);

/** The run as it ended: JSON's last line, and how to go on from a failure. */
void watch_end(struct watch *watch);
void watch_release(struct watch *watch);

#endif
