/* SPDX-License-Identifier: MIT */
#ifndef CONF_SCAN_H
#define CONF_SCAN_H

#include "base/util.h"

struct err;

/**
 * Look through the text of a configuration file for what libconfig does not
 * report, or only as "syntax error" at the end of the file: brackets, strings
 * and comments that stay open, and numbers it would cut. ERR_CONFIG with the
 * line in `line_out`.
 */
int conf_scan(const char *text, int *line_out, struct err *err) MUST_CHECK;

#endif
