/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_H
#define BASE_LOG_H

/**
 * Log lines on stderr: logfmt, or one JSON object a line. A line has a time
 * (UTC, this host's clock), a level, a message and named values:
 *
 *	log_info("step done", F_U64("job", id), F_STR("step", name));
 *
 * One write(2) a line, so that lines of several processes do not mix. Only
 * worker/, web/ and cli/ log; lower floors return what happened.
 */

#include <stdint.h>

enum log_level {
	LOG_DEBUG,
	LOG_INFO,
	LOG_WARN,
	LOG_ERROR,
	LOG_OFF,
};

enum log_format {
	LOG_LOGFMT,
	LOG_JSON,
};

enum log_kind {
	LOG_END,
	LOG_STR,
	LOG_U64,
	LOG_MS,
};

/** A named value. A NULL string and F_NONE are left out of the line. */
struct log_field {
	enum log_kind kind;
	const char *key;
	const char *str;
	int64_t num;
};

#define F_STR(k, s)    \
 (struct log_field)    \
 {                     \
  LOG_STR, (k), (s), 0 \
 }
#define F_U64(k, n)              \
 (struct log_field)              \
 {                               \
  LOG_U64, (k), "", (int64_t)(n) \
 }
/** A duration in milliseconds, written as "0.512s". */
#define F_MS(k, n)     \
 (struct log_field)    \
 {                     \
  LOG_MS, (k), "", (n) \
 }

/** Lines below `level` are dropped from now on. */
void log_setup(enum log_level level, enum log_format format);

/** Whether a line of `level` would be written. */
int log_enabled(enum log_level level);

void log_write(enum log_level level, const char *msg,
	       const struct log_field *fields);

#define LOG_FIELDS(...) \
 ((const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ .kind = LOG_END } })
#define log_debug(msg, ...) log_write(LOG_DEBUG, msg, LOG_FIELDS(__VA_ARGS__))
#define log_info(msg, ...) log_write(LOG_INFO, msg, LOG_FIELDS(__VA_ARGS__))
#define log_warn(msg, ...) log_write(LOG_WARN, msg, LOG_FIELDS(__VA_ARGS__))
#define log_error(msg, ...) log_write(LOG_ERROR, msg, LOG_FIELDS(__VA_ARGS__))

#endif
