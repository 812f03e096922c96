/* SPDX-License-Identifier: MIT */

/*
 * Any status code shows that somebody listens: engines take POST, and what
 * they say to a GET is theirs. Only 401 and 403 are worth a word, because the
 * headers sent are those a step would send.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/diagnosis.h"
#include "cli/doctor_engines.h"
#include "plan/engine.h"
#include "plan/plan.h"
#include "sys/httpc.h"
#include "sys/loop.h"

enum {
	ANSWER_MS = 2000,
	BODY_MAX = 64 * KIB,
};

struct probe {
	const struct engine *engine;
	char *trouble; /* NULL: it answers */
	int is_down;
	size_t *pending;
};

/* A body beyond BODY_MAX is an answer too. */
static char *trouble_of(const struct httpc_response *response)
{
	if (response->status == HTTPC_TOO_LARGE)
		return NULL;
	if (response->status != HTTPC_OK)
		return xstrdup(response->reason);
	if (response->code == 401 || response->code == 403)
		return xasprintf("answers %d, are its headers right?",
				 response->code);
	return NULL;
}

static void on_answer(void *arg, const struct httpc_response *response)
{
	struct probe *probe = arg;

	probe->trouble = trouble_of(response);
	probe->is_down = response->status == HTTPC_REFUSED ||
			 response->status == HTTPC_CUT;
	(*probe->pending)--;
}

static int is_program(const char *dir, size_t len, const char *name)
{
	char *path = xasprintf("%.*s/%s", (int)len, len ? dir : ".", name);
	int found = access(path, X_OK) == 0;

	free(path);
	return found;
}

static int is_in_path(const char *name)
{
	const char *dirs = getenv("PATH");

	if (strchr(name, '/'))
		return access(name, X_OK) == 0;
	while (dirs) {
		size_t len = strcspn(dirs, ":");

		if (is_program(dirs, len, name))
			return 1;
		dirs = dirs[len] ? dirs + len + 1 : NULL;
	}
	return 0;
}

static void ask(struct httpc *httpc, struct probe *probe)
{
	const struct httpc_options options = {
		.url = probe->engine->url,
		.headers = (const char *const *)probe->engine->headers,
		.body_max = BODY_MAX,
		.connect_ms = ANSWER_MS,
		.timeout_ms = ANSWER_MS,
	};

	(*probe->pending)++;
	(void)httpc_send(httpc, &options, on_answer, probe);
}

static void run_probes(struct probe *probes, size_t n)
{
	struct loop *loop = loop_new();
	struct httpc *httpc = httpc_new(loop, (long)n);
	size_t pending = 0;

	for (size_t i = 0; i < n; i++) {
		const struct engine *engine = probes[i].engine;

		probes[i].pending = &pending;
		if (engine->kind == ENGINE_HTTP)
			ask(httpc, &probes[i]);
		else if (engine->kind == ENGINE_COMMAND &&
			 !is_in_path(engine->command[0]))
			probes[i].trouble = xasprintf("no program '%s' in PATH",
						      engine->command[0]);
	}
	while (pending > 0)
		loop_turn(loop, -1);
	httpc_free(&httpc);
	loop_free(&loop);
}

/* "text, director answer", then a line for each that does not. */
static void report(struct diagnosis *diagnosis, const struct probe *probes,
		   size_t n)
{
	struct strbuf fine = { 0 }, bad = { 0 };
	size_t fine_n = 0, down_n = 0;

	for (size_t i = 0; i < n; i++) {
		const struct engine *engine = probes[i].engine;

		if (!probes[i].trouble) {
			strbuf_addf(&fine, "%s%s", fine_n++ ? ", " : "",
				    engine->name);
			continue;
		}
		down_n += (size_t)probes[i].is_down;
		strbuf_addf(&bad, "\n%s: %s", engine->name, probes[i].trouble);
		engine_scrub(engine, &bad);
	}
	if (fine_n > 0)
		strbuf_addf(&fine, " answer%s", fine_n == 1 ? "s" : "");
	strbuf_adds(&fine, strbuf_str(&bad) + (fine_n == 0));
	if (down_n > 0)
		strbuf_addf(&fine, "\nhint: %s running? supervisorctl status",
			    down_n == 1 ? "is it" : "are they");
	diagnosis_add(diagnosis, bad.len > 0 ? VERDICT_WARNING : VERDICT_OK,
		      "engines", "%s", strbuf_str(&fine));
	strbuf_release(&fine);
	strbuf_release(&bad);
}

void doctor_engines(struct diagnosis *diagnosis, const struct plan *plan)
{
	struct probe *probes;

	if (plan->engines_n == 0) {
		diagnosis_add(diagnosis, VERDICT_WARNING, "engines",
			      "none is configured\n"
			      "hint: stepq.conf(5) says how to write one");
		return;
	}
	probes = xcalloc(plan->engines_n, sizeof(*probes));
	for (size_t i = 0; i < plan->engines_n; i++)
		probes[i].engine = &plan->engines[i];
	run_probes(probes, plan->engines_n);
	report(diagnosis, probes, plan->engines_n);
	for (size_t i = 0; i < plan->engines_n; i++)
		free(probes[i].trouble);
	free(probes);
}
