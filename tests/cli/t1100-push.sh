#!/bin/sh
# SPDX-License-Identifier: MIT
#
# push puts rows into jobs, or says why not; and what every command says of a
# database that it cannot use.
set -u
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/mariadb.sh"

cd "$work" || exit 99
mariadb_start
cat >stepq.conf <<EOT
worker: { max_payload = "64K"; };
engines: { noop: { dummy: { }; }; };
pipelines = ( { name = "pipeline.full";
  steps = ( { name = "only"; engine = "noop"; } ); } );
EOT
STEPQ_CONFIG=$work/stepq.conf
export STEPQ_CONFIG

exits "without tables nothing is pushed" 1 stepq push pipeline.full
is "and it is said how to make them" "$(cat err)" \
	"stepq: the database has no tables of stepq
hint: run stepq migrate"
ok "migrate makes them" stepq migrate

# last SQL: of the row that was pushed last
last() {
	sql "SELECT $1 FROM jobs ORDER BY id DESC LIMIT 1"
}
payload() {
	last "JSON_VALUE(payload, '$1')"
}
count() {
	sql "SELECT COUNT(*) FROM jobs"
}

ok "a pipeline is pushed" stepq push pipeline.full --episode 25 \
	--input '{"topic":"space cat","big":12345678901234567890}'
uuid=$(sed -n 's/^pushed pipeline\.full for episode 25: run //p' out)
like "its run is named" "$uuid" "^[0-9a-f-]{36}\$"
like "and how to watch it" "$(cat out)" "^watch it: stepq watch $uuid\$"
is "by the uuid of the payload" "$(payload '$.uuid')" "$uuid"
is "the job" "$(payload '$.job')" pipeline.full
is "the episode" "$(payload '$.data.episode_id')" 25
is "the input" "$(payload '$.data.input.topic')" "space cat"
like "large numbers keep their digits" "$(last payload)" 12345678901234567890
is "it waits on the default queue, due now by the server's clock" \
	"$(last "CONCAT_WS(' ', queue, attempts, reserved_at IS NULL,
	available_at = created_at, available_at <= UNIX_TIMESTAMP())")" \
	"default 0 1 1 1"

ok "queue and delay" stepq push pipeline.full -q high --delay=1500ms
is "are kept, a delay in whole seconds and never short" \
	"$(last "CONCAT(queue, ' ', available_at - created_at)")" "high 2"
is "without an input it is an empty object" \
	"$(last "JSON_EXTRACT(payload, '\$.data.input')")" "{}"
is "without an episode there is none" "$(payload '$.data.episode_id')" NULL

ok "a uuid may be given" stepq push pipeline.full \
	--uuid 0193A1B2-0000-7000-8000-000000000001
is "and is kept, in lower case" "$(payload '$.uuid')" \
	0193a1b2-0000-7000-8000-000000000001
like "JSON has both names" "$(stepq push pipeline.full --format json)" \
	'^\{"run":"[0-9a-f-]{36}","job":[0-9]+\}$'

echo '{"from":"file"}' >input.json
ok "the input may be a file" stepq push pipeline.full --input=@input.json
is "which is read" "$(payload '$.data.input.from')" file
from_stdin() {
	echo '{"from":"stdin"}' | stepq push pipeline.full -i -
}
ok "or stdin" from_stdin
is "which is read too" "$(payload '$.data.input.from')" stdin

before=$(count)
exits "a pipeline that is not there" 1 stepq push pipeline.ful
is "gets the nearest name" "$(cat err)" "stepq: no pipeline 'pipeline.ful'
hint: did you mean 'pipeline.full'?"
exits "JSON that is broken" 1 stepq push pipeline.full -i '{"a":'
like "is told as such" "$(cat err)" "^stepq: the input is not JSON: "
exits "JSON that would break out" 1 stepq push pipeline.full -i '1}}, {"a":1'
exits "a file that is not there" 1 stepq push pipeline.full -i @nowhere
is "is named" "$(cat err)" \
	"stepq: cannot open nowhere: No such file or directory"
printf '"%070000d"' 0 >large.json
exits "an input that is too large" 1 stepq push pipeline.full -i @large.json
like "is told the limit" "$(cat err)" "larger than 65536 bytes"
exits "a uuid that is none" 2 stepq push pipeline.full --uuid 42
exits "no pipeline" 2 stepq push
exits "two pipelines" 2 stepq push pipeline.full pipeline.full
exits "a queue without a name" 2 stepq push pipeline.full --queue=
is "none of these left a row" "$(count)" "$before"
ok "--force pushes what this configuration does not have" \
	stepq push --force pipeline.elsewhere
is "as it is" "$(payload '$.job')" pipeline.elsewhere
without_conf() {
	env -u STEPQ_CONFIG sh -c "cd / && stepq push pipeline.full"
}
exits "without a configuration there are no pipelines" 1 without_conf
like "and that is said" "$(cat err)" "^hint: there is no configuration file"

# The database, from bad to worse.
with_url() {
	local url="$1"
	shift
	STEPQ_DATABASE_URL="$url" "$@"
}
socket="mysql://root@localhost/stepq?socket=$mariadb_socket"
sql "CREATE USER guest@localhost IDENTIFIED BY 'right'"
sql "INSERT INTO stepq_migrations (version, name) VALUES (999, 'future')"
exits "a newer schema" 1 stepq push pipeline.full
like "is not touched" "$(cat err)" "schema has version 999, this stepq knows"
like "and there is a way out" "$(cat err)" "^hint: install the version"
sql "DELETE FROM stepq_migrations WHERE version = 999"
exits "a wrong password" 4 with_url \
	"mysql://guest:wrong@localhost/stepq?socket=$mariadb_socket" \
	stepq push pipeline.full
like "is refused by name" "$(cat err)" "Access denied for user 'guest'"
like "with a hint" "$(cat err)" "^hint: check the user, the password"
unlike "and is not shown" "$(cat err)" "wrong"
exits "an unknown schema" 4 with_url \
	"mysql://root@localhost/nowhere?socket=$mariadb_socket" \
	stepq push pipeline.full
like "is named" "$(cat err)" "nowhere"
exits "no server" 4 with_url "mysql://root@127.0.0.1:1/stepq" \
	stepq push pipeline.full
like "is named by its address" "$(cat err)" \
	"^stepq: cannot connect to 127\.0\.0\.1:1: "
like "with a hint" "$(cat err)" "^hint: is the server running\?"
is "and is one error" "$(grep -c ^stepq: err)" 1
ok "the right one works again" with_url "$socket" stepq push pipeline.full
done_testing
