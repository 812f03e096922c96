/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/uuid.h"
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

static void add_range(struct pick *pick, struct failed_filter range)
{
	pick->ranges =
		xreallocarray(pick->ranges, pick->n + 1, sizeof(*pick->ranges));
	pick->ranges[pick->n++] = range;
}

/* "run:7" or the uuid of a run: 1, or 0 when none of its steps is failed. */
static int read_run(struct db *db, const char *word, const char *queue,
		    struct pick *pick, struct err *err)
{
	static const char prefix[] = "run:";
	int is_named = strncmp(word, prefix, strlen(prefix)) == 0;
	const char *run = is_named ? word + strlen(prefix) : word;
	uint64_t ids[LIMIT_BULK], number;
	size_t i, n = 0;

	if (is_named && num_u64(run, &number) && !uuid_is_valid(run))
		return err_set(err, ERR_USAGE,
			       "'%s' does not end in a run's number or uuid",
			       word);
	if (!is_named && !uuid_is_valid(run))
		return 0;
	if (failed_of_run(db, run, ids, ARRAY_SIZE(ids), &n, err))
		return -1;
	for (i = 0; i < n; i++)
		add_range(pick, (struct failed_filter){ .queue = queue,
							.from = ids[i],
							.to = ids[i] });
	return n > 0;
}

/* 1 with `pick` filled, 0 when the word names nothing. */
static int read_word(struct db *db, const char *word, const char *queue,
		     struct pick *pick, struct err *err)
{
	struct failed_filter range = { .queue = queue };
	int rc = 1;

	if (strcmp(word, "all") != 0)
		rc = read_range(word, &range, err);
	if (rc == 0)
		rc = read_one(db, word, &range, err);
	if (rc > 0)
		add_range(pick, range);
	return rc ? rc : read_run(db, word, queue, pick, err);
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

	if (argc == 0)
		add_range(out, (struct failed_filter){ .queue = queue });
	for (i = 0; i < argc; i++) {
		int rc = read_word(ctx->db, argv[i], queue, out, err);

		if (rc < 0)
			return -1;
		if (rc == 0) {
			tell_unknown(argv[i], queue);
			out->unknown++;
		}
	}
	if (out->n == 0)
		return 0;
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
