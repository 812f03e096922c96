#!/bin/sh
# SPDX-License-Identifier: MIT
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
  noop:   { dummy = { ms = 0; }; };
  double: { dummy = { ms = 1; result = "{n: (.n * 2), cost: 0.25}"; }; };
};
pipelines = (
  { name = "chain"; steps = (
    { name = "one";   engine = "double"; input = "{n: .input.n}"; cost = ".cost"; },
    { name = "two";   engine = "double"; input = "{n: .one.n}"; cost = ".cost"; state = "doubling"; },
    { name = "three"; engine = "double"; input = "{n: (.one.n + .two.n)}";
      output = "{total: .n, was: $state.input.n}"; cost = "\"0.10\""; } ); },
  { name = "diamond"; steps = (
    { name = "top";    engine = "noop"; needs = []; input = "{t: 1}"; },
    { name = "left";   engine = "noop"; needs = ["top"]; input = "{l: .top.t}"; },
    { name = "right";  engine = "noop"; needs = ["top"]; input = "{r: .top.t}"; },
    { name = "bottom"; engine = "noop"; needs = ["left", "right"];
      input = "{sum: (.left.l + .right.r), sees: (keys | join(\",\"))}"; } ); }
);
EOF

sql "INSERT INTO projects (id, name) VALUES (11, 'p');
	INSERT INTO episodes (id, project_id, title) VALUES (25, 11, 'e')"
run=$(push chain '{"episode_id":25,"input":{"n":3}}')
ok "a worker empties the queue" worker_run
ok "the run is done" run_done "$run"
is "each step saw the results before it" \
	"$(step "$run" three result | jq -cS .)" '{"total":36,"was":3}'
is "what was asked is kept" "$(step "$run" two input | jq -cS .)" '{"n":6}'
is "costs are summed exactly" \
	"$(sql "SELECT cost, progress, waiting_on FROM episode_jobs
	WHERE uuid = '$run'")" "0.600000	100.00	0"
is "the episode mirrors the run" \
	"$(sql "SELECT status, stage, progress, cost FROM episodes")" \
	"done	three	100.00	0.600000"
is "every step ran once" "$(sql "SELECT GROUP_CONCAT(attempts)
	FROM episode_jobs WHERE step IS NOT NULL")" "1,1,1"
is "no job is left" "$(sql "SELECT COUNT(*) FROM jobs")" 0
is "the events tell the story" "$(sql "SELECT GROUP_CONCAT(CONCAT(
	COALESCE(s.step, 'run'), ':', e.state) ORDER BY e.id SEPARATOR ' ')
	FROM episode_events e JOIN episode_jobs s ON s.id = e.episode_job_id")" \
	"run:queued run:running one:running one:done two:running two:done\
 three:running three:done run:done"

run=$(push diamond)
ok "branches and their join are worked off" worker_run --concurrency=10
ok "a run that joins two branches is done" run_done "$run"
is "the join saw both branches and what is above them" \
	"$(step "$run" bottom result | jq -cS .)" \
	'{"sees":"input,left,right,run,top","sum":2}'

i=0
while test $i -lt 50; do
	push diamond >/dev/null
	i=$((i + 1))
done
worker_start a --concurrency=20
worker_start b --concurrency=20
ok "fifty runs on two workers end" \
	wait_for 30 sh -c "test \"\$($(command -v "$mariadb_client") \
	--no-defaults -S $mariadb_socket -uroot -N -e \"SELECT COUNT(*)
	FROM $mariadb_schema.episode_jobs WHERE run_id IS NULL
	AND status = 'done'\")\" = 52"
is "no step of them ran twice" "$(sql "SELECT COUNT(*) FROM episode_jobs
	WHERE attempts > 1")" 0
is "no job of them is left" "$(sql "SELECT COUNT(*) FROM jobs")" 0

worker_signal a TERM
worker_signal b TERM
worker_wait a
worker_wait b
first=$(push chain '{"input":{"n":1}}')
second=$(push chain '{"input":{"n":1}}')
worker_run --concurrency=1
is "runs pushed together are finished one after the other" "$(sql "SELECT
	MAX(a.completed_at) <= MIN(b.started_at) FROM episode_jobs a
	JOIN episode_jobs b WHERE a.uuid = '$first' AND b.uuid = '$second'")" 1

worker_start a
worker_start b
sql "CALL stepq_push('chain', NULL, JSON_OBJECT('n', 1))" >"$work/pushed"
ok "a run pushed by the procedure ends" \
	wait_for 10 run_done "$(cat "$work/pushed")"

worker_signal a TERM
worker_wait a
is "a worker that is told to stop exits 0" "$worker_status" 0
is "its row is gone" "$(sql "SELECT COUNT(*) FROM workers
	WHERE name = 'a'")" 0
other_is_there() {
	test "$(sql "SELECT name FROM workers")" = b
}
ok "the other's is there" wait_for 10 other_is_there
done_testing
