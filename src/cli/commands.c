/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stddef.h>

#include "cli/commands.h"

/* In the order in which help shows them. */
const struct cmd *const commands[] = {
	&cmd_help,
	&cmd_version,
	NULL,
};
