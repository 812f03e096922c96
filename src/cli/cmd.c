/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/text.h"
#include "db/db.h"
#include "db/migrate.h"
#include "plan/pipeline.h"
#include "plan/plan.h"

enum {
	NAMES_MAX = 64,
};

const struct cmd *cmd_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

int cmd_unknown(const char *name)
{
	const char *names[NAMES_MAX], *near;
	size_t n = 0;

	for (size_t i = 0; commands[i] && n < NAMES_MAX; i++)
		if (strncmp(commands[i]->name, "__", 2) != 0)
			names[n++] = commands[i]->name;
	near = conf_nearest(name, names, n);
	(void)fprintf(stderr, "stepq: no command '%s'\n", name);
	if (near)
		(void)fprintf(stderr, "hint: did you mean '%s'?\n", near);
	else
		(void)fputs("hint: 'stepq help' lists them\n", stderr);
	return CMD_USAGE;
}

int cmd_usage(const struct cmd_ctx *ctx, const char *fmt, ...)
{
	struct strbuf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "stepq: %s\n", strbuf_str(&text));
	if (!strstr(strbuf_str(&text), "\nhint: "))
		(void)fprintf(stderr, "hint: see 'stepq %s%s'\n",
			      ctx->cmd ? ctx->cmd->name : "help",
			      ctx->cmd ? " --help" : "");
	strbuf_release(&text);
	return CMD_USAGE;
}

static enum cmd_exit exit_for(enum err_code code)
{
	switch (code) {
	case ERR_USAGE:
		return CMD_USAGE;
	case ERR_CONFIG:
		return CMD_CONFIG;
	case ERR_DB_LOST:
	case ERR_DB_AUTH:
		return CMD_NO_DATABASE;
	case ERR_NONE:
	case ERR_DB_RETRY:
	case ERR_DB_DUP:
	case ERR_DB_UNCERTAIN:
	case ERR_DB:
	case ERR_IO:
	case ERR_LIMIT:
	case ERR_INPUT:
	case ERR_NOT_FOUND:
		break;
	}
	return CMD_FAILED;
}

int cmd_fail(const struct cmd_ctx *ctx, const struct err *err)
{
	if (err->code == ERR_USAGE)
		return cmd_usage(ctx, "%s", err->text);
	(void)fprintf(stderr, "stepq: %s\n", err->text);
	return exit_for(err->code);
}

int cmd_no_pipeline(const struct cmd_ctx *ctx, const char *name)
{
	struct strbuf names = { 0 };
	struct err err = { 0 };
	int rc = plan_no_pipeline(ctx->plan, name, &err);
	size_t i;

	assert(rc < 0);
	if (!conf_path(ctx->conf)) {
		(void)err_hint(&err,
			       "there is no configuration file: name "
			       "one with --config or STEPQ_CONFIG");
	} else if (!strchr(err.text, '\n')) {
		for (i = 0; i < ctx->plan->pipelines_n; i++)
			strbuf_addf(&names, "%s%s", i ? ", " : "",
				    ctx->plan->pipelines[i]->name);
		(void)err_hint(&err, "one of %s", strbuf_str(&names));
		strbuf_release(&names);
	}
	return cmd_fail(ctx, &err);
}

struct db *cmd_db_new(const struct settings *settings)
{
	struct db_options options = {
		.hosts = (const char *const *)settings->database.hosts,
		.socket = settings->database.socket,
		.user = settings->database.user,
		.password = settings->database.password,
		.name = settings->database.name,
		.tls = settings->database.tls,
		.connect_ms = settings->database.connect_timeout_ms,
		.io_ms = settings->database.io_timeout_ms,
	};

	while (options.hosts && options.hosts[options.hosts_n])
		options.hosts_n++;
	return db_new(&options);
}

static int setup_conf(struct cmd_ctx *ctx, unsigned int needs)
{
	struct conf_report report = { 0 };
	char count[TEXT_COUNT];
	int status = CMD_OK;

	ctx->conf = conf_read(ctx->config_path, &report);
	if (ctx->conf) {
		settings_load(ctx->conf, &ctx->settings, &report);
		if (needs & CMD_NEEDS_CONF)
			ctx->plan = plan_load(ctx->conf, &report);
	}
	if (report.count > 0) {
		(void)fprintf(stderr, "%s%s\n", strbuf_str(&report.text),
			      text_count(report.count, "error", count));
		status = CMD_CONFIG;
	}
	conf_report_release(&report);
	return status;
}

static int setup_db(struct cmd_ctx *ctx, unsigned int needs)
{
	struct err err = { 0 };

	ctx->db = cmd_db_new(&ctx->settings);
	if (db_connect(ctx->db, &err) < 0) {
		if (err.code == ERR_DB_LOST)
			(void)err_hint(&err,
				       "is the server running? 'stepq "
				       "doctor' looks closer");
		return cmd_fail(ctx, &err);
	}
	if ((needs & CMD_NEEDS_SCHEMA) && migrate_check(ctx->db, &err) < 0)
		return cmd_fail(ctx, &err);
	return CMD_OK;
}

int cmd_setup(struct cmd_ctx *ctx, unsigned int needs)
{
	unsigned int needs_db = CMD_NEEDS_DB | CMD_NEEDS_SCHEMA;
	int status = CMD_OK;

	if (needs & (CMD_NEEDS_CONF | needs_db))
		status = setup_conf(ctx, needs);
	if (status == CMD_OK && (needs & needs_db))
		status = setup_db(ctx, needs);
	return status;
}

void cmd_teardown(struct cmd_ctx *ctx)
{
	db_free(&ctx->db);
	plan_unref(&ctx->plan);
	settings_release(&ctx->settings);
	conf_free(&ctx->conf);
}
