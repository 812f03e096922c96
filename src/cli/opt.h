/* SPDX-License-Identifier: MIT */
#ifndef CLI_OPT_H
#define CLI_OPT_H

/**
 * Options by table, in every form people are used to: --name=value,
 * --name value, -x value, -xvalue, flags together as -ab. "--" ends them and
 * "-" is a word. An option given twice counts as given last.
 */

#include "base/util.h"
#include "cli/cmd.h"

struct err;

/** A table and where its values go; the first set that has a name wins. */
struct opt_set {
	const struct opt *opts; /* ended by OPT_END; NULL: empty */
	const char **values;    /* by position in opts; "" for flags */
};

enum {
	OPT_SETS = 2
};

/** Set argc, argv, sets, and next to where to begin; the rest is zero. */
struct opt_reader {
	int argc;
	char **argv;
	struct opt_set sets[OPT_SETS];
	int next;     /* in argv */
	int is_ended; /* "--" was read */
};

/** Options that every command takes, before and behind its name. */
enum opt_global {
	OPT_CONFIG,
	OPT_FORMAT,
	OPT_HELP,
	OPT_VERSION,
	OPT_GLOBALS,
};
extern const struct opt opt_globals[];

/**
 * Take options in up to the next word that is none. 1 with the word, 0 at
 * the end, -1 with ERR_USAGE. Values of the wrong kind are errors too.
 */
int opt_next_word(struct opt_reader *reader, char **word_out,
		  struct err *err) MUST_CHECK;

#endif
