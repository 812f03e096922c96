# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC3043
#
# invariants.sh - kill workers and commands at one of their statements, and
# what must hold in the tables whenever that happened. After tap.sh, mariadb.sh
# and fleet.sh:
#
#	killed N before|after COMMAND...
#	               run it, killed at its N-th statement (killer.c); N 0 kills
#	               nothing, but leaves its statements in $work/statements
#	killed_all POINTS COMMAND...
#	               the same at each of the points in that file, on a queue
#	               of its own each; the command's is kill-points. With
#	               KILL_PIPE set they are only stopped
#	broken_rows    what must hold between any two transactions and does not,
#	               a line each; nothing when all is well
#	unfinished     the same, once all work is said to be done
#	audit          what stepq doctor finds when nobody holds a job
#
# and over a table of runs that were to be killed:
#
#	kills_create   the table: scenario, n, moment, run (uuid), queue; n 0 is
#	               the one that was not
#	differing SCENARIO
#	               the runs that did not become what that one did, in all
#	               that must be the same however often it was interrupted

# shellcheck disable=SC2154 # $work is of tap.sh

killer=$top_builddir/tests/lib/killer.so
test -r "$killer" || bail "$killer is not built"

# The sanitizer's library wants to be the first one.
killer_preload() {
	local asan
	asan=$(ldd "$(command -v stepq)" | sed -n 's/.*=> \(.*libasan[^ ]*\).*/\1/p')
	echo "${asan:+$asan:}$killer"
}
killer_preload=$(killer_preload)

killed() {
	local at="$1" when="$2"
	shift 2
	if test "$at" -eq 0; then
		rm -f "$work/statements"
		KILL_LOG="$work/statements" LD_PRELOAD="$killer_preload" \
			"$@" >>"$work/worker.log" 2>&1
		return
	fi
	# In a shell of its own, which alone says that it was killed.
	(KILL_AT="$at" KILL_WHEN="$when" LD_PRELOAD="$killer_preload" \
		"$@") >/dev/null 2>&1
}

killed_all() {
	local points="$1"
	shift
	KILL_POINTS="$points" LD_PRELOAD="$killer_preload" "$@" 2>/dev/null
}

# broken NAME SQL: a line with NAME and the ids that SQL gives.
broken() {
	sql "SELECT CONCAT('$1: ', GROUP_CONCAT(id ORDER BY id SEPARATOR ' '))
		FROM ($2) x HAVING COUNT(*) > 0"
}

broken_rows() {
	broken "a step has a row twice in a round" "SELECT MAX(id) id
		FROM episode_jobs WHERE run_id IS NOT NULL AND parent_id IS NULL
		GROUP BY run_id, step, round HAVING COUNT(*) > 1"
	broken "an item has a row twice" "SELECT MAX(id) id FROM episode_jobs
		WHERE parent_id IS NOT NULL GROUP BY parent_id, item
		HAVING COUNT(*) > 1"
	broken "a step has two jobs" "SELECT step_id id FROM jobs
		WHERE step_id IS NOT NULL GROUP BY step_id HAVING COUNT(*) > 1"
	broken "a job is for a step that is over" "SELECT s.id FROM jobs j
		LEFT JOIN episode_jobs s ON s.id = j.step_id
		WHERE j.step_id IS NOT NULL AND (s.id IS NULL OR s.status IN
		('done', 'failed', 'skipped', 'cancelled'))"
	broken "a step that could go on has no job" "SELECT s.id
		FROM episode_jobs s LEFT JOIN jobs j ON j.step_id = s.id
		WHERE s.run_id IS NOT NULL AND j.id IS NULL
		AND (s.status IN ('queued', 'retrying')
		OR s.status = 'running' AND NOT (s.kind = 'map' AND s.waiting_on > 0)
		OR s.status = 'waiting' AND s.waiting_on = 0 AND s.kind <> 'item')"
	broken "a step that waits for others has a job" "SELECT s.id
		FROM episode_jobs s JOIN jobs j ON j.step_id = s.id
		WHERE s.status = 'waiting' AND s.waiting_on > 0"
	# What failed for good has a failed job; other failures count as an end.
	broken "a run waits for another number of steps than are unfinished" \
		"SELECT r.id FROM episode_jobs r JOIN episode_jobs s
		ON s.run_id = r.id AND s.parent_id IS NULL
		LEFT JOIN failed_jobs f ON f.uuid = s.uuid
		WHERE r.status <> 'cancelled' GROUP BY r.id, r.waiting_on
		HAVING r.waiting_on <> SUM(f.id IS NOT NULL OR
		s.status NOT IN ('done', 'skipped', 'failed'))"
	broken "a map waits for another number of items than are unfinished" \
		"SELECT m.id FROM episode_jobs m JOIN episode_jobs i
		ON i.parent_id = m.id WHERE m.status NOT IN ('cancelled')
		GROUP BY m.id, m.waiting_on, m.items HAVING m.waiting_on <>
		m.items - SUM(i.status IN ('done', 'failed', 'skipped'))"
	broken "a run cost something else than its steps" "SELECT r.id
		FROM episode_jobs r JOIN episode_jobs s ON s.run_id = r.id
		AND s.parent_id IS NULL WHERE r.run_id IS NULL
		GROUP BY r.id, r.cost HAVING r.cost <> SUM(s.cost)"
	broken "a map cost something else than its items" "SELECT m.id
		FROM episode_jobs m JOIN episode_jobs i ON i.parent_id = m.id
		GROUP BY m.id, m.cost HAVING m.cost <> SUM(i.cost)"
	broken "a row was done more than once" "SELECT episode_job_id id
		FROM episode_events WHERE state = 'done' AND kind = 'state'
		GROUP BY episode_job_id HAVING COUNT(*) > 1"
	broken "a run began more often than it was let" "SELECT run_id id
		FROM episode_events WHERE episode_job_id = run_id
		AND kind = 'state' GROUP BY run_id
		HAVING SUM(state = 'running') > 1 + SUM(state = 'failed')"
	broken "a failed job has no failed step" "SELECT f.id FROM failed_jobs f
		JOIN episode_jobs s ON s.uuid = f.uuid WHERE s.status <> 'failed'"
	broken "more items are at work than may be" "SELECT m.id
		FROM episode_jobs m JOIN episode_jobs i ON i.parent_id = m.id
		JOIN episode_jobs r ON r.id = m.run_id
		JOIN definitions d ON d.id = r.definition_id
		WHERE i.status IN ('queued', 'running', 'retrying')
		GROUP BY m.id, d.definition HAVING COUNT(*) >
		COALESCE(JSON_EXTRACT(d.definition, '\$.steps[0].at_once') + 0, 100)"
}

