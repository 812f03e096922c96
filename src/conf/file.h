/* SPDX-License-Identifier: MIT */
#ifndef CONF_FILE_H
#define CONF_FILE_H

/** One configuration file, by libconfig. */

#include <stdio.h>

struct conf_node;
struct conf_report;

/**
 * Read `stream`, to its end, into a new group without a name that the caller
 * frees. NULL when it is no configuration: `report` says where and why.
 * `path` is for messages; it must outlive the nodes.
 */
struct conf_node *file_read(FILE *stream, const char *path,
			    struct conf_report *report);

#endif
