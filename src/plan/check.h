/* SPDX-License-Identifier: MIT */
#ifndef PLAN_CHECK_H
#define PLAN_CHECK_H

/**
 * Whether the keys of a pipeline and its steps make sense together, as far as
 * one can tell without the graph; what is wrong is reported at its place.
 */

#include <stddef.h>

struct conf_node;
struct conf_report;
struct pipeline;

void check_pipeline_name(const struct pipeline *pipeline,
			 const struct conf_node *node,
			 struct conf_report *report);

/**
 * Check step `index`, whose group is `node`; all names are in `pipeline`, so
 * that steps may name later ones. One without `needs` gets what that means.
 */
void check_step(struct pipeline *pipeline, size_t index,
		const struct conf_node *node, struct conf_report *report);

#endif
