/* SPDX-License-Identifier: MIT */

/*
 * Runs with everything in them that a run may have, each broken in turn by
 * SQL, as by hand, and mended.
 */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "db/db.h"
#include "runs.h"
#include "store/audit.h"

/*
 *	100  a map under way: item 0 done, 1 running, 2 queued, 3 waits
 *	200  parked at a gate, behind a failure that is tolerated
 *	300  failed in text, sound goes on
 *	400  a loop in its second round
 *	500  done
 *	600  parked until a time
 *	700  a map whose items are being made
 *	800  a step that waits for its next attempt
 */
static const char rows[] =
	"INSERT INTO definitions (id, hash, pipeline, definition) VALUES"
	" (1, REPEAT('a', 64), 'comic', '{\"name\":\"comic\",\"steps\":["
	"{\"name\":\"text\",\"engine\":\"e\",\"needs\":[]},"
	"{\"name\":\"sound\",\"engine\":\"e\",\"needs\":[],"
	"\"on_failure\":\"continue\"},"
	"{\"name\":\"image\",\"engine\":\"e\",\"needs\":[\"text\",\"sound\"],"
	"\"each\":\".text[]\"},"
	"{\"name\":\"gate\",\"needs\":[\"image\"],"
	"\"gate\":{\"on_reject\":\"fail\"}},"
	"{\"name\":\"pages\",\"engine\":\"e\",\"needs\":[\"gate\"]}]}'),"
	" (2, REPEAT('b', 64), 'loop', '{\"name\":\"loop\",\"steps\":["
	"{\"name\":\"draw\",\"engine\":\"e\",\"needs\":[]},"
	"{\"name\":\"look\",\"engine\":\"e\",\"needs\":[\"draw\"],"
	"\"again\":{\"to\":\"draw\",\"when\":\"true\",\"at_most\":3}},"
	"{\"name\":\"ship\",\"engine\":\"e\",\"needs\":[\"look\"]}]}'),"
	" (3, REPEAT('c', 64), 'timer', '{\"name\":\"timer\",\"steps\":["
	"{\"name\":\"wait\",\"needs\":[],\"wait_ms\":60000}]}');"
	"CREATE TEMPORARY TABLE r (id INT, run_id INT, parent_id INT,"
	" step VARCHAR(9), item INT, kind VARCHAR(9), round INT,"
	" status VARCHAR(9), waiting_on INT, items INT, next_item INT,"
	" definition_id INT, due INT UNSIGNED, has_started INT);"
	"INSERT INTO r VALUES"
	" (100, NULL, NULL, NULL, NULL, 'run', 1, 'running', 3, NULL, NULL, 1,"
	"  NULL, 1),"
	" (101, 100, NULL, 'text', NULL, 'step', 1, 'done', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (102, 100, NULL, 'sound', NULL, 'step', 1, 'done', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (103, 100, NULL, 'image', NULL, 'map', 1, 'running', 3, 4, 3, NULL,"
	"  NULL, 1),"
	" (104, 100, NULL, 'gate', NULL, 'gate', 1, 'waiting', 1, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (105, 100, NULL, 'pages', NULL, 'step', 1, 'waiting', 1, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (110, 100, 103, 'image', 0, 'item', 1, 'done', 0, NULL, NULL, NULL,"
	"  NULL, 1),"
	" (111, 100, 103, 'image', 1, 'item', 1, 'running', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (112, 100, 103, 'image', 2, 'item', 1, 'queued', 0, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (113, 100, 103, 'image', 3, 'item', 1, 'waiting', 0, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (200, NULL, NULL, NULL, NULL, 'run', 1, 'running', 2, NULL, NULL, 1,"
	"  NULL, 1),"
	" (201, 200, NULL, 'text', NULL, 'step', 1, 'done', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (202, 200, NULL, 'sound', NULL, 'step', 1, 'failed', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (203, 200, NULL, 'image', NULL, 'map', 1, 'skipped', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (204, 200, NULL, 'gate', NULL, 'gate', 1, 'waiting', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (205, 200, NULL, 'pages', NULL, 'step', 1, 'waiting', 1, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (300, NULL, NULL, NULL, NULL, 'run', 1, 'failed', 5, NULL, NULL, 1,"
	"  NULL, 1),"
	" (301, 300, NULL, 'text', NULL, 'step', 1, 'failed', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (302, 300, NULL, 'sound', NULL, 'step', 1, 'queued', 0, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (303, 300, NULL, 'image', NULL, 'map', 1, 'waiting', 2, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (304, 300, NULL, 'gate', NULL, 'gate', 1, 'waiting', 1, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (305, 300, NULL, 'pages', NULL, 'step', 1, 'waiting', 1, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (400, NULL, NULL, NULL, NULL, 'run', 1, 'running', 3, NULL, NULL, 2,"
	"  NULL, 1),"
	" (401, 400, NULL, 'draw', NULL, 'step', 1, 'done', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (402, 400, NULL, 'look', NULL, 'step', 1, 'done', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (403, 400, NULL, 'ship', NULL, 'step', 1, 'waiting', 1, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (404, 400, NULL, 'draw', NULL, 'step', 2, 'running', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (405, 400, NULL, 'look', NULL, 'step', 2, 'waiting', 1, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (500, NULL, NULL, NULL, NULL, 'run', 1, 'done', 0, NULL, NULL, 3,"
	"  NULL, 1),"
	" (501, 500, NULL, 'wait', NULL, 'timer', 1, 'done', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (600, NULL, NULL, NULL, NULL, 'run', 1, 'running', 1, NULL, NULL, 3,"
	"  NULL, 1),"
	" (601, 600, NULL, 'wait', NULL, 'timer', 1, 'waiting', 0, NULL, NULL,"
	"  NULL, 4000000000, 1),"
	" (700, NULL, NULL, NULL, NULL, 'run', 1, 'running', 3, NULL, NULL, 1,"
	"  NULL, 1),"
	" (701, 700, NULL, 'text', NULL, 'step', 1, 'done', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (702, 700, NULL, 'sound', NULL, 'step', 1, 'done', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (703, 700, NULL, 'image', NULL, 'map', 1, 'running', 5, 5, 1, NULL,"
	"  NULL, 1),"
	" (704, 700, NULL, 'gate', NULL, 'gate', 1, 'waiting', 1, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (705, 700, NULL, 'pages', NULL, 'step', 1, 'waiting', 1, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (710, 700, 703, 'image', 0, 'item', 1, 'queued', 0, NULL, NULL, NULL,"
	"  NULL, NULL),"
	" (711, 700, 703, 'image', 1, 'item', 1, 'waiting', 0, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (800, NULL, NULL, NULL, NULL, 'run', 1, 'running', 3, NULL, NULL, 2,"
	"  NULL, 1),"
	" (801, 800, NULL, 'draw', NULL, 'step', 1, 'retrying', 0, NULL, NULL,"
	"  NULL, NULL, 1),"
	" (802, 800, NULL, 'look', NULL, 'step', 1, 'waiting', 1, NULL, NULL,"
	"  NULL, NULL, NULL),"
	" (803, 800, NULL, 'ship', NULL, 'step', 1, 'waiting', 1, NULL, NULL,"
	"  NULL, NULL, NULL);"
	"INSERT INTO episode_jobs (id, uuid, run_id, parent_id, definition_id,"
	" pipeline, step, item, kind, round, status, waiting_on, items,"
	" next_item, queue, available_at, created_at, started_at)"
	" SELECT id, UUID(), run_id, parent_id, definition_id, 'test', step,"
	" item, kind, round, status, waiting_on, items, next_item, 'default',"
	" due, NOW(3), IF(has_started, NOW(3), NULL) FROM r;"
	"DROP TEMPORARY TABLE r;"
	"INSERT INTO jobs (queue, payload, available_at, created_at,"
	" reserved_at, step_id) VALUES"
	" ('default', '{}', 4000000000, 1, 1, 111),"
	" ('default', '{}', 1, 1, NULL, 112),"
	" ('default', '{}', 4294967295, 1, NULL, 204),"
	" ('default', '{}', 1, 1, NULL, 302),"
	" ('default', '{}', 4000000000, 1, 1, 404),"
	" ('default', '{}', 4000000000, 1, NULL, 601),"
	" ('default', '{}', 4000000000, 1, 1, 703),"
	" ('default', '{}', 1, 1, NULL, 710),"
	" ('default', '{}', 4000000000, 1, NULL, 801),"
	" ('default', '{\"job\":\"comic\"}', 1, 1, NULL, NULL)";

