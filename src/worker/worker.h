/* SPDX-License-Identifier: MIT */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

/**
 * A worker: one thread, one event loop, one database connection, up to
 * `concurrency` steps in flight.
 *
 * Each turn writes all that has ended since the last one in one transaction
 * and claims for all free places in a second. A crash at any point loses no
 * job: what is not recorded as ended is claimed again when its lease runs out.
 * While the database is away the worker waits for it, without end, and keeps
 * the results it has.
 */

#include "base/util.h"

struct conf;
struct db;
struct err;
struct plan;
struct settings;

enum worker_end {
	WORKER_STOPPED,     /* told to, or a limit was reached */
	WORKER_FAILED,      /* could not start: schema, signals */
	WORKER_NO_DATABASE, /* user, password or schema name refused */
	WORKER_MEMORY,      /* over worker.memory */
};

/** Borrowed for as long as the worker runs. */
struct worker_options {
	const struct settings *settings;
	struct plan *plan; /* compiled; a reference is taken */
	struct db *db;     /* need not be connected */
	int stop_when_empty;
	/**
	 * SIGHUP: read the configuration again and give a compiled plan, one
	 * reference, or -1 with what is wrong; the worker then goes on as it
	 * was.
	 */
	int (*reload)(void *arg, struct plan **out, struct err *err);
	void *reload_arg;
};

/** Run until told to stop. Logs what happens; `err` says why it failed. */
enum worker_end worker_run(const struct worker_options *options,
			   struct err *err) MUST_CHECK;

#endif
