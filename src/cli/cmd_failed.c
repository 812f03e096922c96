/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "cli/cmd.h"
#include "cli/out.h"
#include "cli/show.h"
#include "store/failed.h"

enum {
	LIMIT_DEFAULT = 20,
};

static const struct opt failed_opts[] = {
	OPT_INT('n', "limit", "N", "show N failed jobs, the newest (20)"),
	OPT_STR('q', "queue", "NAME", "only those of this queue"),
	OPT_DUR(0, "since", "DURATION", "only what failed since, as in 2h"),
	OPT_STR('g', "grep", "TEXT", "only those whose reason or job has TEXT"),
	OPT_END,
};

static void print_table(struct out *out, const struct failed_list *list)
{
	static const struct out_column columns[] = {
		{ "ID", OUT_RIGHT },     { "QUEUE", OUT_LEFT },
		{ "JOB", OUT_LEFT },     { "EPISODE", OUT_RIGHT },
		{ "FAILED", OUT_RIGHT }, { "WHY", OUT_FLEX },
	};
	struct out_table *table =
		out_table_new(out, columns, ARRAY_SIZE(columns), 0);
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct failed_job *job = &list->jobs[i];
		char id[SHOW_ID], episode[SHOW_ID], age[OUT_AGE];

		(void)snprintf(id, sizeof(id), "%" PRIu64, job->id);
		out_table_row(
			table,
			(const char *[]){
				id, job->queue, job->name ? job->name : "-",
				show_episode(job->has_episode, job->episode_id,
					     episode),
				out_age(list->now_ms - job->failed_ms, age),
				job->why });
	}
	out_table_end(&table);
}

/* The queue all of them are of; NULL when there are several. */
static const char *only_queue(const struct failed_list *list)
{
	size_t i;

	for (i = 1; i < list->n; i++)
		if (strcmp(list->jobs[i].queue, list->jobs[0].queue) != 0)
			return NULL;
	return list->jobs[0].queue;
}

/* How many, and what to type next. */
static void print_end(struct out *out, const struct failed_list *list,
		      uint64_t count)
{
	const char *queue = only_queue(list);
	struct strbuf line = { 0 };

	if (count > list->n)
		strbuf_addf(&line, "%zu of ", list->n);
	strbuf_addf(&line,
		    "%" PRIu64
		    " failed job%s. Try %s again with: stepq retry"
		    " %" PRIu64,
		    count, count == 1 ? "" : "s", count == 1 ? "it" : "them",
		    list->jobs[0].id);
	if (count > 1)
		strbuf_adds(&line, "   or   stepq retry all");
	if (count > 1 && queue && strcspn(queue, " '\"\\$") == strlen(queue)) {
		strbuf_adds(&line, " --queue ");
		show_line(&line, queue);
	}
	out_line(out, "%s", strbuf_str(&line));
	strbuf_release(&line);
}

static jv json_job(const struct failed_job *job)
{
	jv v = jv_object();

	v = show_json_set(v, "id", show_json_id(job->id));
	v = show_json_set(v, "uuid", show_json_text(job->uuid));
	v = show_json_set(v, "connection", show_json_text(job->connection));
	v = show_json_set(v, "queue", show_json_text(job->queue));
	v = show_json_set(v, "job", show_json_text(job->name));
	v = show_json_set(v, "run",
			  job->run_id ? show_json_id(job->run_id) : jv_null());
	v = show_json_set(v, "step", show_json_text(job->step));
	v = show_json_set(v, "episode",
			  show_json_episode(job->has_episode, job->episode_id));
	v = show_json_set(v, "failed_at", show_json_time(job->failed_ms));
	v = show_json_set(v, "why", show_json_text(job->why));
	return show_json_set(v, "payload_bytes",
			     show_json_id(job->payload_len));
}

static jv json_list(const struct failed_list *list, uint64_t count)
{
	jv jobs = jv_array(), v;
	size_t i;

	for (i = 0; i < list->n; i++)
		jobs = jv_array_append(jobs, json_job(&list->jobs[i]));
	v = show_json_set(jv_object(), "failed_jobs", jobs);
	return show_json_set(v, "count", show_json_id(count));
}

