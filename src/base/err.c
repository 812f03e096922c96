/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

enum {
	PREFIX_MAX = 256
};

/*
 * vsnprintf() cuts between bytes; half a character at the end would make the
 * text one that the database refuses.
 */
static void cut_at_character(char *text, size_t size)
{
	size_t len = strlen(text), start = len;

	if (len + 1 < size)
		return;
	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start > 0 && (unsigned char)text[start - 1] >= 0xc0)
		start--;
	if (!utf8_char_len((unsigned char *)text + start, len - start))
		text[start] = '\0';
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	/* An argument may be err->text itself: format into a copy. */
	char text[ERR_TEXT];
	va_list ap;

	assert(code != ERR_NONE);
	if (!err)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(text, ERR_TEXT, fmt, ap);
	va_end(ap);
	cut_at_character(text, ERR_TEXT);
	err->code = code;
	err->number = 0;
	memcpy(err->text, text, ERR_TEXT);
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char text[ERR_TEXT];
	size_t len, room;
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(text, PREFIX_MAX, fmt, ap);
	va_end(ap);
	cut_at_character(text, PREFIX_MAX);
	len = strlen(text);
	text[len++] = ':';
	text[len++] = ' ';
	room = ERR_TEXT - len - 1;
	(void)memccpy(text + len, err->text, '\0', room);
	text[ERR_TEXT - 1] = '\0';
	cut_at_character(text, ERR_TEXT);
	memcpy(err->text, text, ERR_TEXT);
	return -1;
}

int err_hint(struct err *err, const char *fmt, ...)
{
	char hint[PREFIX_MAX];
	size_t len, room;
	va_list ap;
	int n;

	if (!err)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(hint, sizeof(hint), fmt, ap);
	va_end(ap);
	cut_at_character(hint, sizeof(hint));
	len = strlen(err->text);
	room = ERR_TEXT - len;
	n = snprintf(err->text + len, room, "\nhint: %s", hint);
	if (n < 0 || (size_t)n >= room)
		err->text[len] = '\0'; /* no hint is better than half of one */
	return -1;
}

int err_is_transient(const struct err *err)
{
	return err->code == ERR_DB_LOST || err->code == ERR_DB_RETRY ||
	       err->code == ERR_DB_UNCERTAIN;
}

int err_is_database(const struct err *err)
{
	return err->code >= ERR_DB_LOST && err->code <= ERR_DB;
}

void bug_at(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	(void)fprintf(stderr, "stepq: BUG at %s:%d: ", file, line);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	abort();
}