static int audit_setup(void **state)
{
	int rc = play_setup(state);

	play_exec(*state, "%s", rows);
	return rc;
}

#define AUDIT(claim)                                                         \
 cmocka_unit_test_prestate_setup_teardown(claim, audit_setup, play_teardown, \
					  server)

static void keep_line(void *arg, const char *line)
{
	strbuf_addf(arg, "%s\n", line);
}

/* What is found, and mended; the caller frees it. */
static char *audit(struct play *p, int is_mending)
{
	struct strbuf lines = { 0 };
	struct audit audit = {
		.is_mending = is_mending,
		.tell = keep_line,
		.arg = &lines,
	};

	play_must(p, audit_runs(p->db, &audit, &p->err));
	play_must(p, audit_jobs(p->db, &audit, &p->err));
	return lines.buf ? strbuf_detach(&lines) : xstrdup("");
}

static void finds(struct play *p, int is_mending, const char *want)
{
	char *got = audit(p, is_mending);

	assert_string_equal(got, want);
	free(got);
}

/* All that counts of the rows and jobs. */
static char *snapshot(struct play *p)
{
	return testdb_str(
		p->server,
		"SET SESSION group_concat_max_len = 100000;"
		"SELECT GROUP_CONCAT(CONCAT_WS(' ', s.id, s.status,"
		" s.waiting_on, IFNULL(s.next_item, '-'), (SELECT"
		" GROUP_CONCAT(j.queue, IF(j.available_at > 3999999999,"
		" j.available_at, 'due')) FROM jobs j WHERE j.step_id = s.id))"
		" ORDER BY s.id SEPARATOR '\n') FROM episode_jobs s");
}