static int list_failed(struct cmd_ctx *ctx)
{
	int64_t limit = opt_int(ctx, "limit", LIMIT_DEFAULT);
	struct failed_filter filter = {
		.queue = opt_str(ctx, "queue"),
		.grep = opt_str(ctx, "grep"),
		.newer_ms = opt_dur_ms(ctx, "since", 0),
	};
	struct failed_list list = { 0 };
	struct err err = { 0 };
	uint64_t count = 0;
	int rc = CMD_OK;

	if (limit < 1 || limit > LIMIT_LIST)
		return cmd_usage(ctx, "--limit takes 1 to %u", LIMIT_LIST);
	if (failed_list(ctx->db, &filter, (size_t)limit, &list, &err) ||
	    failed_count(ctx->db, &filter, &count, &err)) {
		rc = cmd_fail(ctx, &err);
	} else if (out_format(ctx->out) == OUT_JSON) {
		out_json(ctx->out, json_list(&list, count));
	} else if (list.n == 0) {
		out_line(ctx->out, "no failed jobs");
	} else {
		print_table(ctx->out, &list);
		print_end(ctx->out, &list, count);
	}
	failed_list_release(&list);
	return rc;
}

/* Lines as they are, but no control character that moves the cursor. */
static void print_lines(struct out *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		struct strbuf line = { 0 };

		strbuf_add_excerpt(&line, text, len, LIMIT_EXCEPTION);
		out_line(out, "%s", strbuf_str(&line));
		strbuf_release(&line);
		text += len + (text[len] == '\n');
	}
}

static void print_one(struct out *out, const struct failed_list *list)
{
	const struct failed_job *job = &list->jobs[0];
	char age[OUT_AGE], time[SHOW_TIME];
	struct strbuf line = { 0 };

	strbuf_addf(&line, "failed job %" PRIu64 "  ", job->id);
	show_line(&line, job->name ? job->name : "-");
	if (job->has_episode)
		strbuf_addf(&line, "  episode %" PRIu64, job->episode_id);
	if (job->run_id)
		strbuf_addf(&line, "  run %" PRIu64, job->run_id);
	strbuf_addf(&line, "    %s, %s",
		    out_age(list->now_ms - job->failed_ms, age),
		    show_time(job->failed_ms, list->now_ms, time));
	out_line(out, "%s", strbuf_str(&line));
	strbuf_clear(&line);
	strbuf_adds(&line, "queue ");
	show_line(&line, job->queue);
	strbuf_adds(&line, "  connection ");
	show_line(&line, job->connection);
	strbuf_adds(&line, "  uuid ");
	show_line(&line, job->uuid);
	out_line(out, "  %s", strbuf_str(&line));
	out_line(out, "%s", "");
	print_lines(out, job->exception);
	out_line(out, "%s", "");
	out_line(out, "payload, %" PRIu64 " bytes%s", job->payload_len,
		 strlen(job->payload) < job->payload_len
			 ? ", of which the first"
			 : "");
	print_lines(out, job->payload);
	out_line(out, "%s", "");
	out_line(out,
		 "Try it again with: stepq retry %" PRIu64
		 "   or delete it with: stepq forget %" PRIu64,
		 job->id, job->id);
	strbuf_release(&line);
}

static int show_one(struct cmd_ctx *ctx, const char *name)
{
	struct failed_list list = { 0 };
	struct err err = { 0 };
	uint64_t id = 0;
	int found = 1;

	if (num_u64(name, &id))
		found = failed_find(ctx->db, name, &id, &err);
	if (found > 0)
		found = failed_load(ctx->db, id, &list, &err);
	if (found == 0) {
		(void)err_set(&err, ERR_NOT_FOUND, "no failed job '%s'", name);
		(void)err_hint(&err, "stepq failed lists them");
	}
	if (found <= 0)
		return cmd_fail(ctx, &err);
	if (out_format(ctx->out) == OUT_JSON) {
		jv v = json_job(&list.jobs[0]);

		v = show_json_set(v, "exception",
				  show_json_text(list.jobs[0].exception));
		out_json(ctx->out,
			 show_json_set(v, "payload",
				       show_json_text(list.jobs[0].payload)));
	} else {
		print_one(ctx->out, &list);
	}
	failed_list_release(&list);
	return CMD_OK;
}

static int failed_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	if (argc > 1)
		return cmd_usage(ctx, "one failed job at a time");
	return argc == 1 ? show_one(ctx, argv[0]) : list_failed(ctx);
}

const struct cmd cmd_failed = {
	.name = "failed",
	.args = "[ID|UUID]",
	.help = "list what failed for good, or show one failed job in full",
	.text = "  stepq failed --queue=default --since=1d\n"
		"  stepq failed --grep='status 500'\n"
		"  stepq failed 12",
	.needs = CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.opts = failed_opts,
	.run = failed_run,
};
