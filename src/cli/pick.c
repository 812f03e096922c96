/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/pick.h"

void pick_release(struct pick *pick)
{
	free(pick->ranges);
	*pick = (struct pick){ 0 };
}

/* "5-9": 1, or 0 when it is something else. */
static int read_range(const char *word, struct failed_filter *range,
		      struct err *err)
{
	const char *dash = strchr(word, '-');
	char *from;
	int is_range;

	if (!dash)
		return 0;
	from = xstrndup(word, (size_t)(dash - word));
	is_range = num_u64(from, &range->from) == 0 &&
		   num_u64(dash + 1, &range->to) == 0;
	free(from);
	if (is_range && (range->from == 0 || range->from > range->to))
		return err_set(err, ERR_USAGE,
			       "'%s' is no range: the smaller id goes first",
			       word);
	return is_range;
}

/* One row by id or uuid: 1, or 0 when it is not there. */
static int read_one(struct db *db, const char *word,
		    struct failed_filter *range, struct err *err)
{
	uint64_t id = 0;
	size_t n = 0;
	int found = 1;

	if (num_u64(word, &id))
		found = failed_find(db, word, &id, err);
	if (found <= 0 || id == 0)
		return found < 0 ? -1 : 0;
	range->from = range->to = id;
	if (failed_page(db, range, 1, &id, &n, err))
		return -1;
	return n > 0;
}

static void tell_unknown(const char *word, const char *queue)
{
	if (queue)
		(void)fprintf(stderr,
			      "stepq: no failed job '%s' of queue '%s'\n", word,
			      queue);
	else
		(void)fprintf(stderr, "stepq: no failed job '%s'\n", word);
}

/* 1 with `range` filled, 0 when the word names nothing. */
static int read_word(struct db *db, const char *word,
		     struct failed_filter *range, struct err *err)
{
	int rc;

	if (strcmp(word, "all") == 0)
		return 1;
	rc = read_range(word, range, err);
	if (rc != 0)
		return rc;
	return read_one(db, word, range, err);
}

static int cmp_range(const void *a, const void *b)
{
	const struct failed_filter *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* The newest there is now ends what has no end. */
static int end_ranges(struct db *db, struct pick *pick, struct err *err)
{
	struct failed_filter any = { 0 };
	struct failed_list newest = { 0 };
	uint64_t last;
	size_t i;

	if (failed_list(db, &any, 1, &newest, err))
		return -1;
	last = newest.n > 0 ? newest.jobs[0].id : 1;
	failed_list_release(&newest);
	for (i = 0; i < pick->n; i++)
		if (pick->ranges[i].to == 0 || pick->ranges[i].to > last)
			pick->ranges[i].to = last;
	return 0;
}

int pick_read(const struct cmd_ctx *ctx, int argc, char **argv,
	      const char *queue, struct pick *out, struct err *err)
{
	int i;

	out->ranges = xcalloc((size_t)argc + 1, sizeof(*out->ranges));
	if (argc == 0)
		out->ranges[out->n++].queue = queue;
	for (i = 0; i < argc; i++) {
		struct failed_filter range = { .queue = queue };
		int rc = read_word(ctx->db, argv[i], &range, err);

		if (rc < 0)
			return -1;
		if (rc > 0) {
			out->ranges[out->n++] = range;
		} else {
			tell_unknown(argv[i], queue);
			out->unknown++;
		}
	}
	qsort(out->ranges, out->n, sizeof(*out->ranges), cmp_range);
	return end_ranges(ctx->db, out, err);
}

int pick_next(const struct cmd_ctx *ctx, struct pick *pick,
	      uint64_t ids[LIMIT_BULK], size_t *n_out, struct err *err)
{
	for (; pick->at < pick->n; pick->at++) {
		struct failed_filter *range = &pick->ranges[pick->at];

		if (range->from > range->to)
			continue;
		if (failed_page(ctx->db, range, LIMIT_BULK, ids, n_out, err))
			return -1;
		if (*n_out > 0) {
			range->from = ids[*n_out - 1] + 1;
			return 1;
		}
	}
	return 0;
}
