#!/bin/sh
# SPDX-License-Identifier: MIT
#
# doctor finds what stands in the way, and says so without giving up.
set -u
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/mariadb.sh"

cd "$work" || exit 99
mariadb_start
cat >stepq.conf <<'EOT'
engines: { noop: { dummy: { }; }; here: { command = ["true"]; }; };
pipelines = ( { name = "p"; steps = ( { name = "a"; engine = "noop"; } ); } );
EOT
STEPQ_CONFIG=$work/stepq.conf
export STEPQ_CONFIG

# sees NAME CHECK VERDICT TEXT: this check has this verdict and says TEXT
sees() {
	local line
	line=$(jq -r --arg name "$2" '.checks[] | select(.name == $name) |
		"\(.verdict): \(.detail) \(.hints | join(" "))"' out |
		tr '\n' ' ')
	like "$1" "$line" "^$3: .*$4"
}
command -v jq >/dev/null || skip_all "jq is not installed"

# examine NAME STATUS
examine() {
	exits "$1" "$2" stepq doctor --format json
}

examine "an empty schema" 1
sees "has no tables" schema error "no tables of stepq .*run stepq migrate"
sees "but the server is seen" server ok "on $mariadb_socket, [0-9.]+ ms away"
sees "and the engines" engines ok "noop, here answer"

ok "migrate" stepq migrate
examine "a fresh one will do" 0
sees "the configuration" config ok "stepq\.conf: 2 engines, 1 pipeline "
sees "locking" locking ok "SKIP LOCKED is known.*READ-COMMITTED"
sees "the clock" clock ok "database [0-9]+ ms (ahead of|behind) this host"
sees "the packet" packet ok "max_allowed_packet [0-9]+ MiB"
sees "the schema" schema ok "version [0-9]+, as this binary expects"
sees "the claim" claim ok "range on jobs_queue_available_at_index, no sort"
sees "the rights" rights ok "may read and write"
sees "that nobody works" workers warning "none is running"
sees "the queues" queues ok "0 jobs in 0 queues"
is "warnings are counted" "$(jq '.errors, .warnings' out | tr '\n' ' ')" "0 1 "

ok "for people it is a screen" stepq doctor
screen=$(cat out)
ok "of less than 25 lines" test "$(echo "$screen" | wc -l)" -lt 25
unlike "of 80 columns" "$screen" "^.{81}"
like "with the verdicts at the right" "$screen" "^schema +version .* ok$"
is "and the sum at the end" "$(echo "$screen" | tail -n 1)" "1 warning"

worker() {
	sql "INSERT INTO workers (name, host, pid, queues, concurrency, state,
	started_at, heartbeat_at) VALUES ('$1', 'host-$1', 1, '$2', 1,
	'running', NOW(3), NOW(3) - INTERVAL $3 SECOND)"
}
job() {
	sql "INSERT INTO jobs (queue, payload, attempts, available_at,
	created_at) VALUES ('$1', '{}', 0, UNIX_TIMESTAMP(), 0)"
}
worker a-01 high,default 1
worker b-02 low 300
job default
job low
job "odd queue"
sql "INSERT INTO queues (name, paused_at) VALUES ('later', NOW(3))"
examine "workers and jobs" 0
sees "who is silent" workers warning \
	"1 alive, 1 silent b-02 on host host-b-02: silent for 5m"
sees "what nobody serves" queues warning \
	"3 jobs in 3 queues no worker serves 'low', which holds 1 job"
sees "in whatever queue" queues warning "serves 'odd queue'.*--queue=low"
sees "what is paused" queues warning "paused: later"
unlike "what is served is not named" "$(cat out)" "serves 'default'"
for queue in high2 q1 q2 q3; do
	job $queue
done
examine "many queues without a worker" 0
sees "are not all listed" queues warning "7 jobs in 7 queues .*nor 3 queues more"
sees "a part of a name is another name" queues warning "serves 'high2'"
sql "DELETE FROM workers"
sql "DELETE FROM queues"
sql "DELETE FROM jobs"

