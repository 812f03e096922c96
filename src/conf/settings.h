/* SPDX-License-Identifier: MIT */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

/**
 * The groups of the configuration that exist once: database, worker, log.
 * Filled by settings_load() from the file, then the environment, then
 * defaults; what each key means, its range and default stand in the table
 * settings_keys, from which the documents are made too.
 */

#include <stddef.h>
#include <stdint.h>

#include "conf/keys.h"

struct conf;
struct conf_report;

struct settings {
	struct {
		char **hosts; /* ended by NULL */
		char *socket;
		char *user;
		char *password;
		char *name;
		char *tls;
		int64_t connect_timeout_ms;
		int64_t io_timeout_ms;
	} database;
	struct {
		char **queues; /* ended by NULL */
		char *name;    /* "" means host-pid */
		int64_t concurrency;
		int64_t tries; /* 0: no end */
		int64_t timeout_ms;
		int64_t *backoff_ms; /* ended by -1 */
		double jitter; /* 0..1, share of a backoff added at random */
		int64_t sleep_ms;
		int64_t rest_ms;
		int64_t lease_ms;
		int64_t grace_ms;
		int64_t memory_bytes; /* 0: no limit */
		int64_t max_jobs;     /* 0: no limit */
		int64_t max_time_ms;  /* 0: no limit */
		int64_t max_payload;  /* bytes of jobs.payload */
		int64_t poison;       /* worker deaths in a row */
	} worker;
	struct {
		char *level;  /* debug info warn error */
		char *format; /* logfmt json */
	} log;
};

extern const struct conf_key settings_keys[];
extern const size_t settings_keys_n;

/**
 * Fill `out` (all-zero before). Errors go to `report`; what was wrong keeps
 * its default, so that all errors are found in one go.
 */
void settings_load(const struct conf *conf, struct settings *out,
		   struct conf_report *report);
void settings_release(struct settings *settings);

#endif
