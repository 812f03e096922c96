/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_PROMISE_H
#define ENGINE_PROMISE_H

/**
 * Answers to be fetched later: a call answered with 202 leaves its answer
 * here, and its Location, /promises/TOKEN, gives it out at the Nth look. The
 * oldest of many make room for new ones. Of the server's thread alone.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct promises;
struct strbuf;

struct promises *promises_new(void);
void promises_free(struct promises **promises);

enum {
	PROMISE_TOKEN = 17
};

/**
 * Keep `answer`, ready at look number `looks`. The token follows from `key`:
 * a call that is repeated finds its promise again, as it was.
 */
void promise_add(struct promises *promises, const char *key, uint64_t looks,
		 const struct strbuf *answer, char token_out[PROMISE_TOKEN]);

enum promise_state {
	PROMISE_UNKNOWN,
	PROMISE_PENDING,
	PROMISE_READY,
};

/** Look once; the answer, when ready, is good until the next promise_add(). */
enum promise_state promise_look(struct promises *promises, const char *token,
				const char **answer_out);

#endif
