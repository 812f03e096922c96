/* SPDX-License-Identifier: MIT */

/*
 * cancel - stop runs for good.
 *
 * A run that no worker has begun is only a job that has its uuid. It may
 * become a run while we look for it, so it is then looked up once more.
 */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "base/uuid.h"
#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/show.h"
#include "store/control.h"

static const struct opt cancel_opts[] = {
	OPT_STR('r', "reason", "TEXT", "why, shown with the run"),
	OPT_END,
};

struct counts {
	size_t cancelled;
	size_t over;
};

static jv json_cancelled(jv run, const char *outcome, const char *was,
			 uint64_t steps_n)
{
	jv v = show_json_set(jv_object(), "run", run);

	v = show_json_set(v, "outcome", jv_string(outcome));
	v = show_json_set(v, "was", jv_string(was));
	return show_json_set(v, "steps", jv_number((double)steps_n));
}

static void report(struct out *out, uint64_t run_id,
		   const struct cancelled *done, struct counts *counts)
{
	const char *was = state_name(done->state);

	if (done->outcome == CANCEL_OVER) {
		counts->over++;
		out_line(out, "run %" PRIu64 " is %s already", run_id, was);
		out_json(out,
			 json_cancelled(show_json_id(run_id), "over", was, 0));
		return;
	}
	counts->cancelled++;
	out_line(out,
		 "run %" PRIu64 " is cancelled, %" PRIu64 " step%s stopped",
		 run_id, done->steps_n, done->steps_n == 1 ? "" : "s");
	out_json(out, json_cancelled(show_json_id(run_id), "cancelled", was,
				     done->steps_n));
}

static int cancel_run(const struct cmd_ctx *ctx, uint64_t run_id,
		      struct counts *counts, struct err *err)
{
	struct cancelled done;

	if (run_cancel(ctx->db, run_id, opt_str(ctx, "reason"), &done, err))
		return -1;
	if (done.outcome == CANCEL_GONE)
		return err_set(err, ERR_NOT_FOUND, "run %" PRIu64 " is gone",
			       run_id);
	report(ctx->out, run_id, &done, counts);
	return 0;
}

/* 1 when it was a job, 0 when it is none (any more). */
static int cancel_pending(const struct cmd_ctx *ctx, const char *uuid,
			  struct counts *counts, struct err *err)
{
	enum pending_outcome outcome;

	if (run_cancel_pending(ctx->db, uuid, &outcome, err))
		return -1;
	if (outcome == PENDING_TAKEN) {
		(void)err_set(err, ERR_NOT_FOUND,
			      "a worker has just taken run %s", uuid);
		return err_hint(err, "try again, it can be cancelled then");
	}
	if (outcome == PENDING_NONE)
		return 0;
	counts->cancelled++;
	out_line(ctx->out, "run %s is cancelled before it began", uuid);
	out_json(ctx->out,
		 json_cancelled(jv_string(uuid), "cancelled", "pushed", 0));
	return 1;
}

static int cancel_one(const struct cmd_ctx *ctx, const char *name,
		      struct counts *counts, struct err *err)
{
	uint64_t run_id;
	int rc;

	if (show_find_run(ctx, name, &run_id, err) == 0)
		return cancel_run(ctx, run_id, counts, err);
	if (err->code != ERR_NOT_FOUND || !uuid_is_valid(name))
		return -1;
	rc = cancel_pending(ctx, name, counts, err);
	if (rc < 0 && err->code != ERR_NOT_FOUND)
		return -1;
	if (rc > 0)
		return 0;
	if (show_find_run(ctx, name, &run_id, err) == 0)
		return cancel_run(ctx, run_id, counts, err);
	return -1;
}

static int cancel_run_all(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct counts counts = { 0 };
	int i, status = CMD_OK;

	if (argc == 0)
		return cmd_usage(ctx, "name the runs to cancel");
	for (i = 0; i < argc; i++) {
		struct err err = { 0 };

		if (cancel_one(ctx, argv[i], &counts, &err) == 0)
			continue;
		status = cmd_fail(ctx, &err);
		if (err.code != ERR_NOT_FOUND)
			return status;
	}
	if (status == CMD_OK && counts.cancelled == 0)
		return CMD_NOTHING;
	return status;
}

const struct cmd cmd_cancel = {
	.name = "cancel",
	.args = "RUN...",
	.help = "stop runs for good",
	.text = "Steps that are not finished are cancelled, their jobs are"
		" gone, and calls under way end within a second. What is done"
		" is kept. A run that is over stays as it is.\n"
		"\n"
		"RUN is a number, a uuid, or episode:ID for the newest run of an"
		" episode. By its uuid a run is cancelled too that was pushed"
		" and not begun.\n"
		"\n"
		"  stepq cancel 67\n"
		"  stepq cancel 67 68 --reason='wrong script'",
	.needs = CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.opts = cancel_opts,
	.run = cancel_run_all,
};
