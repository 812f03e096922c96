/* SPDX-License-Identifier: MIT */

/*
 * work - claim jobs and run their steps until told to stop.
 *
 * Options have the names and meanings of Laravel's queue:work and go before
 * the configuration; what is left is the worker's own business.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "db/db.h"
#include "plan/plan.h"
#include "worker/worker.h"

static const struct opt work_opts[] = {
	OPT_STR(0, "queue", "NAMES",
		"queues, comma separated, first goes first"),
	OPT_INT('c', "concurrency", "N", "steps in flight at once"),
	OPT_INT(0, "tries", "N", "attempts of a step, 0: without end"),
	OPT_DUR(0, "timeout", "TIME",
		"longest time of one attempt, 0: no limit"),
	OPT_STR(0, "backoff", "TIMES",
		"waits between attempts, comma separated"),
	OPT_DUR(0, "sleep", "TIME",
		"longest wait before looking for work again"),
	OPT_DUR(0, "rest", "TIME", "pause of a place after each step"),
	OPT_INT(0, "max-jobs", "N", "stop after N attempts"),
	OPT_DUR(0, "max-time", "TIME", "stop after this time"),
	OPT_INT(0, "memory", "MIB", "stop (status 12) when larger than this"),
	OPT_DUR(0, "lease", "TIME",
		"a dead worker's jobs are taken over after it"),
	OPT_DUR(0, "grace", "TIME", "time to finish when told to stop"),
	OPT_STR(0, "name", "NAME", "of this worker, default HOST-PID"),
	OPT_FLAG(0, "once", "run one step, then stop"),
	OPT_FLAG(0, "stop-when-empty", "stop when there is nothing to do"),
	OPT_FLAG(0, "json", "log JSON lines instead of logfmt"),
	OPT_FLAG('q', "quiet", "log warnings and errors only"),
	OPT_END,
};

static char **split(const char *text)
{
	size_t n = 1;
	const char *p;
	char **list;

	for (p = text; *p; p++)
		n += *p == ',';
	list = xcalloc(n + 1, sizeof(char *));
	for (n = 0; *text; n++) {
		size_t len = strcspn(text, ",");

		list[n] = xstrndup(text, len);
		text += len + (text[len] == ',');
	}
	return list;
}

static void free_list(char **list)
{
	size_t i;

	for (i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

/* NULL when one of them is no duration. */
static int64_t *parse_durations(char **words)
{
	size_t n = 0;
	int64_t *list;

	while (words[n])
		n++;
	list = xcalloc(n + 1, sizeof(*list));
	for (n = 0; words[n]; n++) {
		if (dur_parse(words[n], &list[n])) {
			free(list);
			return NULL;
		}
	}
	list[n] = -1;
	return list;
}

static int apply_lists(struct cmd_ctx *ctx)
{
	struct settings *settings = &ctx->settings;
	const char *queue = opt_str(ctx, "queue");
	const char *backoff = opt_str(ctx, "backoff");
	int64_t *waits;
	char **words;
	size_t n = 0;

	if (queue) {
		free_list(settings->worker.queues);
		settings->worker.queues = split(queue);
	}
	while (settings->worker.queues[n] && *settings->worker.queues[n])
		n++;
	if (n == 0 || n > LIMIT_QUEUES || settings->worker.queues[n])
		return cmd_usage(ctx, "--queue needs 1 to %u names",
				 LIMIT_QUEUES);
	if (!backoff)
		return CMD_OK;
	words = split(backoff);
	waits = parse_durations(words);
	free_list(words);
	if (!waits)
		return cmd_usage(ctx, "--backoff: '%s' is not a list of times",
				 backoff);
	free(settings->worker.backoff_ms);
	settings->worker.backoff_ms = waits;
	return CMD_OK;
}

static int apply_options(struct cmd_ctx *ctx)
{
	struct settings *s = &ctx->settings;

	s->worker.concurrency =
		opt_int(ctx, "concurrency", s->worker.concurrency);
	s->worker.tries = opt_int(ctx, "tries", s->worker.tries);
	s->worker.timeout_ms = opt_dur_ms(ctx, "timeout", s->worker.timeout_ms);
	s->worker.sleep_ms = opt_dur_ms(ctx, "sleep", s->worker.sleep_ms);
	s->worker.rest_ms = opt_dur_ms(ctx, "rest", s->worker.rest_ms);
	s->worker.max_jobs = opt_int(ctx, "max-jobs", s->worker.max_jobs);
	s->worker.max_time_ms =
		opt_dur_ms(ctx, "max-time", s->worker.max_time_ms);
	s->worker.lease_ms = opt_dur_ms(ctx, "lease", s->worker.lease_ms);
	s->worker.grace_ms = opt_dur_ms(ctx, "grace", s->worker.grace_ms);
	if (opt_isset(ctx, "memory"))
		s->worker.memory_bytes =
			opt_int(ctx, "memory", 0) * (int64_t)MIB;
	if (opt_isset(ctx, "once")) {
		s->worker.concurrency = 1;
		s->worker.max_jobs = 1;
	}
	if (s->worker.concurrency < 1 ||
	    s->worker.concurrency > LIMIT_CONCURRENCY)
		return cmd_usage(ctx, "--concurrency must be 1 to %u",
				 LIMIT_CONCURRENCY);
	if (s->worker.lease_ms < 1000)
		return cmd_usage(ctx, "--lease must be at least 1s");
	if (s->worker.sleep_ms < 1)
		return cmd_usage(ctx, "--sleep must be more than 0");
	if (opt_isset(ctx, "name")) {
		free(s->worker.name);
		s->worker.name = xstrdup(opt_str(ctx, "name"));
	}
	return apply_lists(ctx);
}

