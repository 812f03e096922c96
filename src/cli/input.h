/* SPDX-License-Identifier: MIT */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

/**
 * JSON from the command line: as it is, from a file ("@FILE") or from stdin
 * ("-"). It is kept as it was written, not as libjq would print it: numbers
 * above 2^53 keep all their digits.
 */

#include "base/util.h"

struct err;
struct strbuf;

/**
 * Append the input that `text` names, "{}" for NULL, which must be JSON.
 * Where it is longer than out->max, `out` is full and what is there is not
 * looked at. Errors call it `what`: "input".
 */
int input_read(const char *text, const char *what, struct strbuf *out,
	       struct err *err) MUST_CHECK;

#endif
