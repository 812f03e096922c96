/* SPDX-License-Identifier: MIT */
#ifndef CLI_HELP_H
#define CLI_HELP_H

/**
 * Help, made from the tables of commands and options.
 */

struct cmd;
struct out;

/** Help for one command or, when `cmd` is NULL, the list; returns CMD_OK. */
int help_show(struct out *out, const struct cmd *cmd);

/** Whether people are told of a command. */
int help_is_shown(const struct cmd *cmd);

#endif
