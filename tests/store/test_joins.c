/* SPDX-License-Identifier: MIT */

/*
 * Two processes that do two things to one run at the same moment: end what a
 * join waits for, end items of one map, cancel and settle, answer a gate and
 * park it. Both wait for each other before each turn.
 */

#include <config.h>

#include <inttypes.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/util.h"
#include "play.h"
#include "store/control.h"

enum {
	TURNS = 500,      /* of each kind of join; 1,000 together */
	MEETINGS = 300,   /* with a cancel, or an answer */
	BRANCHES = 8,     /* of a wide join */
	ITEMS = 400,      /* of a map */
	AT_ONCE = 7,      /* of them */
	BITE = 3,         /* items a player takes */
	SPINS = 10000000, /* a process waits for the other */
	REPLAYS = 1000    /* of one transaction */
};

/* What the two share. */
struct meeting {
	atomic_uint arrived[TURNS];
	atomic_uint collected, replayed;
	struct shape shape;
	size_t branches; /* of each run */
	struct taken *taken;
	uint64_t runs[TURNS];
};

static struct meeting *meeting_new(const char *shape)
{
	struct meeting *m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(m != MAP_FAILED);
	shape_init(&m->shape, shape);
	return m;
}

static void meeting_free(struct meeting *m)
{
	(void)munmap(m, sizeof(*m));
}

static int meet(struct meeting *m, size_t turn)
{
	long spins;

	atomic_fetch_add(&m->arrived[turn], 1);
	for (spins = 0; atomic_load(&m->arrived[turn]) < 2; spins++)
		if (spins == SPINS || sched_yield())
			return -1;
	return 0;
}

static void two_play(struct play *p, struct meeting *m,
		     int (*first)(struct play *p, void *arg),
		     int (*second)(struct play *p, void *arg))
{
	pid_t a = play_fork(p, 1, first, m), b = play_fork(p, 2, second, m);

	play_wait(a);
	play_wait(b);
}

/* Settle, again while it is a deadlock. */
static int write_through(struct play *p, struct settle *items, size_t n,
			 struct meeting *m)
{
	int tries = REPLAYS;

	while (play_write(p, items, n)) {
		if (p->err.code != ERR_DB_RETRY || --tries == 0)
			return -1;
		atomic_fetch_add(&m->replayed, 1);
	}
	return 0;
}

static void assert_none(struct play *p, const char *what, const char *where)
{
	uint64_t n = play_u64(p, "SELECT COUNT(*) FROM %s", where);

	if (n > 0)
		fail_msg("%" PRIu64 " %s", n, what);
}

/* What must hold when all runs are over, whatever they are. */
static void all_is_over(struct play *p)
{
	assert_none(p, "jobs are left", "jobs");
	assert_none(p, "rows are not final",
		    "episode_jobs WHERE status NOT IN ('done', 'failed',"
		    " 'skipped', 'cancelled')");
	assert_none(p, "runs wait for something though done",
		    "episode_jobs WHERE status = 'done' AND waiting_on <> 0");
	assert_none(p, "rows ended more or less than once",
		    "(SELECT s.id FROM episode_jobs s LEFT JOIN"
		    " episode_events e ON e.episode_job_id = s.id AND"
		    " e.state IN ('done', 'failed', 'skipped', 'cancelled')"
		    " WHERE s.parent_id IS NULL OR s.status <> 'cancelled'"
		    " GROUP BY s.id HAVING COUNT(e.id) <> 1) x");
}

/* ---- joins */

/* Half of the branches of each run; the other process ends the others. */
static int end_branches(struct play *p, void *arg)
{
	struct meeting *m = arg;
	size_t half = m->branches / 2, mine = (p->worker_id - 1) * half, i, k;
	struct settle items[BRANCHES];

	for (i = 0; i < TURNS; i++) {
		for (k = 0; k < half; k++)
			items[k] =
				play_item(&m->taken[i * m->branches + mine + k],
					  k % 2 ? SETTLE_SKIP : SETTLE_DONE);
		if (meet(m, i) || write_through(p, items, half, m))
			return 1;
		for (k = 0; k < half; k++)
			if (items[k].outcome != SETTLE_WRITTEN)
				return 1;
	}
	return 0;
}

