/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stddef.h>

#include "cli/commands.h"

/* In the order in which help shows them. */
const struct cmd *const commands[] = {
	&cmd_work,    &cmd_push,    &cmd_status, &cmd_watch,  &cmd_why,
	&cmd_runs,    &cmd_graph,   &cmd_failed, &cmd_retry,  &cmd_rerun,
	&cmd_cancel,  &cmd_approve, &cmd_reject, &cmd_forget, &cmd_flush,
	&cmd_migrate, &cmd_config,  &cmd_doctor, &cmd_help,   &cmd_version,
	&cmd_man,     NULL,
};