sql "ALTER TABLE jobs DROP INDEX jobs_queue_available_at_index,
	ADD INDEX jobs_queue_available_at_index (queue(50), available_at)"
examine "a prefix in the claim's index" 1
sees "is not enough" claim error "no index of jobs holds all of queue.*ALTER"
sql "ALTER TABLE jobs DROP INDEX jobs_queue_available_at_index,
	ADD INDEX jobs_queue_available_at_index (queue, available_at)"
sql "RENAME TABLE episode_events TO elsewhere"
examine "a table that is gone" 1
sees "is missed" schema error "no table episode_events"
sql "RENAME TABLE elsewhere TO episode_events"

# A user with all rights but one.
sql "CREATE USER guest@localhost"
sql "GRANT SELECT ON *.* TO guest@localhost"
for table in jobs failed_jobs definitions episode_jobs episode_events \
	episodes run_cancellations workers; do
	sql "GRANT INSERT, UPDATE, DELETE ON $table TO guest@localhost"
done
export STEPQ_DATABASE_USER=guest
examine "a user with the rights" 0
for right in "INSERT jobs" "UPDATE jobs" "DELETE jobs" "INSERT failed_jobs" \
	"DELETE failed_jobs" "INSERT definitions" "INSERT episode_jobs" \
	"UPDATE episode_jobs" "INSERT episode_events" "UPDATE episodes" \
	"INSERT run_cancellations" "DELETE run_cancellations" \
	"INSERT workers" "UPDATE workers" "DELETE workers"; do
	sql "REVOKE ${right% *} ON ${right#* } FROM guest@localhost"
	examine "one without $right" 1
	sees "is told so" rights error \
		"${right% *} command denied to user 'guest'.*${right#* }"
	sql "GRANT ${right% *} ON ${right#* } TO guest@localhost"
done

# The clock of its sessions, that is, as the server's cannot be set.
sql "SET GLOBAL init_connect = 'SET timestamp = 1000000000'"
examine "a clock that is wrong" 0
sees "is worth a warning" clock warning "ms behind this host"
sql "SET GLOBAL init_connect = ''"
unset STEPQ_DATABASE_USER

sql "SET GLOBAL max_allowed_packet = 1048576"
examine "a small packet" 0
sees "is worth a warning" packet warning "is 1 MiB"
sql "SET GLOBAL max_allowed_packet = 67108864"

cat >stepq.conf <<'EOT'
engines: {
  noop: { dummy: { }; };
  gone: { url = "http://127.0.0.1:1/generate"; };
  lost: { command = ["no-such-program", "-x"]; };
};
EOT
examine "engines that are not there" 0
sees "are told, the others too" engines warning "noop answers gone"
sees "the address" engines warning "gone: connection refused by 127\.0\.0\.1:1 "
sees "the program" engines warning "lost: no program 'no-such-program' in PATH"
sees "and what to do" engines warning "is it running\? supervisorctl status"

if command -v stepq-engine >/dev/null; then
	. "$top_srcdir/tests/lib/fleet.sh"
	engine_start
	echo "engines: { text: { url = \"$engine/text\"; }; };" >stepq.conf
	examine "an engine that is there" 0
	sees "answers" engines ok "text answers"
else
	skip 2 "stepq-engine is not built"
fi

echo "worker: { leese = 1; };" >stepq.conf
examine "errors in the configuration" 1
sees "are told, one of them" config error "worker\.leese.*config check"
sees "and the server is asked all the same" schema ok "version"
rm stepq.conf
unset STEPQ_CONFIG
examine "no configuration file" 0
sees "is worth a warning" config warning "no configuration file"

STEPQ_DATABASE_URL=mysql://root@127.0.0.1:1/stepq
export STEPQ_DATABASE_URL
examine "no server" 1
sees "is an error" server error "cannot connect to 127\.0\.0\.1:1.*is the server running"
sees "and the rest is looked at" engines warning "none is configured"
exits "arguments are not taken" 2 stepq doctor now
done_testing