/* A way to break something, what is found, and what stands there then. */
struct breakage {
	const char *sql;
	const char *found;
	const char *query; /* NULL: all is as it was before */
	const char *gives;
};

static char *with_mended(const char *found)
{
	struct strbuf text = { 0 };

	for (; *found; found++) {
		if (*found == '\n')
			strbuf_adds(&text, ": mended");
		strbuf_addc(&text, *found);
	}
	return strbuf_detach(&text);
}

static void check_breakage(struct play *p, const struct breakage *b)
{
	char *before = snapshot(p), *broken, *after, *mended;

	play_exec(p, "%s", b->sql);
	broken = snapshot(p);
	finds(p, 0, b->found);
	after = snapshot(p);
	assert_string_equal(after, broken);
	free(after);
	mended = with_mended(b->found);
	finds(p, 1, mended);
	finds(p, 1, "");
	after = snapshot(p);
	if (!b->query)
		assert_string_equal(after, before);
	else
		play_gives(p, b->gives, "%s", b->query);
	free(mended);
	free(after);
	free(broken);
	free(before);
}

static void runs_that_agree_are_left_alone(void **state)
{
	struct play *p = *state;
	char *before = snapshot(p), *after;

	finds(p, 0, "");
	finds(p, 1, "");
	after = snapshot(p);
	assert_string_equal(after, before);
	free(before);
	free(after);
	play_gives(p, "0", "SELECT COUNT(*) FROM episode_events");
}

static void live_runs_are_counted(void **state)
{
	struct audit audit = { .tell = keep_line };
	struct play *p = *state;

	play_must(p, audit_runs(p->db, &audit, &p->err));
	assert_int_equal(audit.runs, 7);
	assert_int_equal(audit.found, 0);
	play_exec(p,
		  "UPDATE episode_jobs SET status = 'done' WHERE id = 302;"
		  "DELETE FROM jobs WHERE step_id = 302");
	audit.runs = 0;
	play_must(p, audit_runs(p->db, &audit, &p->err));
	assert_int_equal(audit.runs, 6);
}

