/* SPDX-License-Identifier: MIT */

#include <config.h>

#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/help.h"

static int help_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	const struct cmd *cmd = NULL;

	if (argc > 1)
		return cmd_usage(ctx, "one command at a time");
	if (argc == 1) {
		cmd = cmd_find(argv[0]);
		if (!cmd)
			return cmd_unknown(argv[0]);
	}
	return help_show(ctx->out, cmd);
}

const struct cmd cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.help = "show what stepq or one of its commands can do",
	.run = help_run,
};
