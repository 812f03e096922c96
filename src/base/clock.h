/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/**
 * Time of this host, in milliseconds. The monotonic clock drives timers; the
 * wall clock stamps log lines and nothing else: what is stored gets its time
 * from the database server.
 */

#include <stdint.h>

int64_t clock_mono_ms(void);
int64_t clock_wall_ms(void);

/** Tests: stand still at `ms` on both clocks; a negative value lets go. */
void clock_test_set(int64_t ms);

#endif
