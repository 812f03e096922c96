/* SPDX-License-Identifier: MIT */
#ifndef CLI_KEYTEXT_H
#define CLI_KEYTEXT_H

/**
 * The tables of configuration keys in words, the same in `stepq config keys`
 * and stepq.conf(5).
 */

#include <stddef.h>

#include "conf/keys.h"

struct strbuf;

struct key_table {
	const char *prefix; /* "engines.NAME."; "" for the settings */
	const char *title;
	const struct conf_key *keys;
	size_t n;
	int has_variables; /* its keys can be set in the environment */
};

enum {
	KEY_TABLE_SETTINGS,
	KEY_TABLE_ENGINE,
	KEY_TABLE_DUMMY,
	KEY_TABLE_PIPELINE,
	KEY_TABLE_STEP,
	KEY_TABLE_GATE,
	KEY_TABLE_AGAIN,
	KEY_TABLES,
};

/** Table `i` of KEY_TABLES. */
struct key_table key_table(size_t i);

/** "duration", "list of texts". */
const char *key_type(enum conf_type type);

/** "1s to 1h", "off|on|verify" or nothing, appended. */
void key_range(const struct conf_key *key, struct strbuf *out);

/** A configuration file of all keys, commented out, appended. */
void key_example(struct strbuf *out);

/** "STEPQ_WORKER_LEASE", or nothing when there is none; appended. */
void key_variable(const struct key_table *table, const struct conf_key *key,
		  struct strbuf *out);

#endif
