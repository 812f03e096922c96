/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/tail.h"
#include "store/view.h"

/* Longer than a transaction that writes events takes to commit. */
enum {
	SETTLED_MS = 5000
};

int tail_start(struct db *db, struct tail *tail, uint64_t run_id, size_t n,
	       struct err *err)
{
	uint64_t floor;

	if (view_events_last(db, run_id, n, &floor, err))
		return -1;
	*tail = (struct tail){ .run_id = run_id, .floor = floor };
	return 0;
}

void tail_release(struct tail *tail)
{
	free(tail->seen);
	*tail = (struct tail){ 0 };
}

/* Where `id` stands in the sorted list, or would. */
static size_t seen_place(const struct tail *tail, uint64_t id)
{
	size_t low = 0, high = tail->seen_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tail->seen[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* 1 when `id` is new; it is remembered now. */
static int see(struct tail *tail, uint64_t id)
{
	size_t at = seen_place(tail, id);

	if (at < tail->seen_n && tail->seen[at] == id)
		return 0;
	if (tail->seen_n == tail->seen_alloc) {
		tail->seen_alloc = tail->seen_alloc ? tail->seen_alloc * 2 : 64;
		tail->seen = xreallocarray(tail->seen, tail->seen_alloc,
					   sizeof(*tail->seen));
	}
	memmove(tail->seen + at + 1, tail->seen + at,
		(tail->seen_n - at) * sizeof(*tail->seen));
	tail->seen[at] = id;
	tail->seen_n++;
	return 1;
}

static void raise_floor(struct tail *tail, uint64_t id)
{
	size_t below;

	tail->floor = id;
	below = seen_place(tail, id + 1);
	memmove(tail->seen, tail->seen + below,
		(tail->seen_n - below) * sizeof(*tail->seen));
	tail->seen_n -= below;
}

/* Keep the events of `page` that are new, and drop the others. */
static void keep_new(struct tail *tail, struct view_events *page)
{
	int is_settled = 1;
	size_t i, n = 0;

	for (i = 0; i < page->n; i++) {
		struct view_event *event = &page->events[i];
		uint64_t id = event->id;

		is_settled = is_settled &&
			     page->now_ms - event->created_ms > SETTLED_MS;
		if (see(tail, id))
			page->events[n++] = *event;
		else
			view_event_release(event);
		if (is_settled)
			raise_floor(tail, id);
	}
	page->n = n;
}

int tail_next(struct db *db, struct tail *tail, struct view_events *out,
	      struct err *err)
{
	uint64_t after = tail->floor, last;
	struct view_events page;
	size_t read;

	do {
		if (view_events(db, tail->run_id, after, LIMIT_EVENTS, &page,
				err))
			return -1;
		read = page.n;
		last = read > 0 ? page.events[read - 1].id : after;
		keep_new(tail, &page);
		if (page.n > 0) {
			*out = page;
			return 1;
		}
		view_events_release(&page);
		after = last;
	} while (read == LIMIT_EVENTS);
	return 0;
}
