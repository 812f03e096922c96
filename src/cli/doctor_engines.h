/* SPDX-License-Identifier: MIT */
#ifndef CLI_DOCTOR_ENGINES_H
#define CLI_DOCTOR_ENGINES_H

/**
 * Whether the engines of a plan can be reached from this host: one GET to
 * each URL, all at once, within two seconds; programs of commands are looked
 * up as the worker will look them up.
 */

struct diagnosis;
struct plan;

void doctor_engines(struct diagnosis *diagnosis, const struct plan *plan);

#endif
