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
engines: { slow: { url = "$engine/echo/generate?latency=500ms"; }; };
pipelines = ( { name = "p"; steps = (
  { name = "one"; engine = "slow"; input = "{a: 1}"; },
  { name = "two"; engine = "slow"; input = "{b: .one.echo.a}"; } ); } );
EOF

worker_start a
worker_start b
runs=""
i=0
while test $i -lt 10; do
	runs="$runs $(push p)"
	i=$((i + 1))
done
served_some() {
	test "$(served one)" -ge 3
}
wait_for 10 served_some
mariadb_kill
ok "a worker says that the database is away" \
	wait_for 10 grep -q "database is away" "$work/a.log"
sleep 1
mariadb_start
all_done() {
	test "$(sql "SELECT COUNT(*) FROM episode_jobs WHERE run_id IS NULL
	AND status = 'done'")" = 10
}
ok "every run is done after the server was killed" wait_for 30 all_done
ok "it says that the database is back" \
	wait_for 15 grep -q "database is back" "$work/a.log"
is "no step was done twice" "$(sql "SELECT COUNT(*) FROM episode_events e
	WHERE state = 'done' GROUP BY episode_job_id HAVING COUNT(*) > 1")" ""
is "nothing failed for it" "$(failed_jobs)" 0
is "results waited for the server: each step was served once" \
	"$(served one) $(served two)" "10 10"

# A connection that is killed under a worker is opened again.
sql "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist
	WHERE id <> CONNECTION_ID()" >"$work/kill"
sql <"$work/kill"
run=$(push p)
ok "a killed connection is opened again" wait_for 15 run_done "$run"

mariadb_stop
stepq work --name=c >"$work/c.log" 2>&1 &
pid=$!
fleet_pids="$fleet_pids $pid"
ok "a worker that finds no server waits" \
	wait_for 10 grep -q "database is away" "$work/c.log"
kill -0 $pid
is "it does not exit" $? 0
mariadb_start
ok "it works when the server comes" wait_for 15 grep -q "database is back" \
	"$work/c.log"
kill -TERM $pid
wait $pid
is "and stops in good order" $? 0

exits "a wrong password ends a worker at the start" 4 env \
	STEPQ_DATABASE_URL="mysql://nobody:x@localhost/stepq?socket=$mariadb_socket" \
	stepq work
like "with the server's reason" "$(cat "$work/err")" 'denied'
sql "CREATE DATABASE bare"
exits "missing tables end a worker at the start" 1 env \
	STEPQ_DATABASE_URL="mysql://root@localhost/bare?socket=$mariadb_socket" \
	stepq work
like "with what to do" "$(cat "$work/err")" 'stepq migrate'
sql "INSERT INTO stepq_migrations (version, name) VALUES (9999, 'future')"
exits "a schema of the future ends a worker at the start" 1 stepq work
like "with the versions" "$(cat "$work/err")" '9999'
done_testing
