/* SPDX-License-Identifier: MIT */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

/**
 * Table `jobs`: claiming rows, keeping them, knowing that they are still
 * ours.
 *
 * A job waits until available_at, then belongs to the worker that claimed it
 * until available_at comes round again: claim and heartbeat push it forward
 * by the lease. A worker that dies says nothing; its rows simply become due.
 *
 * Locks are taken in this order everywhere: jobs by SKIP LOCKED (a claim
 * waits for nobody), run rows by id, job rows by id, step rows by id,
 * episodes. Claims and results are written in transactions of their own, so
 * none holds a run while it looks for work.
 *
 * Episodes are last, and no job is written after them. A claim that comes to
 * the end of what is due locks the index entry behind it as well, which is
 * that of a job another worker holds. That worker, when it ends or renews the
 * job, waits for the claim, and must then not have what the claim wants.
 *
 * The functions run in the caller's transaction unless they say otherwise. A
 * crash before COMMIT leaves every row as it was; one behind it leaves
 * claimed rows to the end of their lease.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct db;
struct err;

/** A claimed row. All-zero is the empty one. */
struct job {
	uint64_t id;
	uint32_t fence;    /* of this claim */
	uint32_t attempts; /* that count against tries, this one included */
	uint32_t lost;     /* times in a row that its worker died, as found */
	uint32_t due;      /* available_at before the claim */
	char *queue;
	char *payload;      /* NULL when longer than the claim allowed */
	size_t payload_len; /* as it is in the table */
};

void job_release(struct job *job);

/** What a look at one queue showed. */
struct queue_look {
	int is_due; /* a row can be claimed */
	int is_paused;
};

/**
 * Look at `n` queues in one statement, without locks; `looks[i]` is filled
 * for `queues[i]`. `now_ms` gets the server's clock.
 */
int queue_look(struct db *db, const char *const *queues, size_t n,
	       struct queue_look *looks, int64_t *now_ms,
	       struct err *err) MUST_CHECK;

struct queue_claim {
	const char *queue;
	size_t limit;
	uint64_t worker_id; /* workers.id */
	int64_t lease_ms;   /* kept in whole seconds: up to one shorter */
	size_t payload_max; /* bytes read of a payload */
};

/**
 * Claim up to `limit` due rows of one queue, oldest first by (available_at,
 * id), into `out`, which has room for them. Rows that others hold are skipped,
 * rows that a Laravel worker holds are left alone. A row found with its lease
 * run out counts as lost, not as another attempt.
 */
int queue_claim(struct db *db, const struct queue_claim *claim, struct job *out,
		size_t *n_out, struct err *err) MUST_CHECK;

/** A job by number and claim. */
struct job_ref {
	uint64_t id;
	uint32_t fence;
	int is_held; /* filled by queue_hold() and queue_held() */
};

/**
 * Renew the leases of `refs`, sorted by id, those that are still ours (a
 * transaction of the caller's). A lease that ran out while nobody took the
 * row is renewed as well.
 */
int queue_hold(struct db *db, struct job_ref *refs, size_t n, int64_t lease_ms,
	       struct err *err) MUST_CHECK;

/**
 * After a COMMIT whose fate is unknown: which of `refs` did worker
 * `worker_id` get? Needs no transaction.
 */
int queue_held(struct db *db, uint64_t worker_id, struct job_ref *refs,
	       size_t n, struct err *err) MUST_CHECK;

/** The claim's SELECT, with `?` for queue and limit: for EXPLAIN. */
extern const char queue_sql_select[];

#endif
