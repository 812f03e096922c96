/* SPDX-License-Identifier: MIT */

/*
 * __man - print a manual page; for the build, not for people.
 */

#include <config.h>

#include <string.h>

#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/man.h"
#include "cli/out.h"

static int man_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct strbuf page = { 0 };

	if (argc == 1 && strcmp(argv[0], "stepq.1") == 0)
		man_program(&page);
	else if (argc == 1 && strcmp(argv[0], "stepq.conf.5") == 0)
		man_conf(&page);
	else
		return cmd_usage(ctx, "name stepq.1 or stepq.conf.5");
	out_text(ctx->out, strbuf_str(&page));
	strbuf_release(&page);
	return CMD_OK;
}

const struct cmd cmd_man = {
	.name = "__man",
	.args = "stepq.1|stepq.conf.5",
	.help = "print a manual page in mdoc",
	.run = man_run,
};
