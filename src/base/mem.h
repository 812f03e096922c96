/* SPDX-License-Identifier: MIT */
#ifndef BASE_MEM_H
#define BASE_MEM_H

/**
 * Memory that is there or the process is not: a supervised worker is safer
 * dead than on a path no test has walked. What these return is the caller's,
 * to be given to free().
 */

#include <stddef.h>

#include "base/util.h"

void *xmalloc(size_t size) __attribute__((malloc)) MUST_CHECK;
void *xcalloc(size_t count, size_t size) __attribute__((malloc)) MUST_CHECK;

/** Grow or shrink an array to `count` elements; overflow dies too. */
void *xreallocarray(void *ptr, size_t count, size_t size) MUST_CHECK;

/** A copy of `s`; NULL stays NULL. */
char *xstrdup(const char *s) MUST_CHECK;

/** A copy of the first `len` bytes of `s` with a NUL behind them. */
char *xstrndup(const char *s, size_t len) MUST_CHECK;
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2) MUST_CHECK;

#endif
