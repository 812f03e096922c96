/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/note.h"
#include "cli/out.h"
#include "cli/show.h"
#include "store/rundown.h"

enum {
	LIMIT_DEFAULT = 100,
};

static const struct opt status_opts[] = {
	OPT_FLAG('f', "failed", "of a map's items only those that failed"),
	OPT_INT('n', "limit", "N", "show N items of a map (100)"),
	OPT_END,
};

/* All that is shown. All-zero is empty. */
struct status {
	struct rundown rundown;
	struct view_artifacts artifacts;
	struct view_list rows; /* of one step: its items or rounds */
};

static void status_release(struct status *status)
{
	rundown_release(&status->rundown);
	view_artifacts_release(&status->artifacts);
	view_list_release(&status->rows);
}

static int status_load(struct db *db, uint64_t run_id, struct status *status,
		       struct err *err)
{
	int found = rundown_load(db, run_id, &status->rundown, err);

	if (found == 0)
		return err_set(err, ERR_NOT_FOUND, "run %" PRIu64 " is gone",
			       run_id);
	if (found < 0 || view_artifacts(db, run_id, &status->artifacts, err))
		return -1;
	return 0;
}

/* Only the first column is not the same for steps, items and rounds. */
#define COLUMNS(title, flags)                                             \
 {                                                                        \
  { (title), (flags) }, { "STATUS", OUT_STATUS }, { "TRIES", OUT_RIGHT }, \
	  { "STARTED", OUT_RIGHT }, { "TOOK", OUT_RIGHT },                \
	  { "COST", OUT_RIGHT },                                          \
  {                                                                       \
   "NOTE", OUT_FLEX                                                       \
  }                                                                       \
 }
static const struct out_column of_steps[] = COLUMNS("STEP", OUT_LEFT);
static const struct out_column of_items[] = COLUMNS("ITEM", OUT_RIGHT);
static const struct out_column of_rounds[] = COLUMNS("ROUND", OUT_RIGHT);

/* The name stands in the first cell, or the number of an item or a round. */
static void add_row(struct out_table *table, const struct rundown *rundown,
		    const struct view_row *step, const char *name)
{
	int64_t now_ms = rundown->list.now_ms;
	char tries[SHOW_ID], started[SHOW_TIME], took[DUR_TEXT],
		cost[SHOW_COST];
	struct strbuf note = { 0 };

	(void)snprintf(tries, sizeof(tries), "%" PRIu32, step->attempts);
	note_add(&note, rundown, step);
	out_table_row(table,
		      (const char *[]){
			      name, state_name(step->state), tries,
			      show_time(step->started_ms, now_ms, started),
			      show_took(step, now_ms, took),
			      show_cost(step->cost, cost), strbuf_str(&note) });
	strbuf_release(&note);
}

static void print_steps(struct out *out, const struct rundown *rundown)
{
	struct out_table *table =
		out_table_new(out, of_steps, ARRAY_SIZE(of_steps), 2);
	size_t i;

	for (i = 1; i < rundown->list.n; i++) {
		const struct view_row *step = &rundown->list.rows[i];
		struct strbuf name = { 0 };

		show_name(&name, step);
		add_row(table, rundown, step, strbuf_str(&name));
		strbuf_release(&name);
	}
	out_table_end(&table);
}

static void print_artifacts(struct out *out, const struct status *status)
{
	size_t i;

	for (i = 0; i < status->artifacts.n; i++) {
		struct strbuf path = { 0 };

		show_line(&path, status->artifacts.paths[i]);
		out_line(out, "%-9s  %s", i == 0 ? "artifacts" : "",
			 strbuf_str(&path));
		strbuf_release(&path);
	}
}

/* Why, in full, and what to type next. */
static void print_failure(struct out *out, const struct status *status)
{
	const struct rundown *rundown = &status->rundown;
	const struct view_row *run = &rundown->list.rows[0];
	struct strbuf text = { 0 };
	size_t i;

	show_line(&text, run->error ? run->error : "no reason was kept");
	out_line(out, "%-9s  %s", "error", strbuf_str(&text));
	strbuf_clear(&text);
	for (i = 1; i < rundown->list.n; i++)
		if (rundown->failed[i])
			strbuf_addf(&text, " %" PRIu64, rundown->failed[i]);
	if (text.len > 0) {
		out_line(out, "Try it again with: stepq retry%s",
			 strbuf_str(&text));
	} else if (rundown->pipeline && rundown->list.n > 1) {
		out_line(out,
			 "Its failed job is gone from failed_jobs. Do it again"
			 " with: stepq rerun %" PRIu64 " --failed",
			 run->id);
	} else {
		show_line(&text, run->pipeline);
		if (run->has_episode)
			strbuf_addf(&text, " --episode=%" PRIu64,
				    run->episode_id);
		out_line(out,
			 "Its failed job is gone from failed_jobs. Start a new"
			 " run with: stepq push %s",
			 strbuf_str(&text));
	}
	strbuf_release(&text);
}

