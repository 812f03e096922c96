/* SPDX-License-Identifier: MIT */

/*
 * why - what a run, or one step of it, is waiting for.
 *
 * The first line is the answer: for a run the steps that hold it up, for a
 * step its own reason. Below stand the reasons of the others it depends on, so
 * that the chain ends at what somebody can do something about.
 */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "cli/cmd.h"
#include "cli/out.h"
#include "cli/reason.h"
#include "cli/show.h"
#include "store/resolve.h"
#include "store/why.h"

/* All-zero is empty. */
struct answer {
	struct why_list list;
	const struct view_row *row; /* what is asked about; NULL: the run */
	unsigned char *is_shown;    /* by place in list.whys */
};

static void answer_release(struct answer *answer)
{
	why_list_release(&answer->list);
	free(answer->is_shown);
}

static const struct view_row *item_asked_for(const struct why_list *list,
					     uint64_t row_id)
{
	size_t i;

	for (i = 0; i < list->rundown.list.n; i++)
		if (list->rundown.list.rows[i].id == row_id)
			return &list->rundown.list.rows[i];
	for (i = 0; i < list->n; i++)
		if (list->whys[i].row->id == row_id)
			return list->whys[i].row;
	return list->one.n > 0 ? &list->one.rows[0] : NULL;
}

/* A step and, from there, all that it waits for; items of maps with them. */
static void show_chain(struct answer *answer, const struct view_row *row)
{
	const struct rundown *rundown = &answer->list.rundown;
	const struct view_row *need;
	size_t i, at = 0;

	for (i = 0; i < answer->list.n; i++) {
		const struct why *why = &answer->list.whys[i];

		if (why->row->id == row->id && answer->is_shown[i])
			return;
		if (why->row->id == row->id || why->row->parent_id == row->id)
			answer->is_shown[i] = 1;
	}
	if (row->kind == VIEW_ITEM)
		return;
	while ((need = rundown_next_need(rundown, row, &at)))
		show_chain(answer, need);
}

static void choose(struct answer *answer)
{
	size_t i;

	answer->is_shown = xcalloc(answer->list.n + 1, 1);
	if (answer->row)
		show_chain(answer, answer->row);
	for (i = 0; i < answer->list.n; i++)
		answer->is_shown[i] |= answer->row == NULL;
}

/* "run 81 waits for director, image" */
static void print_run(struct out *out, const struct why_list *list)
{
	const struct view_row *run = &list->rundown.list.rows[0];
	struct strbuf line = { 0 };
	const char *before = " waits for ";
	size_t i;

	strbuf_addf(&line, "run %" PRIu64, run->id);
	if (!view_is_live(&list->rundown.list)) {
		strbuf_adds(&line, run->state == STATE_FAILED ? " " : " is ");
		show_state(out, &line, run, list->rundown.list.now_ms);
	} else if (run->state == STATE_FAILED) {
		strbuf_adds(&line, " has failed, other branches of it go on");
	} else {
		for (i = 0; i < list->n; i++) {
			const struct why *why = &list->whys[i];

			if (why->reason == WHY_NEEDS ||
			    why->row->kind == VIEW_ITEM)
				continue;
			strbuf_adds(&line, before);
			show_name(&line, why->row);
			before = ", ";
		}
		if (list->n == 0)
			strbuf_adds(&line, " has nothing left to wait for");
	}
	out_line(out, "%s", strbuf_str(&line));
	strbuf_release(&line);
}

static void print_row(struct out *out, const struct answer *answer)
{
	const struct why_list *list = &answer->list;
	struct strbuf line = { 0 };
	size_t i;

	show_name(&line, answer->row);
	for (i = 0; i < list->n && list->whys[i].row != answer->row; i++)
		;
	strbuf_addc(&line, ' ');
	if (i < list->n) {
		reason_add(&line, &list->rundown, &list->whys[i]);
	} else {
		strbuf_adds(&line, "is ");
		show_state(out, &line, answer->row, list->rundown.list.now_ms);
	}
	out_line(out, "%s", strbuf_str(&line));
	strbuf_release(&line);
}

