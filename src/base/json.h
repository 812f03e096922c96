/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_H
#define BASE_JSON_H

/**
 * JSON as libjq's `jv`, with the bounds its own parser lacks: UTF-8 is
 * checked (libjq 1.6 silently replaces what is not valid), depth is limited,
 * and a size can be. A jv is reference counted: functions here borrow their
 * jv arguments and return a new reference, unlike jv's own, which consume.
 *
 * Numbers are doubles in libjq 1.6: whole numbers are exact up to 2^53.
 */

#include <stdint.h>

#include <jv.h>

#include "base/strbuf.h"

struct err;

/** Parse one JSON text. ERR_INPUT with where and why; ERR_LIMIT by depth. */
int json_parse(const char *text, size_t len, jv *out,
	       struct err *err) MUST_CHECK;

/**
 * A JSON text that a database keeps, which has checked it: jv_null() for NULL,
 * and for what is no JSON after all.
 */
jv json_stored(const char *text) MUST_CHECK;

/** Compact text of `v`, appended. */
void json_dump(jv v, struct strbuf *out);

/** Compact text of `v`; the caller frees it. */
char *json_text(jv v) MUST_CHECK;

/** Member `key` of an object; jv_null() when absent or not an object. */
jv json_get(jv object, const char *key) MUST_CHECK;

/** A string member's bytes; NULL when absent or not a string. Borrowed. */
const char *json_str(jv object, const char *key);

/**
 * A whole number that a member holds as a number or as a string of digits.
 * 1 found, 0 absent or null, -1 there but something else: negative, broken,
 * or a number too large for a double to carry exactly.
 */
int json_u64(jv object, const char *key, uint64_t *out);

/** Append `s` as a JSON string, quotes included. */
void json_quote(struct strbuf *out, const char *s);

#endif
