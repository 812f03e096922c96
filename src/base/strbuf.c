/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"

static size_t ceiling(const struct strbuf *sb)
{
	return sb->max ? sb->max : LIMIT_STRBUF;
}

void strbuf_release(struct strbuf *sb)
{
	size_t max = sb->max;

	free(sb->buf);
	*sb = (struct strbuf){ .max = max };
}

void strbuf_clear(struct strbuf *sb)
{
	sb->len = 0;
	sb->is_full = 0;
	if (sb->buf)
		sb->buf[0] = '\0';
}

const char *strbuf_str(const struct strbuf *sb)
{
	return sb->buf ? sb->buf : "";
}

char *strbuf_detach(struct strbuf *sb)
{
	char *s = sb->buf ? sb->buf : xstrdup("");

	*sb = (struct strbuf){ .max = sb->max };
	return s;
}

size_t strbuf_grow(struct strbuf *sb, size_t extra)
{
	size_t room = ceiling(sb) - MIN(sb->len, ceiling(sb)), want;

	if (sb->is_full)
		room = 0; /* nothing behind a cut */
	if (extra > room) {
		extra = room;
		sb->is_full = 1;
	}
	want = sb->len + extra + 1;
	if (want > sb->alloc) {
		size_t alloc = sb->alloc ? sb->alloc : 64;

		while (alloc < want)
			alloc += alloc / 2;
		sb->buf = xreallocarray(sb->buf, alloc, 1);
		sb->alloc = alloc;
		sb->buf[sb->len] = '\0';
	}
	return extra;
}

static void append(struct strbuf *sb, const void *data, size_t len)
{
	if (len)
		memcpy(sb->buf + sb->len, data, len);
	sb->len += len;
	sb->buf[sb->len] = '\0';
}

void strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
	append(sb, data, strbuf_grow(sb, len));
}

/* Text that is cut is cut between characters, or no database would take it. */
static void add_text(struct strbuf *sb, const char *s, size_t len)
{
	size_t fit = strbuf_grow(sb, len);

	while (fit > 0 && fit < len && ((unsigned char)s[fit] & 0xc0) == 0x80)
		fit--;
	append(sb, s, fit);
}

void strbuf_adds(struct strbuf *sb, const char *s)
{
	add_text(sb, s, strlen(s));
}

void strbuf_addc(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
{
	char small[256], *big;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	assert(n >= 0);
	if ((size_t)n < sizeof(small)) {
		add_text(sb, small, (size_t)n);
	} else {
		big = xmalloc((size_t)n + 1);
		(void)vsnprintf(big, (size_t)n + 1, fmt, again);
		add_text(sb, big, (size_t)n);
		free(big);
	}
	va_end(again);
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(sb, fmt, ap);
	va_end(ap);
}

/* C0, DEL and C1: what a terminal may take for a command. */
static int is_control(const unsigned char *p, size_t len)
{
	return len == 1 ? p[0] < 0x20 || p[0] == 0x7f
			: len == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

void strbuf_add_excerpt(struct strbuf *sb, const void *data, size_t len,
			size_t max)
{
	const unsigned char *p = data;
	size_t i = 0;

	while (i < len) {
		size_t n = utf8_char_len(p + i, len - i);

		if (i + MAX(n, 1) > max)
			break;
		if (n == 0)
			strbuf_addc(sb, '?');
		else if (is_control(p + i, n))
			strbuf_addc(sb, ' ');
		else
			add_text(sb, (const char *)p + i, n);
		i += MAX(n, 1);
	}
	if (i < len)
		strbuf_adds(sb, "...");
}
