/* SPDX-License-Identifier: MIT */
#ifndef PLAN_ENGINE_H
#define PLAN_ENGINE_H

/**
 * An engine: what a step calls, by HTTP, as a local command, or built in.
 */

#include <stddef.h>
#include <stdint.h>

#include "conf/keys.h"

struct conf_node;
struct conf_report;
struct expr;
struct strbuf;

enum engine_kind {
	ENGINE_HTTP,
	ENGINE_COMMAND,
	ENGINE_DUMMY,
};

struct engine {
	char *name;
	enum engine_kind kind;
	char *url;
	char **headers; /* "Name: value", ended by NULL; may be NULL */
	char **command; /* argv, ended by NULL */
	struct {
		int64_t ms;
		double fail_rate;
		char *result_text;
		struct expr *result; /* NULL: the input itself */
	} dummy;
	int64_t timeout_ms; /* -1: not set here */
	int64_t connect_timeout_ms;
	int64_t tries;       /* -1: not set here */
	int64_t *backoff_ms; /* ended by -1; NULL: not set here */
	int64_t max_body;    /* bytes of an answer */
	char **secrets;      /* values never to be shown, ended by NULL */
};

extern const struct conf_key engine_keys[];
extern const size_t engine_keys_n;
extern const struct conf_key engine_dummy_keys[];
extern const size_t engine_dummy_keys_n;

/**
 * Fill `out` (all-zero before) from a member of `engines`. What is wrong is
 * in `report`. dummy.result is compiled by plan_compile().
 */
void engine_load(const struct conf_node *node, struct engine *out,
		 struct conf_report *report);
void engine_release(struct engine *engine);

/** Replace each of the engine's secrets that stands in `text` by "***". */
void engine_scrub(const struct engine *engine, struct strbuf *text);

#endif
