/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <string.h>

#include "base/utf8.h"

size_t utf8_char_len(const unsigned char *p, size_t len)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t n, i;

	if (len == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n > len)
		return 0;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

size_t utf8_valid_len(const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t i = 0, n;

	while (i < len) {
		n = p[i] < 0x80 ? 1 : utf8_char_len(p + i, len - i);
		if (n == 0)
			break;
		i += n;
	}
	return i;
}

static unsigned int decode(const unsigned char *p, size_t n)
{
	unsigned int c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	size_t i;

	for (i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fu);
	return c;
}

/*
 * East Asian wide and emoji blocks, and combining marks, as Unicode 15 has
 * them, coarsely: wcwidth() would need the process to have a UTF-8 locale,
 * which a supervised worker has not.
 */
static size_t char_width(unsigned int c)
{
	if ((c >= 0x300 && c <= 0x36f) || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0xfe00 && c <= 0xfe0f))
		return 0;
	if ((c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
	    (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
	    (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
	    (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) ||
	    (c >= 0x20000 && c <= 0x3fffd))
		return 2;
	return 1;
}

size_t utf8_width(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t len = strlen(s), width = 0, i, n;

	for (i = 0; i < len; i += n) {
		n = utf8_char_len(p + i, len - i);
		width += n ? char_width(decode(p + i, n)) : 1;
		n = n ? n : 1;
	}
	return width;
}

size_t utf8_fit(const char *s, size_t columns)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t len = strlen(s), width = 0, i, n, w;

	for (i = 0; i < len; i += n) {
		n = utf8_char_len(p + i, len - i);
		w = n ? char_width(decode(p + i, n)) : 1;
		n = n ? n : 1;
		if (width + w > columns)
			break;
		width += w;
	}
	return i;
}
