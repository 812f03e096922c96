/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <stddef.h>

#include "plan/backoff.h"

int64_t backoff_ms(const int64_t *list, unsigned int failures, double jitter,
		   uint32_t random)
{
	size_t i = 0;

	assert(failures > 0 && jitter >= 0 && jitter <= 1);
	if (!list || list[0] < 0)
		return 0;
	while (i + 1 < failures && list[i + 1] >= 0)
		i++;
	return list[i] + (int64_t)((double)list[i] * jitter *
				   ((double)random / (double)UINT32_MAX));
}
