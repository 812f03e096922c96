/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_BODY_H
#define ENGINE_BODY_H

/**
 * What a request holds. A pipeline's step sends what its `input` expression
 * makes, or, without one, the whole state of the run; so a member is looked
 * for at the top, then in the run's input, then in the results of the steps,
 * the latest first.
 */

#include <stddef.h>

#include "base/json.h"
#include "base/util.h"

struct err;

/** A new reference to member `key`; jv_null() when it is nowhere. */
jv body_find(jv body, const char *key) MUST_CHECK;

/** A copy of the text `key`, or of `otherwise`; the caller frees it. */
char *body_text(jv body, const char *key, const char *otherwise) MUST_CHECK;

/**
 * The array `key` of 1 to `max` elements into `out`, a new reference.
 * ERR_INPUT says what is wrong with it.
 */
int body_array(jv body, const char *key, size_t max, jv *out,
	       struct err *err) MUST_CHECK;

/**
 * The episode, `episode_id` or `book_id`: a number, or 1 to 64 of A-Z a-z 0-9
 * _ -. The caller frees it. NULL and ERR_INPUT when it is missing or anything
 * else.
 */
char *body_episode(jv body, struct err *err) MUST_CHECK;

/** Set member `key` of the object `*object`. Takes `value`. */
void body_set(jv *object, const char *key, jv value);
void body_set_text(jv *object, const char *key, const char *value);
void body_set_size(jv *object, const char *key, size_t value);

#endif
