/* SPDX-License-Identifier: MIT */
#ifndef DB_STMT_H
#define DB_STMT_H

/**
 * Statements as text with `?` where a value goes. Values carry their type;
 * strings are escaped for the session every connection has (utf8mb4, no
 * NO_BACKSLASH_ESCAPES), so one round trip sends the whole statement.
 *
 *	db_exec(db, &n, err, sql_release,
 *		DB_ARGS(DB_U64(delay), DB_STR(name), DB_IDS(ids, n)));
 *
 * A `?` inside '...', "..." or `...` in the template is left alone.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "base/util.h"

struct err;

enum db_arg_kind {
	DB_ARG_NULL,
	DB_ARG_U64,
	DB_ARG_I64,
	DB_ARG_TEXT,
	DB_ARG_RAW,
	DB_ARG_IDS,
};

struct db_arg {
	enum db_arg_kind kind;
	uint64_t u64;
	int64_t i64;
	const char *text;
	size_t len;
	const uint64_t *ids;
};

#define DB_NULL ((struct db_arg){ .kind = DB_ARG_NULL })
#define DB_U64(n) ((struct db_arg){ .kind = DB_ARG_U64, .u64 = (n) })
#define DB_I64(n) ((struct db_arg){ .kind = DB_ARG_I64, .i64 = (n) })
/** A string; NULL becomes SQL NULL. */
#define DB_STR(s) db_arg_str(s)
#define DB_TEXT(s, n) \
 ((struct db_arg){ .kind = DB_ARG_TEXT, .text = (s), .len = (n) })
/** SQL of ours, as it is: never anything from outside. */
#define DB_RAW(s) ((struct db_arg){ .kind = DB_ARG_RAW, .text = (s) })
/** "1,2,3" for IN (?); an empty list becomes NULL, which matches nothing. */
#define DB_IDS(p, n) \
 ((struct db_arg){ .kind = DB_ARG_IDS, .ids = (p), .len = (n) })

struct db_arg db_arg_str(const char *s);

#define DB_ARGS(...)                       \
 ((const struct db_arg[]){ __VA_ARGS__ }), \
	 sizeof((struct db_arg[]){ __VA_ARGS__ }) / sizeof(struct db_arg)
#define DB_NO_ARGS NULL, 0

/**
 * Append `sql` with its values filled in. A number of values that does not
 * match the `?`s is a bug of ours. ERR_LIMIT when `out` has reached its
 * ceiling.
 */
int stmt_add(struct strbuf *out, struct err *err, const char *sql,
	     const struct db_arg *args, size_t args_n) MUST_CHECK;

#endif
