/* SPDX-License-Identifier: MIT */

/*
 * Answers to gates. The answer is kept in `value` of the gate's row, and its
 * job is made due; the worker that claims the job finishes the step. A worker
 * that is just about to park the gate does so under the lock of the run and
 * looks at `value` there, so it is enough to write it under the same lock,
 * whether the job is parked already or still held.
 *
 * From the deadline on nothing is taken: a worker may have claimed the gate
 * and decided by it.
 *
 * The job's row is waited for and not skipped: a claim may have locked it only
 * for being the first one behind all that is due.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "db/db.h"
#include "plan/pipeline.h"
#include "store/control.h"
#include "store/run.h"

enum {
	TRIES = 10
};

/* PRIMARY. */
static const char sql_lock_run[] =
	"SELECT definition_id FROM episode_jobs FORCE INDEX (PRIMARY)"
	" WHERE id = ? AND run_id IS NULL FOR UPDATE";

/* episode_jobs_run_id_index, all of these; a later round has a larger id. */
#define STEPS_OF_RUN                                         \
 "FROM episode_jobs FORCE INDEX (episode_jobs_run_id_index)" \
 " WHERE run_id = ? AND parent_id IS NULL AND item IS NULL "
static const char sql_gates[] =
	"SELECT id, round, waiting_on, status, value IS NOT NULL, step"
	" " STEPS_OF_RUN "AND kind = 'gate' ORDER BY id";
static const char sql_step[] =
	"SELECT id, kind, waiting_on, status, value IS NOT NULL,"
	" JSON_UNQUOTE(JSON_EXTRACT(value, '$.approved')) = 'true',"
	" available_at <= UNIX_TIMESTAMP()"
	" " STEPS_OF_RUN "AND step = ? ORDER BY id DESC LIMIT 1";
static const char sql_states[] =
	"SELECT step, status " STEPS_OF_RUN "ORDER BY id";

/* jobs_step_id_index. */
static const char sql_jobs[] = "SELECT id FROM jobs WHERE step_id = ?";

/* PRIMARY, all of these. */
static const char sql_due[] =
	"UPDATE jobs FORCE INDEX (PRIMARY) SET available_at = UNIX_TIMESTAMP()"
	" WHERE id = ? AND reserved_at IS NULL";
static const char sql_answer[] =
	"UPDATE episode_jobs FORCE INDEX (PRIMARY) SET value = ? WHERE id = ?";
static const char sql_event[] =
	"INSERT INTO episode_events (run_id, episode_id, episode_job_id, kind,"
	" message, created_at) SELECT run_id, episode_id, id, 'log', ?, NOW(3)"
	" FROM episode_jobs WHERE id = ?";
static const char sql_look[] =
	"SELECT JSON_UNQUOTE(JSON_EXTRACT(value, '$.approved')) = ?"
	" FROM episode_jobs WHERE id = ?";

struct answer {
	uint64_t run_id;
	const char *step;
	int is_approved;
	struct strbuf value; /* JSON, what is written */
	uint64_t step_id;
	struct gate_reply *out;
};

void gates_free(struct gate *gates, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(gates[i].step);
	free(gates);
}

void gate_reply_release(struct gate_reply *reply)
{
	free(reply->waits_for);
	*reply = (struct gate_reply){ 0 };
}

int gate_is_open(const struct gate *gate)
{
	return !state_is_final(gate->state) && gate->waiting_on == 0 &&
	       !gate->is_answered;
}

/* The place of the gate that the row is a round of; `n` when it is new. */
static size_t gate_at(const struct gate *gates, size_t n, const char *step)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(gates[i].step, step) == 0)
			break;
	return i;
}

int gates_load(struct db *db, uint64_t run_id, struct gate **out, size_t *n_out,
	       struct err *err)
{
	struct db_rows rows = { 0 };
	struct gate *gates;
	size_t n = 0;

