/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/uuid.h"

void uuid_new(char out[UUID_TEXT])
{
	uint64_t ms = (uint64_t)clock_wall_ms();
	unsigned char r[10];

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		BUG("getrandom gives no bytes");
	(void)snprintf(out, UUID_TEXT,
		       "%08x-%04x-7%01x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		       (unsigned int)(ms >> 16 & 0xffffffffu),
		       (unsigned int)(ms & 0xffffu), r[0] & 0xfu, r[1],
		       0x80u | (r[2] & 0x3fu), r[3], r[4], r[5], r[6], r[7],
		       r[8], r[9]);
}

int uuid_is_valid(const char *s)
{
	int i;

	for (i = 0; i < UUID_TEXT - 1; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i] != '-')
				return 0;
		} else if (!isxdigit((unsigned char)s[i])) {
			return 0;
		}
	}
	return s[i] == '\0';
}
