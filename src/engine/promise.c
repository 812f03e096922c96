/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/dice.h"
#include "engine/promise.h"

enum {
	PROMISES_MAX = 4096
};

struct promise {
	char token[PROMISE_TOKEN]; /* "": free */
	uint64_t looks;            /* until it is ready */
	char *answer;
};

struct promises {
	size_t next; /* the oldest */
	struct promise all[PROMISES_MAX];
};

struct promises *promises_new(void)
{
	return xcalloc(1, sizeof(struct promises));
}

void promises_free(struct promises **promises)
{
	size_t i;

	for (i = 0; *promises && i < PROMISES_MAX; i++)
		free((*promises)->all[i].answer);
	free(*promises);
	*promises = NULL;
}

static struct promise *find(struct promises *promises, const char *token)
{
	size_t i;

	for (i = 0; i < PROMISES_MAX; i++)
		if (*token && strcmp(promises->all[i].token, token) == 0)
			return &promises->all[i];
	return NULL;
}

void promise_add(struct promises *promises, const char *key, uint64_t looks,
		 const struct strbuf *answer, char token_out[PROMISE_TOKEN])
{
	/* A call without a key is like no other. */
	uint64_t hash = *key ? dice_hash(key) : promises->next;
	struct promise *promise;

	(void)snprintf(token_out, PROMISE_TOKEN, "%016llx",
		       (unsigned long long)hash);
	if (find(promises, token_out))
		return;
	promise = &promises->all[promises->next++ % PROMISES_MAX];
	free(promise->answer);
	memcpy(promise->token, token_out, PROMISE_TOKEN);
	promise->looks = looks;
	promise->answer = xstrdup(strbuf_str(answer));
}

enum promise_state promise_look(struct promises *promises, const char *token,
				const char **answer_out)
{
	struct promise *promise = find(promises, token);

	if (!promise)
		return PROMISE_UNKNOWN;
	if (promise->looks > 0)
		promise->looks--;
	if (promise->looks > 0)
		return PROMISE_PENDING;
	*answer_out = promise->answer;
	return PROMISE_READY;
}
