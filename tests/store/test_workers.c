/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "play.h"
#include "store/event.h"
#include "store/workers.h"

static const struct worker_row somebody = {
	.name = "it's me",
	.host = "here",
	.pid = 4711,
	.queues = "high,default",
	.concurrency = 100,
	.state = "running",
};

static void rows_are(struct play *p, const char *want)
{
	play_gives(p, want,
		   "SELECT GROUP_CONCAT(name, ' ', host, ' ', pid, ' ',"
		   " queues, ' ', concurrency, ' ', state, ' ', running, ' ',"
		   " done, ' ', failed, ' ', rss_kib ORDER BY id) FROM workers"
		   " WHERE heartbeat_at BETWEEN NOW(3) - INTERVAL 60 SECOND"
		   " AND NOW(3)");
}

static void each_worker_has_a_row_of_its_own(void **state)
{
	struct play *p = *state;
	struct play *other = play_another(p, 2);
	struct worker_row a = somebody, b = somebody;

	play_must(p, workers_add(p->db, &a, &p->err));
	play_must(other, workers_add(other->db, &b, &other->err));
	assert_true(a.id > 0);
	assert_true(b.id > 0);
	assert_int_not_equal(a.id, b.id);
	play_must(p, workers_del(p->db, a.id, &p->err));
	assert_int_equal(play_u64(p, "SELECT id FROM workers"), b.id);
	play_must(p, workers_del(p->db, a.id, &p->err));
}

static void workers_that_were_silent_for_a_day_are_forgotten(void **state)
{
	struct play *p = *state;
	struct worker_row rows[3];
	size_t i;

	for (i = 0; i < 2; i++) {
		rows[i] = somebody;
		play_must(p, workers_add(p->db, &rows[i], &p->err));
	}
	play_exec(p,
		  "UPDATE workers SET heartbeat_at = NOW(3) - INTERVAL"
		  " IF(id = %" PRIu64 ", 25, 23) HOUR",
		  rows[0].id);
	rows[2] = somebody;
	play_must(p, workers_add(p->db, &rows[2], &p->err));
	play_gives(p, "1",
		   "SELECT COUNT(*) = 2 AND MIN(id) = %" PRIu64
		   " AND MAX(id) = %" PRIu64 " FROM workers",
		   rows[1].id, rows[2].id);
}

static void a_heartbeat_brings_the_figures(void **state)
{
	struct play *p = *state;
	struct worker_row row = somebody;

	play_must(p, workers_add(p->db, &row, &p->err));
	rows_are(p, "it's me here 4711 high,default 100 running 0 0 0 0");
	play_exec(p,
		  "UPDATE workers SET heartbeat_at = '2024-01-01',"
		  " started_at = '2023-01-01'");
	row.state = "draining";
	row.queues = "low";
	row.concurrency = 7;
	row.running = 3;
	row.done = 1ULL << 40;
	row.failed = 2;
	row.rss_kib = 30000;
	play_must(p, workers_beat(p->db, &row, &p->err));
	rows_are(p, "it's me here 4711 low 7 draining 3 1099511627776 2 30000");
	play_gives(p, "2023-01-01 00:00:00.000",
		   "SELECT started_at FROM workers");
}

static void a_row_that_was_removed_comes_back_under_its_number(void **state)
{
	struct play *p = *state;
	struct worker_row row = somebody;

	play_must(p, workers_add(p->db, &row, &p->err));
	play_exec(p, "DELETE FROM workers");
	row.running = 5;
	play_must(p, workers_beat(p->db, &row, &p->err));
	assert_int_equal(play_u64(p, "SELECT id FROM workers"), row.id);
	rows_are(p, "it's me here 4711 high,default 100 running 5 0 0 0");
}

static void lines_of_steps_become_events(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct run_new run;
	struct taken taken[2];
	struct event_line lines[4];
	static char first[] = "one: it's \303\244 ?", second[] = "two",
		    late[] = "too late";
	size_t i;

	shape_init(&shape, "a b");
	run = play_new(p, &shape);
	run.has_episode = 1;
	run.episode_id = 7;
	play_must(p, play_create(p, &run, 1));
	play_take_all(p, &shape, taken, 2);
	play_exec(p, "DELETE FROM episode_events");
	for (i = 0; i < 4; i++)
		lines[i] = (struct event_line){ .job_id = taken[0].job.id,
						.fence = taken[0].job.fence,
						.step_id = taken[0].step.id };
	lines[0].message = first;
	lines[1].message = late;
	lines[1].fence--;
	lines[2].message = late;
	lines[2].job_id = 999999999;
	lines[3].message = second;
	lines[3].job_id = taken[1].job.id;
	lines[3].fence = taken[1].job.fence;
	lines[3].step_id = taken[1].step.id;
	play_must(p, event_log(p->db, lines, 4, &p->err));
	play_gives(p, "a 7 log one: it's \303\244 ?,b 7 log two",
		   "SELECT GROUP_CONCAT(s.step, ' ', e.episode_id, ' ',"
		   " e.kind, ' ', e.message ORDER BY e.id) FROM"
		   " episode_events e JOIN episode_jobs s ON"
		   " s.id = e.episode_job_id AND s.run_id = e.run_id"
		   " WHERE e.state IS NULL AND e.created_at <= NOW(3)");
	assert_false(db_in_transaction(p->db));
	for (i = 0; i < 2; i++)
		taken_release(&taken[i]);
}

static void a_line_that_is_refused_leaves_no_transaction_open(void **state)
{
	struct play *p = *state;
	struct shape shape;
	struct taken taken;
	struct event_line lines[2];
	static char fine[] = "fine", broken[] = "\377\376";
	size_t i;

	shape_init(&shape, "a");
	(void)play_run(p, &shape);
	taken = play_take_step(p, &shape, "a");
	for (i = 0; i < 2; i++)
		lines[i] = (struct event_line){
			.job_id = taken.job.id,
			.fence = taken.job.fence,
			.step_id = taken.step.id,
			.message = i == 0 ? fine : broken,
		};
	assert_int_equal(event_log(p->db, lines, 2, &p->err), -1);
	assert_int_equal(p->err.code, ERR_DB);
	assert_false(db_in_transaction(p->db));
	play_must(p, event_log(p->db, lines, 1, &p->err));
	play_gives(p, "fine",
		   "SELECT GROUP_CONCAT(message) FROM"
		   " episode_events WHERE kind = 'log'");
	taken_release(&taken);
}

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		PLAY(each_worker_has_a_row_of_its_own),
		PLAY(workers_that_were_silent_for_a_day_are_forgotten),
		PLAY(a_heartbeat_brings_the_figures),
		PLAY(a_row_that_was_removed_comes_back_under_its_number),
		PLAY(lines_of_steps_become_events),
		PLAY(a_line_that_is_refused_leaves_no_transaction_open),
	};
	int failed = cmocka_run_group_tests_name("workers", tests, NULL, NULL);

	return play_over(&server, failed);
}
