/* SPDX-License-Identifier: MIT */

/*
 * push - put a run of a pipeline on its queue.
 *
 * The input goes into the payload as it was written, not as libjq would print
 * it: numbers above 2^53 keep all their digits. What the worker would refuse
 * is refused here, by the same code.
 */

#include <config.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "base/uuid.h"
#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/out.h"
#include "cli/show.h"
#include "db/db.h"
#include "plan/payload.h"
#include "plan/pipeline.h"
#include "plan/plan.h"
#include "store/control.h"
#include "store/push.h"

enum {
	TRIES = 5,
};

static const struct opt push_opts[] = {
	OPT_INT('e', "episode", "ID", "the application's id of what is made"),
	OPT_STR('i', "input", "JSON|@FILE|-",
		"input of the run: JSON, or a file, or stdin"),
	OPT_STR('q', "queue", "NAME", "queue to push to, 'default' if not set"),
	OPT_DUR('d', "delay", "TIME", "let it begin only after this time"),
	OPT_STR(0, "uuid", "UUID", "uuid of the run, made up if not set"),
	OPT_FLAG(0, "or-existing", "if there is a live run already, name that"),
	OPT_FLAG('f', "force", "push what this configuration does not have"),
	OPT_END,
};

struct push {
	const char *pipeline;
	const struct pipeline
		*unique;     /* has an episode, may have one live run */
	uint64_t episode_id; /* of that */
	struct run_live live;
	int is_live; /* nothing was pushed */
	const char *queue;
	char uuid[UUID_TEXT];
	struct strbuf payload;
	int64_t delay_ms;
	uint64_t id;
};

static int check_payload(const struct push *push, const struct strbuf *payload,
			 int64_t max, struct err *err)
{
	struct payload parsed = { 0 };

	if (payload->is_full || payload->len > (size_t)max) {
		(void)err_set(err, ERR_LIMIT,
			      "the payload of '%s' is larger than %" PRId64
			      " bytes",
			      push->pipeline, max);
		return err_hint(err,
				"worker.max_payload says how much is read;"
				" what is large is better passed by name");
	}
	if (payload_parse(strbuf_str(payload), payload->len, &parsed, err) < 0)
		return -1;
	payload_release(&parsed);
	return 0;
}

static int build_payload(const struct cmd_ctx *ctx, struct push *push,
			 struct err *err)
{
	int64_t max = ctx->settings.worker.max_payload;
	struct strbuf input = { .max = (size_t)max + 1 };
	struct strbuf *payload = &push->payload;
	const char *episode = opt_str(ctx, "episode");
	int rc = -1;

	if (input_read(opt_str(ctx, "input"), "input", &input, err) < 0)
		goto out;
	payload->max = (size_t)max + KIB;
	strbuf_addf(payload, "{\"uuid\":\"%s\",\"displayName\":", push->uuid);
	json_quote(payload, push->pipeline);
	strbuf_adds(payload, ",\"job\":");
	json_quote(payload, push->pipeline);
	strbuf_adds(payload, ",\"data\":{");
	if (episode)
		strbuf_addf(payload, "\"episode_id\":%s,", episode);
	strbuf_addf(payload, "\"input\":%s}}", strbuf_str(&input));
	rc = check_payload(push, payload, max, err);
out:
	strbuf_release(&input);
	return rc;
}

/* In the transaction of the push; a worker that makes runs has the last word.
 */
static int find_live(struct db *db, struct push *push, struct err *err)
{
	if (!push->unique)
		return 0;
	push->is_live =
		run_live(db, push->unique, push->episode_id, &push->live, err);
	return push->is_live;
}

