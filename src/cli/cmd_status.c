/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/out.h"
#include "cli/show.h"
#include "plan/pipeline.h"
#include "store/failed.h"
#include "store/run.h"
#include "store/view.h"

/* All that is shown. All-zero is empty. */
struct status {
	struct view_list list; /* the run and its steps */
	struct view_artifacts artifacts;
	struct pipeline *pipeline; /* as the run began; NULL: not known */
	uint64_t *failed; /* by place in list: its failed job, 0: none */
};

static void status_release(struct status *status)
{
	view_list_release(&status->list);
	view_artifacts_release(&status->artifacts);
	pipeline_unref(&status->pipeline);
	free(status->failed);
}

/* What steps need is not told without it, and nothing else is lost. */
static int load_pipeline(struct db *db, struct status *status, struct err *err)
{
	char *definition = NULL;
	int found = definition_get(db, status->list.rows[0].definition_id,
				   &definition, err);

	if (found > 0 && pipeline_parse(definition, &status->pipeline, NULL))
		status->pipeline = NULL;
	free(definition);
	return found < 0 ? -1 : 0;
}

static int load_failed(struct db *db, struct status *status, struct err *err)
{
	const struct view_list *list = &status->list;
	size_t i;

	status->failed = xcalloc(list->n, sizeof(*status->failed));
	for (i = 1; i < list->n; i++)
		if (list->rows[i].state == STATE_FAILED &&
		    failed_find(db, list->rows[i].uuid, &status->failed[i],
				err) < 0)
			return -1;
	return 0;
}

static int status_load(struct db *db, uint64_t run_id, struct status *status,
		       struct err *err)
{
	int found = view_run(db, run_id, &status->list, err);

	if (found == 0)
		return err_set(err, ERR_NOT_FOUND, "run %" PRIu64 " is gone",
			       run_id);
	if (found < 0 || load_pipeline(db, status, err) ||
	    load_failed(db, status, err) ||
	    view_artifacts(db, run_id, &status->artifacts, err))
		return -1;
	return 0;
}

static const struct view_row *step_named(const struct view_list *list,
					 const char *name)
{
	size_t i;

	for (i = 1; i < list->n; i++)
		if (strcmp(list->rows[i].step, name) == 0)
			return &list->rows[i];
	return NULL;
}

/* The next name, from *at on, of a step that `step` waits for; or NULL. */
static const char *next_need(const struct status *status,
			     const struct view_row *step, size_t *at)
{
	int i = status->pipeline
			? pipeline_step_index(status->pipeline, step->step)
			: -1;
	char **names = i < 0 ? NULL : status->pipeline->steps[i].needs_names;

	if (step->state != STATE_WAITING)
		return NULL;
	while (names && names[*at]) {
		const char *name = names[(*at)++];
		const struct view_row *need = step_named(&status->list, name);

		if (need && need->state != STATE_DONE &&
		    need->state != STATE_SKIPPED)
			return name;
	}
	return NULL;
}

static void add_needs(struct strbuf *note, const struct status *status,
		      const struct view_row *step)
{
	const char *name, *before = "waits for ";
	size_t at = 0;

	while ((name = next_need(status, step, &at))) {
		strbuf_adds(note, before);
		show_line(note, name);
		before = ", ";
	}
	if (note->len == 0)
		strbuf_addf(note, "waits for %u step%s", step->waiting_on,
			    step->waiting_on == 1 ? "" : "s");
}

static void add_retry(struct strbuf *note, const struct view_row *step,
		      int64_t now_ms)
{
	char age[OUT_AGE];

	if (step->due_ms > now_ms)
		strbuf_addf(note, "next try %s: ",
			    out_age(now_ms - step->due_ms, age));
	else
		strbuf_adds(note, "next try is due: ");
	show_line(note, step->error);
}

static void add_note(struct strbuf *note, const struct status *status,
		     const struct view_row *step)
{
	switch (step->state) {
	case STATE_WAITING:
		add_needs(note, status, step);
		return;
	case STATE_RETRYING:
		add_retry(note, step, status->list.now_ms);
		return;
	case STATE_QUEUED:
		strbuf_adds(note, "waits for a worker");
		return;
	case STATE_FAILED:
		show_line(note, step->error);
		return;
	case STATE_RUNNING:
		if (step->message)
			break;
		strbuf_adds(note, step->worker ? "on " : "");
		show_line(note, step->worker);
		return;
	case STATE_DONE:
	case STATE_SKIPPED:
	case STATE_CANCELLED:
	case STATE_COUNT:
		break;
	}
	show_line(note, step->message);
}