static void race_joins(struct play *p, const char *shape, size_t branches)
{
	struct meeting *m = meeting_new(shape);
	struct taken *taken = xcalloc(TURNS * branches, sizeof(*taken)), end;
	size_t i;

	m->branches = branches;
	m->taken = taken;
	for (i = 0; i < TURNS; i++) {
		(void)play_run(p, &m->shape);
		play_take_all(p, &m->shape, taken + i * branches, branches);
	}
	two_play(p, m, end_branches, end_branches);
	assert_int_equal(atomic_load(&m->replayed), 0);
	assert_int_equal(play_u64(p, "SELECT COUNT(*) FROM jobs"), TURNS);
	assert_int_equal(play_u64(p,
				  "SELECT COUNT(DISTINCT j.step_id) FROM jobs j"
				  " JOIN episode_jobs s ON s.id = j.step_id"
				  " AND s.step = 'end' AND s.status = 'queued'"
				  " AND s.waiting_on = 0"),
			 TURNS);
	for (i = 0; i < TURNS; i++) {
		end = play_take_step(p, &m->shape, "end");
		play_settle(p, &end, SETTLE_DONE);
		taken_release(&end);
	}
	all_is_over(p);
	for (i = 0; i < TURNS * branches; i++)
		taken_release(&taken[i]);
	free(taken);
	meeting_free(m);
}

static void a_diamond_joins_once_however_it_ends(void **state)
{
	race_joins(*state, "a b end:a,b", 2);
}

static void a_wide_join_joins_once_however_it_ends(void **state)
{
	race_joins(*state, "a b c d e f g h end:a,b,c,d,e,f,g,h", BRANCHES);
}

/* ---- maps */

static struct settle_map piece(const char *const *values, size_t first,
			       size_t n, size_t items)
{
	return (struct settle_map){
		.items = (uint32_t)items,
		.first = (uint32_t)first,
		.values = values + first,
		.n = n,
		.is_last = first + n == items,
		.at_once = AT_ONCE,
	};
}

/* A run of a map, whose job is taken. */
static struct taken take_map(struct play *p, struct meeting *m)
{
	m->shape.steps[0].kind = PIPELINE_MAP;
	(void)play_run(p, &m->shape);
	return play_take_step(p, &m->shape, "map");
}

static uint64_t items_active(struct play *p)
{
	return play_u64(p,
			"SELECT COUNT(*) FROM episode_jobs WHERE kind = 'item'"
			" AND status IN ('queued', 'running', 'retrying')");
}

/* As above, for a process that may not assert; -1 when that fails. */
static int64_t count_active(struct play *p)
{
	struct db_rows rows = { 0 };
	int64_t n = -1;

	if (db_query(p->db, &rows, &p->err,
		     "SELECT COUNT(*) FROM episode_jobs WHERE kind = 'item'"
		     " AND status IN ('queued', 'running', 'retrying')",
		     DB_NO_ARGS) == 0 &&
	    db_rows_next(&rows))
		n = (int64_t)row_u64(&rows, 0);
	db_rows_release(&rows);
	return n;
}

/* Every seventh item fails, the others are done; so is the map. */
static struct settle end_of(struct meeting *m, const struct taken *taken)
{
	struct settle item = play_item(taken, SETTLE_DONE);

	item.parent_id = taken->step.parent_id;
	if (!item.parent_id)
		atomic_fetch_add(&m->collected, 1);
	else if (taken->step.item % 7 == 3)
		item.kind = SETTLE_FAIL;
	item.cost = item.parent_id ? "0.25" : "0";
	return item;
}

static int end_items(struct play *p, void *arg)
{
	struct meeting *m = arg;
	struct taken taken[BITE];
	struct settle items[BITE];
	size_t i, n;
	int64_t active;
	int rc = 0;

	while (rc == 0 && atomic_load(&m->collected) == 0) {
		rc = play_take(p, &m->shape, taken, BITE, &n);
		if (rc && p->err.code == ERR_DB_RETRY) {
			atomic_fetch_add(&m->replayed, 1);
			rc = 0;
			continue;
		}
		for (i = 0; rc == 0 && i < n; i++)
			items[i] = end_of(m, &taken[i]);
		active = rc ? -1 : count_active(p);
		if (active < 0 || active > AT_ONCE)
			rc = err_set(&p->err, ERR_DB, "%d items are active",
				     (int)active);
		if (rc == 0 && n > 0)
			rc = write_through(p, items, n, m);
		for (i = 0; i < n; i++)
			taken_release(&taken[i]);
	}
	return rc ? 1 : 0;
}