	if (db_query(db, &rows, err, sql_gates, DB_ARGS(DB_U64(run_id))))
		return -1;
	gates = xcalloc(rows.count, sizeof(*gates));
	while (db_rows_next(&rows)) {
		size_t i = gate_at(gates, n, row_str(&rows, 5));

		if (i == n)
			gates[n++].step = xstrdup(row_str(&rows, 5));
		gates[i].step_id = row_u64(&rows, 0);
		gates[i].round = (uint32_t)row_u64(&rows, 1);
		gates[i].waiting_on = (uint32_t)row_u64(&rows, 2);
		gates[i].state = state_from_name(row_str(&rows, 3));
		gates[i].is_answered = row_u64(&rows, 4) != 0;
	}
	db_rows_release(&rows);
	*out = gates;
	*n_out = n;
	return 0;
}

/* The gate is reached unless this is GATE_NOT_REACHED. */
static enum gate_outcome judge(const struct db_rows *row,
			       struct gate_reply *out)
{
	out->state = state_from_name(row_str(row, 3));
	out->was_approved = row_u64(row, 5) != 0;
	if (strcmp(row_str(row, 1), pipeline_kind_name(PIPELINE_GATE)) != 0)
		return GATE_NO_GATE;
	if (row_u64(row, 4))
		return GATE_ANSWERED_ALREADY;
	if (state_is_final(out->state))
		return GATE_OVER;
	if (row_u64(row, 6))
		return GATE_LATE;
	return row_u64(row, 2) ? GATE_NOT_REACHED : GATE_ANSWERED;
}

static int find_step(struct db *db, struct answer *answer, struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_step,
		     DB_ARGS(DB_U64(answer->run_id), DB_STR(answer->step))))
		return -1;
	answer->out->outcome = GATE_NO_STEP;
	if (db_rows_next(&rows)) {
		answer->step_id = row_u64(&rows, 0);
		answer->out->outcome = judge(&rows, answer->out);
	}
	db_rows_release(&rows);
	return 0;
}

/* `states[i]` gets the state of step i in its latest round. */
static int read_states(struct db *db, uint64_t run_id,
		       const struct pipeline *pipeline, enum state *states,
		       struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_states, DB_ARGS(DB_U64(run_id))))
		return -1;
	while (db_rows_next(&rows)) {
		int i = pipeline_step_index(pipeline, row_str(&rows, 0));

		if (i >= 0)
			states[i] = state_from_name(row_str(&rows, 1));
	}
	db_rows_release(&rows);
	return 0;
}

static char *names_unfinished(const struct pipeline *pipeline, size_t step,
			      const enum state *states)
{
	const struct pipeline_step *gate = &pipeline->steps[step];
	struct strbuf names = { 0 };
	size_t i;

	for (i = 0; i < gate->needs_n; i++)
		if (!state_is_final(states[gate->needs[i]]))
			strbuf_addf(&names, "%s%s", names.len ? ", " : "",
				    pipeline->steps[gate->needs[i]].name);
	return names.len ? strbuf_detach(&names) : NULL;
}

/* Names are left out when the definition cannot be read. */
static int find_needs(struct db *db, const struct answer *answer,
		      uint64_t definition_id, struct err *err)
{
	struct pipeline *pipeline = NULL;
	enum state *states = NULL;
	char *definition = NULL;
	int step, rc = -1;

	if (definition_get(db, definition_id, &definition, err) < 0)
		goto out;
	if (!definition || pipeline_parse(definition, &pipeline, NULL))
		pipeline = NULL;
	step = pipeline ? pipeline_step_index(pipeline, answer->step) : -1;
	if (step >= 0) {
		states = xcalloc(pipeline->steps_n, sizeof(*states));
		if (read_states(db, answer->run_id, pipeline, states, err))
			goto out;
		answer->out->waits_for =
			names_unfinished(pipeline, (size_t)step, states);
	}
	rc = 0;
out:
	free(states);
	free(definition);
	pipeline_unref(&pipeline);
	return rc;
}

