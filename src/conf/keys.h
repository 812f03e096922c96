/* SPDX-License-Identifier: MIT */
#ifndef CONF_KEYS_H
#define CONF_KEYS_H

/**
 * What a key of the configuration is: one row a key, in tables that stand
 * beside the structs they fill (conf/settings.c, plan/engine.c,
 * plan/pipeline.c). Parsing, range errors, `stepq config keys|dump`, the
 * commented example file and stepq.conf(5) all read these rows.
 */

#include <stddef.h>

#include "base/util.h"

struct conf_node;
struct conf_report;
struct strbuf;

enum conf_type {
	CONF_STR,     /* char * */
	CONF_STRINGS, /* char **, ended by NULL; one string is a list of one */
	CONF_ENUM,    /* char *, one of the words in `min` ("a|b|c") */
	CONF_BOOL,    /* int64_t 0 or 1 */
	CONF_INT,     /* int64_t */
	CONF_NUM,     /* double */
	CONF_DUR,  /* int64_t milliseconds: "90s", a bare number is seconds */
	CONF_DURS, /* int64_t *, ended by -1; one duration is a list of one */
	CONF_SIZE, /* int64_t bytes: "8M" */
	CONF_EXPR, /* char *, a jq program */
	CONF_HEADERS, /* char ** of "Name: value", from a group */
	CONF_GROUP,   /* read by code of its own; no field */
};

enum conf_flag {
	CONF_SECRET = 1u << 0,   /* masked in dumps, scrubbed from errors */
	CONF_REQUIRED = 1u << 1, /* has no default */
};

/**
 * `def`, `min` and `max` are written as a user would write them, a list with
 * commas. Of a string min and max count the bytes, of CONF_STRINGS the
 * elements. A NULL `def` means unset: the field keeps -1 (numbers, durations)
 * or NULL.
 */
struct conf_key {
	const char *name; /* "worker.lease"; within a group just "timeout" */
	enum conf_type type;
	const char *def;
	const char *min;
	const char *max;
	unsigned int flags;
	size_t offset;   /* of the field in the struct the table fills */
	const char *doc; /* one sentence, without a full stop */
};

/** "STEPQ_WORKER_LEASE" for "worker.lease". Appended to `out`. */
void conf_env_name(const char *key, struct strbuf *out);

/**
 * Fill the struct at `out`, all-zero before: each key from the environment,
 * else from the members of `group` (NULL: none), else its default. `path`
 * ("engines.text") goes before a key's name to make that of its variable;
 * NULL: the names in the table are whole, and `group` is the root; "": no
 * variables, as for what stands in a list. In a variable, the elements of a
 * list are separated by commas.
 *
 * Members that no row names are errors with the nearest known key. What is
 * wrong is reported and gets its default.
 */
void conf_fill(const struct conf_node *group, const char *path,
	       const struct conf_key *keys, size_t keys_n, void *out,
	       struct conf_report *report);

/**
 * Report what is wrong with the value of `key` ("engines.text.url"), for
 * checks beyond its type and range: at its variable when that is set, else at
 * `node`, which may be NULL when it is.
 */
void conf_report_value(struct conf_report *report, const char *key,
		       const struct conf_node *node, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/** Free what conf_fill() put into the struct at `out`. */
void conf_unfill(const struct conf_key *keys, size_t keys_n, void *out);

/**
 * Append the keys as lines of a configuration file, all commented out, each
 * with its doc, range and default, after `indent` ("" or "\t"). Names with a
 * dot are written as groups around their keys.
 */
void conf_example(const struct conf_key *keys, size_t keys_n,
		  const char *indent, struct strbuf *out);

#endif
