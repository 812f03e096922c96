#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What people see of a run while real workers are at it: why it waits, from
# the push to its end.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/fleet.sh
. "$top_srcdir/tests/lib/fleet.sh"

# why_says ERE: of the run
why_says() {
	stepq why "$run" >"$work/why" 2>&1 || return 1
	grep -Eq "$1" "$work/why"
}

mariadb_start
fleet_conf <<'CONF'
worker: { lease = "3s"; tries = 3; };
engines: {
  noop: { dummy = { ms = 0; result = "{n: [range(6)]}"; }; };
  slow: { dummy = { ms = 600000; }; };
  bad:  { dummy = { ms = 0; fail_rate = 1.0; }; };
};
pipelines = (
  { name = "film"; steps = (
    { name = "text";  engine = "noop"; },
    { name = "image"; engine = "slow"; each = ".text.n[]"; at_once = 2; timeout = "0"; },
    { name = "end";   engine = "noop"; } ); },
  { name = "asked"; steps = (
    { name = "text";   engine = "noop"; },
    { name = "music";  engine = "bad"; needs = ["text"]; tries = 1; on_failure = "continue"; },
    { name = "never";  engine = "noop"; needs = ["text"]; when = "false"; },
    { name = "pause";  wait = "1h"; needs = ["text"]; },
    { name = "later";  engine = "bad"; needs = ["text"]; backoff = ["1h"]; },
    { name = "review"; gate = { deadline = "1d"; }; needs = ["text"]; },
    { name = "end";    engine = "noop"; needs = ["review"]; } ); }
);
CONF

run=$(push film '{}')
ok "a run that was pushed waits for a worker" \
	why_says 'is not made yet; its job [0-9]+: no worker takes queue default'
worker_start a
ok "a map tells how its items are" wait_for 10 why_says \
	'image +0 of 6 items done, 2 running, 4 waiting for a place$'
ok "and who has them" why_says \
	'    image\[1\] +runs on a \(host .*\) for .*, lease until '
ok "and what waits for it" why_says 'end +waits for image \(0 of 6 items\)$'
worker_signal a KILL
ok "a worker that is dead is told, and who is to come" wait_for 20 why_says \
	'image\[1\] +a \(host .*\) is silent for .*; its lease ended .*; and no worker takes queue default'
worker_start b
ok "until another has taken over" wait_for 20 \
	why_says 'image\[1\] +runs on b '
worker_signal b KILL

run=$(push asked '{}')
worker_start c
ok "a gate waits for a person" wait_for 10 \
	why_says 'review +waits for approval until .*, for .* so far: stepq approve [0-9]* review$'
ok "a timer for its time" wait_for 10 why_says 'pause +waits until .*\(in 59m\)$'
ok "a retry for its time too" wait_for 10 \
	why_says 'later +failed 1 time, next try .* \(in [0-9]+[mh]\): engine bad: '
ok "the run is shown" stepq status "$run"
like "a failure it goes on from" "$(cat "$work/out")" \
	'music +failed .* the run goes on: engine bad: '
like "a step that is not run, and why" "$(cat "$work/out")" \
	'never +skipped .* its condition \(when\) is false'
like "the gate's command" "$(cat "$work/out")" \
	'^Let review pass with: stepq approve [0-9]+ review$'
is "nothing of it is taken for broken" "$(grep -c doctor "$work/why")" 0
done_testing
