/* SPDX-License-Identifier: MIT */
#ifndef CONF_EXPAND_H
#define CONF_EXPAND_H

/**
 * `${NAME}` in a string of the configuration: the environment variable NAME.
 * "$${" stands for a literal "${".
 */

#include <stddef.h>

#include "base/util.h"

struct err;

/** All-zero is the empty one. */
struct expansion {
	char *text;    /* all filled in; what is not set counts as "" */
	char *unset;   /* the first variable that is not set, or NULL */
	char **values; /* what the variables held, in order */
	size_t values_n;
};

/** ERR_CONFIG for a "${" without an end or with no name in it. */
int expand(const char *raw, struct expansion *out, struct err *err) MUST_CHECK;
void expansion_release(struct expansion *expansion);

#endif
