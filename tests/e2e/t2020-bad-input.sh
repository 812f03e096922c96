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

mariadb_start --max-allowed-packet=64M
fleet_conf <<'EOF'
engines: { noop: { dummy = { ms = 0; }; }; };
pipelines = ( { name = "pipeline.full"; steps = ( { name = "s"; engine = "noop"; } ); } );
EOF

# bad NAME PATTERN PAYLOAD: the job fails alone, with this reason.
bad_n=0
bad() {
	push_raw "$3"
	bad_n=$((bad_n + 1))
	eval "bad_name_$bad_n=\$1 bad_want_$bad_n=\$2"
}
bad "broken JSON" 'JSON|Unfinished|Invalid|literal' '{"job":'
bad "JSON that is not an object" 'array' '[1, 2]'
bad "no job" 'job' '{"data":{}}'
bad "a job that is not a name" 'job' '{"job":7}'
bad "an unknown pipeline" "no pipeline .pipeline\.ful." '{"job":"pipeline.ful"}'
bad "a job of PHP" 'PHP' '{"uuid":"6f2b0c66-0f4e-4a0e-9d0a-3b1c8f6c2f11","displayName":"App\\\\Jobs\\\\Cut","job":"Illuminate\\\\Queue\\\\CallQueuedHandler@call","data":{"commandName":"App\\\\Jobs\\\\Cut","command":"O:12"}}'
bad "data that is no object" 'data' '{"job":"pipeline.full","data":[]}'
bad "a negative episode" 'episode_id' '{"job":"pipeline.full","data":{"episode_id":-1}}'
bad "a uuid that is none" 'uuid' '{"job":"pipeline.full","uuid":"x"}'
bad "a step that is not there" 'no step 99' '{"job":"stepq.step","data":{"episode_job_id":99}}'
bad "a step job without its number" 'episode_job_id' '{"job":"stepq.step","data":{}}'
bad "nesting without end" 'nested|deep' "$(printf '{"job":"pipeline.full","data":{"input":'; i=0; while test $i -lt 200; do printf '['; i=$((i + 1)); done)"
push_raw ''
sql "INSERT INTO jobs (queue, payload, attempts, available_at, created_at)
	VALUES ('default', CONCAT('{\"job\":\"pipeline.full\",\"x\":\"',
	REPEAT('y', 20000000), '\"}'), 0, UNIX_TIMESTAMP(), UNIX_TIMESTAMP())"
sql "INSERT INTO jobs (queue, payload, attempts, available_at, created_at)
	VALUES ('default', '{\"job\":\"pipeline.full\"}', 65535,
	UNIX_TIMESTAMP(), UNIX_TIMESTAMP())"
future=$(push pipeline.full)
sql "UPDATE jobs SET available_at = 4294967295
	WHERE payload LIKE '%$future%'"
elsewhere=$(push pipeline.full)
sql "UPDATE jobs SET queue = 'nobody' WHERE payload LIKE '%$elsewhere%'"
sql "INSERT INTO jobs (queue, payload, attempts, reserved_at, available_at,
	created_at) VALUES ('default', '{\"job\":\"pipeline.full\"}', 1,
	UNIX_TIMESTAMP(), UNIX_TIMESTAMP() - 100, 0)"
nulls=$(push pipeline.full '{"episode_id":null,"input":null}')
good=$(push pipeline.full)

worker_start a
ok "the good job behind them all is done" wait_for 15 run_done "$good"
drained() {
	test "$(sql "SELECT COUNT(*) FROM jobs")" = 3
}
ok "only what is not due or not ours is left" wait_for 15 drained

i=1
while test $i -le $bad_n; do
	eval "name=\$bad_name_$i want=\$bad_want_$i"
	reason=$(sql "SELECT SUBSTRING_INDEX(exception, CHAR(10), 1)
	FROM failed_jobs ORDER BY id LIMIT $((i - 1)), 1")
	like "fails alone: $name" "$reason" "$want"
	i=$((i + 1))
done
like "fails alone: an empty payload" "$(sql "SELECT exception FROM failed_jobs
	WHERE payload = ''")" 'empty'
like "fails alone: a payload of 20 MB" "$(sql "SELECT exception
	FROM failed_jobs WHERE LENGTH(payload) > 15000000")" \
	'payload of [0-9]+ bytes is larger than worker.max_payload'
like "fails alone: attempts at their maximum" "$(sql "SELECT exception
	FROM failed_jobs WHERE exception LIKE 'attempted%'")" \
	'attempted too many times'
ok "NULL where NULL may be is fine" run_done "$nulls"
is "a Laravel worker's job is left alone" "$(sql "SELECT COUNT(*) FROM jobs
	WHERE reserved_at >= available_at AND attempts = 1")" 1
is "nothing failed without a reason" "$(sql "SELECT COUNT(*) FROM failed_jobs
	WHERE exception = ''")" 0

twice=$(push pipeline.full)
ok "a run ends" wait_for 10 run_done "$twice"
push_raw "{\"uuid\":\"$twice\",\"job\":\"pipeline.full\"}"
ok "the same uuid again fails" wait_for 10 sh -c \
	"test -n \"\$(grep 'job failed' '$work/a.log' | grep '$twice')\""
after=$(push pipeline.full)
ok "the queue goes on after that" wait_for 10 run_done "$after"
push none >"$work/none"
push_raw "{\"uuid\":\"$(cat "$work/none")\",\"job\":\"none\"}"
both_failed() {
	test "$(sql "SELECT COUNT(*) FROM failed_jobs
		WHERE exception LIKE 'no pipeline%none%'")" = 2
}
ok "a uuid that failed already hides no reason" wait_for 5 both_failed
worker_signal a TERM
worker_wait a
is "the worker lived through all of it" "$worker_status" 0
done_testing
