/* SPDX-License-Identifier: MIT */
#ifndef CLI_DOCTOR_GRAPHS_H
#define CLI_DOCTOR_GRAPHS_H

/**
 * Doctor's look at live runs: whether what their rows count is so, and
 * whether all of them can go on. What is wrong is mended when asked for.
 */

struct db;
struct diagnosis;

void doctor_graphs(struct diagnosis *diagnosis, struct db *db, int is_mending);

#endif
