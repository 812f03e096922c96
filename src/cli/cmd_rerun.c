/* SPDX-License-Identifier: MIT */

/*
 * rerun - repeat a run from one of its steps, with the results of the others.
 */

#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/out.h"
#include "cli/show.h"
#include "store/rerun.h"

static const struct opt rerun_opts[] = {
	OPT_STR('f', "from", "STEP", "the step to do again"),
	OPT_FLAG(0, "downstream",
		 "it and all that waits for it; this is the default"),
	OPT_FLAG(0, "only", "it alone, what waits for it keeps its results"),
	OPT_FLAG(0, "failed",
		 "what failed, of maps its items, and what needs it"),
	OPT_STR('i', "input", "JSON|@FILE|-",
		"another input, in full: JSON, or a file, or stdin"),
	OPT_FLAG(0, "current", "by the pipeline as it is configured now"),
	OPT_END,
};

static const char *mode_name(enum rerun_mode mode)
{
	static const char *const names[] = { "downstream", "only", "failed" };

	return names[mode];
}

/* The names of the modes are those of their options. */
static int read_mode(const struct cmd_ctx *ctx, enum rerun_mode *mode_out)
{
	int n = 0;

	*mode_out = RERUN_DOWNSTREAM;
	for (enum rerun_mode m = RERUN_DOWNSTREAM; m <= RERUN_FAILED; m++) {
		if (!opt_isset(ctx, mode_name(m)))
			continue;
		*mode_out = m;
		n++;
	}
	return n > 1 ? cmd_usage(ctx,
				 "--only, --downstream and --failed"
				 " exclude each other")
		     : CMD_OK;
}

static int read_input(const struct cmd_ctx *ctx, struct strbuf *out,
		      struct err *err)
{
	int64_t max = ctx->settings.worker.max_payload;

	out->max = (size_t)max + 1;
	if (input_read(opt_str(ctx, "input"), "input", out, err))
		return -1;
	return out->len > (size_t)max
		       ? err_set(err, ERR_LIMIT,
				 "the input is larger than %" PRId64
				 " bytes (worker.max_payload)",
				 max)
		       : 0;
}

static void print_made(const struct cmd_ctx *ctx, const struct rerun *rerun,
		       const struct rerun_made *made)
{
	struct strbuf line = { 0 }, styled = { 0 };

	strbuf_addf(&line, "run %" PRIu64 " repeats ", made->run_id);
	switch (rerun->ask.mode) {
	case RERUN_DOWNSTREAM:
		strbuf_addf(&line, "run %" PRIu64 " from step %s",
			    rerun->run_id, rerun->ask.from);
		break;
	case RERUN_ONLY:
		strbuf_addf(&line, "only step %s of run %" PRIu64,
			    rerun->ask.from, rerun->run_id);
		break;
	case RERUN_FAILED:
		strbuf_addf(&line, "%s of run %" PRIu64, made->again,
			    rerun->run_id);
		break;
	}
	show_kept(&line, made->kept);
	out_line(ctx->out, "%s", strbuf_str(&line));
	strbuf_clear(&line);
	strbuf_addf(&line, "watch it: stepq watch %" PRIu64, made->run_id);
	out_styled(ctx->out, &styled, OUT_DIM, strbuf_str(&line));
	out_line(ctx->out, "%s", strbuf_str(&styled));
	strbuf_release(&line);
	strbuf_release(&styled);
}

static jv json_made(const struct rerun *rerun, const struct rerun_made *made)
{
	jv v = jv_object();

	v = show_json_set(v, "run", show_json_id(made->run_id));
	v = show_json_set(v, "uuid", show_json_text(made->uuid));
	v = show_json_set(v, "origin", show_json_id(rerun->run_id));
	v = show_json_set(v, "mode", jv_string(mode_name(rerun->ask.mode)));
	v = show_json_set(v, "from", show_json_text(rerun->ask.from));
	v = show_json_set(v, "kept", show_json_names(made->kept));
	return show_json_set(v, "again", show_json_names(made->again));
}

static int make(const struct cmd_ctx *ctx, const struct rerun *rerun)
{
	struct rerun_made made = { 0 };
	struct err err = { 0 };
	int rc = rerun_create(ctx->db, rerun, &made, &err);

	if (rc < 0)
		return cmd_fail(ctx, &err);
	if (rc == 0) {
		out_line(ctx->out, "nothing failed in %s%srun %" PRIu64,
			 rerun->ask.from ? rerun->ask.from : "",
			 rerun->ask.from ? " of " : "", rerun->run_id);
		return CMD_NOTHING;
	}
	print_made(ctx, rerun, &made);
	out_json(ctx->out, json_made(rerun, &made));
	rerun_made_release(&made);
	return CMD_OK;
}

static int rerun_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct rerun rerun = { .ask.from = opt_str(ctx, "from") };
	struct strbuf input = { 0 };
	struct err err = { 0 };
	int rc;

	if (argc != 1)
		return cmd_usage(ctx, argc ? "one run at a time"
					   : "name the run to repeat");
	rc = read_mode(ctx, &rerun.ask.mode);
	if (rc != CMD_OK)
		return rc;
	if (!rerun.ask.from && rerun.ask.mode != RERUN_FAILED)
		return cmd_usage(ctx,
				 "name the step: --from STEP, or"
				 " --failed for what failed");
	if (opt_isset(ctx, "current"))
		rerun.current = ctx->plan;
	if ((opt_isset(ctx, "input") && read_input(ctx, &input, &err)) ||
	    show_find_run(ctx, argv[0], &rerun.run_id, &err)) {
		rc = cmd_fail(ctx, &err);
	} else {
		if (opt_isset(ctx, "input"))
			rerun.input = strbuf_str(&input);
		rc = make(ctx, &rerun);
	}
	strbuf_release(&input);
	return rc;
}

const struct cmd cmd_rerun = {
	.name = "rerun",
	.args = "RUN",
	.help = "repeat a run from one of its steps",
	.text = "Makes a new run of the same episode. What is finished and does "
		"not wait for the step keeps its results and costs nothing; "
		"the step, and what waits for it, is done again, as is "
		"whatever was not finished. A map that was not finished keeps "
		"the items that are done.\n"
		"\n"
		"The old run must be over, and stays as it is: its failed "
		"jobs can still be retried or forgotten. Of a pipeline that "
		"is unique no other run of the episode may be live.\n"
		"\n"
		"  stepq rerun 7 --from image\n"
		"  stepq rerun 7 --failed\n"
		"  stepq rerun episode:25 --from text --input='{\"topic\":"
		"\"cat\"}' --current",
	.needs = CMD_NEEDS_CONF | CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.opts = rerun_opts,
	.run = rerun_run,
};
