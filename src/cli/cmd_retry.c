/* SPDX-License-Identifier: MIT */

/*
 * retry - put failed jobs back on their queues.
 *
 * Each page of rows is moved in one transaction. When the server refuses a
 * page for one of its rows (a queue's name that the column does not take,
 * say), its rows are moved one by one and the bad one is told.
 */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/out.h"
#include "cli/pick.h"
#include "cli/show.h"

static const struct opt retry_opts[] = {
	OPT_STR('q', "queue", "NAME", "only failed jobs of this queue"),
	OPT_END,
};

struct counts {
	uint64_t retried;
	uint64_t left;
};

static const char *outcome_name(enum failed_outcome outcome)
{
	switch (outcome) {
	case FAILED_RETRIED:
		return "retried";
	case FAILED_GONE:
		return "gone";
	case FAILED_NO_STEP:
		return "no_step";
	case FAILED_NOT_FAILED:
		return "not_failed";
	case FAILED_NOT_UNIQUE:
		return "not_unique";
	case FAILED_RUN_OVER:
		return "run_over";
	}
	BUG("outcome %d", (int)outcome);
}

/* The step, or those of its items that are run again. */
static void add_what(struct strbuf *line, const struct failed_retried *item)
{
	if (item->items)
		strbuf_addf(line, "%" PRIu64 " of %" PRIu64 " items of step ",
			    item->items_again, item->items);
	else
		strbuf_adds(line, "step ");
	show_line(line, item->step);
}

static void print_retried(struct out *out, const struct failed_retried *item)
{
	struct strbuf line = { 0 };

	strbuf_addf(&line, "retried %" PRIu64 ": ", item->id);
	if (!item->step) {
		show_line(&line, item->name ? item->name : "the job");
		strbuf_adds(&line, " is back on queue ");
		show_line(&line, item->queue);
		goto out;
	}
	strbuf_addf(&line, "run %" PRIu64 " %s ", item->run_id,
		    item->items    ? "runs"
		    : item->others ? "repeats"
				   : "goes on from");
	add_what(&line, item);
	if (item->items)
		strbuf_adds(&line, " again");
	if (!item->others) {
		show_kept(&line, item->kept);
		goto out;
	}
	strbuf_adds(&line, ", and stays failed until these are retried too: ");
	show_line(&line, item->others);
out:
	out_line(out, "%s", strbuf_str(&line));
	strbuf_release(&line);
}

/* Why a row stays where it is. */
static void tell_left(const struct failed_retried *item)
{
	struct strbuf line = { 0 };

	strbuf_addf(&line, "%" PRIu64 " is not retried: ", item->id);
	switch (item->outcome) {
	case FAILED_RETRIED:
		BUG("%" PRIu64 " was retried", item->id);
	case FAILED_GONE:
		strbuf_adds(&line, "another was faster");
		break;
	case FAILED_NO_STEP:
		strbuf_adds(&line, "its step is not there any more");
		break;
	case FAILED_NOT_FAILED:
		strbuf_adds(&line, "step ");
		show_line(&line, item->step);
		strbuf_addf(&line, " of run %" PRIu64 " is %s, not failed",
			    item->run_id, state_name(item->state));
		break;
	case FAILED_NOT_UNIQUE:
		strbuf_addf(&line,
			    "run %" PRIu64
			    " of the same episode is live, and"
			    " there may be only one",
			    item->live_run_id);
		break;
	case FAILED_RUN_OVER:
		strbuf_addf(&line, "run %" PRIu64 " is %s", item->run_id,
			    state_name(item->state));
		break;
	}
	(void)fprintf(stderr, "stepq: %s\n", strbuf_str(&line));
	if (item->outcome == FAILED_NOT_UNIQUE)
		(void)fprintf(stderr,
			      "hint: stepq watch %" PRIu64 " shows it\n",
			      item->live_run_id);
	else if (item->outcome != FAILED_GONE)
		(void)fprintf(stderr,
			      "hint: stepq forget %" PRIu64 " removes it\n",
			      item->id);
	strbuf_release(&line);
}

