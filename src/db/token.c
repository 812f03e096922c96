/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <string.h>

#include "base/util.h"
#include "db/token.h"

static size_t quoted_len(const char *sql, size_t len)
{
	size_t i;

	for (i = 1; i < len; i++) {
		if (sql[i] == '\\' && sql[0] != '`')
			i++;
		else if (sql[i] == sql[0])
			return i + 1;
	}
	return len;
}

static size_t line_len(const char *sql, size_t len)
{
	const char *end = memchr(sql, '\n', len);

	return end ? (size_t)(end - sql) : len;
}

size_t token_comment_len(const char *sql, size_t len)
{
	size_t i;

	if (len >= 1 && sql[0] == '#')
		return line_len(sql, len);
	/* "--" wants a blank behind it: 5--1 is a sum. */
	if (len >= 2 && sql[0] == '-' && sql[1] == '-' &&
	    (len == 2 || strchr(" \t\r\n", sql[2])))
		return line_len(sql, len);
	if (len < 3 || sql[0] != '/' || sql[1] != '*')
		return 0;
	/* The server runs what stands in these two. */
	if (sql[2] == '!' || (sql[2] == 'M' && len > 3 && sql[3] == '!'))
		return 0;
	for (i = 2; i + 1 < len; i++) {
		if (sql[i] == '*' && sql[i + 1] == '/')
			return i + 2;
	}
	return len;
}

size_t token_len(const char *sql, size_t len)
{
	size_t comment;

	assert(len > 0);
	if (sql[0] == '\'' || sql[0] == '"' || sql[0] == '`')
		return MIN(quoted_len(sql, len), len);
	comment = token_comment_len(sql, len);
	return comment ? comment : 1;
}
