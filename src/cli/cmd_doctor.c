/* SPDX-License-Identifier: MIT */

/*
 * doctor - say in one screen whether this configuration can work here.
 *
 * Every check runs that can: without a server those of the configuration and
 * the engines, with errors in the configuration those of the server. A check
 * that cannot be made is an error of its own; the next one starts with a new
 * connection if the last one lost it.
 */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/diagnosis.h"
#include "cli/doctor_engines.h"
#include "cli/doctor_graphs.h"
#include "cli/text.h"
#include "db/db.h"
#include "db/migrate.h"
#include "plan/plan.h"
#include "store/doctor.h"
#include "store/view.h"

enum {
	PINGS = 5,
	PACKET_MIB = 16,
	CLOCK_WARN_MS = 60000,
	NAMES_SHOWN = 3,
};

static void check_conf(struct cmd_ctx *ctx, struct diagnosis *diagnosis)
{
	struct conf_report report = { 0 };
	char a[TEXT_COUNT], b[TEXT_COUNT];
	const char *file;

	ctx->conf = conf_read(ctx->config_path, &report);
	if (ctx->conf) {
		settings_load(ctx->conf, &ctx->settings, &report);
		ctx->plan = plan_load(ctx->conf, &report);
		plan_compile(ctx->plan, ctx->conf, &report);
	}
	file = ctx->conf ? conf_path(ctx->conf) : NULL;
	if (report.count > 0)
		diagnosis_add(diagnosis, VERDICT_ERROR, "config",
			      "%.*s%s\nhint: stepq config check",
			      (int)strcspn(strbuf_str(&report.text), "\n"),
			      strbuf_str(&report.text),
			      report.count > 1 ? "\nand more" : "");
	else if (!file)
		diagnosis_add(diagnosis, VERDICT_WARNING, "config",
			      "no configuration file, only the environment\n"
			      "hint: name one with --config or STEPQ_CONFIG");
	else
		diagnosis_add(diagnosis, VERDICT_OK, "config", "%s: %s, %s",
			      file,
			      text_count(ctx->plan->engines_n, "engine", a),
			      text_count(ctx->plan->pipelines_n, "pipeline",
					 b));
	conf_report_release(&report);
}

static int64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The shortest of some trips: the first one may have to wake things up. */
static int64_t round_trip_us(struct db *db, struct err *err)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < PINGS; i++) {
		int64_t start = now_us();

		if (doctor_ping(db, err) < 0)
			return -1;
		best = MIN(best, now_us() - start);
	}
	return best;
}

static void check_server(struct db *db, struct diagnosis *diagnosis)
{
	struct doctor_server server;
	struct err err = { 0 };
	int64_t trip_us = round_trip_us(db, &err), start_ms, ahead_ms;

	start_ms = clock_wall_ms();
	if (trip_us < 0 || doctor_server(db, &server, &err) < 0) {
		diagnosis_add(diagnosis, VERDICT_ERROR, "server", "%s",
			      err.text);
		return;
	}
	ahead_ms = server.now_ms - (start_ms + clock_wall_ms()) / 2;
	diagnosis_add(diagnosis, VERDICT_OK, "server", "%s, %.2f ms away",
		      db_server(db), (double)trip_us / 1000);
	if (server.has_skip_locked)
		diagnosis_add(diagnosis, VERDICT_OK, "locking",
			      "SKIP LOCKED is known, sessions are %s",
			      server.isolation);
	else
		diagnosis_add(diagnosis, VERDICT_ERROR, "locking",
			      "version %s does not know SKIP LOCKED\n"
			      "hint: MySQL 8.0.1, MariaDB 10.6 or newer is "
			      "needed",
			      server.version);
	diagnosis_add(diagnosis,
		      llabs(ahead_ms) < CLOCK_WARN_MS ? VERDICT_OK
						      : VERDICT_WARNING,
		      "clock",
		      "database %lld ms %s this host, whose clock is not used",
		      llabs(ahead_ms), ahead_ms < 0 ? "behind" : "ahead of");
}

static void check_packet(struct db *db, struct diagnosis *diagnosis)
{
	uint64_t mib = db_max_packet(db) / MIB;

	if (mib >= PACKET_MIB)
		diagnosis_add(diagnosis, VERDICT_OK, "packet",
			      "max_allowed_packet %" PRIu64 " MiB", mib);
	else
		diagnosis_add(diagnosis, VERDICT_WARNING, "packet",
			      "max_allowed_packet is %" PRIu64
			      " MiB: larger "
			      "results of steps cannot be stored\n"
			      "hint: SET GLOBAL max_allowed_packet = 67108864",
			      mib);
}

