/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

/**
 * Every command, each in a file of its name.
 */

#include "cli/cmd.h"

extern const struct cmd cmd_help;
extern const struct cmd cmd_version;

#endif