unfinished() {
	broken_rows
	broken "a job is left" "SELECT id FROM jobs"
	broken "a row is not final" "SELECT s.id FROM episode_jobs s
		LEFT JOIN episode_jobs r ON r.id = s.run_id
		WHERE s.status NOT IN ('done', 'failed', 'skipped', 'cancelled')
		AND COALESCE(r.status, 'none') <> 'failed'"
	broken "a run is done and yet waits" "SELECT id FROM episode_jobs
		WHERE status = 'done' AND waiting_on <> 0"
	broken "a row is done and no event says so" "SELECT id FROM episode_jobs
		WHERE status = 'done' AND origin_id IS NULL AND id NOT IN
		(SELECT episode_job_id FROM episode_events WHERE state = 'done')"
}

# What is held is left alone by doctor: for once nothing is.
audit() {
	sql "CREATE TABLE held AS SELECT id, reserved_at FROM jobs;
		UPDATE jobs SET reserved_at = NULL"
	stepq doctor --repair | sed -n '/^graphs /,/^engines /p' |
		sed '/^graphs .* counters agree .*ok$/d; /^engines /d'
	sql "UPDATE jobs j JOIN held h ON h.id = j.id
		SET j.reserved_at = h.reserved_at; DROP TABLE held"
}

kills_create() {
	sql "CREATE TABLE kills (scenario VARCHAR(20), n INT, moment VARCHAR(6),
		run CHAR(36) CHARACTER SET ascii PRIMARY KEY, queue VARCHAR(64))"
}

# Attempts are left out: they are what interruptions cost. Shapes of runs that
# never were are those of failed jobs.
differing() {
	sql "SET SESSION group_concat_max_len = 100000000;
	CREATE TEMPORARY TABLE shapes SELECT k.n, k.moment, k.run,
		MD5(CONCAT_WS('|', MIN(r.status), MIN(r.waiting_on),
		MIN(r.cost), MIN(r.error), MIN(r.unique_key),
		MIN(SUBSTRING_INDEX(g.exception, '\n', 1)),
		GROUP_CONCAT(CONCAT_WS('|', s.step,
		s.kind, s.round, s.item, s.status, s.waiting_on, s.result,
		s.cost, s.error, f.id IS NULL) ORDER BY s.step, s.round, s.item
		SEPARATOR '\n'))) shape
		FROM kills k LEFT JOIN episode_jobs r ON r.uuid = k.run
		LEFT JOIN failed_jobs g ON g.uuid = k.run
		LEFT JOIN episode_jobs s ON s.run_id = r.id
		LEFT JOIN failed_jobs f ON f.uuid = s.uuid
		WHERE k.scenario = '$1' GROUP BY k.run;
	SELECT shape INTO @want FROM shapes WHERE n = 0;
	SELECT n, moment, run FROM shapes WHERE shape <> @want" |
		while read -r n moment run; do
			echo "$run: killed $moment" \
				"$(sed -n "${n}p" "$work/$1.statements" 2>&1)"
		done
}
