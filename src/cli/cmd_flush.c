/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/out.h"
#include "cli/show.h"
#include "store/failed.h"

static const struct opt flush_opts[] = {
	OPT_INT(0, "hours", "N", "only what failed at least N hours ago"),
	OPT_STR('q', "queue", "NAME", "only failed jobs of this queue"),
	OPT_FLAG('y', "yes", "do not ask"),
	OPT_END,
};

/* What is deleted in one transaction; rows of 20 MB make it less. */
enum {
	CHUNK = 1000,
	HOURS_MOST = 1000000,
};

/* Only a person at a terminal is asked, and only "y" means yes. */
static int is_wanted(const struct cmd_ctx *ctx, uint64_t count)
{
	const char *queue = opt_str(ctx, "queue");
	char answer[16] = "";

	if (opt_isset(ctx, "yes") || !isatty(STDIN_FILENO) ||
	    !isatty(STDERR_FILENO))
		return 1;
	(void)fprintf(stderr, "Delete %" PRIu64 " failed job%s%s%s? [y/N] ",
		      count, count == 1 ? "" : "s", queue ? " of queue " : "",
		      queue ? queue : "");
	if (!fgets(answer, sizeof(answer), stdin))
		return 0;
	return answer[0] == 'y' || answer[0] == 'Y';
}

/* The newest row there is now ends it: what fails meanwhile stays. */
static int set_end(struct db *db, struct failed_filter *filter, struct err *err)
{
	struct failed_list newest = { 0 };

	if (failed_list(db, filter, 1, &newest, err))
		return -1;
	filter->to = newest.n > 0 ? newest.jobs[0].id : 0;
	failed_list_release(&newest);
	return 0;
}

static int flush_all(struct db *db, struct failed_filter *filter,
		     uint64_t *deleted_out, struct err *err)
{
	uint64_t ids[CHUNK], deleted;
	size_t n;

	*deleted_out = 0;
	for (;;) {
		if (failed_page(db, filter, CHUNK, ids, &n, err))
			return -1;
		if (n == 0)
			return 0;
		if (failed_delete(db, ids, n, &deleted, err))
			return -1;
		*deleted_out += deleted;
		filter->from = ids[n - 1] + 1;
	}
}

static int report(const struct cmd_ctx *ctx, uint64_t deleted)
{
	out_json(ctx->out,
		 show_json_set(jv_object(), "deleted", show_json_id(deleted)));
	if (deleted == 0)
		out_line(ctx->out, "no failed jobs to delete");
	else
		out_line(ctx->out, "deleted %" PRIu64 " failed job%s", deleted,
			 deleted == 1 ? "" : "s");
	return CMD_OK;
}

static int flush_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	int64_t hours = opt_int(ctx, "hours", 0);
	struct failed_filter filter = {
		.queue = opt_str(ctx, "queue"),
		.older_ms = hours * 3600 * 1000,
	};
	struct err err = { 0 };
	uint64_t count, deleted = 0;

	if (argc > 0)
		return cmd_usage(ctx, "'%s' is too much; 'stepq forget %s'?",
				 argv[0], argv[0]);
	if (hours > HOURS_MOST)
		return cmd_usage(ctx, "--hours takes 0 to %d", HOURS_MOST);
	if (set_end(ctx->db, &filter, &err) ||
	    failed_count(ctx->db, &filter, &count, &err))
		return cmd_fail(ctx, &err);
	if (filter.to == 0)
		return report(ctx, 0);
	if (!is_wanted(ctx, count)) {
		show_note("nothing deleted");
		return CMD_NOTHING;
	}
	if (flush_all(ctx->db, &filter, &deleted, &err))
		return cmd_fail(ctx, &err);
	return report(ctx, deleted);
}

const struct cmd cmd_flush = {
	.name = "flush",
	.help = "delete all failed jobs",
	.text = "Their runs stay failed and cannot be retried any more. On a"
		" terminal it asks first.\n"
		"\n"
		"  stepq flush --hours=168 --yes",
	.needs = CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.opts = flush_opts,
	.run = flush_run,
};
