# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC3043
#
# fleet.sh - workers and an engine for a test script. After tap.sh and
# mariadb.sh, with the server started:
#
#	. "$top_srcdir/tests/lib/fleet.sh"
#	fleet_conf <<EOF ... EOF    write the configuration, migrate
#	worker_start NAME [OPTION...]
#	                            a worker in the background; log $work/NAME.log
#	worker_signal NAME SIGNAL
#	worker_wait NAME            wait for its end; status in $worker_status
#	worker_run [OPTION...]      work until nothing is left
#	engine_start [OPTION...]    stepq-engine for all roles by path;
#	                            $engine is its URL, $work/calls its log
#	push JOB [DATA]             insert a job by SQL, print the run's uuid
#	push_raw PAYLOAD [QUEUE]    insert a row with this payload
#	run_is RUN STATUS           whether the run (uuid) has the status
#	run_done RUN                whether it is done
#	step RUN STEP COLUMN        one value of a step
#	served STEP                 calls that the engine answered for STEP

# shellcheck disable=SC2034,SC2154 # $work is of tap.sh, scripts use the rest

fleet_conf() {
	cat >"$work/stepq.conf"
	STEPQ_CONFIG=$work/stepq.conf
	export STEPQ_CONFIG
	stepq migrate >"$work/migrate" 2>&1 || {
		diag "$(cat "$work/migrate")"
		bail "cannot migrate"
	}
}

fleet_end() {
	local pid
	for pid in ${fleet_pids:-}; do
		kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
}
fleet_pids=
at_exit fleet_end

worker_start() {
	local name="$1"
	shift
	rm -f "$work/$name.log" # that of an earlier worker of the name
	stepq work --name="$name" --sleep=0.1 "$@" >"$work/$name.log" 2>&1 &
	eval "worker_pid_$name=$!"
	fleet_pids="$fleet_pids $!"
	wait_for 10 grep -q "worker started" "$work/$name.log"
}

worker_pid() {
	eval "echo \$worker_pid_$1"
}

worker_signal() {
	kill "-$2" "$(worker_pid "$1")"
}

worker_wait() {
	worker_status=0
	wait "$(worker_pid "$1")" || worker_status=$?
}

worker_run() {
	stepq work --stop-when-empty --sleep=0.1 "$@" 2>>"$work/worker.log"
}

# shellcheck disable=SC2120 # options are for scripts that need some
engine_start() {
	local port_file="$work/port"
	mkdir -p "$work/storage"
	rm -f "$port_file"
	stepq-engine --listen 127.0.0.1:0 --port-file "$port_file" \
		--storage "$work/storage" --log "$work/calls" "$@" \
		>"$work/engine.log" 2>&1 &
	fleet_pids="$fleet_pids $!"
	wait_for 10 test -s "$port_file" || bail "stepq-engine does not start"
	engine=http://127.0.0.1:$(cat "$port_file")
}

new_uuid() {
	cat /proc/sys/kernel/random/uuid
}

push_raw() {
	sql "INSERT INTO jobs (queue, payload, attempts, available_at,
	created_at) VALUES ('${2:-default}', '$1', 0, UNIX_TIMESTAMP(),
	UNIX_TIMESTAMP())"
}

push() {
	local uuid
	uuid=$(new_uuid)
	push_raw "{\"uuid\":\"$uuid\",\"job\":\"$1\",\"data\":${2:-{\}}}"
	echo "$uuid"
}

run_is() {
	test "$(sql "SELECT status FROM episode_jobs WHERE uuid = '$1'")" = "$2"
}

run_done() {
	run_is "$1" "done"
}

step() {
	sql "SELECT s.$3 FROM episode_jobs s JOIN episode_jobs r
	ON r.id = s.run_id WHERE r.uuid = '$1' AND s.step = '$2'"
}

served() {
	grep '"event":"end"' "$work/calls" | grep '"done":true' |
		grep -c "\"step\":\"$1\"" || :
}

failed_jobs() {
	sql "SELECT COUNT(*) FROM failed_jobs"
}

# The first line of why the step, or else the job, of this uuid failed.
why() {
	sql "SELECT SUBSTRING_INDEX(exception, CHAR(10), 1) FROM failed_jobs
	WHERE uuid = '$1'"
}
