#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Wide maps: order, memory, locks, and whether others get their turn.
#
# shellcheck disable=SC2119,SC2154,SC3043
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/fleet.sh
. "$top_srcdir/tests/lib/fleet.sh"

mariadb_start
fleet_conf <<'EOF'
engines: { noop: { dummy = { ms = 0; }; }; };
pipelines = (
  { name = "wide"; steps = (
    { name = "each"; engine = "noop"; each = "range(.input.n)"; input = "{n: .item}"; output = ".n"; },
    { name = "end";  engine = "noop"; input = "{ordered: (.each == [range(.each | length)]), n: (.each | length)}"; } ); },
  { name = "heavy"; steps = (
    { name = "each"; engine = "noop"; each = "(\"x\" * 900000) as $p | range(16) | [$p]"; input = "1"; at_once = 1; } ); },
  { name = "small"; steps = (
    { name = "one"; engine = "noop"; input = "{}"; },
    { name = "two"; engine = "noop"; input = "{}"; } ); }
);
EOF

# Or the sanitizers keep what is freed, up to 256 MiB.
ASAN_OPTIONS=quarantine_size_mb=1
export ASAN_OPTIONS
worker_start a
rss_kib() {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' \
		"/proc/$(worker_pid a)/status"
}
# of the longest wait for a row so far, in milliseconds
lock_wait_max() {
	sql "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_time_max'" | cut -f2
}
idle=$(rss_kib)

run=$(push wide '{"input":{"n":100}}')
ok "a map over 100 items ends" wait_for 20 run_done "$run"
is "its results are in order" "$(step "$run" end result | jq -cS .)" \
	'{"n":100,"ordered":true}'

run=$(push wide '{"input":{"n":10000}}')
under_way() {
	test "$(sql "SELECT COUNT(*) FROM episode_jobs
		WHERE kind = 'item' AND status = 'done'")" -gt 300
}
ok "a map over 10,000 items is under way" wait_for 20 under_way
i=0
while test $i -lt 20; do
	push small >>"$work/small"
	i=$((i + 1))
done
small_done() {
	test "$(sql "SELECT COUNT(*) FROM episode_jobs WHERE kind = 'run'
		AND pipeline = 'small' AND status = 'done'")" = 20
}
ok "runs that are pushed meanwhile end" wait_for 20 small_done
is "before it does" "$(sql "SELECT status FROM episode_jobs
	WHERE uuid = '$run'")" running
peak=0
ended() {
	local now
	now=$(rss_kib)
	test "$now" -le "$peak" || peak=$now
	run_done "$run"
}
ok "the map ends" wait_for 60 ended
is "its 10,000 results are in order" "$(step "$run" end result | jq -cS .)" \
	'{"n":10000,"ordered":true}'
is "each item ran once" "$(sql "SELECT COUNT(*), COUNT(DISTINCT item),
	MAX(attempts) FROM episode_jobs WHERE kind = 'item' AND run_id =
	(SELECT id FROM episode_jobs WHERE uuid = '$run')")" "10000	10000	1"
is "no small run took longer than two seconds" "$(sql "SELECT
	MAX(TIMESTAMPDIFF(MICROSECOND, created_at, completed_at)) < 2000000
	FROM episode_jobs WHERE kind = 'run' AND pipeline = 'small'")" 1
diag "idle $idle KiB, at most $peak KiB; longest lock wait $(lock_wait_max) ms"
ok "the worker's memory is bounded" \
	test $(((peak - idle) / 1024)) -lt 150
ok "no lock was waited for longer than a second" \
	test "$(lock_wait_max)" -lt 1000
is "no job is left" "$(sql "SELECT COUNT(*) FROM jobs")" 0
worker_signal a TERM
worker_wait a
is "the worker ends well" "$worker_status" 0

for i in 1 2 3 4 5 6; do
	push heavy >/dev/null
done
run=$(push small)
worker_start b
ok "a small run ends beside maps of large items" wait_for 30 run_done "$run"
is "none of which has got them all by then" "$(sql "SELECT MAX(n) < 16 FROM
	(SELECT COUNT(*) n FROM episode_jobs WHERE pipeline = 'heavy'
	AND kind = 'item' AND created_at < (SELECT completed_at FROM
	episode_jobs WHERE uuid = '$run') GROUP BY parent_id) m")" 1
done_testing
