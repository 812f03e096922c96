/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/strbuf.h"

static struct {
	enum log_level level;
	enum log_format format;
} config = { LOG_INFO, LOG_LOGFMT };

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void log_setup(enum log_level level, enum log_format format)
{
	config.level = level;
	config.format = format;
}

int log_enabled(enum log_level level)
{
	return level >= config.level;
}

/* logfmt: a value with blanks, quotes or '=' in it is quoted as in JSON. */
static void add_value(struct strbuf *sb, const char *s)
{
	if (config.format == LOG_JSON || !*s || strpbrk(s, " \"=\\\n\t\r"))
		json_quote(sb, s);
	else
		strbuf_adds(sb, s);
}

static void add_key(struct strbuf *sb, const char *key)
{
	if (config.format == LOG_JSON)
		strbuf_addf(sb, "%s\"%s\":", sb->len > 1 ? "," : "", key);
	else
		strbuf_addf(sb, "%s%s=", sb->len > 0 ? " " : "", key);
}

static void add_time(struct strbuf *sb)
{
	int64_t ms = clock_wall_ms();
	time_t s = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	(void)gmtime_r(&s, &tm);
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	add_key(sb, "ts");
	if (config.format == LOG_JSON)
		strbuf_addf(sb, "\"%s.%03dZ\"", text, (int)(ms % 1000));
	else
		strbuf_addf(sb, "%s.%03dZ", text, (int)(ms % 1000));
}

void log_write(enum log_level level, const char *msg,
	       const struct log_field *fields)
{
	struct strbuf sb = { .max = 32768 };
	ssize_t written;

	if (!log_enabled(level))
		return;
	if (config.format == LOG_JSON)
		strbuf_addc(&sb, '{');
	add_time(&sb);
	add_key(&sb, "level");
	add_value(&sb, level_names[level]);
	add_key(&sb, "msg");
	add_value(&sb, msg);
	for (; fields->kind != LOG_END; fields++) {
		if (!fields->str)
			continue;
		add_key(&sb, fields->key);
		if (fields->kind == LOG_STR)
			add_value(&sb, fields->str);
		else if (fields->kind == LOG_U64)
			strbuf_addf(&sb, "%" PRId64, fields->num);
		else if (config.format == LOG_JSON)
			strbuf_addf(&sb, "%.3f", (double)fields->num / 1000);
		else
			strbuf_addf(&sb, "%.3fs", (double)fields->num / 1000);
	}
	strbuf_adds(&sb, config.format == LOG_JSON ? "}\n" : "\n");
	written = write(STDERR_FILENO, strbuf_str(&sb), sb.len);
	(void)written; /* nowhere left to say it */
	strbuf_release(&sb);
}
