/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "base/utf8.h"

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

/* A blank, a quote, a control byte: what logfmt writes as JSON does. */
static int needs_quotes(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || strchr("\"=\\", s[i]))
			return 1;
	return len == 0 || utf8_valid_len(s, len) < len;
}

static void add_value(struct strbuf *sb, const char *s)
{
	struct strbuf value = { .max = LIMIT_LOG_VALUE };

	strbuf_adds(&value, s);
	if (config.format == LOG_JSON || needs_quotes(s, value.len))
		json_quote(sb, strbuf_str(&value));
	else
		strbuf_adds(sb, strbuf_str(&value));
	strbuf_release(&value);
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
	struct strbuf sb = { 0 };
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
			strbuf_addf(&sb, "%" PRIu64, (uint64_t)fields->num);
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