static void two_that_end_the_items_of_a_map_collect_it_once(void **state)
{
	struct play *p = *state;
	struct meeting *m = meeting_new("map end:map");
	struct taken map = take_map(p, m), end;
	struct settle item = play_item(&map, SETTLE_MAP);
	const char *values[ITEMS];
	struct settle_map pieces[2];
	size_t i;

	for (i = 0; i < ITEMS; i++)
		values[i] = "{\"v\": 1}";
	pieces[0] = piece(values, 0, ITEMS / 2, ITEMS);
	pieces[1] = piece(values, ITEMS / 2, ITEMS / 2, ITEMS);
	for (i = 0; i < 2; i++) {
		item.map = &pieces[i];
		play_must(p, play_write(p, &item, 1));
		assert_int_equal(item.outcome, SETTLE_WRITTEN);
		assert_int_equal(items_active(p), AT_ONCE);
	}
	two_play(p, m, end_items, end_items);
	assert_int_equal(atomic_load(&m->collected), 1);
	end = play_take_step(p, &m->shape, "end");
	play_settle(p, &end, SETTLE_DONE);
	all_is_over(p);
	play_gives(p, "343 57 400 400",
		   "SELECT CONCAT_WS(' ', SUM(status = 'done'),"
		   " SUM(status = 'failed'), COUNT(DISTINCT item),"
		   " SUM(attempts)) FROM episode_jobs WHERE kind = 'item'");
	play_gives(p, "85.750000 done",
		   "SELECT CONCAT_WS(' ', cost, status) FROM episode_jobs"
		   " WHERE kind = 'run'");
	play_gives(p, "85.750000 0 400",
		   "SELECT CONCAT_WS(' ', cost, waiting_on, items) FROM"
		   " episode_jobs WHERE kind = 'map'");
	assert_none(p, "failed jobs", "failed_jobs");
	taken_release(&map);
	taken_release(&end);
	meeting_free(m);
}

/* The worker that makes the items may be the one that ends them. */
static void a_piece_of_a_map_lets_in_no_more_than_fit(void **state)
{
	struct play *p = *state;
	struct meeting *m = meeting_new("map");
	struct taken map = take_map(p, m), taken[AT_ONCE];
	struct settle items[AT_ONCE + 1];
	const char *values[4 * AT_ONCE];
	struct settle_map pieces[2];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		values[i] = "1";
	pieces[0] = piece(values, 0, 2 * AT_ONCE, ARRAY_SIZE(values));
	pieces[1] = piece(values, 2 * AT_ONCE, 2 * AT_ONCE, ARRAY_SIZE(values));
	items[0] = play_item(&map, SETTLE_MAP);
	items[0].map = &pieces[0];
	play_must(p, play_write(p, items, 1));
	play_take_all(p, &m->shape, taken, AT_ONCE);
	for (i = 0; i < AT_ONCE; i++)
		items[i + 1] = end_of(m, &taken[i]);
	items[0].map = &pieces[1];
	play_must(p, play_write(p, items, AT_ONCE + 1));
	assert_int_equal(items_active(p), AT_ONCE);
	play_gives(p, "7,8,9,10,11,12,13",
		   "SELECT GROUP_CONCAT(item ORDER BY item) FROM episode_jobs"
		   " WHERE kind = 'item' AND status = 'queued'");
	for (i = 0; i < AT_ONCE; i++)
		taken_release(&taken[i]);
	taken_release(&map);
	meeting_free(m);
}

/* A COMMIT whose answer was lost: the job is held as before. */
static void a_piece_of_a_map_that_is_written_again_adds_nothing(void **state)
{
	struct play *p = *state;
	struct meeting *m = meeting_new("map");
	struct taken map = take_map(p, m);
	struct settle item = play_item(&map, SETTLE_MAP);
	const char *values[2 * AT_ONCE];
	struct settle_map pieces[2];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		values[i] = "1";
	pieces[0] = piece(values, 0, AT_ONCE, ARRAY_SIZE(values));
	pieces[1] = piece(values, AT_ONCE, AT_ONCE, ARRAY_SIZE(values));
	for (i = 0; i < 4; i++) {
		item.map = &pieces[i / 2];
		play_must(p, play_write(p, &item, 1));
	}
	play_gives(p, "14 14 7",
		   "SELECT CONCAT_WS(' ', COUNT(*), COUNT(DISTINCT item),"
		   " SUM(status = 'queued')) FROM episode_jobs"
		   " WHERE kind = 'item'");
	play_gives(p, "14",
		   "SELECT waiting_on FROM episode_jobs"
		   " WHERE kind = 'map'");
	taken_release(&map);
	meeting_free(m);
}

/* ---- people and workers */

/* As many runs as meetings, and the first step of each taken. */
static void take_firsts(struct play *p, struct meeting *m, struct taken *taken)
{
	size_t i;

	for (i = 0; i < MEETINGS; i++) {
		m->runs[i] = play_run(p, &m->shape);
		play_take_all(p, &m->shape, &taken[i], 1);
	}
	m->taken = taken;
}

