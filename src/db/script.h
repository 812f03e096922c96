/* SPDX-License-Identifier: MIT */
#ifndef DB_SCRIPT_H
#define DB_SCRIPT_H

/**
 * The statements of a file, one by one, cut where the mysql client cuts them:
 * at the delimiter outside of quotes and comments. A line "DELIMITER x" sets
 * another one. Comments between statements are left out.
 */

#include <stddef.h>

struct script {
	const char *at;
	const char *end;
	unsigned int line; /* of `at`, from 1 */
	const char *delimiter;
	size_t delimiter_len;
};

struct statement {
	const char *sql; /* in the script's text, not terminated */
	size_t len;
	unsigned int line; /* it begins at */
};

void script_init(struct script *script, const char *text, size_t len);

/** The next statement: 1, or 0 behind the last. */
int script_next(struct script *script, struct statement *out);

#endif
