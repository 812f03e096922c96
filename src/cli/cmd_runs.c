/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/out.h"
#include "cli/show.h"
#include "store/view.h"

enum {
	LIMIT_DEFAULT = 20,
};

static const struct opt runs_opts[] = {
	OPT_INT('n', "limit", "N", "show N runs, the newest (20)"),
	OPT_STR('s', "status", "STATUS", "only runs that are STATUS"),
	OPT_STR('p', "pipeline", "NAME", "only runs of this pipeline"),
	OPT_INT('e', "episode", "ID", "only runs of this episode"),
	OPT_DUR(0, "since", "DURATION", "only runs pushed since, as in 2h"),
	OPT_END,
};

/* ERR_USAGE for a state that is none; its hint lists them. */
static int read_state(const char *name, enum state *out, struct err *err)
{
	struct strbuf names = { 0 };
	int i;

	*out = STATE_COUNT;
	if (!name)
		return 0;
	*out = state_from_name(name);
	if (*out != STATE_COUNT)
		return 0;
	for (i = 0; i < STATE_COUNT; i++)
		strbuf_addf(&names, "%s%s", i ? ", " : "",
			    state_name((enum state)i));
	(void)err_set(err, ERR_USAGE, "--status: no status '%s'", name);
	(void)err_hint(err, "one of %s", strbuf_str(&names));
	strbuf_release(&names);
	return -1;
}

static int read_filter(const struct cmd_ctx *ctx, struct view_filter *filter,
		       struct err *err)
{
	const char *episode = opt_str(ctx, "episode");

	*filter = (struct view_filter){
		.pipeline = opt_str(ctx, "pipeline"),
		.since_ms = opt_dur_ms(ctx, "since", 0),
	};
	if (read_state(opt_str(ctx, "status"), &filter->state, err))
		return -1;
	if (episode && num_u64(episode, &filter->episode_id))
		return err_set(err, ERR_USAGE, "--episode: no number '%s'",
			       episode);
	filter->has_episode = episode != NULL;
	return 0;
}

static int is_filtered(const struct view_filter *filter)
{
	return filter->has_episode || filter->pipeline ||
	       filter->state != STATE_COUNT || filter->since_ms > 0;
}

static void print_runs(struct out *out, const struct view_list *list)
{
	static const struct out_column columns[] = {
		{ "RUN", OUT_RIGHT },      { "PIPELINE", OUT_LEFT },
		{ "EPISODE", OUT_RIGHT },  { "STATUS", OUT_STATUS },
		{ "PROGRESS", OUT_RIGHT }, { "STARTED", OUT_RIGHT },
		{ "TOOK", OUT_RIGHT },     { "COST", OUT_RIGHT },
		{ "NOTE", OUT_FLEX },
	};
	struct out_table *table =
		out_table_new(out, columns, ARRAY_SIZE(columns), 0);
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct view_row *run = &list->rows[i];
		char id[SHOW_ID], episode[SHOW_ID], progress[16],
			started[OUT_AGE], took[DUR_TEXT], cost[SHOW_COST];

		(void)snprintf(id, sizeof(id), "%" PRIu64, run->id);
		(void)snprintf(progress, sizeof(progress), "%.0f %%",
			       run->progress);
		started[0] = '\0';
		if (run->started_ms)
			(void)out_age(list->now_ms - run->started_ms, started);
		out_table_row(table,
			      (const char *[]){
				      id, run->pipeline,
				      show_episode(run->has_episode,
						   run->episode_id, episode),
				      state_name(run->state), progress, started,
				      show_took(run, list->now_ms, took),
				      show_cost(run->cost, cost),
				      run->error     ? run->error
				      : run->message ? run->message
						     : run->current });
	}
	out_table_end(&table);
}

