/* SPDX-License-Identifier: MIT */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

/**
 * A growing byte string with a ceiling. `struct strbuf sb = { 0 };` is the
 * empty one; `max` may be set before the first byte (0 means LIMIT_STRBUF).
 *
 * What would pass the ceiling is cut there, text between characters, and
 * `is_full` stays set until strbuf_clear(), with nothing added behind the cut:
 * a builder adds without looking and its user looks once. The idea of a string
 * that is always NUL-terminated and never NULL is git's.
 */

#include <stdarg.h>
#include <stddef.h>

#include "base/util.h"

struct strbuf {
	char *buf; /* read through strbuf_str() */
	size_t len;
	size_t alloc;
	size_t max;
	int is_full;
};

/** Free the bytes; the buffer is empty and usable again. */
void strbuf_release(struct strbuf *sb);

/** Forget the bytes but keep the memory and the ceiling. */
void strbuf_clear(struct strbuf *sb);

/** The text, never NULL, good until the next change. */
const char *strbuf_str(const struct strbuf *sb);

/** Hand the text over to the caller, who frees it; the buffer is empty. */
char *strbuf_detach(struct strbuf *sb);

/** Make room for `extra` bytes and a NUL; returns how many fit. */
size_t strbuf_grow(struct strbuf *sb, size_t extra);

void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_adds(struct strbuf *sb, const char *s);
void strbuf_addc(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
	PRINTF_LIKE(2, 0);

/**
 * Append `len` bytes of anything as text a person can read: at most
 * `max` bytes, cut at a character, control bytes as spaces, invalid UTF-8
 * as '?', "..." behind what was cut.
 */
void strbuf_add_excerpt(struct strbuf *sb, const void *data, size_t len,
			size_t max);

#endif
