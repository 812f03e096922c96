/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/config_dump.h"
#include "cli/keytext.h"
#include "cli/out.h"
#include "cli/text.h"
#include "plan/plan.h"

enum {
	DOC_COLUMNS = 70,
};

static const struct opt config_opts[] = {
	OPT_FLAG(0, "example", "with keys: print a commented file of them all"),
	OPT_END,
};

/* The lines of a report as {"text", "hint"}; a hint follows its error. */
static jv errors_json(const char *text)
{
	static const char hint[] = "  hint: ";
	jv list = jv_array(), error = jv_invalid();

	while (*text) {
		size_t len = strcspn(text, "\n");
		size_t skip = strncmp(text, hint, strlen(hint)) == 0
				      ? strlen(hint)
				      : 0;
		jv line = jv_string_sized(text + skip, (int)(len - skip));

		if (skip > 0 && jv_is_valid(error)) {
			error = jv_set(error, jv_string("hint"), line);
		} else {
			if (jv_is_valid(error))
				list = jv_array_append(list, error);
			error = jv_set(jv_object(), jv_string("text"), line);
		}
		text += len + (text[len] == '\n');
	}
	return jv_is_valid(error) ? jv_array_append(list, error) : list;
}

static void show_result(const struct cmd_ctx *ctx,
			const struct conf_report *report)
{
	const char *file = ctx->conf ? conf_path(ctx->conf) : NULL;
	size_t engines = ctx->plan ? ctx->plan->engines_n : 0;
	size_t pipelines = ctx->plan ? ctx->plan->pipelines_n : 0;
	char a[TEXT_COUNT], b[TEXT_COUNT];
	jv v = jv_object();

	v = jv_set(v, jv_string("file"), file ? jv_string(file) : jv_null());
	v = jv_set(v, jv_string("engines"), jv_number((double)engines));
	v = jv_set(v, jv_string("pipelines"), jv_number((double)pipelines));
	v = jv_set(v, jv_string("errors"),
		   errors_json(strbuf_str(&report->text)));
	out_json(ctx->out, v);
	if (report->count > 0) {
		if (out_format(ctx->out) == OUT_TEXT)
			(void)fprintf(stderr, "%s%s\n",
				      strbuf_str(&report->text),
				      text_count(report->count, "error", a));
		return;
	}
	out_line(ctx->out, "%s: %s, %s, no errors",
		 file ? file : "no configuration file",
		 text_count(engines, "engine", a),
		 text_count(pipelines, "pipeline", b));
	if (!file)
		out_line(ctx->out, "Looked at " STEPQ_CONF_DIR
				   "/stepq.conf and conf/stepq.conf.");
}

static int check(struct cmd_ctx *ctx)
{
	struct conf_report report = { 0 };
	int status;

	ctx->conf = conf_read(ctx->config_path, &report);
	if (ctx->conf) {
		settings_load(ctx->conf, &ctx->settings, &report);
		ctx->plan = plan_load(ctx->conf, &report);
		plan_compile(ctx->plan, ctx->conf, &report);
	}
	show_result(ctx, &report);
	status = report.count > 0 ? CMD_CONFIG : CMD_OK;
	conf_report_release(&report);
	return status;
}

static int dump(struct cmd_ctx *ctx)
{
	int status = cmd_setup(ctx, CMD_NEEDS_CONF);

	if (status == CMD_OK)
		config_dump(ctx->out, ctx->conf);
	return status;
}

static jv key_json(const struct key_table *table, const struct conf_key *key,
		   const char *range, const char *variable)
{
	struct strbuf name = { 0 };
	jv v = jv_object();

	strbuf_addf(&name, "%s%s", table->prefix, key->name);
	v = jv_set(v, jv_string("key"), jv_string(strbuf_str(&name)));
	v = jv_set(v, jv_string("type"), jv_string(key_type(key->type)));
	v = jv_set(v, jv_string("default"),
		   key->def ? jv_string(key->def) : jv_null());
	v = jv_set(v, jv_string("range"), jv_string(range));
	v = jv_set(v, jv_string("variable"),
		   *variable ? jv_string(variable) : jv_null());
	v = jv_set(v, jv_string("is_required"),
		   key->flags & CONF_REQUIRED ? jv_true() : jv_false());
	v = jv_set(v, jv_string("doc"), jv_string(key->doc));
	strbuf_release(&name);
	return v;
}

