#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cancel ends a call that is under way, and the worker goes on; a gate is
# answered and its run is done.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"

mariadb_start
cat >"$work/stepq.conf" <<EOT
worker: { sleep = "50ms"; };
engines: {
  slow: { command = ["sh", "-c", "echo \$\$ >$work/pid; exec sleep 300"]; };
  bad:  { dummy: { fail_rate = 1.0; }; };
  noop: { dummy: { result = "{ok: true}"; }; };
};
pipelines = (
  { name = "halves"; steps = (
    { name = "bad"; engine = "bad"; needs = []; tries = 1; },
    { name = "a"; engine = "slow"; needs = []; } ); },
  { name = "slow"; steps = (
    { name = "a"; engine = "slow"; }, { name = "b"; engine = "noop"; needs = ["a"]; } ); },
  { name = "gated"; steps = (
    { name = "ask"; gate: { }; },
    { name = "b"; engine = "noop"; needs = ["ask"]; } ); } );
EOT
STEPQ_CONFIG=$work/stepq.conf
export STEPQ_CONFIG
stepq migrate >/dev/null || bail "cannot migrate"
stepq work >"$work/log" 2>&1 &
worker=$!
at_exit "kill $worker 2>/dev/null"

state_is() {
	test "$(sql "SELECT status FROM episode_jobs WHERE $1")" = "$2"
}
is_ended() {
	! kill -0 "$1" 2>/dev/null
}

stepq push slow >/dev/null
ok "a call is under way" wait_for 20 test -s "$work/pid"
run=$(sql "SELECT id FROM episode_jobs WHERE run_id IS NULL")
ok "its run is cancelled" stepq cancel "$run"
ok "the call ends within a second" wait_for 1 is_ended "$(cat "$work/pid")"
is "its steps are cancelled" "$(sql "SELECT GROUP_CONCAT(status)
	FROM episode_jobs")" "cancelled,cancelled,cancelled"
is "no job is left" "$(sql "SELECT COUNT(*) FROM jobs")" 0

rm "$work/pid"
stepq push halves >/dev/null
ok "a branch goes on" wait_for 20 test -s "$work/pid"
ok "of a run that has failed" wait_for 20 state_is "pipeline = 'halves'
	AND run_id IS NULL" failed
run=$(sql "SELECT id FROM episode_jobs WHERE pipeline = 'halves'
	AND run_id IS NULL")
ok "such a run is cancelled too" stepq cancel "$run"
ok "its call ends within a second" wait_for 1 is_ended "$(cat "$work/pid")"
ok "for good" state_is "id = $run" cancelled

stepq push gated --episode 1 >/dev/null
ok "a gate is parked" wait_for 20 state_is "step = 'ask'" waiting
sql "UPDATE episode_jobs SET available_at = UNIX_TIMESTAMP() - 1
	WHERE step = 'ask'"
exits "an answer after the deadline" 1 stepq approve episode:1 ask
like "is not taken" "$(cat "$work/err")" "the deadline of step ask .* has passed"
stepq cancel episode:1 >/dev/null
exits "nor is a cancelled run cancelled again" 5 stepq cancel episode:1

stepq push gated --episode 2 >/dev/null
ok "a gate is parked" wait_for 20 state_is "episode_id = 2 AND step = 'ask'" \
	waiting
ok "and open" wait_for 20 stepq approve episode:2 ask --result '{"n":1}'
ok "its run is done then" wait_for 20 state_is \
	"episode_id = 2 AND run_id IS NULL" "done"
like "with the answer as its result" "$(sql "SELECT result FROM episode_jobs
	WHERE episode_id = 2 AND step = 'ask'")" '"approved": ?true'
stepq push gated --episode 3 >/dev/null
ok "another gate is parked" wait_for 20 state_is "episode_id = 3 AND
	step = 'ask'" waiting
ok "and rejected" wait_for 20 stepq reject episode:3 --reason "too dark"
ok "its run fails" wait_for 20 state_is "episode_id = 3 AND run_id IS NULL" failed
is "with the reason in words" "$(sql "SELECT error FROM episode_jobs
	WHERE episode_id = 3 AND step = 'ask'")" "rejected by a person: too dark"
kill "$worker"
ok "the worker ends in good order" wait "$worker"
done_testing
