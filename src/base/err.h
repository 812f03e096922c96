/* SPDX-License-Identifier: MIT */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/**
 * What went wrong, for the caller to act on (code) and a person to read
 * (text). Lower floors fill one and return -1; the top floors print it, once.
 *
 * The text is lower case, without a full stop, and names what failed and with
 * which value. A second line "hint: ..." says what the user can do.
 */

#include "base/util.h"

enum err_code {
	ERR_NONE,
	ERR_USAGE,        /* the command line is wrong */
	ERR_CONFIG,       /* the configuration is wrong */
	ERR_DB_LOST,      /* no connection: reconnect, then start again */
	ERR_DB_RETRY,     /* deadlock and the like: start again */
	ERR_DB_DUP,       /* a unique key exists already */
	ERR_DB_UNCERTAIN, /* connection lost in COMMIT: look, then decide */
	ERR_DB_AUTH,      /* the server refuses this user, password or schema */
	ERR_DB,           /* any other answer of the server */
	ERR_IO,           /* a file, a process or the network */
	ERR_LIMIT,        /* a ceiling of base/limits.h */
	ERR_INPUT,        /* data from outside is not what it must be */
	ERR_NOT_FOUND,    /* what was named is not there */
};

enum {
	ERR_TEXT = 768
};

struct err {
	enum err_code code;
	int number; /* of the database server or errno; 0 when neither */
	char text[ERR_TEXT];
};

/** Fill `err` (which may be NULL) and return -1. Longer text is cut. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/** Put "prefix: " before the text that is there already, and return -1. */
int err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** Add "\nhint: ..." behind the text, where there is room; return -1. */
int err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** Worth starting the transaction again for: lost, retry or uncertain. */
int err_is_transient(const struct err *err);

/** Told by the database, whatever it is. */
int err_is_database(const struct err *err);

/** An impossible branch was taken: say where on stderr and abort. */
void bug_at(const char *file, int line, const char *fmt, ...) NORETURN
	PRINTF_LIKE(3, 4);
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)

#endif