/* The name, what it takes, and its sentence below them, indented. */
static void show_key(struct out *out, const struct key_table *table,
		     const struct conf_key *key, const char *range,
		     const char *variable)
{
	struct strbuf line = { 0 }, name = { 0 }, sentence = { 0 }, doc = { 0 };
	const char *rest;

	strbuf_addf(&name, "%s%s", table->prefix, key->name);
	out_styled(out, &line, OUT_BOLD, strbuf_str(&name));
	strbuf_addf(&line, "  %s", key_type(key->type));
	if (*range)
		strbuf_addf(&line, " %s", range);
	if (key->flags & CONF_REQUIRED)
		strbuf_adds(&line, ", required");
	else if (key->def)
		strbuf_addf(&line, ", default %s",
			    *key->def ? key->def : "empty");
	if (*variable)
		strbuf_addf(&line, ", %s", variable);
	out_line(out, "%s", strbuf_str(&line));
	text_sentence(&sentence, key->doc);
	text_fill(&doc, strbuf_str(&sentence), DOC_COLUMNS);
	for (rest = strbuf_str(&doc); *rest; rest += strcspn(rest, "\n") + 1)
		out_line(out, "    %.*s", (int)strcspn(rest, "\n"), rest);
	strbuf_release(&line);
	strbuf_release(&name);
	strbuf_release(&sentence);
	strbuf_release(&doc);
}

static void show_table(struct out *out, const struct key_table *table, jv *list)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct conf_key *key = &table->keys[i];
		struct strbuf range = { 0 }, variable = { 0 };

		key_range(key, &range);
		key_variable(table, key, &variable);
		show_key(out, table, key, strbuf_str(&range),
			 strbuf_str(&variable));
		*list = jv_array_append(*list,
					key_json(table, key, strbuf_str(&range),
						 strbuf_str(&variable)));
		strbuf_release(&range);
		strbuf_release(&variable);
	}
}

static int keys(struct cmd_ctx *ctx)
{
	jv list = jv_array();

	if (opt_isset(ctx, "example")) {
		struct strbuf example = { 0 };

		key_example(&example);
		out_text(ctx->out, strbuf_str(&example));
		strbuf_release(&example);
		jv_free(list);
		return CMD_OK;
	}
	for (size_t i = 0; i < KEY_TABLES; i++) {
		const struct key_table table = key_table(i);

		show_table(ctx->out, &table, &list);
	}
	out_json(ctx->out, list);
	return CMD_OK;
}

static int config_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct cmd_ctx *ctx);
	} actions[] = {
		{ "check", check },
		{ "dump", dump },
		{ "keys", keys },
	};

	if (argc != 1)
		return cmd_usage(ctx, "say one of check, dump and keys");
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (strcmp(argv[0], actions[i].name) == 0)
			return actions[i].run(ctx);
	return cmd_usage(ctx, "'%s' is not one of check, dump and keys",
			 argv[0]);
}

const struct cmd cmd_config = {
	.name = "config",
	.args = "check|dump|keys",
	.help = "check the configuration, show it, or tell what it may hold",
	.text = "check reads all files and compiles every expression, and "
		"lists all errors with their file and line.\n"
		"\n"
		"dump prints the settings in effect and where each comes "
		"from, in a form that can be read again. Strings stand as "
		"they were written, with ${NAME} not filled in; secrets that "
		"were written out are masked.\n"
		"\n"
		"keys lists every key with its type, range, default and "
		"variable; with --example as a configuration file.",
	.opts = config_opts,
	.run = config_run,
};
