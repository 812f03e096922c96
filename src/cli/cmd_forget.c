/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "cli/cmd.h"
#include "cli/out.h"
#include "cli/pick.h"
#include "cli/show.h"

static void report(struct out *out, uint64_t id)
{
	out_line(out, "forgot %" PRIu64, id);
	out_json(out, show_json_set(show_json_set(jv_object(), "id",
						  show_json_id(id)),
				    "outcome", jv_string("forgotten")));
}

static int forget_all(const struct cmd_ctx *ctx, struct pick *pick,
		      struct err *err)
{
	uint64_t ids[LIMIT_BULK], deleted;
	size_t i, n;
	int rc;

	while ((rc = pick_next(ctx, pick, ids, &n, err)) > 0) {
		if (failed_delete(ctx->db, ids, n, &deleted, err))
			return -1;
		for (i = 0; i < n; i++)
			report(ctx->out, ids[i]);
	}
	return rc;
}

static int forget_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct pick pick = { 0 };
	struct err err = { 0 };
	int rc = CMD_OK;

	if (argc == 0)
		return cmd_usage(ctx,
				 "name the failed jobs to delete;"
				 " 'stepq flush' deletes them all");
	if (pick_read(ctx, argc, argv, NULL, &pick, &err) ||
	    forget_all(ctx, &pick, &err))
		rc = cmd_fail(ctx, &err);
	else if (pick.unknown > 0)
		rc = CMD_FAILED;
	pick_release(&pick);
	return rc;
}

const struct cmd cmd_forget = {
	.name = "forget",
	.args = "ID|UUID|5-9...",
	.help = "delete failed jobs",
	.text = "Their runs stay failed and cannot be retried any more.\n"
		"\n"
		"  stepq forget 12",
	.needs = CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.run = forget_run,
};
