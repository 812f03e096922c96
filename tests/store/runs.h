/* SPDX-License-Identifier: MIT */
#ifndef STORE_RUNS_H
#define STORE_RUNS_H

/**
 * A player (see play.h) over the rows of tests/lib/runs.sql, and with GRAPHS
 * those of graphs.sql too.
 */

#include "play.h"

int runs_setup(void **state);
int graphs_setup(void **state);

#define RUNS(claim)                                                         \
 cmocka_unit_test_prestate_setup_teardown(claim, runs_setup, play_teardown, \
					  server)

#define GRAPHS(claim)                                                         \
 cmocka_unit_test_prestate_setup_teardown(claim, graphs_setup, play_teardown, \
					  server)

/** Each table a few thousand rows, so that its plans are a server's. */
void runs_grow(struct play *p);

/**
 * The statements that begin with SELECT, as they are sent from here on. The
 * program is linked with --wrap=mysql_real_query.
 */
void runs_record(void);

/**
 * None of them reads episode_jobs, episode_events or the jobs of steps from
 * end to end, or sorts them. `p` has the connection for EXPLAIN.
 */
void runs_check_plans(struct play *p);

/** The next COMMITs, as many, are carried out or not and lost either way. */
void runs_lose_commit(int times, int is_done);

#endif