/* Whether the tables are there, so that the rest can be asked. */
static int check_schema(struct db *db, struct diagnosis *diagnosis)
{
	struct strbuf missing = { 0 };
	struct err err = { 0 };
	int is_fine = 0;

	if (migrate_check(db, &err) < 0 ||
	    doctor_missing_tables(db, &missing, &err) < 0)
		diagnosis_add(diagnosis, VERDICT_ERROR, "schema", "%s",
			      err.text);
	else if (missing.len > 0)
		diagnosis_add(diagnosis, VERDICT_ERROR, "schema",
			      "version %d, but there is no table %s",
			      migrate_newest(), strbuf_str(&missing));
	else
		is_fine = 1;
	if (is_fine)
		diagnosis_add(diagnosis, VERDICT_OK, "schema",
			      "version %d, as this binary expects",
			      migrate_newest());
	strbuf_release(&missing);
	return is_fine;
}

static void check_claim(struct db *db, struct diagnosis *diagnosis)
{
	struct strbuf key = { 0 };
	struct doctor_claim claim = { .key = &key };
	struct err err = { 0 };

	if (doctor_claim(db, &claim, &err) < 0)
		diagnosis_add(diagnosis, VERDICT_ERROR, "claim", "%s",
			      err.text);
	else if (!claim.has_index)
		diagnosis_add(diagnosis, VERDICT_ERROR, "claim",
			      "no index of jobs holds all of queue, then "
			      "available_at\n"
			      "hint: ALTER TABLE jobs ADD INDEX "
			      "jobs_queue_available_at_index (queue, "
			      "available_at)");
	else if (!claim.is_range || claim.has_sort)
		diagnosis_add(diagnosis, VERDICT_WARNING, "claim",
			      "the server would %s jobs to find work\n"
			      "hint: ANALYZE TABLE jobs",
			      claim.is_range ? "sort" : "read all of");
	else
		diagnosis_add(diagnosis, VERDICT_OK, "claim",
			      "range on %s, no sort", strbuf_str(&key));
	strbuf_release(&key);
}

static void check_rights(struct db *db, struct diagnosis *diagnosis)
{
	struct err err = { 0 };

	if (doctor_may_write(db, &err) < 0)
		diagnosis_add(diagnosis, VERDICT_ERROR, "rights", "%s",
			      err.text);
	else
		diagnosis_add(diagnosis, VERDICT_OK, "rights",
			      "may read and write the tables");
}

static int is_alive(const struct doctor_worker *worker, int64_t lease_ms)
{
	return worker->silent_ms <= lease_ms;
}

static int is_served(const struct doctor_workers *workers, const char *queue,
		     int64_t lease_ms)
{
	size_t len = strlen(queue);

	for (size_t i = 0; i < workers->n; i++) {
		const char *p = workers->workers[i].queues;

		while (is_alive(&workers->workers[i], lease_ms) && *p) {
			size_t n = strcspn(p, ",");

			if (n == len && strncmp(p, queue, n) == 0)
				return 1;
			p += n + (p[n] == ',');
		}
	}
	return 0;
}

static void check_workers(const struct doctor_workers *workers,
			  int64_t lease_ms, struct diagnosis *diagnosis)
{
	struct strbuf silent = { 0 };
	size_t silent_n = 0, alive_n;

	for (size_t i = 0; i < workers->n; i++) {
		const struct doctor_worker *worker = &workers->workers[i];
		char age[DUR_TEXT];

		if (is_alive(worker, lease_ms))
			continue;
		if (silent_n++ < NAMES_SHOWN)
			strbuf_addf(&silent, "\n%s on host %s: silent for %s",
				    worker->name, worker->host,
				    dur_format(worker->silent_ms, age));
	}
	alive_n = workers->n - silent_n;
	if (silent_n > 0)
		diagnosis_add(diagnosis, VERDICT_WARNING, "workers",
			      "%zu alive, %zu silent%s", alive_n, silent_n,
			      strbuf_str(&silent));
	else if (alive_n == 0)
		diagnosis_add(diagnosis, VERDICT_WARNING, "workers",
			      "none is running\n"
			      "hint: stepq work, or supervisorctl status");
	else
		diagnosis_add(diagnosis, VERDICT_OK, "workers", "%zu alive",
			      alive_n);
	strbuf_release(&silent);
}

