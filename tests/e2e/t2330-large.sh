#!/bin/sh
# SPDX-License-Identifier: MIT
# Forty runs of 2 MB each do not all come into memory at once.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/fleet.sh
. "$top_srcdir/tests/lib/fleet.sh"

# The sanitizer keeps what is freed; that would be measured too.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1
export ASAN_OPTIONS
mariadb_start
fleet_conf <<'EOF'
engines: {
  large: { dummy = { ms = 0; result = "{text: (\"x\" * 2000000)}"; }; };
  noop:  { dummy = { ms = 0; }; };
};
pipelines = ( { name = "p"; steps = (
  { name = "a"; engine = "large"; input = "{}"; },
  { name = "b"; gate: { }; },
  { name = "c"; engine = "noop"; needs = ["a", "b"];
    input = "{n: (.a.text | length)}"; } ); } );
EOF
peak() {
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(worker_pid a)/status"
}
runs() {
	sql "SELECT COUNT(*) FROM episode_jobs WHERE run_id IS NULL
	AND status = '$1'" | grep -qx 40
}
parked() {
	sql "SELECT COUNT(*) FROM episode_jobs WHERE step = 'b'
	AND status = 'waiting' AND waiting_on = 0" | grep -qx 40
}

i=0
while test $i -lt 40; do
	push p >/dev/null
	i=$((i + 1))
done
worker_start maker --concurrency=2
ok "forty runs have their results" wait_for 60 parked
worker_signal maker TERM
worker_wait maker
worker_start a
idle=$(peak)
sql "UPDATE episode_jobs SET value = '{\"approved\":true}' WHERE step = 'b';
	UPDATE jobs SET available_at = UNIX_TIMESTAMP()"
ok "they go on together" wait_for 60 runs "done"
used=$((($(peak) - idle) / 1024))
diag "a worker took $used MiB more than when idle, for 80 MB of results"
ok "the worker stays small" test "$used" -lt 120
worker_signal a TERM
worker_wait a
done_testing