static int settle_each(struct play *p, struct meeting *m, enum settle_kind kind)
{
	size_t i;

	for (i = 0; i < MEETINGS; i++) {
		struct settle item = play_item(&m->taken[i], kind);

		item.until = SETTLE_NO_TIME;
		if (meet(m, i) || write_through(p, &item, 1, m))
			return 1;
	}
	return 0;
}

static int finish(struct play *p, void *arg)
{
	return settle_each(p, arg, SETTLE_DONE);
}

static int cancel(struct play *p, void *arg)
{
	struct meeting *m = arg;
	struct cancelled out;
	size_t i;

	for (i = 0; i < MEETINGS; i++)
		if (meet(m, i) ||
		    run_cancel(p->db, m->runs[i], NULL, &out, &p->err) ||
		    out.outcome == CANCEL_GONE)
			return 1;
	return 0;
}

static void race_cancel(struct play *p, const char *shape)
{
	struct meeting *m = meeting_new(shape);
	struct taken taken[MEETINGS];
	size_t i;

	take_firsts(p, m, taken);
	two_play(p, m, finish, cancel);
	all_is_over(p);
	assert_none(p, "runs are not what their steps are",
		    "episode_jobs s JOIN episode_jobs r ON r.id = s.run_id"
		    " WHERE r.status <> IF(s.step = 'only', s.status,"
		    " 'cancelled')");
	print_message("# %" PRIu64 " of %d were done before\n",
		      play_u64(p,
			       "SELECT COUNT(*) FROM episode_jobs WHERE"
			       " step IN ('a', 'only') AND status = 'done'"),
		      MEETINGS);
	for (i = 0; i < MEETINGS; i++)
		taken_release(&taken[i]);
	meeting_free(m);
}

static void what_is_cancelled_while_a_step_ends_stays_cancelled(void **state)
{
	race_cancel(*state, "a b:a");
}

static void a_run_is_done_or_cancelled_never_both(void **state)
{
	race_cancel(*state, "only");
}

static int park(struct play *p, void *arg)
{
	return settle_each(p, arg, SETTLE_PARK);
}

static int approve(struct play *p, void *arg)
{
	struct meeting *m = arg;
	struct gate_reply out = { 0 };
	size_t i;

	for (i = 0; i < MEETINGS; i++) {
		const struct gate_answer yes = { m->runs[i], "gate", 1, NULL };

		if (meet(m, i) || gate_answer(p->db, &yes, &out, &p->err))
			return 1;
		if (out.outcome != GATE_ANSWERED)
			return err_set(&p->err, ERR_DB, "outcome %d of run %zu",
				       (int)out.outcome, i) != 0;
	}
	return 0;
}

static void an_answer_to_a_gate_that_is_being_parked_counts(void **state)
{
	struct play *p = *state;
	struct meeting *m = meeting_new("gate end:gate");
	struct taken taken[MEETINGS], any;
	size_t i;

	m->shape.steps[0].kind = PIPELINE_GATE;
	take_firsts(p, m, taken);
	/* A worker parks what it claims before it is started. */
	play_exec(p,
		  "UPDATE episode_jobs SET status = 'queued'"
		  " WHERE step = 'gate'");
	two_play(p, m, park, approve);
	assert_none(p, "answered gates still wait",
		    "jobs WHERE available_at > UNIX_TIMESTAMP()"
		    " OR reserved_at IS NOT NULL");
	/* The gates, and what is behind them. */
	for (i = 0; i < 2 * MEETINGS; i++) {
		play_take_all(p, &m->shape, &any, 1);
		if (strcmp(any.step.step, "gate") == 0)
			assert_non_null(any.step.value);
		play_settle(p, &any, SETTLE_DONE);
		taken_release(&any);
	}
	for (i = 0; i < MEETINGS; i++)
		taken_release(&taken[i]);
	all_is_over(p);
	meeting_free(m);
}

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		PLAY(a_diamond_joins_once_however_it_ends),
		PLAY(a_wide_join_joins_once_however_it_ends),
		PLAY(two_that_end_the_items_of_a_map_collect_it_once),
		PLAY(a_piece_of_a_map_lets_in_no_more_than_fit),
		PLAY(a_piece_of_a_map_that_is_written_again_adds_nothing),
		PLAY(what_is_cancelled_while_a_step_ends_stays_cancelled),
		PLAY(a_run_is_done_or_cancelled_never_both),
		PLAY(an_answer_to_a_gate_that_is_being_parked_counts),
	};
	int failed = cmocka_run_group_tests_name("joins", tests, NULL, NULL);

	return play_over(&server, failed);
}
