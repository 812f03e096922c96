/* SPDX-License-Identifier: MIT */
#ifndef CLI_OUT_H
#define CLI_OUT_H

/**
 * What commands print on stdout: text for people or JSON for programs. No
 * command writes to stdout in another way.
 *
 * Colour is used on a terminal only, not with NO_COLOR set, and for states
 * only. Tables align their columns and fit the terminal: the column marked
 * OUT_FLEX gives way, cut with "…".
 */

#include <stdint.h>

#include "base/json.h"
#include "base/util.h"

struct out;

enum out_format {
	OUT_TEXT,
	OUT_JSON,
};

struct out *out_new(enum out_format format);

/** Flushes. -1 and errno when writing failed (a full disk, a closed pipe). */
int out_close(struct out **out) MUST_CHECK;
enum out_format out_format(const struct out *out);
int out_is_terminal(const struct out *out);
unsigned int out_columns(const struct out *out); /* 80 when unknown */

/** Whether out_columns() is known, so that tables are made to fit. */
int out_has_columns(const struct out *out);

/** Text as it is, without an end of line; nothing in JSON format. */
void out_text(struct out *out, const char *text);

/** Write out what is held back. -1 when writing failed, now or before. */
int out_flush(struct out *out);

/** A line of text; nothing in JSON format. */
void out_line(struct out *out, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** One JSON document on a line of its own; nothing in text format. Takes v. */
void out_json(struct out *out, jv v);

enum out_style {
	OUT_PLAIN,
	OUT_DIM,
	OUT_BOLD,
	OUT_GREEN,
	OUT_YELLOW,
	OUT_RED,
};

/** The style of a status: done green, retrying yellow, failed red ... */
enum out_style out_status_style(const char *status);

/** `text` wrapped in colour codes when this output has colour; appended. */
struct strbuf;
void out_styled(const struct out *out, struct strbuf *sb, enum out_style style,
		const char *text);

enum out_column_flag {
	OUT_LEFT = 0,
	OUT_RIGHT = 1u << 0,  /* numbers */
	OUT_FLEX = 1u << 1,   /* cut to fit the terminal */
	OUT_STATUS = 1u << 2, /* coloured by out_status_style() */
};

struct out_column {
	const char *title; /* NULL: none */
	unsigned int flags;
};

/**
 * A table; cells are copied, NULL and "" leave a cell empty. Without any title
 * there is no line of titles. Prints nothing in JSON format.
 */
struct out_table;
struct out_table *out_table_new(struct out *out,
				const struct out_column *columns, size_t n,
				unsigned int indent);
void out_table_row(struct out_table *table, const char *const *cells);

/** Print and free. Without rows nothing is printed. */
void out_table_end(struct out_table **table);

/** "3m ago", "now", "in 8s": `age_ms` negative lies ahead. */
enum {
	OUT_AGE = 32
};
const char *out_age(int64_t age_ms, char buf[OUT_AGE]);

#endif
