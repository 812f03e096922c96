/* SPDX-License-Identifier: MIT */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

/**
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above
 * U+10FFFF.
 */

#include <stddef.h>

/** Bytes of the character at `p` (1 to 4), 0 when it is not valid. */
size_t utf8_char_len(const unsigned char *p, size_t len);

/** Offset of the first byte that is not valid; `len` when all is. */
size_t utf8_valid_len(const void *data, size_t len);

/** Columns `s` takes on a terminal: wide characters count two. */
size_t utf8_width(const char *s);

/** Bytes of the longest start of `s` that fits `columns`. */
size_t utf8_fit(const char *s, size_t columns);

#endif