static jv json_item(const struct failed_retried *item)
{
	jv v = jv_object();

	v = show_json_set(v, "id", show_json_id(item->id));
	v = show_json_set(v, "outcome", jv_string(outcome_name(item->outcome)));
	v = show_json_set(v, "job", show_json_text(item->name));
	v = show_json_set(v, "queue", show_json_text(item->queue));
	v = show_json_set(v, "run",
			  item->run_id ? show_json_id(item->run_id)
				       : jv_null());
	v = show_json_set(v, "step", show_json_text(item->step));
	if (item->items) {
		v = show_json_set(v, "items", show_json_id(item->items));
		v = show_json_set(v, "items_again",
				  show_json_id(item->items_again));
	}
	if (item->live_run_id)
		v = show_json_set(v, "live_run",
				  show_json_id(item->live_run_id));
	v = show_json_set(v, "kept", show_json_names(item->kept));
	return show_json_set(v, "failed_too", show_json_names(item->others));
}

static void report(const struct cmd_ctx *ctx, struct counts *counts,
		   const struct failed_retried *item)
{
	out_json(ctx->out, json_item(item));
	if (item->outcome == FAILED_RETRIED) {
		print_retried(ctx->out, item);
		counts->retried++;
	} else {
		tell_left(item);
		counts->left++;
	}
}

static int retry_page(const struct cmd_ctx *ctx, struct counts *counts,
		      const uint64_t *ids, size_t n, struct err *err)
{
	struct failed_retried items[LIMIT_BULK] = { 0 };
	size_t i;

	if (failed_retry(ctx->db, ids, n, items, err))
		return -1;
	for (i = 0; i < n; i++) {
		report(ctx, counts, &items[i]);
		failed_retried_release(&items[i]);
	}
	return 0;
}

static int is_about_a_row(const struct err *err)
{
	return err->code == ERR_DB || err->code == ERR_DB_DUP ||
	       err->code == ERR_LIMIT;
}

static int retry_one_by_one(const struct cmd_ctx *ctx, struct counts *counts,
			    const uint64_t *ids, size_t n, struct err *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (retry_page(ctx, counts, &ids[i], 1, err) == 0)
			continue;
		if (!is_about_a_row(err))
			return -1;
		(void)fprintf(stderr, "stepq: %" PRIu64 " is not retried: %s\n",
			      ids[i], err->text);
		counts->left++;
	}
	return 0;
}

static int retry_all(const struct cmd_ctx *ctx, struct pick *pick,
		     struct counts *counts, struct err *err)
{
	uint64_t ids[LIMIT_BULK];
	size_t n;
	int rc;

	while ((rc = pick_next(ctx, pick, ids, &n, err)) > 0) {
		if (retry_page(ctx, counts, ids, n, err) == 0)
			continue;
		if (!is_about_a_row(err) ||
		    retry_one_by_one(ctx, counts, ids, n, err))
			return -1;
	}
	return rc;
}

static int finish(const struct cmd_ctx *ctx, const struct counts *counts,
		  size_t unknown)
{
	if (counts->retried > 1)
		out_line(ctx->out, "retried %" PRIu64 " failed jobs",
			 counts->retried);
	if (unknown > 0)
		(void)fputs("hint: stepq failed lists them\n", stderr);
	if (unknown > 0 || counts->left > 0)
		return CMD_FAILED;
	if (counts->retried > 0)
		return CMD_OK;
	out_line(ctx->out, "nothing to retry");
	return CMD_NOTHING;
}

static int retry_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	const char *queue = opt_str(ctx, "queue");
	struct counts counts = { 0 };
	struct pick pick = { 0 };
	struct err err = { 0 };
	int rc;

	if (argc == 0 && !queue)
		return cmd_usage(ctx,
				 "name the failed jobs: ids, uuids, a"
				 " range as 5-9, run:RUN, or all");
	if (pick_read(ctx, argc, argv, queue, &pick, &err) ||
	    retry_all(ctx, &pick, &counts, &err))
		rc = cmd_fail(ctx, &err);
	else
		rc = finish(ctx, &counts, pick.unknown);
	pick_release(&pick);
	return rc;
}

const struct cmd cmd_retry = {
	.name = "retry",
	.args = "[ID|UUID|5-9|run:RUN|all]...",
	.help = "put failed jobs back on their queues",
	.text = "A step starts again with all its tries, and its run goes on"
		" from there: what is done is kept, and of a map only the items"
		" that are not done are run. A run, as run:7 or by its uuid,"
		" stands for all of its failed steps. With --queue alone, all"
		" failed jobs of that queue are retried.\n"
		"\n"
		"  stepq retry 12\n"
		"  stepq retry run:7\n"
		"  stepq retry all --queue=default",
	.needs = CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.opts = retry_opts,
	.run = retry_run,
};
