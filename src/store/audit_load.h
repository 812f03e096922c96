/* SPDX-License-Identifier: MIT */
#ifndef STORE_AUDIT_LOAD_H
#define STORE_AUDIT_LOAD_H

/**
 * Inside store/: runs as plan/audit.h wants to see them.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "plan/audit.h"

struct db;
struct err;

enum {
	AUDIT_PAGE = 100 /* runs read in one go */
};

/** A live run. All-zero is empty. */
struct audited {
	uint64_t id;
	uint64_t definition_id;
	struct audit_run run;
	struct audit_row *rows; /* run.rows */
	uint64_t *ids;          /* of the rows */
	char **names;           /* their steps */
};

/** Ids of live runs behind `after`, in order, AUDIT_PAGE at most. */
int audit_next(struct db *db, uint64_t after, uint64_t ids[AUDIT_PAGE],
	       size_t *n_out, struct err *err) MUST_CHECK;

/** `out[i]` is filled for `ids[i]`; it stays empty when that is not live. */
int audit_load(struct db *db, const uint64_t *ids, size_t n,
	       struct audited *out, struct err *err) MUST_CHECK;
void audited_release(struct audited *audited);

#endif
