/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

/**
 * Every command, each in a file of its name.
 */

#include "cli/cmd.h"

extern const struct cmd cmd_approve;
extern const struct cmd cmd_cancel;
extern const struct cmd cmd_config;
extern const struct cmd cmd_doctor;
extern const struct cmd cmd_failed;
extern const struct cmd cmd_flush;
extern const struct cmd cmd_forget;
extern const struct cmd cmd_graph;
extern const struct cmd cmd_help;
extern const struct cmd cmd_man;
extern const struct cmd cmd_migrate;
extern const struct cmd cmd_push;
extern const struct cmd cmd_reject;
extern const struct cmd cmd_rerun;
extern const struct cmd cmd_retry;
extern const struct cmd cmd_runs;
extern const struct cmd cmd_status;
extern const struct cmd cmd_version;
extern const struct cmd cmd_watch;
extern const struct cmd cmd_why;
extern const struct cmd cmd_work;

#endif