static int push_body(struct db *db, void *arg, struct err *err)
{
	struct push *push = arg;
	int rc = find_live(db, push, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (push_job(db, push->queue, strbuf_str(&push->payload),
		     push->delay_ms, &push->id, err) < 0)
		return -1;
	return 1;
}

static void report(const struct cmd_ctx *ctx, const struct push *push)
{
	const char *episode = opt_str(ctx, "episode");
	struct strbuf hint = { 0 }, styled = { 0 };
	jv v = jv_object();

	out_line(ctx->out, "pushed %s%s%s: run %s", push->pipeline,
		 episode ? " for episode " : "", episode ? episode : "",
		 push->uuid);
	strbuf_addf(&hint, "watch it: stepq watch %s", push->uuid);
	out_styled(ctx->out, &styled, OUT_DIM, strbuf_str(&hint));
	out_line(ctx->out, "%s", strbuf_str(&styled));
	v = jv_set(v, jv_string("run"), jv_string(push->uuid));
	v = jv_set(v, jv_string("job"), jv_number((double)push->id));
	out_json(ctx->out, v);
	strbuf_release(&hint);
	strbuf_release(&styled);
}

static void set_unique(const struct cmd_ctx *ctx, struct push *push)
{
	const struct pipeline *pipeline =
		plan_pipeline(ctx->plan, push->pipeline);
	const char *episode = opt_str(ctx, "episode");

	if (pipeline && pipeline->is_unique && episode &&
	    num_u64(episode, &push->episode_id) == 0)
		push->unique = pipeline;
}

/* "run 67 (0193...)"; one that has no row yet has no number. */
static void add_live(struct strbuf *sb, const struct run_live *live)
{
	if (live->run_id)
		strbuf_addf(sb, "run %" PRIu64 " (%s)", live->run_id,
			    live->uuid);
	else
		strbuf_addf(sb, "run %s, which waits for a worker",
			    *live->uuid ? live->uuid : "without a uuid");
}

static void report_existing(const struct cmd_ctx *ctx, const struct push *push,
			    const char *live)
{
	jv v = jv_object();

	out_line(ctx->out, "not pushed, %s is there: %s", push->pipeline, live);
	v = show_json_set(v, "run",
			  *push->live.uuid ? jv_string(push->live.uuid)
					   : jv_null());
	v = show_json_set(v, "job", jv_null());
	v = show_json_set(v, "existing", jv_true());
	out_json(ctx->out, v);
}

static int report_live(const struct cmd_ctx *ctx, const struct push *push)
{
	struct strbuf live = { 0 };
	struct err err = { 0 };
	int status = CMD_OK;

	add_live(&live, &push->live);
	if (opt_isset(ctx, "or-existing")) {
		report_existing(ctx, push, strbuf_str(&live));
	} else {
		(void)err_set(&err, ERR_INPUT,
			      "episode %" PRIu64 " has a live run of %s: %s",
			      push->episode_id, push->pipeline,
			      strbuf_str(&live));
		(void)err_hint(&err,
			       "there may be only one; stepq cancel stops"
			       " it, --or-existing takes it");
		status = cmd_fail(ctx, &err);
	}
	strbuf_release(&live);
	return status;
}

/* Lower case, as the table compares and as commands print it. */
static void set_uuid(struct push *push, const char *uuid)
{
	size_t i;

	if (!uuid) {
		uuid_new(push->uuid);
		return;
	}
	for (i = 0; uuid[i]; i++)
		push->uuid[i] = (char)tolower((unsigned char)uuid[i]);
	push->uuid[i] = '\0';
}

static int push_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	const char *uuid = opt_str(ctx, "uuid"), *queue = opt_str(ctx, "queue");
	struct push push = { .queue = queue ? queue : "default" };
	struct err err = { 0 };
	int status = CMD_OK;

	if (argc != 1)
		return cmd_usage(ctx, argc ? "one pipeline at a time"
					   : "name the pipeline to push");
	if (uuid && !uuid_is_valid(uuid))
		return cmd_usage(ctx, "'%s' is not a uuid", uuid);
	if (!*push.queue || strlen(push.queue) > LIMIT_QUEUE_NAME)
		return cmd_usage(ctx, "a queue's name has 1 to %u bytes",
				 LIMIT_QUEUE_NAME);
	push.pipeline = argv[0];
	push.delay_ms = opt_dur_ms(ctx, "delay", 0);
	set_uuid(&push, uuid);
	set_unique(ctx, &push);
	if (!opt_isset(ctx, "force") && !plan_pipeline(ctx->plan, argv[0]))
		return cmd_no_pipeline(ctx, argv[0]);
	if (build_payload(ctx, &push, &err) < 0 ||
	    db_transact(ctx->db, TRIES, push_body, &push, &err) < 0) {
		if (err.code == ERR_DB_UNCERTAIN)
			(void)err_hint(&err,
				       "it may have been pushed: stepq status "
				       "%s",
				       push.uuid);
		status = cmd_fail(ctx, &err);
	} else if (push.is_live) {
		status = report_live(ctx, &push);
	} else {
		report(ctx, &push);
	}
	strbuf_release(&push.payload);
	return status;
}

const struct cmd cmd_push = {
	.name = "push",
	.args = "PIPELINE",
	.help = "ask for a run of a pipeline",
	.text = "Inserts a row into the table jobs, as any SQL client can, and "
		"prints the uuid of the run to be. The run begins when a "
		"worker of the queue takes it. Of a pipeline with `unique` an"
		" episode has one run at a time: as long as one is live or"
		" waits for a worker, a second one is refused.\n"
		"\n"
		"  stepq push pipeline.full --episode=25 "
		"--input='{\"topic\":\"cat\"}'\n"
		"  stepq push pipeline.full --input=@input.json --delay=10m",
	.needs = CMD_NEEDS_CONF | CMD_NEEDS_DB | CMD_NEEDS_SCHEMA,
	.opts = push_opts,
	.run = push_run,
};