static void print_steps(struct out *out, const struct status *status)
{
	static const struct out_column columns[] = {
		{ "STEP", OUT_LEFT },   { "STATUS", OUT_STATUS },
		{ "TRIES", OUT_RIGHT }, { "STARTED", OUT_RIGHT },
		{ "TOOK", OUT_RIGHT },  { "COST", OUT_RIGHT },
		{ "NOTE", OUT_FLEX },
	};
	struct out_table *table =
		out_table_new(out, columns, ARRAY_SIZE(columns), 2);
	int64_t now_ms = status->list.now_ms;
	size_t i;

	for (i = 1; i < status->list.n; i++) {
		const struct view_row *step = &status->list.rows[i];
		char tries[SHOW_ID], started[SHOW_TIME], took[DUR_TEXT],
			cost[SHOW_COST];
		struct strbuf note = { 0 };

		(void)snprintf(tries, sizeof(tries), "%" PRIu32,
			       step->attempts);
		add_note(&note, status, step);
		out_table_row(table,
			      (const char *[]){ step->step,
						state_name(step->state), tries,
						show_time(step->started_ms,
							  now_ms, started),
						show_took(step, now_ms, took),
						show_cost(step->cost, cost),
						strbuf_str(&note) });
		strbuf_release(&note);
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
	const struct view_row *run = &status->list.rows[0];
	struct strbuf text = { 0 };
	size_t i;

	show_line(&text, run->error ? run->error : "no reason was kept");
	out_line(out, "%-9s  %s", "error", strbuf_str(&text));
	strbuf_clear(&text);
	for (i = 1; i < status->list.n; i++)
		if (status->failed[i])
			strbuf_addf(&text, " %" PRIu64, status->failed[i]);
	if (text.len > 0) {
		out_line(out, "Try it again with: stepq retry%s",
			 strbuf_str(&text));
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

static void print_text(struct out *out, const struct status *status)
{
	const struct view_row *run = &status->list.rows[0];
	struct strbuf head = { 0 }, state = { 0 };

	show_title(&head, run);
	show_state(out, &state, run, status->list.now_ms);
	out_line(out, "%-41s  %s", strbuf_str(&head), strbuf_str(&state));
	print_steps(out, status);
	print_artifacts(out, status);
	if (run->state == STATE_FAILED)
		print_failure(out, status);
	strbuf_release(&head);
	strbuf_release(&state);
}

static jv json_step(const struct status *status, size_t i)
{
	const struct view_row *step = &status->list.rows[i];
	jv v = jv_object(), needs = jv_array();
	const char *name;
	size_t at = 0;

	while ((name = next_need(status, step, &at)))
		needs = jv_array_append(needs, jv_string(name));
	v = show_json_set(v, "step", show_json_text(step->step));
	v = show_json_row(v, step, status->list.now_ms);
	v = show_json_set(v, "attempts", jv_number(step->attempts));
	v = show_json_set(v, "worker", show_json_text(step->worker));
	v = show_json_set(v, "waits_for", needs);
	v = show_json_set(v, "retry_at",
			  show_json_time(step->state == STATE_RETRYING
						 ? step->due_ms
						 : 0));
	return show_json_set(v, "failed_job",
			     status->failed[i] ? show_json_id(status->failed[i])
					       : jv_null());
}

static jv json_status(const struct status *status)
{
	jv v = show_json_run(&status->list.rows[0], status->list.now_ms);
	jv steps = jv_array(), artifacts = jv_array();
	size_t i;

	for (i = 1; i < status->list.n; i++)
		steps = jv_array_append(steps, json_step(status, i));
	for (i = 0; i < status->artifacts.n; i++)
		artifacts =
			jv_array_append(artifacts,
					jv_string(status->artifacts.paths[i]));
	v = show_json_set(v, "artifacts", artifacts);
	return show_json_set(v, "steps", steps);
}

static int status_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct status status = { 0 };
	struct err err = { 0 };
	uint64_t run_id;
	int rc = CMD_OK;

	if (argc != 1)
		return cmd_usage(ctx, "name one run, as in 'stepq status 25'");
	if (show_find_run(ctx, argv[0], &run_id, &err) ||
	    status_load(ctx->db, run_id, &status, &err))
		rc = cmd_fail(ctx, &err);
	else if (out_format(ctx->out) == OUT_JSON)
		out_json(ctx->out, json_status(&status));
	else
		print_text(ctx->out, &status);
	status_release(&status);
	return rc;
}

const struct cmd cmd_status = {
	.name = "status",
	.args = "RUN",
	.help = "show a run and its steps",
	.text = "RUN is the number of a run, its uuid, or episode:ID for the"
		" newest run of an episode. A number that is no run's is"
		" taken for an episode's.\n"
		"\n"
		"  stepq status 25\n"
		"  stepq status episode:25 --format json",
	.needs = CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.run = status_run,
};
