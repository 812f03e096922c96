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
  text:  { url = "$engine/echo/generate"; };
  image: { url = "$engine/echo/generate?latency=3s"; };
  flaky: { url = "$engine/echo/generate?status=400"; };
};
pipelines = (
  { name = "p"; steps = (
    { name = "text";  engine = "text"; input = "{t: 1}"; },
    { name = "image"; engine = "image"; input = "{i: 1}"; },
    { name = "last";  engine = "text"; input = "{l: 1}"; } ); },
  { name = "fails"; steps = (
    { name = "text";  engine = "text"; input = "{t: 1}"; },
    { name = "image"; engine = "flaky"; input = "{i: 1}"; },
    { name = "last";  engine = "text"; input = "{l: 1}"; } ); }
);
EOF

# A worker is killed in the middle of the image step.
run=$(push p)
worker_start a --lease=2
step_is() {
	test "$(step "$1" "$2" status)" = "$3"
}
ok "the image step is under way" wait_for 10 step_is "$run" image running
kill -KILL "$(worker_pid a)"
wait "$(worker_pid a)" 2>/dev/null
worker_start b --lease=2
ok "another worker ends the run" wait_for 30 run_done "$run"
is "text and last were served once" "$(served text) $(served last)" "1 1"
is "the image step was started twice" "$(step "$run" image attempts)" 2
is "both calls had one key" "$(grep "\"step\":\"image\"" "$work/calls" |
	sed 's/.*"key":"\([^"]*\)".*/\1/' | sort -u)" "$(step "$run" image uuid)"
is "each step has one result" "$(sql "SELECT COUNT(*) FROM episode_jobs
	WHERE status = 'done' AND step IS NOT NULL")" 3
is "no job is left" "$(sql "SELECT COUNT(*) FROM jobs")" 0

# A worker is frozen past its lease; what it brings later is refused.
run=$(push p)
ok "the next image step is under way" wait_for 10 step_is "$run" image running
worker_signal b STOP
worker_start c --lease=2
ok "another worker takes over from a frozen one" \
	wait_for 30 run_done "$run"
worker_signal b CONT
ok "the frozen one says that it lost the lease" \
	wait_for 15 grep -q "lost the lease" "$work/b.log"
is "its result was not written" "$(sql "SELECT COUNT(*) FROM episode_events e
	JOIN episode_jobs s ON s.id = e.episode_job_id WHERE s.step = 'image'
	AND e.state = 'done'")" 2

# Three deaths in a row are enough.
worker_signal b TERM
worker_signal c TERM
worker_wait b
worker_wait c
run=$(push p)
for name in d e f; do
	worker_start $name --lease=1
	wait_for 15 grep -q 'msg="step started".*step=image' "$work/$name.log"
	kill -KILL "$(worker_pid $name)"
	wait "$(worker_pid $name)" 2>/dev/null
done
worker_start g --lease=1
ok "a step whose worker dies three times fails" \
	wait_for 15 run_is "$run" failed
like "it says so" "$(step "$run" image error)" 'died 3 times in a row'

# What failed for good goes on where it stopped.
texts=$(served text)
run=$(push fails)
ok "a step that the engine refuses fails its run" \
	wait_for 10 run_is "$run" failed
is "the steps behind it wait" "$(step "$run" last status)" waiting
sed -i 's/status=400/latency=1ms/' "$work/stepq.conf"
worker_signal g HUP
ok "a reload takes the mended engine" \
	wait_for 5 grep -q "configuration reloaded" "$work/g.log"
id=$(sql "SELECT id FROM failed_jobs WHERE exception LIKE 'engine flaky%'")
ok "retry" stepq retry "$id"
ok "the run goes on and is done" wait_for 10 run_done "$run"
is "what was done before was not done again" \
	"$(($(served text) - texts))" 1
is "the failed job is gone" "$(sql "SELECT COUNT(*) FROM failed_jobs
	WHERE id = $id")" 0
echo broken >>"$work/stepq.conf"
worker_signal g HUP
ok "a reload that fails leaves the worker as it was" \
	wait_for 5 grep -q "not reloaded" "$work/g.log"
worker_signal g TERM
worker_wait g
is "it exits 0 in the end" "$worker_status" 0
done_testing
