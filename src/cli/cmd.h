/* SPDX-License-Identifier: MIT */
#ifndef CLI_CMD_H
#define CLI_CMD_H

/**
 * A command: one `const struct cmd cmd_NAME` in a file cmd_NAME.c, listed in
 * cli/commands.c. main() parses the options by the table, sets up what the
 * command needs and calls it; help, the man page and completion read the
 * same rows.
 *
 * main() answers --help, --version, --config and --format, flushes the output
 * and frees what it set up. A command whose name begins with "__" is not
 * shown to people.
 */

#include <stdint.h>

#include "base/err.h"
#include "conf/conf.h"
#include "conf/settings.h"

struct db;
struct out;
struct plan;

/**
 * Exit statuses, EXIT(symbol, status, what it means): the enum, the help and
 * stepq(1) are made from these rows.
 */
#define CMD_EXITS(EXIT)                                             \
 EXIT(OK, 0, "done")                                                \
 EXIT(FAILED, 1, "failed")                                          \
 EXIT(USAGE, 2, "the command line is wrong")                        \
 EXIT(CONFIG, 3, "the configuration is wrong")                      \
 EXIT(NO_DATABASE, 4, "no database: unreachable, or access denied") \
 EXIT(NOTHING, 5, "nothing to do")                                  \
 EXIT(MEMORY, 12, "work only: over --memory, as Laravel's worker")

#define CMD_EXIT_ENUM(symbol, status, doc) CMD_##symbol = (status),
enum cmd_exit {
	CMD_EXITS(CMD_EXIT_ENUM)
};
#undef CMD_EXIT_ENUM

enum cmd_needs {
	CMD_NEEDS_CONF = 1u << 0,   /* settings and plan, free of errors */
	CMD_NEEDS_DB = 1u << 1,     /* settings, and a connection */
	CMD_NEEDS_SCHEMA = 1u << 2, /* and the schema this binary expects */
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
	const char *args; /* behind "[options]": "[ID...]"; or NULL */
	const char *help; /* one line, no full stop */
	/*
	 * For --help and stepq(1), or NULL: paragraphs with an empty line
	 * between them. They are filled to the width of the page, but one
	 * that begins with two blanks is an example and stays as it is.
	 */
	const char *text;
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

/**
 * Read the configuration, connect, look at the schema, as `needs` says. What
 * is wrong is printed. CMD_OK, or the status to exit with.
 */
int cmd_setup(struct cmd_ctx *ctx, unsigned int needs);
void cmd_teardown(struct cmd_ctx *ctx);

/** The command of this name, NULL when there is none. */
const struct cmd *cmd_find(const char *name);

/** Print "no command 'wrok'" and the nearest one; returns CMD_USAGE. */
int cmd_unknown(const char *name);

/** Print "stepq: text" and how to get help on stderr; returns CMD_USAGE. */
int cmd_usage(const struct cmd_ctx *ctx, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

/** Print "stepq: text" and its hint; returns the exit status for the code. */
int cmd_fail(const struct cmd_ctx *ctx, const struct err *err);

/** The same for a pipeline that is none, with those there are. */
int cmd_no_pipeline(const struct cmd_ctx *ctx, const char *name);

/** A database handle for these settings, not connected yet. */
struct db *cmd_db_new(const struct settings *settings);

#endif
