/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/num.h"
#include "engine/dice.h"
#include "engine/fault.h"

/* Where a value is kept. */
#define AT(member) \
 offsetof(struct fault, member), sizeof(((struct fault *)NULL)->member)

const struct fault_row fault_rows[] = {
	{ "latency", "TIME", "answer TIME after the request began",
	  FAULT_KIND_TIME, AT(latency_ms) },
	{ "jitter", "TIME", "and up to TIME later, by the key", FAULT_KIND_TIME,
	  AT(jitter_ms) },
	{ "status", "N", "always answer this status", FAULT_KIND_STATUS,
	  AT(status) },
	{ "refuse", "TEXT", "refuse a body that holds TEXT", FAULT_KIND_TEXT,
	  AT(refuse) },
	{ "error_rate", "P", "fail this share of calls, by key and attempt",
	  FAULT_KIND_RATE, AT(error_rate) },
	{ "fail_first", "N", "fail the first N calls of a key",
	  FAULT_KIND_COUNT, AT(fail_first) },
	{ "error_status", "N",
	  "status of error_rate and fail_first (500), of refuse (422)",
	  FAULT_KIND_STATUS, AT(error_status) },
	{ "retry_after", "TEXT", "Retry-After header of failures and of 202",
	  FAULT_KIND_TEXT, AT(retry_after) },
	{ "hang", "1", "never answer", FAULT_KIND_FLAG, AT(hang) },
	{ "cut", "1", "cut the connection in half the body", FAULT_KIND_FLAG,
	  AT(cut) },
	{ "cut_headers", "1", "cut the connection before the answer",
	  FAULT_KIND_FLAG, AT(cut_headers) },
	{ "redirect", "URL", "307 to URL", FAULT_KIND_TEXT, AT(redirect) },
	{ "html", "1", "200 with an HTML page", FAULT_KIND_FLAG, AT(html) },
	{ "empty", "1", "200 without a body", FAULT_KIND_FLAG, AT(empty) },
	{ "garbage", "1", "200 with binary bytes that claim to be JSON",
	  FAULT_KIND_FLAG, AT(garbage) },
	{ "invalid_utf8", "1", "200 with JSON that has a broken byte",
	  FAULT_KIND_FLAG, AT(invalid_utf8) },
	{ "not_object", "1", "200 with a JSON array", FAULT_KIND_FLAG,
	  AT(not_object) },
	{ "huge", "SIZE", "200 with SIZE bytes, of unsaid length",
	  FAULT_KIND_SIZE, AT(huge) },
	{ "progress", "N",
	  "N lines of progress over the latency, then the result",
	  FAULT_KIND_COUNT, AT(progress) },
	{ "sse", "1", "progress as text/event-stream, not x-ndjson",
	  FAULT_KIND_FLAG, AT(sse) },
	{ "accept", "N", "202 with a Location that is ready at the Nth look",
	  FAULT_KIND_COUNT, AT(accept) },
	{ "reject_first", "N", "let qa find fault in the first N rounds",
	  FAULT_KIND_COUNT, AT(reject_first) },
	{ NULL, NULL, NULL, FAULT_KIND_FLAG, 0, 0 },
};

