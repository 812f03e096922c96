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

# What the server does not take is written alone, as failed.
mariadb_start --max-allowed-packet=1M
fleet_conf <<'EOF'
engines: {
  dear: { dummy = { ms = 100; result = "{cost: \"99999999\"}"; }; };
  long: { dummy = { ms = 100; result = "{text: (\"x\" * 2000000)}"; }; };
  noop: { dummy = { ms = 100; }; };
};
pipelines = (
  { name = "dear"; steps = (
    { name = "first"; engine = "dear"; cost = ".cost"; },
    { name = "second"; engine = "dear"; cost = ".cost"; } ); },
  { name = "long"; steps = ( { name = "s"; engine = "long"; } ); },
  { name = "good"; steps = ( { name = "s"; engine = "noop"; } ); }
);
EOF

dear=$(push dear)
long=$(push long)
taken=$(new_uuid)
i=0
while test $i -lt 10; do
	push good >/dev/null
	i=$((i + 1))
done
push_raw "{\"uuid\":\"$taken\",\"job\":\"good\"}"
push_raw "{\"uuid\":\"$taken\",\"job\":\"good\"}"
worker_run

ok "a cost too large for the run's sum fails its step" run_is "$dear" failed
like "with the server's reason" "$(step "$dear" second error)" \
	"^cannot be stored: .*cost"
is "what was paid before it stays" "$(sql "SELECT cost FROM episode_jobs
	WHERE uuid = '$dear'")" 99999999.000000
ok "a result longer than a packet fails its step" run_is "$long" failed
like "with what to do" "$(sql "SELECT exception FROM failed_jobs
	WHERE uuid = '$(step "$long" s uuid)'")" 'max_allowed_packet'
is "all others are done" "$(sql "SELECT COUNT(*) FROM episode_jobs
	WHERE run_id IS NULL AND pipeline = 'good' AND status = 'done'")" 11
like "the second of one uuid fails with the reason" "$(sql "SELECT exception
	FROM failed_jobs WHERE payload LIKE '%$taken%'")" "a run with the uuid $taken exists already"
is "nothing is left in the queue" "$(sql "SELECT COUNT(*) FROM jobs")" 0
done_testing
