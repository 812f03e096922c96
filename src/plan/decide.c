/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <math.h>

#include "base/limits.h"
#include "base/util.h"
#include "plan/decide.h"
#include "plan/pipeline.h"

enum decide_path decide_path(const struct pipeline *pipeline, size_t step,
			     const enum state *states)
{
	const struct pipeline_step *s = &pipeline->steps[step];
	enum decide_path path = s->when_text ? PATH_WHEN : PATH_RUN;
	size_t i;

	if (s->is_fallback && states[s->fallback_of] != STATE_FAILED)
		return PATH_SKIP;
	for (i = 0; i < s->needs_n; i++)
		if (states[s->needs[i]] != STATE_SKIPPED)
			return path;
	return s->needs_n > 0 && path == PATH_RUN ? PATH_SKIP : path;
}

uint32_t decide_loop_needs(const struct pipeline *pipeline, size_t end,
			   size_t step)
{
	const unsigned char *body = pipeline->steps[end].again.body;
	const struct pipeline_step *s = &pipeline->steps[step];
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < s->needs_n; i++)
		n += body[s->needs[i]];
	return n;
}

/* Each round of a loop around this one has brought a new row too. */
static uint32_t times_back(const struct pipeline *pipeline, size_t end,
			   const uint32_t *rounds, int64_t *known)
{
	const unsigned char *body;
	int64_t n = (int64_t)rounds[end] - 1;
	size_t i;

	if (known[end] >= 0)
		return (uint32_t)known[end];
	for (i = 0; i < pipeline->steps_n; i++) {
		body = pipeline->steps[i].again.body;
		if (i != end && body && body[end])
			n -= times_back(pipeline, i, rounds, known);
	}
	known[end] = MAX(n, 0);
	return (uint32_t)known[end];
}

uint32_t decide_times_back(const struct pipeline *pipeline, size_t end,
			   const uint32_t *rounds)
{
	int64_t known[LIMIT_STEPS];
	size_t i;

	for (i = 0; i < pipeline->steps_n; i++)
		known[i] = -1;
	return times_back(pipeline, end, rounds, known);
}

size_t decide_quota(const struct pipeline *pipeline, size_t step, size_t items)
{
	const struct pipeline_quota *quota = &pipeline->steps[step].min_done;
	double wanted;

	if (quota->count >= 0)
		return (size_t)quota->count < items ? (size_t)quota->count
						    : items;
	/* 7 % of 100 is 7, though 0.07 * 100 is a little more. */
	wanted = ceil(quota->share * (double)items - 1e-6);
	return wanted > 0 ? (size_t)wanted : 0;
}
