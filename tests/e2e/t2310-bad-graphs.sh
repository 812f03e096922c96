#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Graphs that are wrong, expressions that give what they must not, and commands
# about what is not there: each is refused or fails alone, with its reason.
#
# shellcheck disable=SC2119,SC2154,SC3043
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/fleet.sh
. "$top_srcdir/tests/lib/fleet.sh"

mariadb_start --max-allowed-packet=16M

# refused NAME STEPS ERE: the configuration is not taken, for that reason.
refused() {
	echo "engines: { noop: { dummy = { ms = 0; }; }; };
pipelines = ( { name = \"p\"; steps = ( $2 ); } );" >"$work/bad.conf"
	exits "$1 is refused" 3 stepq --config "$work/bad.conf" config check
	like "it says why" "$(cat "$work/out" "$work/err")" "$3"
}
a='name = "a"; engine = "noop";' b='name = "b"; engine = "noop";'
refused "a cycle" "{ $a needs = [\"b\"]; }, { $b needs = [\"a\"]; }" \
	'a -> b -> a'
refused "a step that needs itself" "{ $a needs = [\"a\"]; }" 'a -> a'
refused "a need that is no step" "{ $a needs = [\"c\"]; }" "no step 'c'"
refused "two steps of one name" "{ $a }, { $a }" 'twice|already|two steps'
refused "a step that stands in for itself" "{ $a fallback = \"a\"; }" \
	'its own fallback'
refused "a ring of fallbacks" "{ $a needs = []; fallback = \"b\"; },
	{ $b needs = []; fallback = \"a\"; },
	{ name = \"c\"; engine = \"noop\"; needs = []; }" 'b -> a|a -> b'
refused "a loop to a step that comes later" \
	"{ $a again: { to = \"b\"; when = \"true\"; }; }, { $b }" "'b'"

fleet_conf <<'EOF'
worker: { tries = 1; };
engines: { noop: { dummy = { ms = 0; }; }; slow: { dummy = { ms = 500; }; }; };
pipelines = (
  { name = "nothing"; steps = ( { name = "each"; engine = "noop"; each = "empty"; },
    { name = "end"; engine = "noop"; input = "{got: .each}"; } ); },
  { name = "number"; steps = ( { name = "each"; engine = "noop"; each = "7"; input = "{n: .item}"; } ); },
  { name = "error"; steps = ( { name = "each"; engine = "noop"; each = ".input.none[]"; } ); },
  { name = "million"; steps = ( { name = "each"; engine = "noop"; each = "range(1000000)"; } ); },
  { name = "when"; steps = ( { name = "a"; engine = "noop"; when = "\"yes\""; } ); },
  { name = "endless"; steps = ( { name = "a"; engine = "noop"; needs = []; input = "def f: f; f"; },
    { name = "b"; engine = "noop"; needs = []; when = "[range(infinite)] | length > 0"; } ); },
  { name = "giant"; steps = ( { name = "each"; engine = "slow"; needs = []; each = "range(200), (\"x\" * 20000000)";
      input = "{}"; at_once = 5; on_failure = "continue"; }, { name = "end"; engine = "noop"; input = "{}"; } ); },
  { name = "fine"; steps = ( { name = "a"; engine = "noop"; input = "{}"; } ); },
  { name = "gate"; steps = ( { name = "text"; engine = "noop"; input = "{}"; }, { name = "review"; gate: { }; } ); }
);
EOF

for name in nothing number error million when; do
	push $name >"$work/$name.run"
done
ok "a worker takes them all" worker_run
run_of() {
	cat "$work/$1.run"
}
ok "a map over nothing is done" run_done "$(run_of nothing)"
is "with an empty list" "$(step "$(run_of nothing)" each result)" "[]"
ok "a map over one number is done" run_done "$(run_of number)"
ok "an each that fails fails the run" run_is "$(run_of error)" failed
like "with its reason" "$(step "$(run_of error)" each error)" 'each:'
ok "a million items are too many" run_is "$(run_of million)" failed
like "which is said" "$(step "$(run_of million)" each error)" '100000'
is "and left no rows" "$(sql "SELECT COUNT(*) FROM episode_jobs
	WHERE pipeline = 'million' AND kind = 'item'")" 0
ok "a when that gives a text fails the run" run_is "$(run_of when)" failed
like "with its reason too" "$(step "$(run_of when)" a error)" 'when:.*bool|true or false'

run=$(push giant)
ok "items are made before one that cannot be stored" worker_run
ok "the run goes on without their map" run_done "$run"
ok "and so without those that were not called yet" test "$(sql "SELECT
	COUNT(*) FROM episode_jobs WHERE kind = 'item' AND status = 'done'
	AND pipeline = 'giant'")" -lt 50
is "it stays done" "$(sql "SELECT progress FROM episode_jobs
	WHERE uuid = '$run'")" 100.00

worker_start a
run=$(push endless)
fine=$(push fine)
ok "another run goes on beside jq that never ends" wait_for 15 run_done "$fine"
ok "jq that never ends fails its step" wait_for 15 run_is "$run" failed
ok "so does the other one" wait_for 15 test \
	"$(step "$run" a status)$(step "$run" b status)" = failedfailed
like "it says that it took too long" "$(step "$run" a error)" "does not end"
is "within two seconds each" "$(sql "SELECT MAX(TIMESTAMPDIFF(SECOND,
	created_at, completed_at)) <= 5 FROM episode_jobs
	WHERE pipeline = 'endless' AND run_id IS NOT NULL")" 1
run=$(push fine)
ok "the worker is well" wait_for 10 run_done "$run"

fails "rerun from a step that is none is refused" \
	stepq rerun "$run" --from nowhere
like "it names the step" "$(cat "$work/err")" "nowhere"
fails "a finished run is not cancelled" stepq cancel "$run"
like "as it is done" "$(cat "$work/out" "$work/err")" "done"
ok "it stays done" run_is "$run" "done"
run=$(push gate)
is_parked() {
	test "$(step "$run" review status)" = waiting &&
		test -n "$(step "$run" review message)"
}
ok "a gate is reached" wait_for 10 is_parked
fails "approve of a step that is no gate is refused" stepq approve "$run" text
like "it says so" "$(cat "$work/err")" "no gate|not a gate"
fails "approve of a step that is none is refused" stepq approve "$run" nope
fails "approve of a run that is none is refused" stepq approve 999999 review
fails "a result must be JSON" stepq approve "$run" review --result='{'
ok "the gate still waits" is_parked
ok "it can be approved" stepq approve "$run"
ok "and the run ends" wait_for 10 run_done "$run"
fails "twice it cannot be approved" stepq approve "$run" review
worker_signal a TERM
worker_wait a
is "the worker that saw all this ends well" "$worker_status" 0
done_testing
