/* SPDX-License-Identifier: MIT */

#include <config.h>

#include "base/err.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "db/db.h"
#include "db/migrate.h"

static const struct opt migrate_opts[] = {
	OPT_FLAG('s', "status", "only say what is missing, change nothing"),
	OPT_END,
};

struct applied {
	struct out *out;
	jv names;
};

/* Each line is seen before its file runs: an ALTER may take its time. */
static void show_name(void *arg, const char *name)
{
	struct applied *applied = arg;

	out_line(applied->out, "applying %s", name);
	(void)out_flush(applied->out); /* out_close() tells of errors */
	applied->names = jv_array_append(applied->names, jv_string(name));
}

static int apply(struct cmd_ctx *ctx)
{
	struct applied applied = { ctx->out, jv_array() };
	struct err err = { 0 };
	int rc = migrate_run(ctx->db, show_name, &applied, &err);
	jv v;

	if (rc < 0) {
		jv_free(applied.names);
		return cmd_fail(ctx, &err);
	}
	out_line(ctx->out, "schema is at version %d%s", migrate_newest(),
		 rc > 0 ? "" : ", nothing to do");
	v = jv_set(jv_object(), jv_string("version"),
		   jv_number(migrate_newest()));
	out_json(ctx->out, jv_set(v, jv_string("applied"), applied.names));
	return CMD_OK;
}

static int show_status(struct cmd_ctx *ctx)
{
	struct err err = { 0 };
	int version, is_current;
	jv v = jv_object();

	if (migrate_version(ctx->db, &version, &err) < 0) {
		jv_free(v);
		return cmd_fail(ctx, &err);
	}
	is_current = migrate_check(ctx->db, &err) > 0;
	v = jv_set(v, jv_string("version"), jv_number(version));
	v = jv_set(v, jv_string("expected"), jv_number(migrate_newest()));
	v = jv_set(v, jv_string("is_current"),
		   is_current ? jv_true() : jv_false());
	out_json(ctx->out, v);
	if (!is_current)
		return cmd_fail(ctx, &err);
	out_line(ctx->out, "schema is at version %d, nothing to do", version);
	return CMD_OK;
}

static int migrate_cmd_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	(void)argv;
	if (argc > 0)
		return cmd_usage(ctx, "migrate takes no arguments");
	return opt_isset(ctx, "status") ? show_status(ctx) : apply(ctx);
}

const struct cmd cmd_migrate = {
	.name = "migrate",
	.help = "make the tables, or bring them up to date",
	.text = "Applies what is missing, and is safe to run twice and from "
		"two hosts at once. Tables jobs and failed_jobs that Laravel "
		"made are adopted: columns and an index are added, no row is "
		"touched.\n"
		"\n"
		"With --status nothing is changed; the exit status is 1 when "
		"something is missing, or the schema is newer than this stepq.",
	.needs = CMD_NEEDS_DB,
	.opts = migrate_opts,
	.run = migrate_cmd_run,
};