static void print_head(struct out *out, const struct status *status)
{
	const struct view_list *list = &status->rundown.list;
	struct strbuf head = { 0 }, state = { 0 };

	show_title(&head, &list->rows[0]);
	show_state(out, &state, &list->rows[0], list->now_ms);
	out_line(out, "%-41s  %s", strbuf_str(&head), strbuf_str(&state));
	strbuf_release(&head);
	strbuf_release(&state);
}

/* What to type for the gates that wait. */
static void print_gates(struct out *out, const struct view_list *list)
{
	size_t i;

	for (i = 1; i < list->n; i++) {
		const struct view_row *gate = &list->rows[i];
		struct strbuf name = { 0 };

		if (gate->kind != VIEW_GATE || !view_is_parked(gate))
			continue;
		show_line(&name, gate->step);
		out_line(out, "Let %s pass with: stepq approve %" PRIu64 " %s",
			 strbuf_str(&name), list->rows[0].id,
			 strbuf_str(&name));
		strbuf_release(&name);
	}
}

static void print_run(struct out *out, const struct status *status)
{
	print_head(out, status);
	print_steps(out, &status->rundown);
	print_artifacts(out, status);
	print_gates(out, &status->rundown.list);
	if (status->rundown.list.rows[0].state == STATE_FAILED)
		print_failure(out, status);
}

static jv json_step(const struct status *status, const struct view_row *step)
{
	const struct rundown *rundown = &status->rundown;
	uint64_t failed = rundown_failed_job(rundown, step);
	int is_waiting = step->state == STATE_WAITING;
	jv v = show_json_step(step, rundown->list.now_ms), needs = jv_array();
	const struct view_row *need;
	size_t at = 0;

	while (is_waiting && (need = rundown_next_need(rundown, step, &at)))
		needs = jv_array_append(needs, jv_string(need->step));
	v = show_json_set(v, "waits_for", needs);
	v = show_json_set(v, "waits_until",
			  show_json_time(view_is_parked(step) ? step->due_ms
							      : 0));
	v = show_json_set(v, "retry_at",
			  show_json_time(step->state == STATE_RETRYING
						 ? step->due_ms
						 : 0));
	v = show_json_set(v, "is_tolerated",
			  jv_bool(rundown_is_tolerated(rundown, step)));
	return show_json_set(v, "failed_job",
			     failed ? show_json_id(failed) : jv_null());
}

static jv json_run(const struct status *status)
{
	const struct view_list *list = &status->rundown.list;
	jv v = show_json_run(&list->rows[0], list->now_ms);
	jv steps = jv_array(), artifacts = jv_array();
	size_t i;

	for (i = 1; i < list->n; i++)
		steps = jv_array_append(steps,
					json_step(status, &list->rows[i]));
	for (i = 0; i < status->artifacts.n; i++)
		artifacts =
			jv_array_append(artifacts,
					jv_string(status->artifacts.paths[i]));
	v = show_json_set(v, "artifacts", artifacts);
	return show_json_set(v, "steps", steps);
}

static void print_items(struct out *out, const struct status *status,
			const struct view_row *map)
{
	struct out_table *table =
		out_table_new(out, of_items, ARRAY_SIZE(of_items), 2);
	struct strbuf line = { 0 };
	char number[SHOW_ID];
	size_t i;

	print_head(out, status);
	show_name(&line, map);
	strbuf_addf(&line, "  %s, ", state_name(map->state));
	note_add_items(&line, map);
	out_line(out, "%s", strbuf_str(&line));
	for (i = 0; i < status->rows.n; i++) {
		(void)snprintf(number, sizeof(number), "%" PRIu32,
			       status->rows.rows[i].item);
		add_row(table, &status->rundown, &status->rows.rows[i], number);
	}
	out_table_end(&table);
	strbuf_release(&line);
}

