/* SPDX-License-Identifier: MIT */
#ifndef CLI_CMD_H
#define CLI_CMD_H

/**
 * A command: one `const struct cmd cmd_NAME` in a file cmd_NAME.c, listed in
 * cli/commands.c. main() parses the options by the table, sets up what the
 * command needs and calls it; help, the man page and completion read the
 * same rows.
 */

#include <stdint.h>

#include "base/err.h"
#include "conf/conf.h"
#include "conf/settings.h"

struct db;
struct out;
struct plan;

enum cmd_exit {
	CMD_OK = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
	CMD_CONFIG = 3,
	CMD_NO_DATABASE = 4,
	CMD_NOTHING = 5,
	CMD_MEMORY = 12, /* work only: over --memory, as Laravel's worker */
};

enum cmd_needs {
	CMD_NEEDS_CONF = 1u << 0,   /* settings and plan, free of errors */
	CMD_NEEDS_DB = 1u << 1,     /* connected */
	CMD_NEEDS_SCHEMA = 1u << 2, /* and migrated */
};

enum opt_kind {
	OPT_KIND_FLAG,
	OPT_KIND_STR,
	OPT_KIND_INT, /* a whole number, not negative */
	OPT_KIND_DUR, /* a duration; a bare number is seconds */
};

struct opt {
	char letter; /* 0: none */
	const char *name;
	enum opt_kind kind;
	const char *arg; /* "NAME"; NULL for flags */
	const char *help;
};

#define OPT_FLAG(l, n, h)            \
 {                                   \
  (l), (n), OPT_KIND_FLAG, NULL, (h) \
 }
#define OPT_STR(l, n, a, h)        \
 {                                 \
  (l), (n), OPT_KIND_STR, (a), (h) \
 }
#define OPT_INT(l, n, a, h)        \
 {                                 \
  (l), (n), OPT_KIND_INT, (a), (h) \
 }
#define OPT_DUR(l, n, a, h)        \
 {                                 \
  (l), (n), OPT_KIND_DUR, (a), (h) \
 }
#define OPT_END                      \
 {                                   \
  0, NULL, OPT_KIND_FLAG, NULL, NULL \
 }

struct cmd_ctx {
	const struct cmd *cmd;
	struct out *out;
	struct conf *conf;
	struct settings settings;
	struct plan *plan;
	struct db *db;
	const char *config_path; /* --config; NULL when not given */
	const char *values[32];  /* by position in cmd->opts; NULL: unset */
};

struct cmd {
	const char *name;
	const char *args; /* "[--all] [ID...]" */
	const char *help; /* one line, no full stop */
	const char *text; /* some paragraphs for --help and stepq(1), or NULL */
	unsigned int needs;
	const struct opt *opts; /* ended by OPT_END; may be NULL */
	int (*run)(struct cmd_ctx *ctx, int argc, char **argv); /* cmd_exit */
};

/** The table, ended by NULL. */
extern const struct cmd *const commands[];

/** Options as main() parsed and checked them. */
int opt_isset(const struct cmd_ctx *ctx, const char *name);
const char *opt_str(const struct cmd_ctx *ctx, const char *name);
int64_t opt_int(const struct cmd_ctx *ctx, const char *name, int64_t unset);
int64_t opt_dur_ms(const struct cmd_ctx *ctx, const char *name, int64_t unset);

/** Print "stepq: text" and how to get help on stderr; returns CMD_USAGE. */
int cmd_usage(const struct cmd_ctx *ctx, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

/** Print "stepq: text" and its hint; returns the exit status for the code. */
int cmd_fail(const struct cmd_ctx *ctx, const struct err *err);

/** A database handle for these settings, not connected yet. */
struct db *cmd_db_new(const struct settings *settings);

#endif
