/* SPDX-License-Identifier: MIT */

/*
 * A transaction, replayed. Pauses double, and each is drawn from its upper
 * half: two clients that collided would otherwise meet again at the same
 * time. The clock's nanoseconds are random enough for that.
 */

#include <config.h>

#include <assert.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "db/db.h"

enum {
	PAUSE_FIRST_MS = 10,
	PAUSE_LAST_MS = 2000
};

static void pause_ms(int64_t ms)
{
	struct timespec now, pause;
	int64_t ns;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	ns = ms * 1000000;
	ns -= now.tv_nsec % (ns / 2);
	pause.tv_sec = ns / 1000000000;
	pause.tv_nsec = ns % 1000000000;
	/* A signal that ends it early does no harm. */
	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

/* One try; ends without a transaction. */
static int try_once(struct db *db, db_body_fn body, void *arg, struct err *err)
{
	int rc = -1;

	if (db_connect(db, err) == 0 && db_begin(db, err) == 0)
		rc = body(db, arg, err);
	if (rc >= 0 && db_commit(db, err) < 0)
		rc = -1;
	db_rollback(db);
	return rc;
}

int db_transact(struct db *db, int tries, db_body_fn body, void *arg,
		struct err *err)
{
	int64_t ms = PAUSE_FIRST_MS;

	assert(tries > 0);
	for (;;) {
		struct err why = { 0 };
		int rc = try_once(db, body, arg, &why);

		if (rc >= 0)
			return rc;
		if (--tries == 0 ||
		    (why.code != ERR_DB_LOST && why.code != ERR_DB_RETRY)) {
			if (err)
				*err = why;
			return -1;
		}
		pause_ms(ms);
		ms = MIN(ms * 2, PAUSE_LAST_MS);
	}
}

int db_transact_sure(struct db *db, int tries, const struct db_sure *sure,
		     void *arg, struct err *err)
{
	struct err why = { 0 };
	int rc;

	for (;;) {
		rc = db_transact(db, tries, sure->body, arg, &why);
		if (rc >= 0 || why.code != ERR_DB_UNCERTAIN)
			break;
		rc = db_transact(db, tries, sure->look, arg, &why);
		if (rc != 0)
			break;
	}
	if (rc < 0 && err)
		*err = why;
	return rc < 0 ? -1 : 0;
}
