/* SPDX-License-Identifier: MIT */

/*
 * The database may go away at any time and come back at any other. A worker
 * that has worked once waits for it without end; its steps run on, their
 * results wait with it. At the start only a server that is not there is
 * waited for: a wrong password or a missing schema needs a person.
 */

#include <config.h>

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "conf/settings.h"
#include "db/db.h"
#include "db/migrate.h"
#include "plan/plan.h"
#include "store/run.h"
#include "worker/self.h"

enum {
	TROUBLE_FIRST_MS = 100,
	TROUBLE_MAX_MS = 5000,
	REPLAY_MAX_MS = 20
};

/* Half to all of `ms`, so that workers do not come back in step. */
static int64_t jittered(const struct worker *w, int64_t ms)
{
	return ms / 2 + worker_limits(w).random % (ms / 2 + 1);
}

static void wait_and_try(struct worker *w, const struct err *err,
			 const char *doing)
{
	w->trouble_ms = w->trouble_ms ? MIN(w->trouble_ms * 2, TROUBLE_MAX_MS)
				      : TROUBLE_FIRST_MS;
	if (w->down_since_ms == 0) {
		w->down_since_ms = clock_mono_ms();
		log_warn("database is away, waiting for it",
			 F_STR("while", doing), F_STR("error", err->text));
	}
	w->try_at_ms = clock_mono_ms() + jittered(w, w->trouble_ms);
	worker_turn_in(w, w->try_at_ms - clock_mono_ms());
}

int link_trouble(struct worker *w, const struct err *err, const char *doing)
{
	db_rollback(w->db);
	if (!err_is_transient(err))
		return 0;
	if (err->code == ERR_DB_RETRY) {
		log_debug("transaction is replayed", F_STR("while", doing),
			  F_STR("error", err->text));
		worker_turn_in(w, 1 + jittered(w, REPLAY_MAX_MS));
		return 1;
	}
	db_disconnect(w->db);
	w->is_ready = 0;
	wait_and_try(w, err, doing);
	return 1;
}

/* What a new connection, or a new plan, needs once. */
static int make_ready(struct worker *w, struct err *err)
{
	int can;

	if (!w->was_ready && migrate_check(w->db, err) < 0)
		return -1;
	can = run_can_mirror(w->db, err);
	if (can < 0 || catalog_sync(&w->catalog, w->db, w->plan, err))
		return -1;
	w->can_mirror = can;
	if (w->row.id == 0 && workers_add(w->db, &w->row, err))
		return -1;
	return 0;
}

static void give_up(struct worker *w, const struct err *err)
{
	*w->err = *err;
	worker_over(w, err->code == ERR_DB_AUTH ? WORKER_NO_DATABASE
						: WORKER_FAILED);
}

int link_up(struct worker *w)
{
	int64_t early_ms = w->try_at_ms - clock_mono_ms();
	struct err err = { 0 };

	if (w->is_ready && db_is_connected(w->db))
		return 1;
	if (early_ms > 0) {
		worker_turn_in(w, early_ms);
		return 0;
	}
	if (db_connect(w->db, &err) == 0 && make_ready(w, &err) == 0) {
		if (w->down_since_ms)
			log_info("database is back",
				 F_STR("server", db_server(w->db)),
				 F_MS("away",
				      clock_mono_ms() - w->down_since_ms));
		w->down_since_ms = 0;
		w->trouble_ms = 0;
		w->try_at_ms = 0;
		w->is_ready = 1;
		w->was_ready = 1;
		return 1;
	}
	if (w->was_ready || err.code == ERR_DB_LOST ||
	    err.code == ERR_DB_RETRY) {
		db_disconnect(w->db);
		wait_and_try(w, &err, "connecting");
	} else {
		give_up(w, &err);
	}
	return 0;
}
