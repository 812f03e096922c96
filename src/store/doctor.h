/* SPDX-License-Identifier: MIT */
#ifndef STORE_DOCTOR_H
#define STORE_DOCTOR_H

/**
 * What `stepq doctor` asks a server: whether stepq can work there. Nothing is
 * changed, and no statement waits for a lock.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct db;
struct err;
struct strbuf;

/** One trip to the server and back. */
int doctor_ping(struct db *db, struct err *err) MUST_CHECK;

enum {
	DOCTOR_TEXT = 64
};

struct doctor_server {
	char version[DOCTOR_TEXT];
	char isolation[DOCTOR_TEXT]; /* of this session: "READ-COMMITTED" */
	int has_skip_locked;
	int64_t now_ms; /* since 1970, by the server's clock */
};

int doctor_server(struct db *db, struct doctor_server *out,
		  struct err *err) MUST_CHECK;

/** Append the names of stepq's tables that are not there, "jobs, queues". */
int doctor_missing_tables(struct db *db, struct strbuf *out,
			  struct err *err) MUST_CHECK;

struct doctor_claim {
	int has_index;      /* (queue, available_at, ...), queue in full */
	int is_range;       /* the claim reads a range of an index */
	int has_sort;       /* and sorts what it read */
	struct strbuf *key; /* appended: the index the server would take */
};

/** How the server would run a worker's claim; not asked without the index. */
int doctor_claim(struct db *db, struct doctor_claim *out,
		 struct err *err) MUST_CHECK;

/**
 * 0 when this user may read and write what a worker does, by statements that
 * match no row; -1 with the server's words for what is refused.
 */
int doctor_may_write(struct db *db, struct err *err) MUST_CHECK;

struct doctor_worker {
	char *name;
	char *host;
	char *queues; /* comma separated */
	int64_t silent_ms;
};

/** Rows of `workers`, LIMIT_LIST of them at most. All-zero: none. */
struct doctor_workers {
	struct doctor_worker *workers;
	size_t n;
};

int doctor_workers(struct db *db, struct doctor_workers *out,
		   struct err *err) MUST_CHECK;
void doctor_workers_release(struct doctor_workers *workers);

/** Append the paused queues, "high, low". */
int doctor_paused(struct db *db, struct strbuf *out,
		  struct err *err) MUST_CHECK;

#endif