static void check_queues(const struct view_queues *queues,
			 const struct doctor_workers *workers, int64_t lease_ms,
			 const char *paused, struct diagnosis *diagnosis)
{
	char a[TEXT_COUNT], b[TEXT_COUNT];
	struct strbuf trouble = { 0 };
	size_t unserved = 0;
	uint64_t jobs = 0;

	for (size_t i = 0; i < queues->n; i++) {
		const struct view_queue *q = &queues->queues[i];
		uint64_t n = q->waiting + q->delayed + q->running;

		jobs += n;
		if (is_served(workers, q->name, lease_ms) ||
		    unserved++ >= NAMES_SHOWN)
			continue;
		strbuf_addf(&trouble,
			    "\nno worker serves '%s', which holds %s\n"
			    "hint: stepq work --queue=%s",
			    q->name, text_count(n, "job", a), q->name);
	}
	if (unserved > NAMES_SHOWN)
		strbuf_addf(&trouble, "\nnor %s more",
			    text_count(unserved - NAMES_SHOWN, "queue", a));
	if (*paused)
		strbuf_addf(&trouble, "\npaused: %s", paused);
	diagnosis_add(diagnosis, trouble.len ? VERDICT_WARNING : VERDICT_OK,
		      "queues", "%s in %s%s", text_count(jobs, "job", a),
		      text_count(queues->n, "queue", b), strbuf_str(&trouble));
	strbuf_release(&trouble);
}

static void check_work(struct cmd_ctx *ctx, struct diagnosis *diagnosis)
{
	int64_t lease_ms = ctx->settings.worker.lease_ms;
	struct doctor_workers workers = { 0 };
	struct view_queues queues = { 0 };
	struct strbuf paused = { 0 };
	struct err err = { 0 };

	if (doctor_workers(ctx->db, &workers, &err) < 0 ||
	    doctor_paused(ctx->db, &paused, &err) < 0 ||
	    view_queues(ctx->db, &queues, &err) < 0) {
		diagnosis_add(diagnosis, VERDICT_ERROR, "queues", "%s",
			      err.text);
	} else {
		check_workers(&workers, lease_ms, diagnosis);
		check_queues(&queues, &workers, lease_ms, strbuf_str(&paused),
			     diagnosis);
	}
	doctor_workers_release(&workers);
	view_queues_release(&queues);
	strbuf_release(&paused);
}

/* Connected still, or again; what is wrong has been told before. */
static int has_connection(struct db *db)
{
	struct err err = { 0 };

	return db_connect(db, &err) == 0;
}

static void check_database(struct cmd_ctx *ctx, struct diagnosis *diagnosis)
{
	struct err err = { 0 };

	ctx->db = cmd_db_new(&ctx->settings);
	if (db_connect(ctx->db, &err) < 0) {
		if (err.code == ERR_DB_LOST)
			(void)err_hint(&err, "is the server running there?");
		diagnosis_add(diagnosis, VERDICT_ERROR, "server", "%s",
			      err.text);
		return;
	}
	check_server(ctx->db, diagnosis);
	check_packet(ctx->db, diagnosis);
	if (!has_connection(ctx->db) || !check_schema(ctx->db, diagnosis))
		return;
	check_claim(ctx->db, diagnosis);
	check_rights(ctx->db, diagnosis);
	if (has_connection(ctx->db))
		check_work(ctx, diagnosis);
	if (has_connection(ctx->db))
		doctor_graphs(diagnosis, ctx->db, opt_isset(ctx, "repair"));
}

static int doctor_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct diagnosis diagnosis;

	(void)argv;
	if (argc > 0)
		return cmd_usage(ctx, "doctor takes no arguments");
	diagnosis_start(&diagnosis, ctx->out);
	check_conf(ctx, &diagnosis);
	if (ctx->conf) {
		check_database(ctx, &diagnosis);
		doctor_engines(&diagnosis, ctx->plan);
	}
	return diagnosis_end(&diagnosis);
}

static const struct opt doctor_opts[] = {
	OPT_FLAG(0, "repair", "mend what live runs count and lack"),
	OPT_END,
};

const struct cmd cmd_doctor = {
	.name = "doctor",
	.help = "say whether this configuration can work here",
	.text = "Looks at the configuration, the server, the tables and the "
		"rights on them, the engines, the queues, the workers and the "
		"live runs, and says of each whether it will do. Each HTTP "
		"engine gets one GET request with its headers.\n"
		"\n"
		"Nothing is changed, except with --repair: then runs that "
		"cannot go on, because somebody deleted jobs or changed rows "
		"by hand, are mended, and jobs of steps that are over are "
		"deleted. What a worker holds is left alone.\n"
		"\n"
		"The exit status is 0 when there are warnings at most, and 1 "
		"when there is an error.",
	.opts = doctor_opts,
	.run = doctor_run,
};
