/* SPDX-License-Identifier: MIT */
#ifndef CLI_BLOCK_H
#define CLI_BLOCK_H

/**
 * Some lines at the bottom of a terminal that are drawn again in place.
 * Nothing is hidden or switched in the terminal, so a program that is killed
 * leaves it as it was; the cursor rests below the block.
 *
 * A frame is block_begin(), then text and ends of lines, then block_draw().
 */

#include <stddef.h>

#include "base/strbuf.h"
#include "cli/out.h"

/** All-zero but `out` is a block that was not drawn yet. */
struct block {
	struct out *out;
	struct strbuf frame;
	size_t columns; /* of the terminal, for this frame */
	size_t rows;
	size_t width;   /* of the line that is being written */
	size_t *widths; /* of the lines drawn before, then of the new ones */
	size_t lines;
	size_t alloc;
};

void block_begin(struct block *block);

/** Add to the line; what the terminal has no room for is cut. */
void block_add(struct block *block, enum out_style style, const char *text);
void block_addf(struct block *block, enum out_style style, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/** Columns that the line has left. */
size_t block_room(const struct block *block);

/** End the line. */
void block_end_line(struct block *block);

/** Lines that the frame has left before it fills the terminal. */
size_t block_lines_left(const struct block *block);
void block_draw(struct block *block);
void block_release(struct block *block);

#endif
