/* SPDX-License-Identifier: MIT */
#ifndef STORE_FAILED_H
#define STORE_FAILED_H

/**
 * Table `failed_jobs`: what failed for good, of stepq and of Laravel.
 *
 * Rows are anything that was ever in the queue, 20 MB of broken JSON
 * included: lists read the first bytes of a payload, and whatever moves does
 * so inside the server.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "plan/state.h"

struct db;
struct err;

/** Which rows; all-zero is all of them. Strings are borrowed. */
struct failed_filter {
	uint64_t from; /* ids, both included; 0: no bound */
	uint64_t to;
	const char *queue;
	const char *grep; /* stands in the exception or early in payload */
	int64_t newer_ms; /* failed at most so long ago */
	int64_t older_ms; /* failed at least so long ago */
};

/** A row as people see it. All-zero is empty. */
struct failed_job {
	uint64_t id;
	char *uuid;
	char *connection;
	char *queue;
	char *name; /* displayName, else job; NULL when it says neither */
	char *step; /* of a step's job; NULL: it is none, or the step is gone */
	uint64_t run_id;
	uint64_t episode_id;
	int has_episode;
	char *why;         /* first line of the exception */
	int64_t failed_ms; /* since 1970, by the server's clock */
	char *exception;   /* of failed_load() only, as the next two */
	char *payload;     /* its first bytes */
	uint64_t payload_len;
};

struct failed_list {
	struct failed_job *jobs;
	size_t n;
	int64_t now_ms; /* the server's clock when they were read */
};

/** Up to `limit` rows, the newest first. */
int failed_list(struct db *db, const struct failed_filter *filter, size_t limit,
		struct failed_list *out, struct err *err) MUST_CHECK;
int failed_count(struct db *db, const struct failed_filter *filter,
		 uint64_t *count_out, struct err *err) MUST_CHECK;

/** One row with its texts (out->n is 1): 1, or 0 when there is none. */
int failed_load(struct db *db, uint64_t id, struct failed_list *out,
		struct err *err) MUST_CHECK;
void failed_list_release(struct failed_list *list);

/** The row of a uuid, which is a step's own: 1, or 0 when there is none. */
int failed_find(struct db *db, const char *uuid, uint64_t *id_out,
		struct err *err) MUST_CHECK;

/** Ids of up to `max` rows of the steps of a run, by its number or uuid. */
int failed_of_run(struct db *db, const char *run, uint64_t *ids, size_t max,
		  size_t *n_out, struct err *err) MUST_CHECK;

/**
 * Ids of the oldest rows, in order: `max` of them at most, fewer when their
 * payloads are large (LIMIT_BULK_BYTES together, but one at least).
 */
int failed_page(struct db *db, const struct failed_filter *filter, size_t max,
		uint64_t *ids, size_t *n_out, struct err *err) MUST_CHECK;

/** Delete rows; a crash leaves all or none of them. */
int failed_delete(struct db *db, const uint64_t *ids, size_t n,
		  uint64_t *deleted_out, struct err *err) MUST_CHECK;

enum failed_outcome {
	FAILED_RETRIED,
	FAILED_GONE,       /* the row is not there (any more) */
	FAILED_NO_STEP,    /* of a step that is not there */
	FAILED_NOT_FAILED, /* of a step that is `state` */
	FAILED_RUN_OVER,   /* of a run that is `state` */
	FAILED_NOT_UNIQUE, /* another run of its episode is live */
};

/** What became of one row. All-zero is empty. */
struct failed_retried {
	uint64_t id;
	enum failed_outcome outcome;
	enum state state; /* of the step or run that keeps it where it is */
	char *name;       /* as in struct failed_job */
	char *queue;
	char *step; /* NULL: not the job of a step, or that is gone */
	uint64_t run_id;
	uint64_t live_run_id; /* that keeps it where it is: FAILED_NOT_UNIQUE */
	uint64_t items;       /* of a map: how many it has ... */
	uint64_t items_again; /* ... and how many of them are run again */
	char *kept;   /* finished steps of the run, "text, director"; or NULL */
	char *others; /* steps that keep the run failed; NULL: it goes on */
};

/**
 * Put up to LIMIT_BULK rows back on their queues, in the order given, as if
 * they had never been tried; `out[i]` is filled for `ids[i]`. A step is
 * queued again, and its run goes on unless another step of it is failed.
 * Rows of steps that are not failed stay where they are.
 *
 * One transaction, replayed over lost connections: after a crash, or with two
 * at it, a row is either still failed or one job of the queue.
 */
int failed_retry(struct db *db, const uint64_t *ids, size_t n,
		 struct failed_retried *out, struct err *err) MUST_CHECK;
void failed_retried_release(struct failed_retried *retried);

#endif