static void print_rounds(struct out *out, const struct status *status,
			 const char *name)
{
	const struct view_list *list = &status->rundown.list;
	struct out_table *table =
		out_table_new(out, of_rounds, ARRAY_SIZE(of_rounds), 2);
	char number[SHOW_ID];
	size_t i;

	print_head(out, status);
	for (i = 1; i < list->n; i++) {
		if (strcmp(list->rows[i].step, name) != 0)
			continue;
		(void)snprintf(number, sizeof(number), "%" PRIu32,
			       list->rows[i].round);
		add_row(table, &status->rundown, &list->rows[i], number);
	}
	out_table_end(&table);
}

static jv json_rows(const struct status *status, const struct view_row *step)
{
	const struct view_list *list = &status->rundown.list;
	jv rounds = jv_array(), items = jv_array(), v = jv_object();
	size_t i;

	for (i = 1; i < list->n; i++)
		if (strcmp(list->rows[i].step, step->step) == 0)
			rounds = jv_array_append(rounds,
						 json_step(status,
							   &list->rows[i]));
	for (i = 0; i < status->rows.n; i++)
		items = jv_array_append(items,
					show_json_step(&status->rows.rows[i],
						       list->now_ms));
	v = show_json_set(v, "run", show_json_id(list->rows[0].id));
	v = show_json_set(v, "step", show_json_text(step->step));
	v = show_json_set(v, "rounds", rounds);
	return show_json_set(v, "items", items);
}

/* One step: the items of a map, or how often a loop came by. */
static int show_step(struct cmd_ctx *ctx, struct status *status,
		     const char *name, struct err *err)
{
	const struct view_row *step =
		show_find_step(&status->rundown, name, err);
	enum state state =
		opt_isset(ctx, "failed") ? STATE_FAILED : STATE_COUNT;
	size_t limit = (size_t)opt_int(ctx, "limit", LIMIT_DEFAULT);

	if (!step || (step->has_items &&
		      view_items(ctx->db, status->rundown.list.rows[0].id,
				 step->id, state, limit, &status->rows, err)))
		return -1;
	if (out_format(ctx->out) == OUT_JSON)
		out_json(ctx->out, json_rows(status, step));
	else if (step->has_items)
		print_items(ctx->out, status, step);
	else
		print_rounds(ctx->out, status, step->step);
	if (status->rows.n == limit && limit < step->items)
		show_note("these are the first %zu; --limit shows more", limit);
	return 0;
}

static int status_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	int64_t limit = opt_int(ctx, "limit", LIMIT_DEFAULT);
	struct status status = { 0 };
	struct err err = { 0 };
	uint64_t run_id;
	int rc = CMD_OK;

	if (argc < 1 || argc > 2)
		return cmd_usage(ctx, "name one run, as in 'stepq status 25'");
	if (limit < 1 || limit > LIMIT_LIST)
		return cmd_usage(ctx, "--limit takes 1 to %u", LIMIT_LIST);
	if (argc == 1 && opt_isset(ctx, "failed"))
		return cmd_usage(ctx,
				 "--failed needs a step: stepq status"
				 " RUN STEP --failed");
	if (show_find_run(ctx, argv[0], &run_id, &err) ||
	    status_load(ctx->db, run_id, &status, &err) ||
	    (argc == 2 && show_step(ctx, &status, argv[1], &err)))
		rc = cmd_fail(ctx, &err);
	else if (argc == 1 && out_format(ctx->out) == OUT_JSON)
		out_json(ctx->out, json_run(&status));
	else if (argc == 1)
		print_run(ctx->out, &status);
	status_release(&status);
	return rc;
}

const struct cmd cmd_status = {
	.name = "status",
	.args = "RUN [STEP]",
	.help = "show a run and its steps, or the items of one",
	.text = "RUN is the number of a run, its uuid, or episode:ID for the"
		" newest run of an episode. A number that is no run's is"
		" taken for an episode's.\n"
		"\n"
		"With STEP it lists the items of a map, or the rounds of a"
		" step in a loop; 'image#2' are the items of a map's second"
		" round.\n"
		"\n"
		"  stepq status 25\n"
		"  stepq status 25 image --failed\n"
		"  stepq status episode:25 --format json",
	.needs = CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.opts = status_opts,
	.run = status_run,
};
