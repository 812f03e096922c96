/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "plan/definition.h"
#include "plan/pipeline.h"

static void write_text(struct strbuf *out, const char *key, const char *text)
{
	if (!text)
		return;
	strbuf_addf(out, ",\"%s\":", key);
	json_quote(out, text);
}

static void write_int(struct strbuf *out, const char *key, int64_t n)
{
	if (n >= 0)
		strbuf_addf(out, ",\"%s\":%" PRId64, key, n);
}

static void write_names(struct strbuf *out, const char *key, char *const *names)
{
	size_t i;

	strbuf_addf(out, ",\"%s\":[", key);
	for (i = 0; names[i]; i++) {
		strbuf_adds(out, i ? "," : "");
		json_quote(out, names[i]);
	}
	strbuf_addc(out, ']');
}

static void write_list(struct strbuf *out, const char *key, const int64_t *list)
{
	size_t i;

	if (!list)
		return;
	strbuf_addf(out, ",\"%s\":[", key);
	for (i = 0; list[i] >= 0; i++)
		strbuf_addf(out, "%s%" PRId64, i ? "," : "", list[i]);
	strbuf_addc(out, ']');
}

/* A word that is not the default one. */
static void write_word(struct strbuf *out, const char *key, const char *word,
		       const char *usual)
{
	if (word && strcmp(word, usual) != 0)
		write_text(out, key, word);
}

static void write_gate(struct strbuf *out, const struct pipeline_step *step)
{
	if (!step->gate.is_set)
		return;
	strbuf_adds(out, ",\"gate\":{\"on_reject\":");
	json_quote(out, step->gate.on_reject ? step->gate.on_reject : "fail");
	write_text(out, "on_deadline", step->gate.on_deadline);
	write_int(out, "deadline_ms", step->gate.deadline_ms);
	strbuf_addc(out, '}');
}

static void write_again(struct strbuf *out, const struct pipeline_step *step)
{
	if (!step->again.to)
		return;
	strbuf_adds(out, ",\"again\":{\"to\":");
	json_quote(out, step->again.to);
	write_text(out, "when", step->again.when_text);
	write_int(out, "at_most", step->again.at_most);
	strbuf_addc(out, '}');
}

static void write_step(struct strbuf *out, const struct pipeline_step *step)
{
	strbuf_adds(out, "{\"name\":");
	json_quote(out, step->name);
	write_text(out, "engine", step->engine);
	write_names(out, "needs", step->needs_names);
	write_text(out, "when", step->when_text);
	write_text(out, "each", step->each_text);
	write_text(out, "min_done", step->min_done_text);
	write_int(out, "at_once", step->at_once);
	write_int(out, "wait_ms", step->wait_ms);
	write_text(out, "until", step->until_text);
	write_gate(out, step);
	write_text(out, "input", step->input_text);
	write_text(out, "output", step->output_text);
	write_text(out, "cost", step->cost_text);
	write_again(out, step);
	write_text(out, "on_failure", step->policy_text);
	write_text(out, "fallback", step->fallback);
	write_text(out, "into", step->into);
	write_word(out, "merge", step->merge_text, "replace");
	write_text(out, "queue", step->queue);
	write_int(out, "tries", step->tries);
	write_list(out, "backoff_ms", step->backoff_ms);
	write_int(out, "timeout_ms", step->timeout_ms);
	if (step->weight != 1) {
		jv weight = jv_number(step->weight);

		strbuf_adds(out, ",\"weight\":");
		json_dump(weight, out);
		jv_free(weight);
	}
	write_text(out, "state", step->state);
	strbuf_addc(out, '}');
}

void definition_write(const struct pipeline *pipeline, struct strbuf *out)
{
	size_t i;

	strbuf_adds(out, "{\"name\":");
	json_quote(out, pipeline->name);
	if (pipeline->is_unique)
		strbuf_adds(out, ",\"unique\":true");
	strbuf_adds(out, ",\"steps\":[");
	for (i = 0; i < pipeline->steps_n; i++) {
		strbuf_adds(out, i ? "," : "");
		write_step(out, &pipeline->steps[i]);
	}
	strbuf_adds(out, "]}");
}

static int read_text(jv object, const char *key, char **out, struct err *err)
{
	const char *text = json_str(object, key);
	jv v;
	int is_absent;

	if (text) {
		*out = xstrdup(text);
		return 0;
	}
	v = json_get(object, key);
	is_absent = jv_get_kind(v) == JV_KIND_NULL;
	jv_free(v);
	return is_absent ? 0
			 : err_set(err, ERR_INPUT, "'%s' is not a string", key);
}

static int read_int(jv object, const char *key, int64_t *out, struct err *err)
{
	uint64_t n = 0;
	int rc = json_u64(object, key, &n);

	if (rc < 0 || n > INT64_MAX)
		return err_set(err, ERR_INPUT, "'%s' is not a whole number",
			       key);
	*out = rc > 0 ? (int64_t)n : -1;
	return 0;
}

/* Elements of an array; -1 when `v` is none. */
static int array_length(jv v)
{
	return jv_get_kind(v) == JV_KIND_ARRAY ? jv_array_length(jv_copy(v))
					       : -1;
}

static int read_names(jv object, const char *key, char ***out, struct err *err)
{
	jv list = json_get(object, key), element;
	int n = array_length(list), rc = n < 0 ? -1 : 0, i;

	*out = xcalloc((size_t)MAX(n, 0) + 1, sizeof(**out));
	for (i = 0; i < n && rc == 0; i++) {
		element = jv_array_get(jv_copy(list), i);
		if (jv_get_kind(element) == JV_KIND_STRING)
			(*out)[i] = xstrdup(jv_string_value(element));
		else
			rc = -1;
		jv_free(element);
	}
	jv_free(list);
	return rc ? err_set(err, ERR_INPUT, "'%s' is not a list of names", key)
		  : 0;
}

