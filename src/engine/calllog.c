/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "engine/calllog.h"

struct calllog {
	int fd;
};

struct calllog *calllog_open(const char *path, struct err *err)
{
	struct calllog *log;
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0) {
		(void)err_set(err, ERR_IO, "cannot open log '%s': %s", path,
			      strerror(errno));
		return NULL;
	}
	log = xcalloc(1, sizeof(*log));
	log->fd = fd;
	return log;
}

void calllog_close(struct calllog **log)
{
	if (!*log)
		return;
	close((*log)->fd);
	free(*log);
	*log = NULL;
}

static void add_time(struct strbuf *line)
{
	int64_t ms = clock_wall_ms();
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	strbuf_addf(line, "\"ts\":\"%s.%03dZ\"", text, (int)(ms % 1000));
}

static void add_text(struct strbuf *line, const char *name, const char *value)
{
	strbuf_addf(line, ",\"%s\":", name);
	json_quote(line, value);
}

static void begin_line(struct strbuf *line, const char *event,
		       const struct calllog_entry *entry)
{
	strbuf_addc(line, '{');
	add_time(line);
	add_text(line, "event", event);
	add_text(line, "role", entry->role);
	add_text(line, "key", entry->key);
	add_text(line, "run", entry->run);
	add_text(line, "step", entry->step);
	add_text(line, "attempt", entry->attempt);
}

static void end_line(struct calllog *log, struct strbuf *line)
{
	ssize_t n;

	strbuf_adds(line, "}\n");
	do
		n = write(log->fd, strbuf_str(line), line->len);
	while (n < 0 && errno == EINTR);
	strbuf_release(line);
}

void calllog_start(struct calllog *log, const struct calllog_entry *entry)
{
	struct strbuf line = { 0 };

	if (!log)
		return;
	begin_line(&line, "start", entry);
	end_line(log, &line);
}

void calllog_end(struct calllog *log, const struct calllog_entry *entry)
{
	struct strbuf line = { 0 };

	if (!log)
		return;
	begin_line(&line, "end", entry);
	strbuf_addf(&line, ",\"status\":%u,\"ms\":%" PRId64, entry->status,
		    entry->ms);
	add_text(&line, "fault", entry->fault);
	strbuf_addf(&line, ",\"done\":%s", entry->is_done ? "true" : "false");
	end_line(log, &line);
}