static void set_up_log(const struct cmd_ctx *ctx)
{
	static const char *const levels[] = { "debug", "info", "warn",
					      "error" };
	const struct settings *s = &ctx->settings;
	enum log_level level = LOG_INFO;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(levels); i++)
		if (strcmp(s->log.level, levels[i]) == 0)
			level = (enum log_level)i;
	if (opt_isset(ctx, "quiet"))
		level = MAX(level, LOG_WARN);
	log_setup(level,
		  opt_isset(ctx, "json") || strcmp(s->log.format, "json") == 0
			  ? LOG_JSON
			  : LOG_LOGFMT);
}

/* "3 errors" or the one there is, for a line of the log. */
static int report_err(struct conf_report *report, struct err *err)
{
	const char *text = strbuf_str(&report->text);

	return err_set(err, ERR_CONFIG, "%.*s%s", (int)strcspn(text, "\n"),
		       text, report->count > 1 ? " (and more)" : "");
}

static int reload_plan(void *arg, struct plan **out, struct err *err)
{
	const struct cmd_ctx *ctx = arg;
	struct conf_report report = { 0 };
	struct conf *conf = conf_read(ctx->config_path, &report);
	struct plan *plan = NULL;
	int rc = 0;

	if (conf) {
		plan = plan_load(conf, &report);
		plan_compile(plan, conf, &report);
	}
	if (!conf || report.count > 0) {
		rc = report_err(&report, err);
		plan_unref(&plan);
	}
	*out = plan;
	conf_free(&conf);
	conf_report_release(&report);
	return rc;
}

static int compile(struct cmd_ctx *ctx)
{
	struct conf_report report = { 0 };
	struct err err;
	int rc = CMD_OK;

	plan_compile(ctx->plan, ctx->conf, &report);
	if (report.count > 0) {
		(void)report_err(&report, &err);
		(void)err_hint(&err, "stepq config check lists all errors");
		rc = cmd_fail(ctx, &err);
	}
	conf_report_release(&report);
	return rc;
}

static int work_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct worker_options options = {
		.settings = &ctx->settings,
		.plan = ctx->plan,
		.stop_when_empty = opt_isset(ctx, "stop-when-empty") ||
				   opt_isset(ctx, "once"),
		.reload = reload_plan,
		.reload_arg = ctx,
	};
	struct err err = { 0 };
	enum worker_end end;
	int rc;

	if (argc > 0)
		return cmd_usage(ctx, "'%s' is not an option of work", argv[0]);
	rc = apply_options(ctx);
	if (rc == CMD_OK)
		rc = compile(ctx);
	if (rc != CMD_OK)
		return rc;
	set_up_log(ctx);
	options.db = cmd_db_new(&ctx->settings);
	end = worker_run(&options, &err);
	db_free(&options.db);
	switch (end) {
	case WORKER_STOPPED:
		return CMD_OK;
	case WORKER_MEMORY:
		return CMD_MEMORY;
	case WORKER_FAILED:
	case WORKER_NO_DATABASE:
		return cmd_fail(ctx, &err);
	}
	BUG("worker ended as %d", (int)end);
}

const struct cmd cmd_work = {
	.name = "work",
	.help = "claim jobs and run their steps",
	.text = "Runs until it is told to stop, with up to --concurrency steps in\n"
		"flight.  Options go before the configuration.  While the\n"
		"database is away the worker waits for it.\n"
		"\n"
		"SIGTERM, SIGINT and SIGQUIT let it finish what runs for --grace;\n"
		"a second one gives everything back at once.  SIGHUP reads\n"
		"engines and pipelines again, SIGUSR2 pauses, SIGCONT resumes.\n",
	.needs = CMD_NEEDS_CONF,
	.opts = work_opts,
	.run = work_run,
};