static int read_list(jv object, const char *key, int64_t **out, struct err *err)
{
	jv list = json_get(object, key), element;
	int n = array_length(list), rc = n < 0 ? -1 : 0, i;

	if (jv_get_kind(list) == JV_KIND_NULL) {
		jv_free(list);
		return 0;
	}
	*out = xcalloc((size_t)MAX(n, 0) + 1, sizeof(**out));
	for (i = 0; i < n && rc == 0; i++) {
		element = jv_array_get(jv_copy(list), i);
		if (jv_get_kind(element) == JV_KIND_NUMBER &&
		    jv_number_value(element) >= 0 &&
		    jv_number_value(element) < 1e15)
			(*out)[i] = (int64_t)jv_number_value(element);
		else
			rc = -1;
		jv_free(element);
	}
	(*out)[MAX(n, 0)] = -1;
	jv_free(list);
	return rc ? err_set(err, ERR_INPUT, "'%s' is not a list of numbers",
			    key)
		  : 0;
}

static int read_weight(jv object, double *out, struct err *err)
{
	jv v = json_get(object, "weight");
	int rc = 0;

	if (jv_get_kind(v) == JV_KIND_NUMBER && jv_number_value(v) >= 0)
		*out = jv_number_value(v);
	else if (jv_get_kind(v) == JV_KIND_NULL)
		*out = 1;
	else
		rc = err_set(err, ERR_INPUT, "'weight' is not a number");
	jv_free(v);
	return rc;
}

static int read_gate(jv step, struct pipeline_step *out, struct err *err)
{
	jv gate = json_get(step, "gate");
	int rc = 0;

	out->gate.deadline_ms = -1;
	out->gate.is_set = jv_get_kind(gate) == JV_KIND_OBJECT;
	if (out->gate.is_set &&
	    (read_text(gate, "on_deadline", &out->gate.on_deadline, err) ||
	     read_text(gate, "on_reject", &out->gate.on_reject, err) ||
	     read_int(gate, "deadline_ms", &out->gate.deadline_ms, err)))
		rc = -1;
	jv_free(gate);
	return rc;
}

static int read_again(jv step, struct pipeline_step *out, struct err *err)
{
	jv again = json_get(step, "again");
	int rc = 0;

	if (jv_get_kind(again) == JV_KIND_OBJECT &&
	    (read_text(again, "to", &out->again.to, err) ||
	     read_text(again, "when", &out->again.when_text, err) ||
	     read_int(again, "at_most", &out->again.at_most, err)))
		rc = -1;
	jv_free(again);
	if (rc == 0 && out->again.to && !out->again.when_text)
		rc = err_set(err, ERR_INPUT, "'again' has no 'when'");
	return rc;
}

static int read_texts(jv object, struct pipeline_step *step, struct err *err)
{
	const struct {
		const char *key;
		char **out;
	} texts[] = {
		{ "name", &step->name },
		{ "engine", &step->engine },
		{ "when", &step->when_text },
		{ "each", &step->each_text },
		{ "min_done", &step->min_done_text },
		{ "until", &step->until_text },
		{ "input", &step->input_text },
		{ "output", &step->output_text },
		{ "cost", &step->cost_text },
		{ "on_failure", &step->policy_text },
		{ "fallback", &step->fallback },
		{ "into", &step->into },
		{ "merge", &step->merge_text },
		{ "queue", &step->queue },
		{ "state", &step->state },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		if (read_text(object, texts[i].key, texts[i].out, err))
			return -1;
	return 0;
}

static int read_step(jv object, struct pipeline_step *step, struct err *err)
{
	if (read_texts(object, step, err) ||
	    read_names(object, "needs", &step->needs_names, err) ||
	    read_int(object, "at_once", &step->at_once, err) ||
	    read_int(object, "wait_ms", &step->wait_ms, err) ||
	    read_gate(object, step, err) || read_again(object, step, err) ||
	    read_int(object, "tries", &step->tries, err) ||
	    read_list(object, "backoff_ms", &step->backoff_ms, err) ||
	    read_int(object, "timeout_ms", &step->timeout_ms, err) ||
	    read_weight(object, &step->weight, err))
		return -1;
	if (!step->name)
		return err_set(err, ERR_INPUT, "a step has no name");
	return 0;
}

static void read_unique(jv object, struct pipeline *out)
{
	jv v = json_get(object, "unique");

	out->is_unique = jv_get_kind(v) == JV_KIND_TRUE;
	jv_free(v);
}

static int read_pipeline(jv object, struct pipeline *out, struct err *err)
{
	jv steps = json_get(object, "steps");
	int n = array_length(steps), rc = 0, i;

	if (read_text(object, "name", &out->name, err))
		rc = -1;
	else if (!out->name || n < 1 || n > (int)LIMIT_STEPS)
		rc = err_set(err, ERR_INPUT, "no name or no steps");
	else
		out->steps = xcalloc((size_t)n, sizeof(*out->steps));
	read_unique(object, out);
	for (i = 0; i < n && rc == 0; i++) {
		jv step = jv_array_get(jv_copy(steps), i);

		out->steps_n++;
		rc = read_step(step, &out->steps[i], err);
		jv_free(step);
	}
	jv_free(steps);
	return rc;
}

int definition_read(const char *text, struct pipeline *out, struct err *err)
{
	jv object;
	int rc;

	rc = json_parse(text, strlen(text), &object, err);
	if (rc == 0) {
		rc = read_pipeline(object, out, err);
		jv_free(object);
	}
	if (rc)
		(void)err_wrap(err, "definition of a pipeline");
	return rc;
}