static void counters_are_mended(void **state)
{
	static const struct breakage breakages[] = {
		{ "UPDATE episode_jobs SET waiting_on = 5 WHERE id = 104",
		  "run 100: gate waits for 5 steps, 1 is unfinished\n", NULL,
		  NULL },
		{ "UPDATE episode_jobs SET waiting_on = 0 WHERE id = 205",
		  "run 200: pages waits for 0 steps, 1 is unfinished\n", NULL,
		  NULL },
		{ "UPDATE episode_jobs SET waiting_on = 1 WHERE id = 303",
		  "run 300: image waits for 1 step, 2 are unfinished\n", NULL,
		  NULL },
		{ "UPDATE episode_jobs SET waiting_on = 0 WHERE id = 405",
		  "run 400: look in round 2 waits for 0 steps, 1 is"
		  " unfinished\n",
		  NULL, NULL },
		{ "UPDATE episode_jobs SET waiting_on = 2 WHERE id = 103",
		  "run 100: image waits for 2 items, 3 are unfinished\n", NULL,
		  NULL },
		{ "UPDATE episode_jobs SET waiting_on = 2 WHERE id = 801",
		  "run 800: draw waits for 2 steps, 0 are unfinished\n", NULL,
		  NULL },
		{ "UPDATE episode_jobs SET waiting_on = 9 WHERE id IN"
		  " (100, 300)",
		  "run 100: it waits for 9 steps, 3 are unfinished\n"
		  "run 300: it waits for 9 steps, 5 are unfinished\n",
		  NULL, NULL },
		{ "UPDATE episode_jobs SET waiting_on = 1"
		  " WHERE id IN (112, 113)",
		  "run 100: image: 2 items waiting for steps\n", NULL, NULL },
		{ "UPDATE episode_jobs SET next_item = 4 WHERE id = 103",
		  "run 100: image goes on from item 4, but item 3 waits\n",
		  NULL, NULL },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(breakages); i++)
		check_breakage(*state, &breakages[i]);
}

