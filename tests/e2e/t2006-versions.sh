#!/bin/sh
# SPDX-License-Identifier: MIT
# A run keeps the definition it began with.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/fleet.sh
. "$top_srcdir/tests/lib/fleet.sh"

engines='engines: { noop: { dummy: { ms = 0; }; }; };'
mariadb_start
fleet_conf <<EOF
$engines
pipelines = ( { name = "p"; steps = (
  { name = "review"; gate: { }; },
  { name = "each"; engine = "noop"; each = "range(3)"; input = "{old: .item}"; },
  { name = "again"; engine = "noop"; input = "{}";
    again: { to = "each"; when = "true"; at_most = 1; }; } ); } );
EOF
states() {
	sql "SELECT GROUP_CONCAT(CONCAT(s.step, ':', s.status) ORDER BY s.id
	SEPARATOR ' ') FROM episode_jobs s JOIN episode_jobs r
	ON r.id = s.run_id WHERE r.uuid = '$1' AND s.parent_id IS NULL"
}
waits() {
	sql "SELECT COUNT(*) FROM episode_jobs WHERE step = 'review'
	AND message = 'waits for approval'" | grep -qx 1
}

old=$(push p)
worker_start a
ok "a run waits at its gate" wait_for 10 waits
cat >"$STEPQ_CONFIG" <<EOF
$engines
pipelines = ( { name = "p"; steps = (
  { name = "each"; engine = "noop"; input = "{new: true}"; },
  { name = "other"; engine = "noop"; } ); } );
EOF
worker_signal a HUP
new=$(push p)
ok "a run begun after a reload" wait_for 10 run_done "$new"
is "follows the new definition" "$(states "$new")" "each:done other:done"
worker_signal a TERM
worker_wait a
worker_start b
ok "the gate is approved" stepq approve "$old" review
ok "the run that waited goes on with a worker of the new file" \
	wait_for 10 run_done "$old"
is "as it was defined when it began" "$(states "$old")" \
	"review:done each:done again:done each:done again:done"
is "items and all" "$(step "$old" each result | head -1 | jq -c .)" \
	'[{"old":0},{"old":1},{"old":2}]'
is "there are two definitions" "$(sql "SELECT COUNT(*) FROM definitions
	WHERE pipeline = 'p'")" 2
done_testing