static const struct fault_row *find_row(const char *name)
{
	const struct fault_row *row;

	for (row = fault_rows; row->name; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

static int set_text(char *out, size_t size, const char *value)
{
	size_t len = strlen(value), i;

	/* It goes into a header as it is. */
	for (i = 0; i < len; i++)
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return -1;
	if (len >= size)
		return -1;
	memcpy(out, value, len + 1);
	return 0;
}

static int set_status(uint64_t *out, const char *value)
{
	uint64_t status;

	if (num_u64(value, &status) || status < 200 || status > 599)
		return -1;
	*out = status;
	return 0;
}

static int set_rate(double *out, const char *value)
{
	double rate;

	if (num_double(value, &rate) || !(rate >= 0 && rate <= 1))
		return -1;
	*out = rate;
	return 0;
}

static int set_value(struct fault *fault, const struct fault_row *row,
		     const char *value)
{
	void *out = (char *)fault + row->offset;

	switch (row->kind) {
	case FAULT_KIND_FLAG:
		return num_bool(value, out);
	case FAULT_KIND_COUNT:
		return num_u64(value, out);
	case FAULT_KIND_TIME:
		return dur_parse(value, out);
	case FAULT_KIND_SIZE:
		return size_parse(value, out);
	case FAULT_KIND_RATE:
		return set_rate(out, value);
	case FAULT_KIND_STATUS:
		return set_status(out, value);
	case FAULT_KIND_TEXT:
		return set_text(out, row->size, value);
	}
	BUG("fault kind %d", (int)row->kind);
}

int fault_set(struct fault *fault, const char *name, const char *value,
	      struct err *err)
{
	const struct fault_row *row = find_row(name);

	if (!row)
		return err_set(err, ERR_INPUT, "no fault is named '%.40s'",
			       name);
	if (set_value(fault, row, value))
		return err_set(err, ERR_INPUT, "fault %s=%s cannot be '%.40s'",
			       name, row->value, value);
	return 0;
}

int fault_parse(struct fault *fault, const char *spec, struct err *err)
{
	while (*spec) {
		size_t len = strcspn(spec, ",&");
		char *name = xstrndup(spec, len);
		char *value = strchr(name, '=');
		int rc;

		if (value)
			*value++ = '\0';
		rc = len ? fault_set(fault, name, value ? value : "1", err) : 0;
		free(name);
		if (rc)
			return -1;
		spec += len;
		spec += *spec != '\0';
		spec += strspn(spec, " ");
	}
	return 0;
}

/* Dice that fall the same for one attempt of one key, as `what` is asked. */
static double chance(const struct fault_call *call, const char *what)
{
	char *text = xasprintf("%s/%s/%s", call->key, call->attempt, what);
	struct dice dice = dice_of(text);

	free(text);
	return dice_unit(&dice);
}

enum fault_act fault_decide(const struct fault *fault,
			    const struct fault_call *call)
{
	const struct {
		int applies;
		enum fault_act act;
	} order[] = {
		{ fault->hang, FAULT_HANG },
		{ fault->cut_headers, FAULT_CUT_HEADERS },
		{ fault->redirect[0] != '\0', FAULT_REDIRECT },
		{ fault->status != 0, FAULT_STATUS },
		{ fault->refuse[0] && call->body &&
			  strstr(call->body, fault->refuse),
		  FAULT_REFUSE },
		{ call->seen < fault->fail_first, FAULT_FAIL_FIRST },
		{ fault->error_rate > 0 &&
			  chance(call, "error") < fault->error_rate,
		  FAULT_ERROR_RATE },
		{ fault->html, FAULT_HTML },
		{ fault->empty, FAULT_EMPTY },
		{ fault->garbage, FAULT_GARBAGE },
		{ fault->invalid_utf8, FAULT_INVALID_UTF8 },
		{ fault->not_object, FAULT_NOT_OBJECT },
		{ fault->huge != 0, FAULT_HUGE },
		/* In a stream of progress it is the result that is cut off. */
		{ fault->cut && !fault->progress, FAULT_CUT },
		{ fault->progress != 0, FAULT_PROGRESS },
		{ fault->accept != 0, FAULT_ACCEPT },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(order); i++)
		if (order[i].applies)
			return order[i].act;
	return FAULT_NONE;
}

const char *fault_act_name(enum fault_act act)
{
	static const char *const names[] = {
		[FAULT_NONE] = "",
		[FAULT_HANG] = "hang",
		[FAULT_CUT_HEADERS] = "cut_headers",
		[FAULT_REDIRECT] = "redirect",
		[FAULT_STATUS] = "status",
		[FAULT_REFUSE] = "refuse",
		[FAULT_FAIL_FIRST] = "fail_first",
		[FAULT_ERROR_RATE] = "error_rate",
		[FAULT_HTML] = "html",
		[FAULT_EMPTY] = "empty",
		[FAULT_GARBAGE] = "garbage",
		[FAULT_INVALID_UTF8] = "invalid_utf8",
		[FAULT_NOT_OBJECT] = "not_object",
		[FAULT_HUGE] = "huge",
		[FAULT_CUT] = "cut",
		[FAULT_PROGRESS] = "progress",
		[FAULT_ACCEPT] = "accept",
	};

	assert((size_t)act < ARRAY_SIZE(names));
	return names[act];
}

int fault_needs_work(enum fault_act act)
{
	return act == FAULT_NONE || act >= FAULT_CUT;
}

int64_t fault_wait_ms(const struct fault *fault, const struct fault_call *call)
{
	if (fault->jitter_ms == 0)
		return fault->latency_ms;
	return fault->latency_ms +
	       (int64_t)((double)fault->jitter_ms * chance(call, "jitter"));
}
