/* SPDX-License-Identifier: MIT */
#ifndef BASE_UTIL_H
#define BASE_UTIL_H

/**
 * Macros that every floor uses. MUST_CHECK marks calls whose result says
 * whether they worked; who ignores one on purpose writes (void) and why.
 */

#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define container_of(ptr, type, member) \
 ((type *)((char *)(ptr)-offsetof(type, member)))

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN __attribute__((noreturn))

#endif
