/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/out.h"
#include "cli/show.h"
#include "cli/text.h"
#include "draw/draw.h"
#include "plan/pipeline.h"
#include "plan/plan.h"
#include "store/rundown.h"

static const struct opt graph_opts[] = {
	OPT_STR('r', "run", "RUN", "show how far this run is"),
	OPT_STR(0, "as", "KIND", "text, mermaid, dot or svg (text)"),
	OPT_STR('o', "output", "FILE", "write to FILE, whose name may say how"),
	OPT_END,
};

enum kind {
	KIND_TEXT,
	KIND_MERMAID,
	KIND_DOT,
	KIND_SVG,
	KIND_JSON,
	KIND_COUNT,
};

static const struct {
	const char *name;
	const char *suffix;
} kinds[KIND_COUNT] = {
	[KIND_TEXT] = { "text", ".txt" },
	[KIND_MERMAID] = { "mermaid", ".mmd" },
	[KIND_DOT] = { "dot", ".dot" },
	[KIND_SVG] = { "svg", ".svg" },
	[KIND_JSON] = { "json", ".json" },
};

struct graph {
	struct out *out;
	enum kind kind;
	const char *path; /* NULL: stdout */
	struct rundown rundown;
	struct draw_status *status;
	struct strbuf title;
	struct strbuf subtitle;
	struct draw draw;
};

static int ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);

	return n > k && strcmp(text + n - k, end) == 0;
}

/* As --format or --as say; or else the name of the file. */
static int read_kind(const struct cmd_ctx *ctx, struct graph *graph,
		     struct err *err)
{
	const char *name = opt_str(ctx, "as");
	int is_json = out_format(ctx->out) == OUT_JSON, i;

	graph->path = opt_str(ctx, "output");
	if (is_json && name)
		return err_set(err, ERR_USAGE,
			       "--as %s and --format json are two ways to say "
			       "how: choose one",
			       name);
	for (i = 0; i < KIND_JSON && name; i++)
		if (strcmp(kinds[i].name, name) == 0)
			break;
	if (name && i == KIND_JSON)
		return err_set(err, ERR_USAGE,
			       "--as takes text, mermaid, dot or svg, not '%s'",
			       name);
	for (i = name ? i : 0; i < KIND_COUNT && !name && graph->path; i++)
		if (ends_in(graph->path, kinds[i].suffix))
			break;
	graph->kind = is_json          ? KIND_JSON
		      : i < KIND_COUNT ? (enum kind)i
				       : KIND_TEXT;
	return 0;
}

static void fill_status(struct draw_status *status, const struct view_row *row,
			int64_t now_ms)
{
	int64_t end_ms = row->completed_ms ? row->completed_ms : now_ms;

	*status = (struct draw_status){
		.state = row->state,
		.attempts = row->attempts,
		.round = row->round,
		.took_ms =
			row->started_ms ? MAX(end_ms - row->started_ms, 1) : 0,
		.progress = row->progress,
		.has_items = row->has_items,
		.items = row->items,
		.items_done = row->items_in[STATE_DONE],
	};
}

static int load_run(const struct cmd_ctx *ctx, struct graph *graph,
		    struct err *err)
{
	const char *name = opt_str(ctx, "run");
	struct rundown *rundown = &graph->rundown;
	const struct pipeline *pipeline;
	uint64_t run_id;
	size_t i;
	int found;

	if (show_find_run(ctx, name, &run_id, err))
		return -1;
	found = rundown_load(ctx->db, run_id, rundown, err);
	if (found < 0)
		return -1;
	if (found == 0 || !rundown->pipeline)
		return err_set(err, ERR_NOT_FOUND,
			       "run %s has no definition any more", name);
	pipeline = rundown->pipeline;
	graph->draw.pipeline = pipeline;
	graph->status = xcalloc(pipeline->steps_n, sizeof(*graph->status));
	for (i = 0; i < pipeline->steps_n; i++) {
		const struct view_row *row =
			rundown_step(rundown, pipeline->steps[i].name, 0);

		if (row)
			fill_status(&graph->status[i], row,
				    rundown->list.now_ms);
	}
	graph->draw.status = graph->status;
	return 0;
}

/* A run has a line of its own; a pipeline has its name. */
static void make_title(struct graph *graph, const struct out *out)
{
	const struct view_list *list = &graph->rundown.list;

	if (!graph->draw.status)
		return;
	strbuf_clear(&graph->title);
	strbuf_clear(&graph->subtitle);
	show_title(&graph->title, &list->rows[0]);
	show_state(out, &graph->subtitle, &list->rows[0], list->now_ms);
	graph->draw.title = strbuf_str(&graph->title);
	graph->draw.subtitle = strbuf_str(&graph->subtitle);
}

static void paint(void *user, struct strbuf *sb, enum state state,
		  const char *text)
{
	out_styled(user, sb, out_status_style(state_name(state)), text);
}

