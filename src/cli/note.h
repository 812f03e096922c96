/* SPDX-License-Identifier: MIT */
#ifndef CLI_NOTE_H
#define CLI_NOTE_H

/**
 * What is worth saying about a step beside its state, in one line.
 */

#include <stdint.h>

struct rundown;
struct strbuf;
struct view_row;

/** Appended: "11 of 12 items, item 7 failed: 400", "waits for image". */
void note_add(struct strbuf *note, const struct rundown *rundown,
	      const struct view_row *step);

/** The part of it about the items of a map; nothing for other steps. */
void note_add_items(struct strbuf *note, const struct view_row *map);

/** How a gate waits: "waits for approval until 12:00:00 (in 2h)". */
void note_add_gate(struct strbuf *note, const struct view_row *gate,
		   int64_t now_ms);

#endif
