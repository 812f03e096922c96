#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cancel, approve and reject, and retries of maps and of whole runs.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/runs.sh
. "$top_srcdir/tests/lib/runs.sh"

pushed=00000000-0000-4000-8000-0000000000aa
mariadb_start
runs_load

# cancel
exits "cancel wants a run" 2 stepq cancel
ok "runs are cancelled" stepq cancel 81 25 --reason "wrong script"
is "and each is told" "$(cat "$work/out")" \
	"run 81 is cancelled, 3 steps stopped
run 25 is cancelled, 2 steps stopped"
like "status shows why" "$(stepq status 81)" "cancelled"
exits "what is over is nothing to do" 5 stepq cancel 81 67 74
is "and is told" "$(cat "$work/out")" "run 81 is cancelled already
run 67 is done already
run 74 is failed already"
exits "a run that is not there" 1 stepq cancel 9999
like "is named" "$(cat "$work/err")" "^stepq: no run and no episode 9999"
runs_load
exits "it does not keep the others" 1 stepq cancel 9999 81
is "from being cancelled" "$(cat "$work/out")" \
	"run 81 is cancelled, 3 steps stopped"
is "JSON" "$(stepq cancel 81 25 --format json)" \
	'{"run":81,"outcome":"over","was":"cancelled","steps":0}
{"run":25,"outcome":"cancelled","was":"queued","steps":2}'
sql "INSERT INTO jobs (queue, payload, available_at, created_at) VALUES
	('default', '{\"uuid\":\"$pushed\",\"job\":\"a\"}', 1, 1)"
ok "a run that nobody began is cancelled by its uuid" stepq cancel "$pushed"
is "and told" "$(cat "$work/out")" "run $pushed is cancelled before it began"
is "its job is gone" "$(sql "SELECT COUNT(*) FROM jobs")" 0
exits "once" 1 stepq cancel "$pushed"
like "then it is not there" "$(cat "$work/err")" "^stepq: no run $pushed"

# approve, reject
gates() {
	runs_load
	sql "UPDATE episode_jobs SET kind = 'gate', status = 'waiting'
		WHERE id IN (83, 85)"
}
gates
ok "the only gate that waits needs no name" stepq approve 81
is "and is told" "$(cat "$work/out")" "approved step director of run 81"
exits "the same answer again is nothing to do" 5 stepq approve 81 director
is "as it says" "$(cat "$work/err")" \
	"stepq: step director of run 81 is approved already"
exits "another answer is refused" 1 stepq reject 81 director
exits "none is open any more" 1 stepq approve 81
like "which is said" "$(cat "$work/err")" \
	"^stepq: no gate of run 81 waits for an answer"
gates
exits "a wrong name" 1 stepq approve 81 directr
is "gets the nearest, and what waits" "$(cat "$work/err")" \
	"stepq: run 81 has no step 'directr'
hint: did you mean 'director'? the gate that waits is director"
exits "a step that is no gate" 1 stepq approve 81 image
is "is told as such" "$(cat "$work/err")" \
	"stepq: step image of run 81 is not a gate
hint: the gate that waits is director"
exits "a gate that is not reached" 1 stepq reject 81 lettering
is "is told what for" "$(cat "$work/err")" \
	"stepq: step lettering of run 81 is not reached yet: it waits for image"
exits "a result that is not JSON" 1 stepq approve 81 --result '{'
like "is told as such" "$(cat "$work/err")" '^stepq: the result is not JSON: '
exits "a reason is an option" 2 stepq reject 81 review "too dark"
like "which is told" "$(cat "$work/err")" 'why goes to'
exits "a reason and a result" 2 stepq reject 81 --result 1 --reason a
is "a reason becomes the result" \
	"$(stepq reject 81 --reason 'too "dark"' --format json)" \
	'{"run":81,"step":"director","approved":false}'
is "as JSON" "$(sql "SELECT JSON_UNQUOTE(JSON_EXTRACT(value,
	'\$.result.reason')) FROM episode_jobs WHERE id = 83")" 'too "dark"'
sql "UPDATE episode_jobs SET waiting_on = 0, value = NULL
	WHERE id IN (83, 85)"
