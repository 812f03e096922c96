/* SPDX-License-Identifier: MIT */
#ifndef PLAN_AUDIT_H
#define PLAN_AUDIT_H

/**
 * Whether the rows of a live run agree with each other and with their jobs:
 * what they count, and that everything that can go on has what it goes on by.
 */

#include <stddef.h>
#include <stdint.h>

#include "plan/state.h"

struct pipeline;
struct strbuf;

/** The rows of a map's items, together. */
struct audit_items {
	uint32_t rows;
	uint32_t ended;
	uint32_t active;   /* queued, running or retrying */
	uint32_t jobless;  /* of these, those without a job */
	uint32_t counting; /* that wait for steps, which no item does */
	int has_waiting;
	uint32_t first_waiting; /* the lowest index of them */
};

/** A row of a step. */
struct audit_row {
	const char *step; /* borrowed */
	uint32_t round;
	enum state state;
	uint32_t waiting_on;
	int was_parked; /* it waits for a time or a person, not for steps */
	uint32_t jobs;
	int is_held;   /* one of them, by a worker: then it is left alone */
	int has_items; /* a map that knows how many it has */
	uint32_t items_n;
	uint32_t next_item;
	struct audit_items items;
};

struct audit_run {
	enum state state;
	uint32_t waiting_on;
	const struct audit_row *rows; /* all but items */
	size_t rows_n;
};

enum audit_fault {
	AUDIT_WAITS,      /* waiting_on of a step */
	AUDIT_MAP_WAITS,  /* of a map, that counts its items */
	AUDIT_MAP_NEXT,   /* items before next_item still wait */
	AUDIT_READY,      /* waits for nothing, and has no job */
	AUDIT_PARKED,     /* the same of a time or a person */
	AUDIT_NO_JOB,     /* is to run, and has no job */
	AUDIT_MAP_STUCK,  /* its items are not finished, and none goes on */
	AUDIT_MAP_READY,  /* they are all finished, and it has no job */
	AUDIT_ITEMS,      /* some that are to run have no jobs */
	AUDIT_ITEMS_WAIT, /* some wait for steps */
	AUDIT_RUN_WAITS,  /* waiting_on of the run */
	AUDIT_RUN_DONE,   /* all is finished but the run */
	AUDIT_FAULTS
};

struct audit_finding {
	enum audit_fault fault;
	size_t row; /* rows_n: the run itself */
	uint32_t is;
	uint32_t must;
};

enum {
	AUDIT_ROW_MOST = 5, /* findings of one row */
	AUDIT_RUN_MOST = 2  /* of the run's own */
};

/**
 * Fill `out`, which has room for AUDIT_ROW_MOST findings a row and
 * AUDIT_RUN_MOST more; the number of them.
 */
size_t audit_check(const struct pipeline *pipeline, const struct audit_run *run,
		   struct audit_finding *out);

/** "image waits for 2 steps, 1 is unfinished", appended. */
void audit_describe(const struct audit_run *run,
		    const struct audit_finding *finding, struct strbuf *out);

#endif
