/* SPDX-License-Identifier: MIT */
#ifndef CLI_DIAGNOSIS_H
#define CLI_DIAGNOSIS_H

/**
 * What doctor finds, a line at a time: the name of what was looked at, what
 * was seen, and at the right whether it will do. Each is printed as it is
 * added, so that a slow check is seen to be at work.
 */

#include "base/json.h"
#include "base/util.h"

struct out;

enum verdict {
	VERDICT_OK,
	VERDICT_WARNING,
	VERDICT_ERROR,
};

struct diagnosis {
	struct out *out;
	jv checks;
	unsigned int warnings;
	unsigned int errors;
};

void diagnosis_start(struct diagnosis *diagnosis, struct out *out);

/** The text may have several lines; those with "hint: " are hints. */
void diagnosis_add(struct diagnosis *diagnosis, enum verdict verdict,
		   const char *name, const char *fmt, ...) PRINTF_LIKE(4, 5);

/** Print the sum; all-zero again. Returns the exit status. */
int diagnosis_end(struct diagnosis *diagnosis);

#endif
