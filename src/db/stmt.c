/* SPDX-License-Identifier: MIT */

/*
 * Values into statements.
 *
 * Escaping is written here instead of calling mysql_real_escape_string():
 * that needs a connection, only to learn its character set and sql_mode, and
 * both are the same on every connection of ours. In UTF-8 no byte of a longer
 * character looks like a quote or a backslash, so escaping single bytes is
 * right; without NO_BACKSLASH_ESCAPES a backslash is an escape. So statements
 * can be built, measured and tested without a server.
 */

#include <config.h>

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "db/stmt.h"
#include "db/token.h"

struct db_arg db_arg_str(const char *s)
{
	return s ? DB_TEXT(s, strlen(s)) : DB_NULL;
}

/* What follows the backslash; 0 for a byte that stands for itself. */
static char escape_of(char c)
{
	switch (c) {
	case '\0':
		return '0';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\x1a':
		return 'Z';
	case '\\':
	case '\'':
	case '"':
		return c;
	default:
		return 0;
	}
}

static void text_add(struct strbuf *out, const char *s, size_t len)
{
	size_t i, plain = 0;

	strbuf_addc(out, '\'');
	for (i = 0; i < len && !out->is_full; i++) {
		char pair[2] = { '\\', escape_of(s[i]) };

		if (!pair[1])
			continue;
		strbuf_add(out, s + plain, i - plain);
		strbuf_add(out, pair, sizeof(pair));
		plain = i + 1;
	}
	strbuf_add(out, s + plain, i - plain);
	strbuf_addc(out, '\'');
}

static void ids_add(struct strbuf *out, const uint64_t *ids, size_t n)
{
	size_t i;

	if (n == 0)
		strbuf_adds(out, "NULL");
	for (i = 0; i < n; i++)
		strbuf_addf(out, i ? ",%" PRIu64 : "%" PRIu64, ids[i]);
}

static void arg_add(struct strbuf *out, const struct db_arg *arg)
{
	switch (arg->kind) {
	case DB_ARG_NULL:
		strbuf_adds(out, "NULL");
		break;
	case DB_ARG_U64:
		strbuf_addf(out, "%" PRIu64, arg->u64);
		break;
	case DB_ARG_I64:
		strbuf_addf(out, "%" PRId64, arg->i64);
		break;
	case DB_ARG_TEXT:
		text_add(out, arg->text, arg->len);
		break;
	case DB_ARG_RAW:
		strbuf_adds(out, arg->text);
		break;
	case DB_ARG_IDS:
		ids_add(out, arg->ids, arg->len);
		break;
	}
}

int stmt_add(struct strbuf *out, struct err *err, const char *sql,
	     const struct db_arg *args, size_t args_n)
{
	size_t begin = out->len, left = strlen(sql), used = 0;

	while (left > 0) {
		size_t n = token_len(sql, left);

		if (*sql == '?') {
			assert(used < args_n);
			arg_add(out, &args[used++]);
		} else {
			strbuf_add(out, sql, n);
		}
		sql += n;
		left -= n;
	}
	assert(used == args_n);
	if (!out->is_full)
		return 0;
	out->len = begin;
	out->buf[begin] = '\0';
	out->is_full = 0;
	return err_set(err, ERR_LIMIT,
		       "a statement is longer than the server takes");
}
