#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2154,SC3043
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/fleet.sh
. "$top_srcdir/tests/lib/fleet.sh"

mariadb_start
engine_start
fleet_conf <<EOF
engines: {
  slow: { url = "$engine/echo/generate?latency=1500ms"; };
  hang: { url = "$engine/echo/generate?hang=1"; timeout = "0"; };
  noop: { dummy = { ms = 0; }; };
  nap:  { dummy = { ms = 50; }; };
};
pipelines = (
  { name = "slow"; steps = ( { name = "s"; engine = "slow"; } ); },
  { name = "hang"; steps = ( { name = "h"; engine = "hang"; } ); },
  { name = "noop"; steps = ( { name = "n"; engine = "noop"; } ); },
  { name = "nap";  steps = ( { name = "n"; engine = "nap"; } ); }
);
EOF
running() {
	test "$(step "$1" "$2" status)" = running
}

run=$(push slow)
worker_start a --grace=20
wait_for 10 running "$run" s
later=$(push slow)
worker_signal a TERM
worker_wait a
is "a worker that is told to stop exits 0" "$worker_status" 0
ok "it finished what ran" run_done "$run"
ok "it took nothing new" test -z "$(step "$later" s attempts)"
worker_start b --grace=20
ok "another takes it" wait_for 10 run_done "$later"
worker_signal b TERM
worker_wait b

run=$(push hang)
worker_start c --grace=1
wait_for 10 running "$run" h
worker_signal c TERM
worker_wait c
is "past its grace a worker exits 0 as well" "$worker_status" 0
is "what still ran goes back without an attempt used up" \
	"$(sql "SELECT attempts, reserved_at IS NULL FROM jobs")" "0	1"
is "its step is queued again" "$(step "$run" h status)" queued

worker_start d --grace=60
wait_for 10 running "$run" h
worker_signal d TERM
ok "it drains" wait_for 5 grep -q "no new work" "$work/d.log"
worker_signal d TERM
worker_wait d
is "a second signal stops at once" "$worker_status" 0
is "and gives back, too" "$(step "$run" h status)" queued
sql "DELETE FROM jobs"

worker_start e
worker_signal e USR2
ok "SIGUSR2 pauses" wait_for 5 grep -q "paused" "$work/e.log"
run=$(push noop)
sleep 0.5
ok "a paused worker takes nothing" test -z "$(step "$run" n status)"
worker_signal e CONT
ok "SIGCONT resumes" wait_for 5 run_done "$run"
sql "INSERT INTO queues (name, paused_at) VALUES ('default', NOW())"
run=$(push noop)
sleep 0.5
ok "a paused queue gives nothing" test -z "$(step "$run" n status)"
sql "DELETE FROM queues"
ok "and goes on when it is not paused" wait_for 5 run_done "$run"
worker_signal e TERM
worker_wait e

first=$(push noop) second=$(push noop)
ok "--once" stepq work --once
is "runs one step" "$(step "$first" n status) $(step "$second" n status)" \
	"done "
push noop >/dev/null
push noop >/dev/null
ok "--max-jobs=2" stepq work --max-jobs=2
is "runs two" "$(sql "SELECT COUNT(*) FROM episode_jobs WHERE step = 'n'
	AND status = 'done'")" 5
ok "--stop-when-empty ends when nothing is left" worker_run
is "nothing is left" "$(sql "SELECT COUNT(*) FROM jobs")" 0
ok "--max-time" timeout 10 stepq work --max-time=1
exits "--memory ends with status 12" 12 timeout 10 stepq work --memory=1

push_raw '{"uuid":"11111111-1111-4111-8111-111111111111","job":"noop"}' low
push_raw '{"uuid":"22222222-2222-4222-8222-222222222222","job":"noop"}' high
ok "--queue=high,low" worker_run --queue=high,low --concurrency=1
is "takes the first queue first" "$(sql "SELECT GROUP_CONCAT(queue ORDER BY
	completed_at, id) FROM episode_jobs WHERE run_id IS NULL
	AND queue <> 'default'")" "high,low"

push nap >/dev/null
push nap >/dev/null
before=$(date +%s%N)
worker_run --concurrency=1 --rest=1
ok "--rest pauses after each step" \
	test $((($(date +%s%N) - before) / 1000000)) -ge 1000

push noop >/dev/null
stepq work --stop-when-empty --json 2>"$work/json"
ok "--json logs an object a line" jq -e .msg "$work/json"
push noop >/dev/null
stepq work --stop-when-empty --quiet 2>"$work/quiet"
is "--quiet says nothing when all is well" "$(cat "$work/quiet")" ""
exits "an unknown option is refused" 2 stepq work --quueue=x
exits "a concurrency of nothing is refused" 2 stepq work --concurrency=0
done_testing
