#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119 # worker_run needs no options here
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/fleet.sh
. "$top_srcdir/tests/lib/fleet.sh"

mariadb_start
fleet_conf <<'EOF'
worker: { tries = 1; };
engines: {
  noop:  { dummy = { ms = 0; }; };
  twice: { dummy = { ms = 0; result = "{n: (.n * 2), cost: 0.125}"; }; };
  odd:   { dummy = { ms = 0; result = "if .n % 2 == 1 then error(\"odd\") else {n} end"; }; };
  bad:   { dummy = { ms = 0; fail_rate = 1.0; }; };
};
pipelines = (
  { name = "choose"; steps = (
    { name = "top";  engine = "noop"; input = "{n: .input.n}"; },
    { name = "big";  engine = "noop"; needs = ["top"]; when = ".top.n > 10"; input = "{is: \"big\"}"; into = "size"; },
    { name = "small"; engine = "noop"; needs = ["top"]; when = ".top.n <= 10"; input = "{is: \"small\"}"; into = "size"; },
    { name = "after_big"; engine = "noop"; needs = ["big"]; },
    { name = "join"; engine = "noop"; needs = ["big", "small"]; input = ".size"; },
    { name = "anyway"; engine = "noop"; needs = ["after_big"]; when = "true"; input = "{sees: (keys|join(\",\"))}"; } ); },
  { name = "map"; steps = (
    { name = "list"; engine = "noop"; input = "{all: [range(.input.n)]}"; },
    { name = "each"; engine = "twice"; each = ".list.all[]"; input = "{n: .item}"; output = "{n, index: $state.index}"; cost = ".cost"; at_once = 7; weight = 8; },
    { name = "sum";  engine = "noop"; input = "{sum: (.each | map(.n) | add), order: ([.each[].index] == [range(.each|length)])}"; } ); },
  { name = "some"; steps = (
    { name = "each"; engine = "odd"; needs = []; each = "range(.input.n)"; input = "{n: .item}"; min_done = "50%"; },
    { name = "sum";  engine = "noop"; input = "{got: .each}"; } ); },
  { name = "all"; steps = (
    { name = "each"; engine = "odd"; needs = []; each = "range(.input.n)"; input = "{n: .item}"; },
    { name = "sum";  engine = "noop"; input = "{got: .each}"; } ); },
  { name = "loop"; steps = (
    { name = "begin"; engine = "noop"; input = "{n: 0}"; },
    { name = "draw";  engine = "noop"; input = "{n: (.run.round), before: .draw.n, qa: .qa.pass}"; },
    { name = "qa";    engine = "noop"; input = "{pass: (.draw.n >= 3), n: .draw.n}";
      again: { to = "draw"; when = ".qa.pass | not"; at_most = 5; }; },
    { name = "end";   engine = "noop"; input = "{n: .draw.n}"; } ); },
  { name = "nested"; steps = (
    { name = "in";  engine = "noop"; needs = []; input = "{r: .run.round}"; again: { to = "in"; when = ".in.r == 2"; }; },
    { name = "out"; engine = "noop"; input = "{}"; again: { to = "in"; when = "true"; }; } ); },
  { name = "append"; steps = (
    { name = "one";  engine = "noop"; needs = []; input = "{list: [.run.round]}"; output = ".list"; merge = "append"; },
    { name = "again"; engine = "noop"; input = "{}"; again: { to = "one"; when = "true"; at_most = 2; }; },
    { name = "end";  engine = "noop"; input = "{all: .one}"; } ); },
  { name = "policy"; steps = (
    { name = "top";   engine = "noop"; needs = []; input = "{}"; },
    { name = "cont";  engine = "bad"; needs = ["top"]; on_failure = "continue"; },
    { name = "skip";  engine = "bad"; needs = ["top"]; on_failure = "skip"; },
    { name = "after_skip"; engine = "noop"; needs = ["skip"]; },
    { name = "first"; engine = "bad"; needs = ["top"]; fallback = "second"; },
    { name = "second"; engine = "noop"; input = "{from: \"second\"}"; },
    { name = "end";   engine = "noop"; needs = ["cont", "after_skip", "first"];
      input = "{cont: .cont, has: has(\"cont\"), errors: (.errors | keys), first: .first, skip: has(\"skip\")}"; } ); },
  { name = "spare"; steps = (
    { name = "first"; engine = "noop"; needs = []; input = "{from: \"first\"}"; fallback = "second"; },
    { name = "second"; engine = "noop"; },
    { name = "end";   engine = "noop"; input = ".first"; } ); },
  { name = "timer"; steps = (
    { name = "pause"; wait = "1s"; },
    { name = "until"; until = ".input.at"; engine = "noop"; input = "{}"; } ); },
  { name = "gate"; steps = (
    { name = "review"; gate: { }; input = "{text: .input.text}"; },
    { name = "end"; engine = "noop"; input = ".review"; } ); },
  { name = "late"; steps = (
    { name = "review"; gate: { deadline = "1s"; on_deadline = "approve"; }; },
    { name = "strict"; gate: { deadline = "1s"; on_reject = "continue"; }; },
    { name = "end"; engine = "noop"; input = "[.review, .strict]"; } ); }
);
EOF

