/* SPDX-License-Identifier: MIT */
#ifndef PLAN_OPTIONS_H
#define PLAN_OPTIONS_H

#include "base/json.h"
#include "base/util.h"

struct err;
struct run_options;

/** run_options_parse() for a value that is parsed already; borrowed. */
int run_options_read(jv object, struct run_options *out,
		     struct err *err) MUST_CHECK;

#endif
