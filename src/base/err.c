/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	assert(code != ERR_NONE);
	if (!err)
		return -1;
	/* An argument may be err->text itself: format into a copy. */
	char text[sizeof(err->text)];

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err->code = code;
	err->number = 0;
	memcpy(err->text, text, sizeof(text));
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	enum {
		PREFIX_MAX = 256
	};
	char prefix[PREFIX_MAX], old[sizeof(err->text)];
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	memcpy(old, err->text, sizeof(old));
	(void)snprintf(err->text, sizeof(err->text), "%s: %.*s", prefix,
		       (int)(sizeof(err->text) - PREFIX_MAX - 3), old);
	return -1;
}

int err_hint(struct err *err, const char *fmt, ...)
{
	size_t len;
	va_list ap;

	if (!err)
		return -1;
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, "\nhint: ");
	len = strlen(err->text);
	va_start(ap, fmt);
	(void)vsnprintf(err->text + len, sizeof(err->text) - len, fmt, ap);
	va_end(ap);
	return -1;
}

int err_is_transient(const struct err *err)
{
	return err->code == ERR_DB_LOST || err->code == ERR_DB_RETRY ||
	       err->code == ERR_DB_UNCERTAIN;
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