/* As the C library finds the character set of a locale. */
static int is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *locale = NULL, *dot;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names) && !(locale && *locale); i++)
		locale = getenv(names[i]);
	dot = locale ? strchr(locale, '.') : NULL;
	return dot && (strncasecmp(dot, ".UTF-8", 6) == 0 ||
		       strncasecmp(dot, ".utf8", 5) == 0);
}

static void make_text(struct graph *graph, struct strbuf *text)
{
	struct out *out = graph->path ? NULL : graph->out;
	struct draw_terminal terminal = {
		.columns = out && out_has_columns(out) ? out_columns(out) : 0,
		.is_ascii = !is_utf8(),
		.paint = out ? paint : NULL,
		.user = out,
	};
	char steps[TEXT_COUNT];

	make_title(graph, out);
	if (graph->draw.title)
		strbuf_addf(text, "%s  %s", graph->draw.title,
			    graph->draw.subtitle);
	else
		strbuf_addf(text, "%s  %s", graph->draw.pipeline->name,
			    text_count(graph->draw.pipeline->steps_n, "step",
				       steps));
	strbuf_adds(text, "\n\n");
	draw_text(&graph->draw, &terminal, text);
}

static void make_json(const struct graph *graph, struct strbuf *text)
{
	jv v = draw_json(&graph->draw);

	if (graph->draw.status)
		v = show_json_set(v, "run",
				  show_json_run(&graph->rundown.list.rows[0],
						graph->rundown.list.now_ms));
	if (!graph->path) {
		out_json(graph->out, v);
		return;
	}
	json_dump(v, text);
	strbuf_addc(text, '\n');
	jv_free(v);
}

static int write_file(const char *path, const struct strbuf *text,
		      struct err *err)
{
	FILE *file = fopen(path, "we");
	size_t n;

	if (!file)
		return err_set(err, ERR_IO, "cannot write %s: %s", path,
			       strerror(errno));
	n = fwrite(strbuf_str(text), 1, text->len, file);
	if (fclose(file) != 0 || n != text->len)
		return err_set(err, ERR_IO, "cannot write %s: %s", path,
			       strerror(errno));
	return 0;
}

static int graph_write(struct graph *graph, struct err *err)
{
	struct strbuf text = { 0 };
	int rc = 0;

	make_title(graph, NULL);
	switch (graph->kind) {
	case KIND_TEXT:
		make_text(graph, &text);
		break;
	case KIND_MERMAID:
		draw_mermaid(&graph->draw, &text);
		break;
	case KIND_DOT:
		draw_dot(&graph->draw, &text);
		break;
	case KIND_SVG:
		draw_svg(&graph->draw, &text);
		break;
	case KIND_JSON:
	case KIND_COUNT:
		make_json(graph, &text);
		break;
	}
	if (graph->path)
		rc = write_file(graph->path, &text, err);
	else
		out_text(graph->out, strbuf_str(&text));
	strbuf_release(&text);
	return rc;
}

static int graph_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	int has_run = opt_isset(ctx, "run"), status;
	struct graph graph = { .out = ctx->out };
	struct err err = { 0 };

	if (argc + has_run == 0)
		return cmd_usage(ctx, "name a pipeline, or a run with --run");
	if (argc + has_run > 1)
		return cmd_usage(ctx,
				 "name one pipeline, or one run, and not"
				 " both");
	if (read_kind(ctx, &graph, &err))
		return cmd_fail(ctx, &err);
	status = cmd_setup(ctx, has_run ? CMD_NEEDS_DB | CMD_NEEDS_SCHEMA
					: CMD_NEEDS_CONF);
	if (status != CMD_OK)
		return status;
	if (!has_run) {
		graph.draw.pipeline = plan_pipeline(ctx->plan, argv[0]);
		if (!graph.draw.pipeline)
			return cmd_no_pipeline(ctx, argv[0]);
	}
	if ((has_run && load_run(ctx, &graph, &err)) ||
	    graph_write(&graph, &err))
		status = cmd_fail(ctx, &err);
	rundown_release(&graph.rundown);
	free(graph.status);
	strbuf_release(&graph.title);
	strbuf_release(&graph.subtitle);
	return status;
}

const struct cmd cmd_graph = {
	.name = "graph",
	.args = "[PIPELINE]",
	.help = "draw a pipeline, or how far a run is",
	.text = "Boxes are steps, each below those it needs: a double frame is"
		" a gate, a stack a map, round corners are a timer. Dotted"
		" lines lead to a fallback and on from it, and a loop's line"
		" leads back up. What is wider than the terminal is shown as a"
		" list.\n"
		"\n"
		"--run takes what 'stepq status' takes, and draws the pipeline"
		" as the run began with it. --as mermaid is for Markdown, dot"
		" for Graphviz, svg for a browser; --format json has nodes,"
		" edges and positions for programs.\n"
		"\n"
		"  stepq graph pipeline.full\n"
		"  stepq graph --run 67\n"
		"  stepq graph --run episode:25 --output run.svg",
	.opts = graph_opts,
	.run = graph_run,
};
