/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_ROLE_H
#define ENGINE_ROLE_H

/**
 * The engines that stepq-engine plays, each a function from a JSON request to
 * a JSON answer. One table, `roles`, has every role; paths, --help and the
 * status page read it.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/util.h"

struct err;
struct storage;

/** What a role works with beside its request. */
struct role_ctx {
	const struct storage *storage;
	const char *public_url; /* before the names of files; NULL: none */
	const atomic_int *is_stopping;
	jv headers;            /* an object: what `echo` answers */
	uint64_t reject_first; /* rounds that `qa` finds fault with */
};

/**
 * Answer `body`, an object. ERR_INPUT and ERR_LIMIT are the client's fault,
 * anything else is the engine's.
 */
typedef int (*role_fn)(const struct role_ctx *ctx, jv body, jv *out,
		       struct err *err);

struct role {
	const char *name;
	const char *help;
	int is_slow; /* done by a thread of the pool */
	role_fn run;
};

/** Ended by a row without a name. */
extern const struct role roles[];

/** The role of this name, `len` bytes long; NULL when there is none. */
const struct role *role_find(const char *name, size_t len);

/** -1 when the program is to end: called between the pieces of long work. */
int role_check(const struct role_ctx *ctx, struct err *err) MUST_CHECK;

/** Make `out` of one element of an array, which stands at `place`. */
typedef int (*role_part_fn)(const struct role_ctx *ctx, jv part, size_t place,
			    void *arg, jv *out, struct err *err);

/** What `fn` makes of each of `parts`, in turn, as an array. */
int role_map(const struct role_ctx *ctx, jv parts, role_part_fn fn, void *arg,
	     jv *out, struct err *err) MUST_CHECK;

/**
 * Set `cost` of an answer: `cents` for an episode of 12 panels, as much of
 * it as panels `first` to `first + n - 1` are worth. The parts of an episode
 * add up to the cent.
 */
void role_set_cost(jv *answer, unsigned int cents, size_t first, size_t n);

int role_text(const struct role_ctx *ctx, jv body, jv *out, struct err *err);
int role_director(const struct role_ctx *ctx, jv body, jv *out,
		  struct err *err);
int role_image(const struct role_ctx *ctx, jv body, jv *out, struct err *err);
int role_lettering(const struct role_ctx *ctx, jv body, jv *out,
		   struct err *err);
int role_packaging(const struct role_ctx *ctx, jv body, jv *out,
		   struct err *err);
int role_story(const struct role_ctx *ctx, jv body, jv *out, struct err *err);
int role_tts(const struct role_ctx *ctx, jv body, jv *out, struct err *err);
int role_music(const struct role_ctx *ctx, jv body, jv *out, struct err *err);
int role_video(const struct role_ctx *ctx, jv body, jv *out, struct err *err);
int role_qa(const struct role_ctx *ctx, jv body, jv *out, struct err *err);
int role_cover(const struct role_ctx *ctx, jv body, jv *out, struct err *err);
int role_article(const struct role_ctx *ctx, jv body, jv *out, struct err *err);
int role_echo(const struct role_ctx *ctx, jv body, jv *out, struct err *err);

#endif