static int lock_run(struct db *db, uint64_t run_id, uint64_t *definition_id,
		    struct err *err)
{
	struct db_rows rows = { 0 };

	if (db_query(db, &rows, err, sql_lock_run, DB_ARGS(DB_U64(run_id))))
		return -1;
	*definition_id = db_rows_next(&rows) ? row_u64(&rows, 0) : 0;
	db_rows_release(&rows);
	return 0;
}

static int make_due(struct db *db, uint64_t step_id, struct db_batch *batch,
		    struct err *err)
{
	struct db_rows rows = { 0 };
	int rc = 0;

	if (db_query(db, &rows, err, sql_jobs, DB_ARGS(DB_U64(step_id))))
		return -1;
	while (rc == 0 && db_rows_next(&rows))
		rc = db_batch_add(db, batch, err, sql_due,
				  DB_ARGS(DB_U64(row_u64(&rows, 0))));
	db_rows_release(&rows);
	return rc;
}

static int write_answer(struct db *db, const struct answer *answer,
			struct err *err)
{
	struct db_arg id = DB_U64(answer->step_id);
	struct db_batch batch = { 0 };
	int rc = -1;

	if (make_due(db, answer->step_id, &batch, err) ||
	    db_batch_add(db, &batch, err, sql_answer,
			 DB_ARGS(DB_STR(strbuf_str(&answer->value)), id)) ||
	    db_batch_add(db, &batch, err, sql_event,
			 DB_ARGS(DB_STR(answer->is_approved ? "approved"
							    : "rejected"),
				 id)))
		goto out;
	rc = db_batch_run(db, &batch, err);
out:
	db_batch_release(&batch);
	return rc;
}

static int answer_body(struct db *db, void *arg, struct err *err)
{
	struct answer *answer = arg;
	uint64_t definition_id;

	gate_reply_release(answer->out);
	if (lock_run(db, answer->run_id, &definition_id, err) ||
	    find_step(db, answer, err))
		return -1;
	if (answer->out->outcome == GATE_NOT_REACHED)
		return find_needs(db, answer, definition_id, err);
	return answer->out->outcome == GATE_ANSWERED
		       ? write_answer(db, answer, err)
		       : 0;
}

static int look_body(struct db *db, void *arg, struct err *err)
{
	const struct answer *answer = arg;
	struct db_rows rows = { 0 };
	int is_ours;

	if (db_query(db, &rows, err, sql_look,
		     DB_ARGS(DB_STR(answer->is_approved ? "true" : "false"),
			     DB_U64(answer->step_id))))
		return -1;
	is_ours = db_rows_next(&rows) && row_u64(&rows, 0) == 1;
	db_rows_release(&rows);
	return is_ours;
}

/* Checked before it is put between braces of ours. */
static int build_value(struct answer *answer, const char *result,
		       struct err *err)
{
	jv v;

	if (result && json_parse(result, strlen(result), &v, err))
		return err_wrap(err, "the result is not JSON");
	if (result)
		jv_free(v);
	strbuf_addf(&answer->value, "{\"approved\":%s,\"result\":",
		    answer->is_approved ? "true" : "false");
	strbuf_adds(&answer->value, result ? result : "null");
	strbuf_addc(&answer->value, '}');
	return answer->value.is_full
		       ? err_set(err, ERR_LIMIT, "the result is too large")
		       : 0;
}

int gate_answer(struct db *db, const struct gate_answer *given,
		struct gate_reply *out, struct err *err)
{
	const struct db_sure sure = { answer_body, look_body };
	struct answer answer = { .run_id = given->run_id,
				 .step = given->step,
				 .is_approved = given->is_approved };
	struct gate_reply reply = { 0 };
	int rc = -1;

	answer.out = &reply;
	if (build_value(&answer, given->result, err) == 0)
		rc = db_transact_sure(db, TRIES, &sure, &answer, err);
	if (rc == 0)
		*out = reply;
	else
		gate_reply_release(&reply);
	strbuf_release(&answer.value);
	return rc;
}
