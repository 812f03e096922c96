/* SPDX-License-Identifier: MIT */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

/**
 * Text to the typed value of a key, within its range.
 */

#include <stddef.h>

#include "base/util.h"
#include "conf/keys.h"

struct err;

/** Whether a key of `type` takes several values. */
int value_is_list(enum conf_type type);

/**
 * Set the field of `key` in the struct at `out` from `texts`, one text unless
 * the type is a list. On error the field is untouched and `err` has a reason
 * that repeats no value ("is less than 1s"); `at` is the text it is about,
 * `n` when it is about all of them, or about how long one is.
 */
int value_set(const struct conf_key *key, const char *const *texts, size_t n,
	      void *out, size_t *at, struct err *err) MUST_CHECK;

/** Set the field to its default, or to "not set". */
void value_default(const struct conf_key *key, void *out);

/**
 * Split at each `separator`, without the blanks around the parts; "" has
 * none. The caller frees both `*buffer_out` and the array.
 */
char **value_split(const char *text, char separator, size_t *n_out,
		   char **buffer_out);

#endif
