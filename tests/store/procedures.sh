#!/bin/sh
# SPDX-License-Identifier: MIT
#
# stepq_approve, stepq_reject and stepq_cancel leave the same rows as the
# commands of these names, and refuse the same.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/runs.sh
. "$top_srcdir/tests/lib/runs.sh"

# Run 81: director is a gate that waits, packaging one that is not reached.
load() {
	runs_load
	sql "DELETE FROM run_cancellations;
	UPDATE episode_jobs SET kind = 'gate', status = 'waiting'
		WHERE id = 83;
	UPDATE episode_jobs SET kind = 'gate' WHERE id = 85;
	UPDATE episode_jobs SET unique_key = 'pipeline.full:26' WHERE id = 81;
	INSERT INTO jobs (queue, payload, available_at, created_at,
		reserved_at, step_id) VALUES
		('default', '{}', 4294967295, 1, NULL, 83),
		('default', '{}', UNIX_TIMESTAMP() + 30, 1, 5, 84),
		('default', '{}', 1, 1, NULL, 26),
		('default', '{\"uuid\":\"$pushed\",\"job\":\"a\"}', 1, 1, NULL,
		NULL);
	INSERT INTO episodes (id, status) VALUES (26, 'running')"
}
pushed=00000000-0000-4000-8000-0000000000aa

# All that may change, times as whether they lie within the last minute.
rows() {
	sql "SET time_zone = '+00:00';
	SELECT id, status, value, unique_key, worker, available_at IS NULL,
		completed_at > NOW() - INTERVAL 1 MINUTE FROM episode_jobs
		ORDER BY id;
	SELECT step_id, reserved_at, available_at <= UNIX_TIMESTAMP() FROM jobs
		ORDER BY id;
	SELECT run_id, episode_id, episode_job_id, kind, state, progress,
		message, created_at > NOW() - INTERVAL 1 MINUTE
		FROM episode_events WHERE id > 8 ORDER BY id;
	SELECT run_id, cancelled_at > NOW() - INTERVAL 1 MINUTE
		FROM run_cancellations;
	SELECT id, status FROM episodes ORDER BY id"
}

# same NAME CALL COMMAND...: CALL, in a session of another time zone.
same() {
	name="$1" call="$2"
	shift 2
	load
	"$@" >"$work/command.out" 2>&1 || diag "$(cat "$work/command.out")"
	rows >"$work/by-command"
	load
	ok "$name by SQL" sql "SET time_zone = '+09:00'; $call"
	rows >"$work/by-sql"
	ok "$name by SQL is as by the command" diff "$work/by-command" \
		"$work/by-sql"
	load
	sql "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;
		BEGIN; SELECT COUNT(*) FROM jobs; $call; COMMIT" >/dev/null
	rows >"$work/by-sql"
	ok "$name in a transaction too" diff "$work/by-command" "$work/by-sql"
	load
	rows >"$work/before"
	sql "BEGIN; $call; ROLLBACK"
	rows >"$work/by-sql"
	ok "$name goes with the caller's transaction" \
		diff "$work/before" "$work/by-sql"
}

# refused NAME CALL ERE: told, and nothing of it is left; the caller's stays.
refused() {
	load
	rows >"$work/before"
	sql "$2" >"$work/said" 2>&1
	like "$1 is refused" "$(cat "$work/said")" "45000.*stepq: $3"
	rows >"$work/by-sql"
	ok "$1 leaves nothing" diff "$work/before" "$work/by-sql"
	sql "CREATE TEMPORARY TABLE t (id INT) ENGINE=InnoDB;
		DROP PROCEDURE IF EXISTS try_it;
		DELIMITER //
		CREATE PROCEDURE try_it() BEGIN
		DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
		START TRANSACTION; INSERT INTO t VALUES (7); $2; COMMIT; END//
		DELIMITER ;
		CALL try_it(); SELECT id FROM t; DROP PROCEDURE try_it" \
		>"$work/kept" 2>&1
	is "$1 does not undo the caller's" "$(cat "$work/kept")" 7
}

mariadb_start
same "cancel" "CALL stepq_cancel('81')" stepq cancel 81
same "cancel by uuid" \
	"CALL stepq_cancel('00000000-0000-4000-8000-000000000081')" \
	stepq cancel 00000000-0000-4000-8000-000000000081
same "cancel of what nobody began" "CALL stepq_cancel('$pushed')" \
	stepq cancel "$pushed"
same "approve" "CALL stepq_approve('81', 'director', '{\"n\": 1}')" \
	stepq approve 81 director --result '{"n": 1}'
same "approve without a result" "CALL stepq_approve(81, 'director', NULL)" \
	stepq approve 81 director
same "reject" "CALL stepq_reject('81', 'director', '{\"reason\":\"dark\"}')" \
	stepq reject 81 director --reason dark

refused "a run that is over" "CALL stepq_cancel('67')" \
	"run 67 is done already"
refused "a run that is not there" "CALL stepq_cancel('9999')" "no run 9999"
refused "a step for a run" "CALL stepq_cancel('83')" "no run 83"
refused "NULL" "CALL stepq_cancel(NULL)" "no run NULL"
refused "a step that is not there" "CALL stepq_approve('81', 'no', NULL)" \
	"run 81 has no step no"
refused "a step that is no gate" "CALL stepq_approve('81', 'image', NULL)" \
	"step image of run 81 is not a gate"
refused "a gate that is not reached" \
	"CALL stepq_approve('81', 'lettering', NULL)" \
	"step lettering of run 81 is not reached yet"
refused "what is not JSON" "CALL stepq_approve('81', 'director', '{')" \
	"the result is not JSON|Invalid JSON text"

load
sql "CALL stepq_reject('81', 'director', NULL)"
like "a second answer is refused" \
	"$(sql "CALL stepq_approve('81', 'director', NULL)" 2>&1)" \
	"step director of run 81 is rejected already"

# What locks nothing but the step would not keep the run from another.
load
sleepers="FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'"
sql "BEGIN; CALL stepq_approve('81', 'director', NULL);
	SELECT SLEEP(60)" >"$work/sleeper" 2>&1 &
sleeper=$!
is_asleep() {
	test "$(sql "SELECT COUNT(*) $sleepers")" = 1
}
wait_for 10 is_asleep
fails "the run is locked until the transaction ends" sql "SELECT id
	FROM episode_jobs WHERE id = 81 FOR UPDATE NOWAIT"
sql "KILL $(sql "SELECT id $sleepers")"
wait "$sleeper"
done_testing
