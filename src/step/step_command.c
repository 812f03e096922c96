/* SPDX-License-Identifier: MIT */

/*
 * A local command as an engine: body on stdin, result on stdout, log lines on
 * stderr, exit status 0 done, 75 (EX_TEMPFAIL) worth another attempt. A
 * signal that ended it counts as 75 would: the machine did that, not the
 * command. When its timeout comes its process group gets SIGTERM, then SIGKILL.
 *
 * It gets the environment of the worker but for what names the database.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "plan/engine.h"
#include "step/call.h"
#include "sys/proc.h"

enum {
	EXIT_TEMPFAIL = 75,
	OWN_VARIABLES = 5,
	STOP_GRACE_MS = 5000
};

struct command {
	struct proc *proc;
	struct strbuf tail; /* the last of stderr */
};

static char **make_env(const struct step_request *request)
{
	char trace[STEP_TRACE];
	size_t n = 0, i;
	char **env;

	while (environ[n])
		n++;
	env = xcalloc(n + OWN_VARIABLES + 1, sizeof(char *));
	step_trace(request, trace);
	env[0] =
		xasprintf("STEPQ_IDEMPOTENCY_KEY=%s", request->idempotency_key);
	env[1] = xasprintf("STEPQ_RUN=%s", request->run);
	env[2] = xasprintf("STEPQ_STEP=%s", request->step);
	env[3] = xasprintf("STEPQ_ATTEMPT=%u", request->attempt);
	env[4] = xasprintf("TRACEPARENT=%s", trace);
	for (i = 0, n = OWN_VARIABLES; environ[i]; i++)
		if (strncmp(environ[i], "STEPQ_D", 7) != 0)
			env[n++] = xstrdup(environ[i]);
	return env;
}

static void free_env(char **env)
{
	size_t i;

	for (i = 0; env[i]; i++)
		free(env[i]);
	free(env);
}

static void on_stderr(void *arg, const char *line, size_t len)
{
	struct step_call *call = arg;
	struct command *command = call->state;
	struct strbuf *tail = &command->tail;

	if (call->on_log)
		call->on_log(call->arg, line, len);
	if (tail->len > LIMIT_STDERR_TAIL) {
		memmove(tail->buf, tail->buf + tail->len / 2,
			tail->len - tail->len / 2 + 1);
		tail->len -= tail->len / 2;
	}
	strbuf_add_excerpt(tail, line, len, LIMIT_EXCERPT);
	strbuf_addc(tail, '\n');
}

/* The last line of stderr is what the command would say of its failure. */
static void add_last_line(struct strbuf *out, const struct strbuf *tail)
{
	const char *text = strbuf_str(tail), *line = text + tail->len;

	if (line > text)
		line--;
	while (line > text && line[-1] != '\n')
		line--;
	if (*line) {
		strbuf_adds(out, ": ");
		strbuf_add(out, line, strcspn(line, "\n"));
	}
}

static void on_exit_event(void *arg, const struct proc_result *result)
{
	struct step_call *call = arg;
	struct command *command = call->state;
	struct strbuf *reason = &call->outcome.reason;
	enum step_verdict verdict = STEP_FAIL;

	strbuf_addf(&call->outcome.detail, "command   %s\n",
		    call->engine->command[0]);
	if (command->tail.len > 0)
		strbuf_addf(&call->outcome.detail, "stderr\n%s",
			    strbuf_str(&command->tail));
	if (call->is_expired) {
		step_end_expired(call);
		return;
	}
	if (result->is_output_full) {
		strbuf_addf(reason, "output is larger than max_body");
	} else if (result->exit_code == 0) {
		step_end_json(call, "exit status 0", result->output,
			      result->output_len);
		return;
	} else if (result->exit_code > 0) {
		strbuf_addf(reason, "exit status %d", result->exit_code);
		if (result->exit_code == EXIT_TEMPFAIL)
			verdict = STEP_RETRY;
		add_last_line(reason, &command->tail);
	} else {
		strbuf_addf(reason, "killed by signal %d (%s)", result->signo,
			    strsignal(result->signo));
		verdict = STEP_RETRY;
	}
	step_end(call, verdict);
}

static void command_stop(struct step_call *call)
{
	struct command *command = call->state;

	proc_free(&command->proc);
	strbuf_release(&command->tail);
	free(command);
	call->state = NULL;
}

static void command_expire(struct step_call *call)
{
	struct command *command = call->state;

	proc_stop(command->proc, STOP_GRACE_MS);
}

static void command_start(struct step_call *call,
			  const struct step_request *request)
{
	struct command *command = xcalloc(1, sizeof(*command));
	char **env = make_env(request);
	struct proc_options options = {
		.argv = request->engine->command,
		.envp = env,
		.input = request->body,
		.input_len = request->body_len,
		.output_max = (size_t)request->engine->max_body,
		.on_stderr = on_stderr,
		.on_exit = on_exit_event,
		.arg = call,
	};
	struct err err;

	call->state = command;
	command->proc = proc_start(call->env.loop, &options, &err);
	if (!command->proc)
		step_end_reason(call, STEP_FAIL, "%s", err.text);
	free_env(env);
}

const struct step_ops step_command = { command_start, command_stop,
				       command_expire };