states() {
	sql "SELECT GROUP_CONCAT(CONCAT(s.step, IF(s.round > 1,
	CONCAT('#', s.round), ''), ':', s.status) ORDER BY s.id SEPARATOR ' ')
	FROM episode_jobs s JOIN episode_jobs r ON r.id = s.run_id
	WHERE r.uuid = '$1' AND s.parent_id IS NULL"
}
result() {
	step "$1" "$2" result | tail -1 | jq -cS .
}

run=$(push choose '{"input":{"n":3}}')
ok "a worker empties the queue" worker_run
is "one branch is taken, the other skipped with what needs only it" \
	"$(states "$run")" "top:done big:skipped small:done\
 after_big:skipped join:done anyway:done"
is "the join reads whichever ran" "$(result "$run" join)" '{"is":"small"}'
is "when runs a step though all it needs was skipped" \
	"$(result "$run" anyway)" '{"sees":"input,run,top"}'
ok "the run is done" run_done "$run"
is "a skipped step says why" "$(step "$run" big message)" \
	"its condition (when) is false"

run=$(push map '{"input":{"n":500}}')
worker_run
ok "a map over 500 items is done" run_done "$run"
is "its results keep their order" "$(result "$run" sum)" \
	'{"order":true,"sum":249500}'
is "every item is a row of its own" "$(sql "SELECT COUNT(*), COUNT(DISTINCT
	item), MIN(status), MAX(attempts) FROM episode_jobs WHERE kind = 'item'")" \
	"500	500	done	1"
is "what the items cost is summed" "$(sql "SELECT cost, progress, waiting_on
	FROM episode_jobs WHERE uuid = '$run'")" "62.500000	100.00	0"
is "and the map shows it" "$(step "$run" each cost | head -1)" "62.500000"
run=$(push map '{"input":{"n":0}}')
worker_run
is "a map over nothing is done" "$(states "$run")" \
	"list:done each:done sum:done"

run=$(push some '{"input":{"n":5}}')
worker_run
ok "a map may be done with failed items" run_done "$run"
is "what failed is null in its place" "$(result "$run" sum)" \
	'{"got":[{"n":0},null,{"n":2},null,{"n":4}]}'
is "tolerated failures are no failed jobs" "$(failed_jobs)" 0
run=$(push all '{"input":{"n":5}}')
worker_run
ok "a map without all its items has failed" run_is "$run" failed
is "it is one failed job" "$(failed_jobs)" 1
is "only what is done counts" "$(sql "SELECT progress FROM episode_jobs
	WHERE uuid = '$run'")" 30.00
stepq retry all >/dev/null
worker_run
is "and counts once" "$(sql "SELECT progress FROM episode_jobs
	WHERE uuid = '$run'")" 30.00
