/* SPDX-License-Identifier: MIT */
#ifndef DRAW_LABEL_H
#define DRAW_LABEL_H

/**
 * What is written in the box of a step, and along a loop.
 */

#include <stddef.h>

#include "base/strbuf.h"

struct draw;
struct draw_status;

enum label_role {
	LABEL_NAME,
	LABEL_DETAIL, /* what kind of step it is, and when it runs */
	LABEL_STATE,  /* how far it is */
};

struct label_line {
	enum label_role role;
	struct strbuf text;
};

enum {
	LABEL_LINES = 7 /* a name, four details, two of the state */
};

/** All-zero is empty. */
struct label {
	struct label_line lines[LABEL_LINES];
	size_t n;
};

/** `is_ascii`: without any other character of ours. */
void label_make(struct label *label, const struct draw *draw, size_t step,
		int is_ascii);
void label_release(struct label *label);

/** "again, at most 3", appended. */
void label_again(struct strbuf *out, const struct draw *draw, size_t step);

/** What the picture is called. */
const char *label_title(const struct draw *draw);

/** The kind in a word, where it is not a plain step; or NULL. */
const char *label_kind(const struct draw *draw, size_t step);

/** How much of the step is done, 0 to 1. */
double label_progress(const struct draw_status *status);

#endif
