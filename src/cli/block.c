/* SPDX-License-Identifier: MIT */

/*
 * Up to the first line of the last frame, each line again with the rest of it
 * cleared, then all below cleared: nothing is blank for a moment, so nothing
 * flickers. Lines stay a column short of the terminal, because some wrap when
 * the last one is written.
 *
 * When the terminal became narrower it has wrapped the old lines, and the way
 * up is longer; so their widths are kept.
 */

#include <config.h>

#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/block.h"

enum {
	ROWS_UNKNOWN = 24,
	COLUMNS_LEAST = 20,
};

static void find_size(struct block *block)
{
	struct winsize size;

	block->columns = out_columns(block->out);
	block->rows = ROWS_UNKNOWN;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
		if (size.ws_col >= COLUMNS_LEAST)
			block->columns = size.ws_col;
		if (size.ws_row > 0)
			block->rows = size.ws_row;
	}
}

void block_begin(struct block *block)
{
	size_t i, up = 0;

	find_size(block);
	for (i = 0; i < block->lines; i++)
		up += 1 + (MAX(block->widths[i], 1) - 1) / block->columns;
	strbuf_clear(&block->frame);
	if (up > 0)
		strbuf_addf(&block->frame, "\r\033[%zuA",
			    MIN(up, block->rows - 1));
	block->lines = 0;
	block->width = 0;
}

size_t block_room(const struct block *block)
{
	return block->columns - 1 - block->width;
}

size_t block_lines_left(const struct block *block)
{
	return block->rows - 1 - MIN(block->lines, block->rows - 1);
}

void block_add(struct block *block, enum out_style style, const char *text)
{
	size_t room = block_room(block);
	struct strbuf cut = { 0 };

	if (utf8_width(text) <= room) {
		strbuf_adds(&cut, text);
	} else if (room > 0) {
		strbuf_add(&cut, text, utf8_fit(text, room - 1));
		strbuf_adds(&cut, "…");
	}
	block->width += utf8_width(strbuf_str(&cut));
	out_styled(block->out, &block->frame, style, strbuf_str(&cut));
	strbuf_release(&cut);
}

void block_addf(struct block *block, enum out_style style, const char *fmt, ...)
{
	struct strbuf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	block_add(block, style, strbuf_str(&text));
	strbuf_release(&text);
}

void block_end_line(struct block *block)
{
	if (block->lines == block->alloc) {
		block->alloc = block->alloc ? block->alloc * 2 : 16;
		block->widths = xreallocarray(block->widths, block->alloc,
					      sizeof(*block->widths));
	}
	block->widths[block->lines++] = block->width;
	block->width = 0;
	strbuf_adds(&block->frame, "\033[K\n");
}

void block_draw(struct block *block)
{
	strbuf_adds(&block->frame, "\033[J");
	out_text(block->out, strbuf_str(&block->frame));
}

void block_release(struct block *block)
{
	strbuf_release(&block->frame);
	free(block->widths);
	*block = (struct block){ .out = block->out };
}
