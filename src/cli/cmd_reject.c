/* SPDX-License-Identifier: MIT */

/*
 * reject - say no to a run that waits for a person.
 */

#include <config.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "cli/answer.h"
#include "cli/cmd.h"
#include "cli/commands.h"

static const struct opt reject_opts[] = {
	OPT_STR('r', "result", "JSON|@FILE|-",
		"what the steps behind it get as its .result"),
	OPT_STR(0, "reason", "TEXT", "why: the result is {\"reason\": TEXT}"),
	OPT_END,
};

static int reject_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	const char *result = opt_str(ctx, "result");
	const char *reason = opt_str(ctx, "reason");
	struct strbuf json = { 0 };
	int status;

	if (result && reason)
		return cmd_usage(ctx,
				 "--result and --reason exclude each "
				 "other");
	if (reason) {
		strbuf_adds(&json, "{\"reason\":");
		json_quote(&json, reason);
		strbuf_addc(&json, '}');
		result = strbuf_str(&json);
	}
	status = answer_gate(ctx, argc, argv, 0, result);
	strbuf_release(&json);
	return status;
}

const struct cmd cmd_reject = {
	.name = "reject",
	.args = "RUN [STEP]",
	.help = "say no to a run that waits for it",
	.text = "STEP is a gate of the run's pipeline. It can be left out while"
		" only one of them waits. The step fails, or the run goes on"
		" with .STEP.approved false, as the gate's on_reject says.\n"
		"\n"
		"  stepq reject 67 --reason='the cover is too dark'",
	.needs = CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.opts = reject_opts,
	.run = reject_run,
};
