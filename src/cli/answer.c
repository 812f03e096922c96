/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/answer.h"
#include "cli/cmd.h"
#include "cli/input.h"
#include "cli/out.h"
#include "cli/show.h"
#include "store/control.h"

/* What was asked for. */
struct answer {
	uint64_t run_id;
	char *step;
	int is_approved;
	struct gate *gates; /* of the run */
	size_t gates_n;
};

static const char *answer_name(int is_approved)
{
	return is_approved ? "approved" : "rejected";
}

/* "review, legal": the gates that somebody may answer now. */
static size_t add_open(const struct answer *answer, struct strbuf *names)
{
	size_t i, n = 0;

	for (i = 0; i < answer->gates_n; i++) {
		if (!gate_is_open(&answer->gates[i]))
			continue;
		strbuf_adds(names, n++ ? ", " : "");
		show_line(names, answer->gates[i].step);
	}
	return n;
}

/* Which gates there are, behind the error that stands in `err`. */
static int hint_gates(const struct answer *answer, const char *near,
		      struct err *err)
{
	struct strbuf names = { 0 };
	size_t n = add_open(answer, &names);
	const char *open = n == 0   ? "no gate of the run waits now"
			   : n == 1 ? "the gate that waits is "
				    : "the gates that wait are ";

	if (near)
		(void)err_hint(err, "did you mean '%s'? %s%s", near, open,
			       strbuf_str(&names));
	else
		(void)err_hint(err, "%s%s", open, strbuf_str(&names));
	strbuf_release(&names);
	return -1;
}

static int no_gate(const struct answer *answer, struct err *err)
{
	const char **names = xcalloc(answer->gates_n, sizeof(*names));
	const char *near;
	size_t i;

	for (i = 0; i < answer->gates_n; i++)
		names[i] = answer->gates[i].step;
	near = conf_nearest(answer->step, names, answer->gates_n);
	free(names);
	return hint_gates(answer, near, err);
}

/* The only gate that waits, where no step is named. */
static int choose_gate(struct answer *answer, struct err *err)
{
	struct strbuf names = { 0 };
	size_t n = add_open(answer, &names);
	int rc = -1;

	if (n == 1) {
		answer->step = strbuf_detach(&names);
		rc = 0;
	} else if (n == 0) {
		(void)err_set(err, ERR_NOT_FOUND,
			      "no gate of run %" PRIu64 " waits for an answer",
			      answer->run_id);
		(void)err_hint(err, "stepq status %" PRIu64 " shows its steps",
			       answer->run_id);
	} else {
		(void)err_set(err, ERR_USAGE,
			      "%zu gates of run %" PRIu64
			      " wait: name one of %s",
			      n, answer->run_id, strbuf_str(&names));
	}
	strbuf_release(&names);
	return rc;
}

static int not_reached(const struct answer *answer,
		       const struct gate_reply *reply, struct err *err)
{
	return err_set(err, ERR_INPUT,
		       "step %s of run %" PRIu64 " is not reached yet%s%s",
		       answer->step, answer->run_id,
		       reply->waits_for ? ": it waits for " : "",
		       reply->waits_for ? reply->waits_for : "");
}

/* 0, or -1 with what keeps the answer from being taken. */
static int read_reply(const struct answer *answer,
		      const struct gate_reply *reply, struct err *err)
{
	switch (reply->outcome) {
	case GATE_ANSWERED:
		return 0;
	case GATE_NO_STEP:
		(void)err_set(err, ERR_NOT_FOUND,
			      "run %" PRIu64 " has no step '%s'",
			      answer->run_id, answer->step);
		return no_gate(answer, err);
	case GATE_NO_GATE:
		(void)err_set(err, ERR_INPUT,
			      "step %s of run %" PRIu64 " is not a gate",
			      answer->step, answer->run_id);
		return hint_gates(answer, NULL, err);
	case GATE_NOT_REACHED:
		return not_reached(answer, reply, err);
	case GATE_ANSWERED_ALREADY:
		return err_set(err, ERR_INPUT,
			       "step %s of run %" PRIu64 " is %s already",
			       answer->step, answer->run_id,
			       answer_name(reply->was_approved));
	case GATE_LATE:
		return err_set(err, ERR_INPUT,
			       "the deadline of step %s of run %" PRIu64
			       " has passed",
			       answer->step, answer->run_id);
	case GATE_OVER:
		return err_set(err, ERR_INPUT,
			       "step %s of run %" PRIu64 " is %s already",
			       answer->step, answer->run_id,
			       state_name(reply->state));
	}
	BUG("outcome %d", (int)reply->outcome);
}

static void report(const struct cmd_ctx *ctx, const struct answer *answer)
{
	jv v = jv_object();

	out_line(ctx->out, "%s step %s of run %" PRIu64,
		 answer_name(answer->is_approved), answer->step,
		 answer->run_id);
	v = show_json_set(v, "run", show_json_id(answer->run_id));
	v = show_json_set(v, "step", show_json_text(answer->step));
	v = show_json_set(v, "approved",
			  answer->is_approved ? jv_true() : jv_false());
	out_json(ctx->out, v);
}

static int find_gate(const struct cmd_ctx *ctx, int argc, char **argv,
		     struct answer *answer, struct err *err)
{
	if (show_find_run(ctx, argv[0], &answer->run_id, err) ||
	    gates_load(ctx->db, answer->run_id, &answer->gates,
		       &answer->gates_n, err))
		return -1;
	if (argc < 2)
		return choose_gate(answer, err);
	answer->step = xstrdup(argv[1]);
	return 0;
}

/* The same answer twice is nothing to do. */
static int send_answer(const struct cmd_ctx *ctx, const struct answer *answer,
		       const char *result)
{
	const struct gate_answer given = { answer->run_id, answer->step,
					   answer->is_approved, result };
	struct gate_reply reply = { 0 };
	struct err err = { 0 };
	int status = CMD_OK;

	if (gate_answer(ctx->db, &given, &reply, &err) ||
	    read_reply(answer, &reply, &err)) {
		status = cmd_fail(ctx, &err);
		if (reply.outcome == GATE_ANSWERED_ALREADY &&
		    reply.was_approved == answer->is_approved)
			status = CMD_NOTHING;
	} else {
		report(ctx, answer);
	}
	gate_reply_release(&reply);
	return status;
}

int answer_gate(const struct cmd_ctx *ctx, int argc, char **argv,
		int is_approved, const char *result)
{
	struct answer answer = { .is_approved = is_approved };
	struct strbuf json = { 0 };
	struct err err = { 0 };
	int status;

	if (argc < 1 || argc > 2)
		return cmd_usage(ctx, argc == 0 ? "name the run, and its step"
				      : is_approved
					      ? "one gate at a time"
					      : "one gate at a time; why goes"
						" to --reason='...'");
	if ((result && input_read(result, "result", &json, &err)) ||
	    find_gate(ctx, argc, argv, &answer, &err))
		status = cmd_fail(ctx, &err);
	else
		status = send_answer(ctx, &answer,
				     result ? strbuf_str(&json) : NULL);
	strbuf_release(&json);
	gates_free(answer.gates, answer.gates_n);
	free(answer.step);
	return status;
}
