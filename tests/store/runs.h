/* SPDX-License-Identifier: MIT */
#ifndef STORE_RUNS_H
#define STORE_RUNS_H

/**
 * A player (see play.h) over the rows of tests/lib/runs.sql.
 */

#include "play.h"

int runs_setup(void **state);

#define RUNS(claim)                                                         \
 cmocka_unit_test_prestate_setup_teardown(claim, runs_setup, play_teardown, \
					  server)

/**
 * The statements that begin with SELECT, as they are sent from here on. The
 * program is linked with --wrap=mysql_real_query.
 */
void runs_record(void);

/**
 * None of them reads episode_jobs or episode_events from end to end, or sorts
 * them. `p` has the connection for EXPLAIN.
 */
void runs_check_plans(struct play *p);

/** The next COMMITs, as many, are carried out or not and lost either way. */
void runs_lose_commit(int times, int is_done);

#endif
