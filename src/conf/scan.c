/* SPDX-License-Identifier: MIT */

/*
 * libconfig 1.5 tells a missing brace as "syntax error" in the last line, takes
 * a comment that never ends as the end of the file, and turns 5000000000
 * into 705032704; none of the three helps a person, and the last two go
 * unseen. So the text is walked once before libconfig gets it. The walk knows
 * strings, comments, brackets and numbers, and leaves all else to libconfig.
 */

#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "conf/scan.h"

struct scan {
	const char *p;
	int line;
	size_t depth;
	struct {
		char bracket;
		int line;
	} open[LIMIT_CONF_DEPTH];
};

static void skip_to(struct scan *scan, const char *end)
{
	for (; scan->p < end; scan->p++)
		scan->line += *scan->p == '\n';
}

static int skip_string(struct scan *scan, struct err *err)
{
	const char *end = scan->p + 1;

	while (*end && *end != '"')
		end += *end == '\\' && end[1] ? 2 : 1;
	if (!*end)
		return err_set(err, ERR_CONFIG, "this string has no end");
	skip_to(scan, end + 1);
	return 0;
}

static int skip_comment(struct scan *scan, struct err *err)
{
	const char *end;

	if (scan->p[0] == '/' && scan->p[1] == '*') {
		end = strstr(scan->p + 2, "*/");
		if (!end)
			return err_set(err, ERR_CONFIG,
				       "this comment has no end");
		skip_to(scan, end + 2);
		return 0;
	}
	skip_to(scan, scan->p + strcspn(scan->p, "\n"));
	return 0;
}

/* libconfig holds a number in 32 bits, and one that ends with L in 64. */
static int skip_number(struct scan *scan, struct err *err)
{
	size_t len = strspn(scan->p, "0123456789abcdefABCDEFxX.L");
	int is_hex = scan->p[0] == '0' && (scan->p[1] | 0x20) == 'x';
	unsigned long long n, max = INT_MAX;
	char *end;

	errno = 0;
	n = strtoull(scan->p, &end, is_hex ? 16 : 10);
	if (*end == 'L')
		max = LLONG_MAX;
	if ((!strchr(".eE", *end) || !*end) && (errno == ERANGE || n > max))
		return err_set(err, ERR_CONFIG,
			       "%.*s is too large for a plain number: "
			       "put it in quotes",
			       (int)(end - scan->p), scan->p);
	skip_to(scan, scan->p + len);
	return 0;
}

static int open_bracket(struct scan *scan, struct err *err)
{
	if (scan->depth == LIMIT_CONF_DEPTH)
		return err_set(err, ERR_CONFIG, "nested deeper than %u levels",
			       LIMIT_CONF_DEPTH);
	scan->open[scan->depth].bracket = *scan->p;
	scan->open[scan->depth].line = scan->line;
	scan->depth++;
	scan->p++;
	return 0;
}

static int close_bracket(struct scan *scan, struct err *err)
{
	static const char pairs[] = "(){}[]";
	char open, close = *scan->p;

	if (scan->depth == 0)
		return err_set(err, ERR_CONFIG, "'%c' closes nothing", close);
	scan->depth--;
	open = scan->open[scan->depth].bracket;
	if (strchr(pairs, open)[1] != close)
		return err_set(err, ERR_CONFIG,
			       "'%c' here, but '%c' of line %d is still open",
			       close, open, scan->open[scan->depth].line);
	scan->p++;
	return 0;
}

static int scan_next(struct scan *scan, struct err *err)
{
	const char *p = scan->p;

	if (*p == '"')
		return skip_string(scan, err);
	if (*p == '#' || (*p == '/' && (p[1] == '/' || p[1] == '*')))
		return skip_comment(scan, err);
	if (strchr("({[", *p))
		return open_bracket(scan, err);
	if (strchr(")}]", *p))
		return close_bracket(scan, err);
	if (isdigit((unsigned char)*p))
		return skip_number(scan, err);
	if (isalpha((unsigned char)*p) || *p == '*')
		skip_to(scan, p + strspn(p,
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz"
					 "0123456789-_*"));
	else
		skip_to(scan, p + 1);
	return 0;
}

int conf_scan(const char *text, int *line_out, struct err *err)
{
	struct scan scan = { .p = text, .line = 1 };

	while (*scan.p) {
		if (scan_next(&scan, err)) {
			*line_out = scan.line;
			return -1;
		}
	}
	if (scan.depth > 0) {
		scan.depth--;
		*line_out = scan.open[scan.depth].line;
		return err_set(err, ERR_CONFIG, "'%c' is not closed",
			       scan.open[scan.depth].bracket);
	}
	return 0;
}