/* A name and what is said of it, in lines that fit the terminal. */
static void print_reason(struct out *out, const char *name, size_t width,
			 const char *text)
{
	size_t room = out_has_columns(out) ? out_columns(out) : SIZE_MAX;
	size_t fits, pad = width - utf8_width(name);

	room = room > width + 20 ? room - width - 4 : SIZE_MAX;
	do {
		fits = utf8_fit(text, room);
		if (text[fits] != '\0') {
			size_t end = fits;

			while (end > 0 && text[end] != ' ')
				end--;
			fits = end > 0 ? end : fits;
		}
		out_line(out, "  %s%*s  %.*s", name, (int)pad, "", (int)fits,
			 text);
		text += fits;
		text += strspn(text, " ");
		name = "";
		pad = width;
	} while (*text);
}

/* Items stand a little to the right of their map. */
static void add_name(struct strbuf *name, const struct view_row *row)
{
	strbuf_adds(name, row->kind == VIEW_ITEM ? "  " : "");
	show_name(name, row);
}

static int is_below(const struct answer *answer, size_t i)
{
	return answer->is_shown[i] && answer->list.whys[i].row != answer->row;
}

static size_t names_width(const struct answer *answer)
{
	struct strbuf name = { 0 };
	size_t i, width = 0;

	for (i = 0; i < answer->list.n; i++) {
		if (!is_below(answer, i))
			continue;
		strbuf_clear(&name);
		add_name(&name, answer->list.whys[i].row);
		width = MAX(width, utf8_width(strbuf_str(&name)));
	}
	strbuf_release(&name);
	return width;
}

static void print_reasons(struct out *out, const struct answer *answer)
{
	const struct why_list *list = &answer->list;
	size_t i, width = names_width(answer);

	for (i = 0; i < list->n; i++) {
		struct strbuf name = { 0 }, text = { 0 };

		if (!is_below(answer, i))
			continue;
		add_name(&name, list->whys[i].row);
		reason_add(&text, &list->rundown, &list->whys[i]);
		print_reason(out, strbuf_str(&name), width, strbuf_str(&text));
		strbuf_release(&name);
		strbuf_release(&text);
	}
}

/* What the job says; `v` is taken. */
static jv json_job(jv v, const struct why *why)
{
	int is_claimed = why->claimed_ms != 0;

	v = show_json_set(v, "reason", jv_string(why_reason_name(why->reason)));
	v = show_json_set(v, "job",
			  why->job_id ? show_json_id(why->job_id) : jv_null());
	v = show_json_set(v, "job_queue", show_json_text(why->queue));
	v = show_json_set(v, "due_at",
			  show_json_time(is_claimed ? 0 : why->due_ms));
	v = show_json_set(v, "claimed_at", show_json_time(why->claimed_ms));
	v = show_json_set(v, "lease_until",
			  show_json_time(is_claimed ? why->due_ms : 0));
	v = show_json_set(v, "holder", show_json_text(why->worker));
	v = show_json_set(v, "holder_silent_ms",
			  why->worker ? jv_number((double)why->silent_ms)
				      : jv_null());
	v = show_json_set(v, "paused_at", show_json_time(why->paused_ms));
	v = show_json_set(v, "ahead", jv_number((double)why->ahead));
	return show_json_set(v, "failed_job",
			     why->failed_id ? show_json_id(why->failed_id)
					    : jv_null());
}

static jv json_why(const struct rundown *rundown, const struct why *why)
{
	jv v = show_json_step(why->row, rundown->list.now_ms);
	struct strbuf text = { 0 };
	const struct view_row *need;
	jv needs = jv_array();
	size_t at = 0;

	while (why->reason == WHY_NEEDS &&
	       (need = rundown_next_need(rundown, why->row, &at)))
		needs = jv_array_append(needs, jv_string(need->step));
	reason_add(&text, rundown, why);
	v = show_json_set(v, "why", jv_string(strbuf_str(&text)));
	v = show_json_set(v, "waits_for", needs);
	strbuf_release(&text);
	return json_job(v, why);
}

static void print_json(struct out *out, const struct answer *answer)
{
	const struct why_list *list = &answer->list;
	jv v = show_json_run(&list->rundown.list.rows[0],
			     list->rundown.list.now_ms);
	jv whys = jv_array();
	size_t i;

	for (i = 0; i < list->n; i++)
		if (answer->is_shown[i])
			whys = jv_array_append(whys, json_why(&list->rundown,
							      &list->whys[i]));
	out_json(out, show_json_set(v, "waits", whys));
}

