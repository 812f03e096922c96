/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <time.h>

#include "base/clock.h"

static int64_t test_ms = -1;

static int64_t read_ms(clockid_t id)
{
	struct timespec ts;

	if (test_ms >= 0)
		return test_ms;
	(void)clock_gettime(id, &ts); /* cannot fail for these two clocks */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_mono_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

void clock_test_set(int64_t ms)
{
	test_ms = ms;
}
