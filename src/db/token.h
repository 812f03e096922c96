/* SPDX-License-Identifier: MIT */
#ifndef DB_TOKEN_H
#define DB_TOKEN_H

/**
 * As much of SQL's grammar as it takes not to mistake what is quoted or
 * commented out for something else.
 */

#include <stddef.h>

/**
 * Length of the '...', "...", `...`, comment or single byte at `sql`, which
 * has `len` bytes, at least one. What is not closed goes to the end.
 */
size_t token_len(const char *sql, size_t len);

/** Length of the comment at `sql`, 0 when there is none. */
size_t token_comment_len(const char *sql, size_t len);

#endif
