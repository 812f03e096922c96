/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_CALLLOG_H
#define ENGINE_CALLLOG_H

/**
 * The record of calls served, for tests that count what an engine was really
 * asked to do: JSON lines, one when a call begins and one when it ends, each
 * appended by one write(2).
 */

#include <stdint.h>

#include "base/util.h"

struct calllog;
struct err;

struct calllog_entry {
	const char *role; /* "" when the path names none */
	const char *key;
	const char *run;
	const char *step;
	const char *attempt;
	/* at the end only: */
	unsigned int status; /* 0: nothing was answered */
	int64_t ms;
	const char *fault;
	int is_done; /* 0: the client went away before the answer was sent */
};

/** NULL on error. */
struct calllog *calllog_open(const char *path, struct err *err) MUST_CHECK;
void calllog_close(struct calllog **log);

/** A NULL log writes nothing. */
void calllog_start(struct calllog *log, const struct calllog_entry *entry);
void calllog_end(struct calllog *log, const struct calllog_entry *entry);

#endif
