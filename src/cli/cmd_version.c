/* SPDX-License-Identifier: MIT */

#include <config.h>

#include "base/json.h"

#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "db/migrate.h"

static int version_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	jv v = jv_object();

	(void)argv;
	if (argc > 0)
		return cmd_usage(ctx, "version takes no arguments");
	out_line(ctx->out, "stepq %s (schema version %d)", PACKAGE_VERSION,
		 migrate_newest());
	v = jv_set(v, jv_string("version"), jv_string(PACKAGE_VERSION));
	v = jv_set(v, jv_string("schema"), jv_number(migrate_newest()));
	out_json(ctx->out, v);
	return CMD_OK;
}

const struct cmd cmd_version = {
	.name = "version",
	.help = "show the version, and that of the schema it expects",
	.run = version_run,
};
