/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/util.h"
#include "plan/pipeline.h"
#include "plan/scope.h"

int scope_sees(const struct pipeline *pipeline, size_t step, size_t other)
{
	const unsigned char *body;
	size_t i;

	if (pipeline->steps[step].above[other])
		return 1;
	for (i = 0; i < pipeline->steps_n; i++) {
		body = pipeline->steps[i].again.body;
		if (body && body[step] && body[other])
			return 1;
	}
	return 0;
}

/* Takes over both. */
static jv merge(enum pipeline_merge how, jv old, jv value)
{
	int is_list;

	switch (how) {
	case MERGE_REPLACE:
		break;
	case MERGE_APPEND:
		is_list = jv_get_kind(value) == JV_KIND_ARRAY;
		if (jv_get_kind(old) != JV_KIND_ARRAY) {
			jv_free(old);
			old = jv_array();
		}
		return is_list ? jv_array_concat(old, value)
			       : jv_array_append(old, value);
	case MERGE_DEEP:
		if (jv_get_kind(old) == JV_KIND_OBJECT &&
		    jv_get_kind(value) == JV_KIND_OBJECT)
			return jv_object_merge_recursive(old, value);
		break;
	}
	jv_free(old);
	return value;
}

static const char *name_of(const struct pipeline_step *step)
{
	return step->into ? step->into : step->name;
}

static jv contribute(jv state, const char *name, enum pipeline_merge how,
		     jv value)
{
	jv old = json_get(state, name);

	return jv_object_set(state, jv_string(name), merge(how, old, value));
}

/* `.errors` is there only while there are some. NULL: there is none (now). */
static jv set_error(jv state, const char *name, const char *error)
{
	jv errors = json_get(state, "errors");

	if (jv_get_kind(errors) != JV_KIND_OBJECT) {
		jv_free(errors);
		if (!error)
			return state;
		errors = jv_object();
	}
	if (error)
		errors = jv_object_set(errors, jv_string(name),
				       jv_string(error));
	else
		errors = jv_object_delete(errors, jv_string(name));
	if (jv_object_length(jv_copy(errors)) == 0) {
		jv_free(errors);
		return jv_object_delete(state, jv_string("errors"));
	}
	return jv_object_set(state, jv_string("errors"), errors);
}

jv scope_contribute(jv state, const struct pipeline *pipeline,
		    const struct scope_row *row)
{
	const struct pipeline_step *step = &pipeline->steps[row->step];
	jv value;

	if (row->state == STATE_FAILED || row->state == STATE_SKIPPED) {
		if (row->state == STATE_FAILED && step->merge == MERGE_REPLACE)
			state = contribute(state, name_of(step), MERGE_REPLACE,
					   jv_null());
		return row->error ? set_error(state, step->name, row->error)
				  : state;
	}
	if (row->state != STATE_DONE)
		return state;
	value = json_stored(row->result);
	state = set_error(state, step->name, NULL);
	for (;;) {
		state = contribute(state, name_of(step), step->merge,
				   jv_copy(value));
		if (!step->is_fallback)
			break;
		step = &pipeline->steps[step->fallback_of];
	}
	jv_free(value);
	return state;
}

/* The end of the outermost loop that `step` is in; else itself. */
static size_t last_end(const struct pipeline *pipeline, size_t step)
{
	const unsigned char *body;
	size_t i = 0;

	while (i < pipeline->steps_n) {
		body = pipeline->steps[i].again.body;
		if (i != step && body && body[step]) {
			step = i;
			i = 0;
		} else {
			i++;
		}
	}
	return step;
}

struct place {
	size_t at;
	size_t row;
};

static int cmp_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* All rounds of a loop are where its end was made: before what follows it. */
static void put_in_order(const struct pipeline *pipeline,
			 const struct scope_row *rows, size_t n,
			 struct place *out)
{
	size_t first[LIMIT_STEPS];
	size_t i;

	for (i = 0; i < pipeline->steps_n; i++)
		first[i] = n;
	for (i = n; i-- > 0;)
		first[rows[i].step] = i;
	for (i = 0; i < n; i++) {
		out[i].at = MIN(i, first[last_end(pipeline, rows[i].step)]);
		out[i].row = i;
	}
	qsort(out, n, sizeof(*out), cmp_place);
}

jv scope_add(jv state, const struct pipeline *pipeline, size_t step,
	     const struct scope_row *rows, size_t n)
{
	struct place *places = xcalloc(n, sizeof(*places));
	size_t i;

	put_in_order(pipeline, rows, n, places);
	for (i = 0; i < n; i++) {
		const struct scope_row *row = &rows[places[i].row];

		if (scope_sees(pipeline, step, row->step))
			state = scope_contribute(state, pipeline, row);
	}
	free(places);
	return state;
}
