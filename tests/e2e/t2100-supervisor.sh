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

command -v supervisord >/dev/null || skip_all "supervisord is not installed"
mariadb_start
engine_start
fleet_conf <<EOF
worker: { sleep = "100ms"; };
engines: { e: { url = "$engine/echo/generate?latency=200ms"; }; };
pipelines = ( { name = "p"; steps = (
  { name = "one";   engine = "e"; input = "{a: 1}"; },
  { name = "two";   engine = "e"; input = "{b: 1}"; },
  { name = "three"; engine = "e"; input = "{c: 1}"; } ); } );
EOF

# The shipped program definition, with paths of this test.
{
	cat <<EOF
[unix_http_server]
file=$work/sock
[supervisord]
logfile=$work/supervisord.log
pidfile=$work/supervisord.pid
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://$work/sock
EOF
	sed -e "s|/usr/local/bin/stepq|$top_builddir/stepq|" \
		-e "s|/etc/stepq/stepq.conf|$work/stepq.conf|" \
		-e "s|/var/log/stepq|$work|" -e '/^user=/d' \
		"$top_srcdir/supervisor/stepq.conf"
} >"$work/supervisord.conf"
ctl() {
	supervisorctl -c "$work/supervisord.conf" "$@"
}
end_supervisor() {
	ctl shutdown >/dev/null 2>&1 && wait_for 20 gone
}
gone() {
	! test -S "$work/sock"
}
at_exit end_supervisor

ok "supervisord takes the shipped definition" \
	supervisord -c "$work/supervisord.conf"
two_run() {
	test "$(ctl status | grep -c RUNNING)" -eq 2
}
ok "two workers run" wait_for 20 two_run
like "as one group, with numbered names" "$(ctl status)" \
	'^stepq:stepq-worker_01 +RUNNING'

i=0
while test $i -lt 30; do
	push p >/dev/null
	i=$((i + 1))
done
under_way() {
	test "$(served one)" -ge 5
}
wait_for 20 under_way
ok "restart under load" ctl restart 'stepq:*'
ok "they run again" wait_for 20 two_run
all_done() {
	test "$(sql "SELECT COUNT(*) FROM episode_jobs WHERE run_id IS NULL
	AND status = 'done'")" = 30
}
ok "every run is done" wait_for 60 all_done
is "no call was made twice" "$(served one) $(served two) $(served three)" \
	"30 30 30"
is "nothing failed" "$(failed_jobs)" 0

pid=$(ctl pid stepq:stepq-worker_00)
kill -KILL "$pid"
comes_back() {
	new=$(ctl pid stepq:stepq-worker_00) && test "$new" -gt 0 &&
		test "$new" != "$pid"
}
ok "a worker that is killed comes back" wait_for 20 comes_back
done_testing
