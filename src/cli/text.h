/* SPDX-License-Identifier: MIT */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

/**
 * Prose as commands carry it: paragraphs with an empty line between them; one
 * that begins with two blanks is an example.
 */

#include <stddef.h>
#include <stdint.h>

struct strbuf;

struct text_paragraph {
	const char *start; /* borrowed from the text */
	size_t len;        /* without the end of its last line */
	int is_example;
};

/** The next paragraph, and *text moved behind it: 1, or 0 at the end. */
int text_next(const char **text, struct text_paragraph *out);

/** Append the text, filled to lines of at most `columns`, ended by "\n". */
void text_fill(struct strbuf *out, const char *text, size_t columns);

enum {
	TEXT_COUNT = 48
};

/** "1 job", "2 jobs": `noun` takes an s. Returns `buf`. */
const char *text_count(uint64_t n, const char *noun, char buf[TEXT_COUNT]);

/** Append `text` with its first letter in upper case and a full stop. */
void text_sentence(struct strbuf *out, const char *text);

#endif