/* Nothing to explain: the run is over, or the step that was asked about. */
static int is_over(const struct answer *answer)
{
	return !view_is_live(&answer->list.rundown.list) ||
	       (answer->row && state_is_final(answer->row->state));
}

static int find_answer(struct cmd_ctx *ctx, const struct resolved *found,
		       const char *step, struct answer *answer, struct err *err)
{
	struct why_query query = {
		.run_id = found->run_id,
		.row_id = found->row_id,
		.silent_ms = ctx->settings.worker.lease_ms,
	};
	int rc = why_load(ctx->db, &query, &answer->list, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "run %" PRIu64 " is gone",
			       found->run_id);
	if (step)
		answer->row = show_find_step(&answer->list.rundown, step, err);
	else if (found->row_id != found->run_id)
		answer->row = item_asked_for(&answer->list, found->row_id);
	if (step && !answer->row)
		return -1;
	choose(answer);
	return 0;
}

static int why_of_run(struct cmd_ctx *ctx, const struct resolved *found,
		      const char *step)
{
	struct answer answer = { 0 };
	struct err err = { 0 };
	int rc;

	if (find_answer(ctx, found, step, &answer, &err)) {
		rc = cmd_fail(ctx, &err);
	} else {
		if (out_format(ctx->out) == OUT_JSON)
			print_json(ctx->out, &answer);
		else if (answer.row)
			print_row(ctx->out, &answer);
		else
			print_run(ctx->out, &answer.list);
		print_reasons(ctx->out, &answer);
		rc = is_over(&answer) ? CMD_NOTHING : CMD_OK;
	}
	answer_release(&answer);
	return rc;
}

/* A run that was pushed and that no worker has made yet. */
static int why_of_job(struct cmd_ctx *ctx, const char *uuid)
{
	struct strbuf text = { 0 };
	struct why why = { 0 };
	struct err err = { 0 };
	int64_t now_ms = 0;
	int found = why_job(ctx->db, uuid, ctx->settings.worker.lease_ms, &why,
			    &now_ms, &err);
	jv v;

	if (found < 0)
		return cmd_fail(ctx, &err);
	if (found == 0) {
		(void)err_set(&err, ERR_NOT_FOUND, "no run and no job %s",
			      uuid);
		(void)err_hint(&err, "it may be among those of stepq failed");
		return cmd_fail(ctx, &err);
	}
	reason_add_job(&text, &why, now_ms);
	out_line(ctx->out, "run %s is not made yet; its job %" PRIu64 ": %s",
		 uuid, why.job_id, strbuf_str(&text));
	v = show_json_set(jv_object(), "uuid", jv_string(uuid));
	v = show_json_set(v, "why", jv_string(strbuf_str(&text)));
	out_json(ctx->out, json_job(v, &why));
	strbuf_release(&text);
	why_release(&why);
	return CMD_OK;
}

static int why_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct resolved found = { 0 };
	struct err err = { 0 };

	if (argc < 1 || argc > 2)
		return cmd_usage(ctx,
				 "name a run, as in 'stepq why 25', and"
				 " perhaps a step of it");
	if (resolve_run(ctx->db, argv[0], &found, &err) == 0)
		return why_of_run(ctx, &found, argc == 2 ? argv[1] : NULL);
	if (err.code == ERR_NOT_FOUND && uuid_is_valid(argv[0]))
		return why_of_job(ctx, argv[0]);
	return cmd_fail(ctx, &err);
}

const struct cmd cmd_why = {
	.name = "why",
	.args = "RUN [STEP]",
	.help = "tell what a run or a step is waiting for",
	.text = "RUN is named as for 'stepq status'; the uuid of a step or an"
		" item asks about that one, and that of a run which no worker"
		" has made yet about its job. Exits with 5 when it is over and"
		" there is nothing to wait for.\n"
		"\n"
		"  stepq why 25\n"
		"  stepq why 25 lettering",
	.needs = CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.run = why_run,
};