static void jobs_that_are_gone_are_made_again(void **state)
{
	static const struct breakage breakages[] = {
		{ "DELETE FROM jobs WHERE step_id IN (204, 601)",
		  "run 200: gate is waiting and has no job\n"
		  "run 600: wait is waiting and has no job\n",
		  NULL, NULL },
		{ "DELETE FROM jobs WHERE step_id = 302",
		  "run 300: sound is queued and has no job\n", NULL, NULL },
		{ "DELETE FROM jobs WHERE step_id = 112",
		  "run 100: image: 1 item to be run without a job\n", NULL,
		  NULL },
		{ "DELETE FROM jobs WHERE step_id = 404",
		  "run 400: draw in round 2 is running and has no job\n",
		  "SELECT CONCAT(status, ' ', (SELECT CONCAT_WS(' ', COUNT(*),"
		  " MAX(payload)) FROM jobs WHERE step_id = 404) = CONCAT("
		  "'1 {\"uuid\":\"', uuid, '\",\"displayName\":\"test/draw\","
		  "\"job\":\"stepq.step\",\"data\":{\"episode_job_id\":404}}'))"
		  " FROM episode_jobs WHERE id = 404",
		  "queued 1" },
		{ "DELETE FROM jobs WHERE step_id = 801",
		  "run 800: draw is retrying and has no job\n",
		  "SELECT CONCAT(status, ' ', (SELECT COUNT(*) FROM jobs"
		  " WHERE step_id = 801)) FROM episode_jobs WHERE id = 801",
		  "queued 1" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(breakages); i++)
		check_breakage(*state, &breakages[i]);
}

static void answered_gate_is_due_at_once(void **state)
{
	static const struct breakage answered = {
		"DELETE FROM jobs WHERE step_id = 204; UPDATE episode_jobs"
		" SET value = '{\"approved\":true}' WHERE id = 204",
		"run 200: gate is waiting and has no job\n",
		"SELECT available_at <= UNIX_TIMESTAMP() FROM jobs"
		" WHERE step_id = 204",
		"1"
	};

	check_breakage(*state, &answered);
}

static void maps_that_stand_still_go_on(void **state)
{
	static const char map[] =
		"SELECT CONCAT_WS(' ', status, waiting_on, next_item,"
		" (SELECT COUNT(*) FROM jobs WHERE step_id = 103))"
		" FROM episode_jobs WHERE id = 103";
	static const struct breakage breakages[] = {
		{ "DELETE FROM jobs WHERE step_id IN (111, 112);"
		  "UPDATE episode_jobs SET status = 'waiting'"
		  " WHERE id IN (111, 112)",
		  "run 100: image goes on from item 3, but item 1 waits\n"
		  "run 100: image has items to do, and none goes on\n",
		  map, "queued 3 1 1" },
		{ "DELETE FROM jobs WHERE step_id = 103;"
		  "UPDATE episode_jobs SET status = 'running' WHERE id = 103;"
		  "UPDATE episode_jobs SET waiting_on = 0 WHERE id = 103;"
		  "UPDATE episode_jobs SET status = 'done'"
		  " WHERE parent_id = 103",
		  "run 100: image has no items left and is not queued\n", map,
		  "queued 0 1 1" },
		{ "DELETE FROM jobs WHERE step_id = 703",
		  "run 700: image has items to do, and none goes on\n",
		  "SELECT CONCAT_WS(' ', status, waiting_on, next_item,"
		  " (SELECT COUNT(*) FROM jobs WHERE step_id = 703))"
		  " FROM episode_jobs WHERE id = 703",
		  "queued 5 1 1" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(breakages); i++)
		check_breakage(*state, &breakages[i]);
}

static void steps_that_are_ready_are_queued(void **state)
{
	static const struct breakage ready = {
		"DELETE FROM jobs WHERE step_id = 404;"
		"UPDATE episode_jobs SET status = 'done' WHERE id = 404;"
		"UPDATE episode_jobs SET waiting_on = 0 WHERE id = 405",
		"run 400: look in round 2 waits for nothing and is not"
		" queued\n"
		"run 400: it waits for 3 steps, 2 are unfinished\n",
		"SELECT CONCAT_WS(' ', s.status, r.waiting_on, (SELECT COUNT(*)"
		" FROM jobs WHERE step_id = 405)) FROM episode_jobs s"
		" JOIN episode_jobs r ON r.id = 400 WHERE s.id = 405",
		"queued 2 1"
	};

	check_breakage(*state, &ready);
}

static void run_is_done_when_all_of_it_is(void **state)
{
	static const struct breakage over = {
		"DELETE FROM jobs WHERE step_id = 601;"
		"UPDATE episode_jobs SET status = 'done' WHERE id = 601;"
		"UPDATE episode_jobs SET unique_key = 'x' WHERE id = 600",
		"run 600: it waits for 1 step, 0 are unfinished\n"
		"run 600: it is running, and all of it is finished\n",
		"SELECT CONCAT_WS(' ', status, waiting_on, progress,"
		" unique_key IS NULL, completed_at IS NOT NULL)"
		" FROM episode_jobs WHERE id = 600",
		"done 0 100.00 1 1"
	};

	check_breakage(*state, &over);
	play_gives(*state, "done",
		   "SELECT state FROM episode_events WHERE run_id = 600"
		   " AND kind = 'state'");
}

static void what_was_mended_is_an_event(void **state)
{
	struct play *p = *state;

	play_exec(p, "UPDATE episode_jobs SET waiting_on = 5 WHERE id = 104");
	free(audit(p, 0));
	play_gives(p, "0", "SELECT COUNT(*) FROM episode_events");
	free(audit(p, 1));
	play_gives(p, "log mended: gate waits for 5 steps, 1 is unfinished",
		   "SELECT CONCAT(kind, ' ', message) FROM episode_events"
		   " WHERE run_id = 100");
}

static void held_steps_are_left_alone(void **state)
{
	struct play *p = *state;

	play_exec(p,
		  "UPDATE episode_jobs SET waiting_on = 2,"
		  " status = 'queued' WHERE id = 404;"
		  "UPDATE episode_jobs SET waiting_on = 1, next_item = 9"
		  " WHERE id = 703");
	finds(p, 1, "");
}

static void jobs_for_nothing_are_deleted(void **state)
{
	struct play *p = *state;
	char *before = snapshot(p), *after;

	play_exec(p,
		  "INSERT INTO jobs (id, queue, payload, available_at,"
		  " created_at, reserved_at, step_id) VALUES"
		  " (9001, 'default', '{}', 1, 1, NULL, 101),"
		  " (9002, 'default', '{}', 1, 1, NULL, 99999),"
		  " (9003, 'default', '{}', 1, 1, NULL, 501)");
	finds(p, 0,
	      "job 9001 is for text of run 100, which is done\n"
	      "job 9002 is for a step that is not there\n"
	      "job 9003 is for wait of run 500, which is done\n");
	finds(p, 1,
	      "job 9001 is for text of run 100, which is done: deleted\n"
	      "job 9002 is for a step that is not there: deleted\n"
	      "job 9003 is for wait of run 500, which is done: deleted\n");
	after = snapshot(p);
	assert_string_equal(after, before);
	play_gives(p, "10", "SELECT COUNT(*) FROM jobs");
	free(before);
	free(after);
}

static void jobs_for_nothing_that_are_held_stay(void **state)
{
	struct play *p = *state, *other = play_another(p, 2);

	play_exec(p,
		  "INSERT INTO jobs (id, queue, payload, available_at,"
		  " created_at, reserved_at, step_id) VALUES"
		  " (9001, 'default', '{}', 4000000000, 1, 1, 101),"
		  " (9002, 'default', '{}', 1, 1, NULL, 101)");
	play_must(other, db_begin(other->db, &other->err));
	play_must(other, db_exec(other->db, NULL, &other->err,
				 "UPDATE jobs SET reserved_at = 1"
				 " WHERE id = 9002",
				 DB_NO_ARGS));
	finds(p, 1, "");
	play_must(other, db_commit(other->db, &other->err));
	play_gives(p, "2", "SELECT COUNT(*) FROM jobs WHERE step_id = 101");
}

static void jobs_for_nothing_are_found_page_by_page(void **state)
{
	struct play *p = *state;
	struct strbuf lines = { 0 };
	struct audit audit = {
		.is_mending = 1,
		.tell = keep_line,
		.arg = &lines,
	};

	play_exec(p,
		  "INSERT INTO jobs (queue, payload, available_at,"
		  " created_at, step_id) SELECT 'default', '{}', 1, 1, 101"
		  " FROM episode_jobs a JOIN episode_jobs b LIMIT 350");
	play_must(p, audit_jobs(p->db, &audit, &p->err));
	assert_int_equal(audit.found, 350);
	play_gives(p, "10", "SELECT COUNT(*) FROM jobs");
	strbuf_release(&lines);
}

static void runs_are_found_page_by_page(void **state)
{
	struct audit audit = { .tell = keep_line };
	struct play *p = *state;

	play_exec(p,
		  "INSERT INTO episode_jobs (uuid, pipeline, definition_id,"
		  " kind, status, queue, created_at) SELECT UUID(), 'test',"
		  " 1, 'run', ELT(1 + a.id %% 2, 'queued', 'done'),"
		  " 'default', NOW(3) FROM episode_jobs a"
		  " JOIN episode_jobs b LIMIT 600");
	play_must(p, audit_runs(p->db, &audit, &p->err));
	assert_int_equal(audit.runs,
			 play_u64(p,
				  "SELECT COUNT(*) FROM episode_jobs WHERE"
				  " run_id IS NULL AND status IN ('queued',"
				  " 'running', 'failed')"));
	assert_int_equal(audit.found, 0);
}

static void no_table_is_read_from_end_to_end(void **state)
{
	struct play *p = *state;

	play_exec(p,
		  "UPDATE episode_jobs SET waiting_on = 5 WHERE id = 104;"
		  "DELETE FROM jobs WHERE step_id = 112");
	runs_record();
	free(audit(p, 1));
	runs_check_plans(p);
}

int main(void)
{
	struct testdb *server = play_server();
	const struct CMUnitTest tests[] = {
		AUDIT(runs_that_agree_are_left_alone),
		AUDIT(live_runs_are_counted),
		AUDIT(counters_are_mended),
		AUDIT(jobs_that_are_gone_are_made_again),
		AUDIT(answered_gate_is_due_at_once),
		AUDIT(maps_that_stand_still_go_on),
		AUDIT(steps_that_are_ready_are_queued),
		AUDIT(run_is_done_when_all_of_it_is),
		AUDIT(what_was_mended_is_an_event),
		AUDIT(held_steps_are_left_alone),
		AUDIT(jobs_for_nothing_are_deleted),
		AUDIT(jobs_for_nothing_that_are_held_stay),
		AUDIT(jobs_for_nothing_are_found_page_by_page),
		AUDIT(runs_are_found_page_by_page),
		AUDIT(no_table_is_read_from_end_to_end),
	};

	return play_over(&server, cmocka_run_group_tests(tests, NULL, NULL));
}
