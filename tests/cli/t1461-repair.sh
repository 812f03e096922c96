#!/bin/sh
# SPDX-License-Identifier: MIT
#
# doctor --repair: finds nothing while workers are at work, and gets them
# going again after somebody has deleted jobs and changed counters.
# shellcheck disable=SC2119,SC2154
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/fleet.sh
. "$top_srcdir/tests/lib/fleet.sh"

mariadb_start
fleet_conf <<'EOF'
engines: {
  quick: { dummy = { ms = 5; result = "[range(6)]"; }; };
  shaky: { dummy = { ms = 5; fail_rate = 0.3; }; tries = 2; backoff = "0s"; };
};
pipelines = ( { name = "all"; steps = (
  { name = "text"; engine = "quick"; },
  { name = "sound"; engine = "shaky"; needs = ["text"]; on_failure = "continue"; },
  { name = "image"; engine = "shaky"; needs = ["text"]; each = "range(12)";
    at_once = 3; min_done = 0; },
  { name = "look"; engine = "quick"; needs = ["image"];
    again: { to = "image"; when = ".run.round < 2"; at_most = 2; }; },
  { name = "later"; needs = ["sound"]; wait = "1s"; },
  { name = "ask"; needs = ["text"]; gate: { deadline = "2s"; on_deadline = "approve"; }; },
  { name = "ship"; engine = "shaky"; needs = ["look", "later", "ask"]; on_failure = "skip"; } ); } );
EOF

push_many() {
	local i=0
	while test $i -lt "$1"; do
		stepq push all >/dev/null
		i=$((i + 1))
	done
}
left() {
	sql "SELECT COUNT(*) FROM episode_jobs WHERE run_id IS NULL
	AND status <> 'done'"
}
is_over() {
	test "$(sql "SELECT COUNT(*) FROM jobs")$(left)" = 00
}
# Looks at it again and again until all is done.
repair_meanwhile() {
	local n=0
	rm -f "$work/found"
	while ! is_over; do
		stepq doctor --repair >"$work/doctor" || return 1
		grep -E '^(run|job|graphs.*mended)|  (run|job) [0-9]' \
			"$work/doctor" >>"$work/found"
		n=$((n + 1))
		test $n -lt 200 || return 1
	done
	test $n -gt 1
}

push_many 15
worker_start a --concurrency=10
worker_start b --concurrency=10
ok "runs of every kind end while they are looked at" repair_meanwhile
is "and nothing was found" "$(cat "$work/found")" ""
is "all are done" "$(left)" "0"
worker_signal a TERM
worker_signal b TERM
worker_wait a
worker_wait b

# Some way on, everything that can be broken is.
push_many 6
worker_start c --concurrency=10
some_maps() {
	test "$(sql "SELECT COUNT(*) FROM episode_jobs WHERE kind = 'map'
	AND status = 'running' AND waiting_on BETWEEN 2 AND 9")" -gt 1
}
ok "maps are under way" wait_for 20 some_maps
worker_signal c KILL
worker_wait c
sql "DELETE FROM jobs WHERE step_id IS NOT NULL;
	UPDATE episode_jobs SET waiting_on = waiting_on + 1 WHERE status IN
	('waiting', 'running', 'queued');
	UPDATE episode_jobs SET next_item = 12 WHERE kind = 'map'
	AND status = 'running'"
exits "doctor finds it" 1 stepq doctor
like "and says what mends it" "$(cat "$work/out")" 'hint: stepq doctor --repair'
ok "it is mended" stepq doctor --repair
like "and said" "$(cat "$work/out")" '^graphs +6 live runs, [0-9]+ faults mended'
ok "then all is well" stepq doctor
like "really" "$(cat "$work/out")" '^graphs +6 live runs, counters agree'
worker_start d --concurrency=10
ok "and the runs end" wait_for 60 is_over
is "done" "$(left)" "0"
is "each step as often as it must" "$(sql "SELECT COUNT(*) FROM episode_jobs
	WHERE kind <> 'run' AND status NOT IN ('done', 'failed', 'skipped')")" "0"
done_testing
