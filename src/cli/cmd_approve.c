/* SPDX-License-Identifier: MIT */

/*
 * approve - let a run go on that waits for a person.
 */

#include <config.h>

#include "cli/answer.h"
#include "cli/cmd.h"
#include "cli/commands.h"

static const struct opt approve_opts[] = {
	OPT_STR('r', "result", "JSON|@FILE|-",
		"what the steps behind it get as its .result"),
	OPT_END,
};

static int approve_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	return answer_gate(ctx, argc, argv, 1, opt_str(ctx, "result"));
}

const struct cmd cmd_approve = {
	.name = "approve",
	.args = "RUN [STEP]",
	.help = "say yes to a run that waits for it",
	.text = "STEP is a gate of the run's pipeline. It can be left out while"
		" only one of them waits. The steps behind it see what was"
		" said: .STEP.approved, .STEP.result.\n"
		"\n"
		"  stepq approve 67\n"
		"  stepq approve 67 review --result='{\"cover\":2}'",
	.needs = CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.opts = approve_opts,
	.run = approve_run,
};