/* "queue default: 3 waiting, 1 delayed, 2 running" */
static void print_queues(struct out *out, const struct view_queues *queues)
{
	size_t i, k;

	for (i = 0; i < queues->n; i++) {
		const struct view_queue *queue = &queues->queues[i];
		const struct {
			uint64_t n;
			const char *what;
		} counts[] = { { queue->waiting, "waiting" },
			       { queue->delayed, "delayed" },
			       { queue->running, "running" } };
		struct strbuf line = { 0 }, dim = { 0 };
		const char *before = ": ";

		strbuf_adds(&line, "queue ");
		show_line(&line, queue->name);
		for (k = 0; k < ARRAY_SIZE(counts); k++) {
			if (counts[k].n == 0)
				continue;
			strbuf_addf(&line, "%s%" PRIu64 " %s", before,
				    counts[k].n, counts[k].what);
			before = ", ";
		}
		out_styled(out, &dim, OUT_DIM, strbuf_str(&line));
		out_line(out, "%s", strbuf_str(&dim));
		strbuf_release(&line);
		strbuf_release(&dim);
	}
}

static jv json_runs(const struct view_list *list)
{
	jv runs = jv_array();
	size_t i;

	for (i = 0; i < list->n; i++)
		runs = jv_array_append(
			runs,
			show_json_set(show_json_run(&list->rows[i],
						    list->now_ms),
				      "current",
				      show_json_text(list->rows[i].current)));
	return runs;
}

static jv json_queues(const struct view_queues *queues)
{
	jv list = jv_array();
	size_t i;

	for (i = 0; i < queues->n; i++) {
		const struct view_queue *queue = &queues->queues[i];
		jv v = jv_object();

		v = show_json_set(v, "queue", show_json_text(queue->name));
		v = show_json_set(v, "waiting", show_json_id(queue->waiting));
		v = show_json_set(v, "delayed", show_json_id(queue->delayed));
		v = show_json_set(v, "running", show_json_id(queue->running));
		list = jv_array_append(list, v);
	}
	return list;
}

static void print_json(struct out *out, const struct view_list *list,
		       const struct view_queues *queues)
{
	jv v = show_json_set(jv_object(), "runs", json_runs(list));

	out_json(out, show_json_set(v, "queues", json_queues(queues)));
}

static void print_text(struct out *out, const struct view_list *list,
		       const struct view_queues *queues,
		       const struct view_filter *filter)
{
	print_runs(out, list);
	if (list->n == 0)
		out_line(out, "%s",
			 is_filtered(filter) ? "no such runs" : "no runs yet");
	if (!is_filtered(filter))
		print_queues(out, queues);
}

static int runs_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	int64_t limit = opt_int(ctx, "limit", LIMIT_DEFAULT);
	struct view_queues queues = { 0 };
	struct view_list list = { 0 };
	struct view_filter filter;
	struct err err = { 0 };
	int rc = CMD_OK;

	if (argc > 0)
		return cmd_usage(ctx, "'%s' is too much; 'stepq status %s'?",
				 argv[0], argv[0]);
	if (limit < 1 || limit > LIMIT_LIST)
		return cmd_usage(ctx, "--limit takes 1 to %u", LIMIT_LIST);
	if (read_filter(ctx, &filter, &err) ||
	    view_runs(ctx->db, &filter, (size_t)limit, &list, &err) ||
	    view_queues(ctx->db, &queues, &err))
		rc = cmd_fail(ctx, &err);
	else if (out_format(ctx->out) == OUT_JSON)
		print_json(ctx->out, &list, &queues);
	else
		print_text(ctx->out, &list, &queues, &filter);
	view_list_release(&list);
	view_queues_release(&queues);
	return rc;
}

const struct cmd cmd_runs = {
	.name = "runs",
	.help = "list runs, the newest first, and what the queues hold",
	.text = "Jobs that no worker has taken yet are no runs; the queues"
		" count them.\n"
		"\n"
		"  stepq runs --status=failed --since=1d\n"
		"  stepq runs --episode=25",
	.needs = CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.opts = runs_opts,
	.run = runs_run,
};