like "that names the items" "$(sql "SELECT exception FROM failed_jobs")" \
	"2 of 5 items failed, 5 must be done; item 1: "

run=$(push loop)
worker_run
is "a loop goes back until it may go on" "$(states "$run")" \
	"begin:done draw:done qa:done end:done draw#2:done qa#2:done\
 draw#3:done qa#3:done"
is "its steps see the round before" "$(step "$run" draw result | jq -cS .)" \
	'{"before":null,"n":1,"qa":null}
{"before":1,"n":2,"qa":false}
{"before":2,"n":3,"qa":false}'
is "what follows sees the last one" "$(result "$run" end)" '{"n":3}'
is "the run's counters agree" "$(sql "SELECT status, waiting_on, progress
	FROM episode_jobs WHERE uuid = '$run'")" "done	0	100.00"
run=$(push nested)
worker_run
is "a loop in a loop goes back as often as it may itself" \
	"$(states "$run")" "in:done out:done in#2:done out#2:done in#3:done"
run=$(push append)
worker_run
is "rounds can be appended" "$(result "$run" end)" '{"all":[1,2,3]}'

run=$(push policy)
worker_run
is "a step's failure does what its policy says" "$(states "$run")" \
	"top:done cont:failed skip:skipped after_skip:skipped first:failed\
 second:done end:done"
is "and the state tells" "$(result "$run" end)" \
	'{"cont":null,"errors":["cont","first","skip"],"first":{"from":"second"},"has":true,"skip":false}'
ok "the run is done all the same" run_done "$run"
like "status tells who took over" "$(stepq status "$run")" \
	'first +failed .* second takes over: engine bad'
run=$(push spare)
worker_run
is "a fallback that is not needed is skipped" "$(states "$run")" \
	"first:done second:skipped end:done"

run=$(push timer "{\"input\":{\"at\":$(($(date +%s) + 2))}}")
worker_start a
ok "timers let the run go on" wait_for 10 run_done "$run"
is "not before their time" "$(sql "SELECT MIN(TIMESTAMPDIFF(MICROSECOND,
	started_at, completed_at) >= 900000) FROM episode_jobs
	WHERE step = 'pause'")" 1

run=$(push gate '{"input":{"text":"hello"}}')
parked() {
	test "$(step "$run" review "status" 2>/dev/null)" = waiting &&
		test "$(step "$run" review message)" = "waits for approval"
}
ok "a gate waits" wait_for 10 parked
is "and shows what it asks" "$(step "$run" review input | jq -cS .)" \
	'{"text":"hello"}'
is "it holds no worker" "$(sql "SELECT COUNT(*) FROM jobs
	WHERE reserved_at IS NULL AND available_at = 4294967295")" 1
sql "UPDATE episode_jobs SET value = '{\"approved\":true,\"result\":7}'
	WHERE step = 'review'; UPDATE jobs SET available_at = UNIX_TIMESTAMP()"
ok "an answer lets it go on" wait_for 10 run_done "$run"
is "and is its result" "$(result "$run" end)" \
	'{"approved":true,"by":"person","result":7}'
run=$(push late)
ok "a deadline answers" wait_for 10 run_done "$run"
is "as the gate says" "$(result "$run" end)" \
	'[{"approved":true,"by":"deadline","result":null},{"approved":false,"by":"deadline","result":null}]'
run=$(push gate '{"input":{"text":"hello"}}')
wait_for 10 parked
ok "a gate can be rejected" stepq reject "$run" --result='{"why":"dark"}'
ok "which fails the run" wait_for 10 run_is "$run" failed
is "with what was said" "$(step "$run" review error)" \
	'rejected by a person: {"why":"dark"}'
is "no job is left" "$(sql "SELECT COUNT(*) FROM jobs")" 0
worker_signal a TERM
worker_wait a
is "the worker that did all this ends well" "$worker_status" 0
done_testing