exits "of two gates one must be named" 2 stepq approve 81
like "and they are listed" "$(cat "$work/err")" \
	"^stepq: 2 gates of run 81 wait: name one of director, lettering"

# retry
runs_load
sql "UPDATE episode_jobs SET kind = 'map', items = 3, next_item = 3
		WHERE id = 76;
	INSERT INTO episode_jobs (uuid, run_id, parent_id, pipeline, step,
		item, kind, status, queue, error, created_at) VALUES
	(UUID(), 74, 76, 'p', 'director', 0, 'item', 'done', 'd', NULL, NOW()),
	(UUID(), 74, 76, 'p', 'director', 1, 'item', 'failed', 'd', 'x', NOW()),
	(UUID(), 74, 76, 'p', 'director', 2, 'item', 'failed', 'd', 'x', NOW())"
ok "a run's failed jobs are retried by its name" stepq retry run:74
is "of a map the items that failed" "$(cat "$work/out")" \
	"retried 12: run 74 runs 2 of 3 items of step director again (text is kept)"
exits "then there is none" 1 stepq retry run:74
runs_load
ok "a run's uuid names them too" \
	stepq retry 00000000-0000-4000-8000-000000000074
is "all of them" "$(cat "$work/out")" \
	"retried 12: run 74 goes on from step director (text is kept)"
exits "a run by what is none" 2 stepq retry run:x

runs_load
sql "UPDATE definitions SET definition = REPLACE(definition,
		'\"steps\"', '\"unique\":true,\"steps\"');
	UPDATE episode_jobs SET unique_key = 'pipeline.full:31' WHERE id = 81"
exits "a second run of a unique pipeline is not revived" 1 stepq retry 12
is "and the live one is named" "$(cat "$work/err")" \
	"stepq: 12 is not retried: run 81 of the same episode is live, and there may be only one
hint: stepq watch 81 shows it"
sql "UPDATE episode_jobs SET unique_key = NULL WHERE id = 81"
ok "without it the run goes on" stepq retry 12
is "and is the live one" \
	"$(sql "SELECT unique_key FROM episode_jobs WHERE id = 74")" \
	"pipeline.full:31"

# A step that was let fail says so, and holds nothing up.
runs_load
sql "UPDATE episode_jobs SET status = 'failed' WHERE id = 75"
ok "a step whose failed job was forgotten" stepq retry 12
like "keeps the run failed" "$(cat "$work/out")" "stays failed until .*: text$"
runs_load
sql "UPDATE episode_jobs SET status = 'failed',
	message = 'the run goes on without it' WHERE id = 75"
ok "a step that was let fail" stepq retry 12
is "does not keep the run failed" "$(cat "$work/out")" \
	"retried 12: run 74 goes on from step director"

# push
cat >"$work/stepq.conf" <<EOT
engines: { noop: { dummy: { }; }; };
pipelines = ( { name = "pipeline.full"; unique = true;
  steps = ( { name = "only"; engine = "noop"; } ); } );
EOT
STEPQ_CONFIG=$work/stepq.conf
export STEPQ_CONFIG
runs_load
ok "a unique pipeline is pushed" stepq push pipeline.full --episode=26 \
	--uuid "$pushed"
exits "once" 1 stepq push pipeline.full --episode=26
is "and the one that waits is named" "$(cat "$work/err")" \
	"stepq: episode 26 has a live run of pipeline.full: run $pushed, which waits for a worker
hint: there may be only one; stepq cancel stops it, --or-existing takes it"
ok "another episode has its own" stepq push pipeline.full --episode=27
ok "and what has no episode any number" stepq push pipeline.full
sql "DELETE FROM jobs; UPDATE episode_jobs
	SET unique_key = 'pipeline.full:26' WHERE id = 81"
ok "the live one may be taken" stepq push pipeline.full --episode=26 \
	--or-existing
is "by number and uuid" "$(cat "$work/out")" \
	"not pushed, pipeline.full is there: run 81 (00000000-0000-4000-8000-000000000081)"
is "in JSON too" "$(stepq push pipeline.full --episode=26 --or-existing \
	--format json)" \
	'{"run":"00000000-0000-4000-8000-000000000081","job":null,"existing":true}'
is "and nothing is pushed" "$(sql "SELECT COUNT(*) FROM jobs")" 0
done_testing
