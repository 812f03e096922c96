/* SPDX-License-Identifier: MIT */

/*
 * "Did you mean": the smallest number of letters to add, drop, change or
 * swap with their neighbour (optimal string alignment). Up to a third of the
 * word may differ; beyond that a suggestion misleads more than it helps.
 */

#include <config.h>

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "base/util.h"
#include "conf/conf.h"

static int same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t distance(const char *a, const char *b)
{
	enum {
		COLUMNS = LIMIT_NAME + 1
	};
	size_t rows[3][COLUMNS], len_a = strlen(a), len_b = strlen(b), i, j;
	size_t *above2 = rows[0], *above = rows[1], *row = rows[2];

	if (len_a > LIMIT_NAME || len_b > LIMIT_NAME)
		return SIZE_MAX;
	for (j = 0; j <= len_b; j++)
		row[j] = j;
	for (i = 1; i <= len_a; i++) {
		size_t *spare = above2;

		above2 = above;
		above = row;
		row = spare;
		row[0] = i;
		for (j = 1; j <= len_b; j++) {
			size_t d = above[j - 1] + !same(a[i - 1], b[j - 1]);

			d = MIN(d, MIN(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]))
				d = MIN(d, above2[j - 2] + 1);
			row[j] = d;
		}
	}
	return row[len_b];
}

const char *conf_nearest(const char *word, const char *const *candidates,
			 size_t n)
{
	size_t best = strlen(word) / 3 + 1, i;
	const char *nearest = NULL;

	for (i = 0; i < n; i++) {
		size_t d = distance(word, candidates[i]);

		if (d < best || (d == best && !nearest)) {
			best = d;
			nearest = candidates[i];
		}
	}
	return nearest;
}
