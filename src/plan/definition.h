/* SPDX-License-Identifier: MIT */
#ifndef PLAN_DEFINITION_H
#define PLAN_DEFINITION_H

/**
 * A pipeline as JSON text and back. Runs keep this text in the database: a
 * newer stepq must read what an older one wrote, so keys may be added, with a
 * meaning for their absence, but never change theirs.
 */

#include "base/strbuf.h"
#include "base/util.h"

struct err;
struct pipeline;

/**
 * Append the definition: what is set, and always name, engine and needs, in
 * a fixed order, so that the same pipeline gives the same text.
 */
void definition_write(const struct pipeline *pipeline, struct strbuf *out);

/** Fill names and settings of `out` (all-zero before), but no edges. */
int definition_read(const char *text, struct pipeline *out,
		    struct err *err) MUST_CHECK;

#endif
