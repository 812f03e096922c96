/* SPDX-License-Identifier: MIT */

/*
 * Tables for people. Rows are held until the end, because the widths are
 * known only then. Cells hold what came from databases and engines, so control
 * characters are taken out of them: no error message may move the cursor.
 *
 * Only where the width of the output is known are OUT_FLEX columns cut, the
 * widest first, and never below FLEX_LEAST: then lines are too long rather
 * than meaningless.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "cli/out.h"

enum {
	GAP = 2,
	FLEX_LEAST = 12,
};

struct out_table {
	struct out *out;
	const struct out_column *columns;
	size_t columns_n;
	unsigned int indent;
	char **cells; /* row by row */
	size_t rows_n;
	size_t alloc;
};

struct out_table *out_table_new(struct out *out,
				const struct out_column *columns, size_t n,
				unsigned int indent)
{
	struct out_table *table = xcalloc(1, sizeof(*table));

	table->out = out;
	table->columns = columns;
	table->columns_n = n;
	table->indent = indent;
	return table;
}

void out_table_row(struct out_table *table, const char *const *cells)
{
	char **row;

	if (out_format(table->out) != OUT_TEXT)
		return;
	if (table->rows_n == table->alloc) {
		table->alloc = table->alloc ? table->alloc * 2 : 16;
		table->cells =
			xreallocarray(table->cells, table->alloc,
				      table->columns_n * sizeof(*table->cells));
	}
	row = table->cells + table->rows_n++ * table->columns_n;
	for (size_t i = 0; i < table->columns_n; i++) {
		struct strbuf sb = { 0 };
		const char *cell = cells[i] ? cells[i] : "";

		strbuf_add_excerpt(&sb, cell, strlen(cell), LIMIT_MESSAGE);
		row[i] = strbuf_detach(&sb);
	}
}

static int has_titles(const struct out_table *table)
{
	for (size_t i = 0; i < table->columns_n; i++)
		if (table->columns[i].title)
			return 1;
	return 0;
}

static const char *title(const struct out_table *table, size_t column)
{
	const char *text = table->columns[column].title;

	return text ? text : "";
}

static size_t *natural_widths(const struct out_table *table)
{
	size_t *widths = xcalloc(table->columns_n, sizeof(*widths));

	for (size_t i = 0; i < table->columns_n; i++) {
		widths[i] = utf8_width(title(table, i));
		for (size_t r = 0; r < table->rows_n; r++) {
			const char *cell =
				table->cells[r * table->columns_n + i];

			widths[i] = MAX(widths[i], utf8_width(cell));
		}
	}
	return widths;
}

/* The widest column that may still give way, or columns_n. */
static size_t widest_flex(const struct out_table *table, const size_t *widths)
{
	size_t found = table->columns_n;

	for (size_t i = 0; i < table->columns_n; i++)
		if ((table->columns[i].flags & OUT_FLEX) &&
		    widths[i] > FLEX_LEAST &&
		    (found == table->columns_n || widths[i] > widths[found]))
			found = i;
	return found;
}

static void fit_widths(const struct out_table *table, size_t *widths)
{
	size_t total = table->indent + (table->columns_n - 1) * GAP;
	size_t room = out_columns(table->out);

	for (size_t i = 0; i < table->columns_n; i++)
		total += widths[i];
	for (; total > room; total--) {
		size_t i = widest_flex(table, widths);

		if (i == table->columns_n)
			return;
		widths[i]--;
	}
}

static void add_cut(struct strbuf *sb, const char *text, size_t width)
{
	if (utf8_width(text) <= width) {
		strbuf_adds(sb, text);
		return;
	}
	strbuf_add(sb, text, utf8_fit(text, width - 1));
	strbuf_adds(sb, "…");
}

static void add_blanks(struct strbuf *sb, size_t n)
{
	while (n-- > 0)
		strbuf_addc(sb, ' ');
}

/* `cells` side by side; blanks wait for what follows, so no line ends in any.
 */
static void add_line(const struct out_table *table, struct strbuf *line,
		     const char *const *cells, const size_t *widths,
		     int has_style)
{
	size_t blanks = table->indent;

	for (size_t i = 0; i < table->columns_n; i++) {
		unsigned int flags = table->columns[i].flags;
		struct strbuf cell = { 0 };
		size_t pad;

		add_cut(&cell, cells[i], widths[i]);
		pad = widths[i] - utf8_width(strbuf_str(&cell));
		if (flags & OUT_RIGHT)
			blanks += pad;
		if (cell.len > 0) {
			add_blanks(line, blanks);
			blanks = 0;
		}
		out_styled(table->out, line,
			   has_style && (flags & OUT_STATUS)
				   ? out_status_style(cells[i])
				   : OUT_PLAIN,
			   strbuf_str(&cell));
		blanks += flags & OUT_RIGHT ? GAP : pad + GAP;
		strbuf_release(&cell);
	}
}

static void print_titles(const struct out_table *table, const size_t *widths)
{
	const char **titles = xcalloc(table->columns_n, sizeof(*titles));
	struct strbuf line = { 0 }, dim = { 0 };

	for (size_t i = 0; i < table->columns_n; i++)
		titles[i] = title(table, i);
	add_line(table, &line, titles, widths, 0);
	out_styled(table->out, &dim, OUT_DIM, strbuf_str(&line));
	out_line(table->out, "%s", strbuf_str(&dim));
	strbuf_release(&line);
	strbuf_release(&dim);
	free(titles);
}

static void print_row(const struct out_table *table, size_t row,
		      const size_t *widths)
{
	const char *const *cells =
		(const char *const *)table->cells + row * table->columns_n;
	struct strbuf line = { 0 };

	add_line(table, &line, cells, widths, 1);
	out_line(table->out, "%s", strbuf_str(&line));
	strbuf_release(&line);
}

void out_table_end(struct out_table **tablep)
{
	struct out_table *table = *tablep;
	size_t *widths;

	if (!table)
		return;
	*tablep = NULL;
	widths = natural_widths(table);
	if (out_has_columns(table->out))
		fit_widths(table, widths);
	if (table->rows_n > 0 && has_titles(table))
		print_titles(table, widths);
	for (size_t r = 0; r < table->rows_n; r++)
		print_row(table, r, widths);
	for (size_t i = 0; i < table->rows_n * table->columns_n; i++)
		free(table->cells[i]);
	free(table->cells);
	free(widths);
	free(table);
}
