/* SPDX-License-Identifier: MIT */
#ifndef PLAN_PAYLOAD_H
#define PLAN_PAYLOAD_H

/**
 * jobs.payload: what a row of the queue asks for. Written by web
 * applications, by Laravel, by hand: everything in it is checked, and what
 * is wrong is said in words for the person who wrote it.
 *
 *	{"job":"pipeline.full","data":{"episode_id":25,"input":{...}}}
 *	{"uuid":"...","displayName":"pipeline.full/image","job":"stepq.step",
 *	 "data":{"episode_job_id":70}}
 *
 * Of Laravel's keys uuid, displayName, maxTries, timeout, backoff,
 * retryUntil, delay, tags and createdAt are read when present.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "base/uuid.h"

struct err;

#define PAYLOAD_STEP_JOB "stepq.step"

/** What a payload may say about attempts; it goes before the configuration. */
struct run_options {
	int64_t max_tries;   /* -1: not said; 0: no end */
	int64_t timeout_ms;  /* -1: not said; 0: none */
	int64_t *backoff_ms; /* ended by -1; NULL: not said */
	int64_t retry_until; /* seconds since 1970 on the server's clock; 0 */
};

struct payload {
	char *job;            /* the pipeline's name, or PAYLOAD_STEP_JOB */
	char *display_name;   /* NULL when there is none */
	char uuid[UUID_TEXT]; /* "" when there is none */
	int has_episode;
	uint64_t episode_id;
	uint64_t step_id; /* of PAYLOAD_STEP_JOB, else 0 */
	char *input;      /* JSON text, "{}" when none is given */
	char *options;    /* JSON of the Laravel keys, NULL when none */
};

/** All-zero is the empty payload. ERR_INPUT says what is wrong with it. */
int payload_parse(const char *text, size_t len, struct payload *out,
		  struct err *err) MUST_CHECK;
void payload_release(struct payload *payload);

/** Read what payload.options holds (NULL: nothing is said). */
int run_options_parse(const char *options, struct run_options *out,
		      struct err *err) MUST_CHECK;
void run_options_release(struct run_options *options);

#endif
