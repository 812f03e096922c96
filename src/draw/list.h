/* SPDX-License-Identifier: MIT */
#ifndef DRAW_LIST_H
#define DRAW_LIST_H

struct draw;
struct draw_terminal;
struct strbuf;

/** A line a step, those that need more further in; at most `columns` wide. */
void list_write(const struct draw *draw, const struct draw_terminal *terminal,
		struct strbuf *out);

#endif
