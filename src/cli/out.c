/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "cli/out.h"

enum {
	COLUMNS_UNKNOWN = 80,
	COLUMNS_LEAST = 20,
};

struct out {
	enum out_format format;
	FILE *file;
	int is_terminal;
	int has_colour;
	unsigned int columns; /* 0: unknown */
	int error;            /* errno of the first write that failed */
};

static int colour_is_wanted(void)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
}

/* $COLUMNS goes first: it holds for pipes too, into a pager for example. */
static unsigned int find_columns(const struct out *out)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	uint64_t n = 0;

	if (text && num_u64(text, &n) == 0 && n >= COLUMNS_LEAST && n <= 9999)
		return (unsigned int)n;
	if (out->is_terminal &&
	    ioctl(fileno(out->file), TIOCGWINSZ, &size) == 0 &&
	    size.ws_col >= COLUMNS_LEAST)
		return size.ws_col;
	return 0;
}

struct out *out_new(enum out_format format)
{
	struct out *out = xcalloc(1, sizeof(*out));

	out->format = format;
	out->file = stdout;
	out->is_terminal = isatty(fileno(out->file));
	out->has_colour = out->is_terminal && colour_is_wanted();
	out->columns = find_columns(out);
	return out;
}

int out_close(struct out **outp)
{
	struct out *out = *outp;
	int error;

	if (!out)
		return 0;
	*outp = NULL;
	(void)out_flush(out); /* kept in out->error */
	error = out->error;
	free(out);
	errno = error;
	return error ? -1 : 0;
}

int out_flush(struct out *out)
{
	if (fflush(out->file) != 0 && !out->error)
		out->error = errno;
	return out->error ? -1 : 0;
}

enum out_format out_format(const struct out *out)
{
	return out->format;
}

int out_is_terminal(const struct out *out)
{
	return out->is_terminal;
}

unsigned int out_columns(const struct out *out)
{
	return out->columns ? out->columns : COLUMNS_UNKNOWN;
}

int out_has_columns(const struct out *out)
{
	return out->columns != 0;
}

static void out_write(struct out *out, const char *data, size_t len)
{
	if (!out->error && fwrite(data, 1, len, out->file) != len)
		out->error = errno ? errno : EIO;
}

void out_text(struct out *out, const char *text)
{
	if (out->format == OUT_TEXT)
		out_write(out, text, strlen(text));
}

void out_line(struct out *out, const char *fmt, ...)
{
	struct strbuf sb = { 0 };
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	strbuf_addc(&sb, '\n');
	out_text(out, strbuf_str(&sb));
	strbuf_release(&sb);
}

void out_json(struct out *out, jv v)
{
	struct strbuf sb = { 0 };

	if (out->format == OUT_JSON) {
		json_dump(v, &sb);
		strbuf_addc(&sb, '\n');
		out_write(out, strbuf_str(&sb), sb.len);
		strbuf_release(&sb);
	}
	jv_free(v);
}

enum out_style out_status_style(const char *status)
{
	static const struct {
		const char *status;
		enum out_style style;
	} styles[] = {
		{ "done", OUT_GREEN },     { "ok", OUT_GREEN },
		{ "waiting", OUT_YELLOW }, { "retrying", OUT_YELLOW },
		{ "WARNING", OUT_YELLOW }, { "failed", OUT_RED },
		{ "ERROR", OUT_RED },      { "running", OUT_PLAIN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(styles); i++)
		if (strcmp(status, styles[i].status) == 0)
			return styles[i].style;
	return OUT_DIM;
}

void out_styled(const struct out *out, struct strbuf *sb, enum out_style style,
		const char *text)
{
	static const char *const codes[] = {
		[OUT_PLAIN] = "",          [OUT_DIM] = "\033[2m",
		[OUT_BOLD] = "\033[1m",    [OUT_GREEN] = "\033[32m",
		[OUT_YELLOW] = "\033[33m", [OUT_RED] = "\033[31m",
	};

	if (!out->has_colour || style == OUT_PLAIN || *text == '\0') {
		strbuf_adds(sb, text);
		return;
	}
	strbuf_adds(sb, codes[style]);
	strbuf_adds(sb, text);
	strbuf_adds(sb, "\033[0m");
}

/* One unit is enough for an age; two would suggest that it is exact. */
const char *out_age(int64_t age_ms, char buf[OUT_AGE])
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	/* What is to come is not there before its time. */
	int64_t s = age_ms < 0 ? (999 - age_ms) / 1000 : age_ms / 1000;
	size_t i = 0;

	if (s == 0) {
		(void)snprintf(buf, OUT_AGE, "now");
		return buf;
	}
	while (s < units[i].seconds)
		i++;
	(void)snprintf(buf, OUT_AGE, age_ms < 0 ? "in %lld%c" : "%lld%c ago",
		       (long long)(s / units[i].seconds), units[i].unit);
	return buf;
}
