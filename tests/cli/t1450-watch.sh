#!/bin/sh
# SPDX-License-Identifier: MIT
#
# watch follows a run until it ends: as lines, as JSON, drawn on a terminal.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/runs.sh
. "$top_srcdir/tests/lib/runs.sh"

unborn=11111111-0000-4000-8000-000000000001

# watch_start [ARG...]: in the background; $watch_pid, $work/lines, $work/told
watch_start() {
	: >"$work/lines"
	: >"$work/told"
	stepq watch --interval=20ms "$@" >"$work/lines" 2>"$work/told" &
	watch_pid=$!
	at_exit "kill $watch_pid 2>/dev/null"
}

# Its exit status is $watch_status.
watch_wait() {
	watch_status=0
	wait "$watch_pid" || watch_status=$?
}

# event ROW KIND STATE MESSAGE [MORE-SQL]: both or neither are seen
event() {
	sql "SET time_zone = '+00:00'; BEGIN; ${5:-}
		INSERT INTO episode_events (run_id, episode_id, episode_job_id,
		kind, state, progress, message, created_at)
		VALUES (81, 26, $1, '$2', $3, 50, $4, NOW(3)); COMMIT"
}

# end_run STATUS
end_run() {
	event 81 state "'$1'" "'pipeline.full'" "UPDATE episode_jobs
		SET status = '$1', progress = 100, completed_at = NOW(3)
		WHERE id = 81;"
}

mariadb_start
runs_load

exits "a run that is done is shown and left" 0 stepq watch 67
is "with all that happened" "$(sed 's/^[0-9:-]* *//; s/  */ /g' "$work/out")" \
	'run 67 running
image retrying: 429 from engine image
image panel 2 of 2
image done in 1m31s, cost 0.64
run 67 done in 2m54s, cost 1.12'
exits "one that failed gives 1" 1 stepq watch 74
is "with what to type next" "$(tail -n 1 "$work/out")" \
	"Why, and how to try again: stepq status 74"
is "JSON: a line for each event, the run at last" \
	"$(stepq watch 67 --format json | sed 's/^{"\([a-z]*\)":\([0-9]*\).*/\1 \2/' |
		xargs)" "event 1 event 2 event 3 event 4 event 5 event 6 run 67"
like "JSON: what an event has" "$(stepq watch 67 --format json)" \
	'^\{"event":4,"run":67,"episode":25,"step":"image","item":null,"round":1,"kind":"log","state":null,"progress":null,"message":"panel 2 of 2","at":"2[^"]*Z"\}$'

watch_start 81
event 83 log NULL "'panel 7'"
ok "an event is a line at once" wait_for 10 \
	grep -Eq '^[0-9:]{8} director +panel 7$' "$work/lines"
event 83 progress NULL NULL
event 84 state "'retrying'" "'image: 429 from engine image'"
ok "a step that is retried says when" wait_for 10 \
	grep -Eq ' image +retrying: 429 from engine image, next try in (1h|[0-9]+m)$' \
	"$work/lines"
end_run "done"
watch_wait
is "it ends with the run" "$watch_status" 0
is "progress is no line" "$(wc -l <"$work/lines")" 3
runs_load
watch_start 81
end_run cancelled
watch_wait
is "a run that a person stopped gives 1" "$watch_status" 1

runs_load
watch_start $unborn
ok "a run that is not made yet is waited for" \
	wait_for 10 grep -q "waiting for a worker to take it" "$work/told"
sql "UPDATE episode_jobs SET uuid = '$unborn' WHERE id = 67"
watch_wait
is "and followed when it is" "$watch_status" 0
is "which was said once" "$(grep -c waiting "$work/told")" 1
exits "--timeout gives up" 1 stepq watch 81 --timeout=50ms --interval=20ms
is "and says so" "$(cat "$work/err")" "stepq: 81 has not ended after 50ms"
exits "a name that is none is a matter of usage" 2 stepq watch webtoon
exits "a number that is none is not waited for" 1 stepq watch 4711
like "but an episode is" "$(cat "$work/err")" 'stepq watch episode:4711 is$'
exits "a run has to be named" 2 stepq watch
exits "it looks not too often" 2 stepq watch 81 --interval=1ms

# graph_event ROW STATE MESSAGE: of run 200
graph_event() {
	sql "SET time_zone = '+00:00'; INSERT INTO episode_events (run_id,
		episode_job_id, kind, state, message, created_at)
		VALUES (200, $1, 'state', '$2', $3, NOW(3))"
}
graphs_load
watch_start 200
ok "a gate is told with what to type" wait_for 10 grep -Eq \
	'^review waits for approval until .*: stepq approve 200 review$' \
	"$work/lines"
graph_event 305 "done" "'image[5]'"
ok "an item is named with its number" wait_for 10 \
	grep -Eq '^[0-9:]{8} image\[5\] +done in 1m10s, cost 0.10$' \
	"$work/lines"
graph_event 208 "done" "'rendering'"
graph_event 212 running "'rendering'"
ok "a later round too" wait_for 10 \
	grep -Eq ' rendering #2 running$' "$work/lines"
is "the gate is told once" "$(grep -c approve "$work/lines")" 1
sql "UPDATE episode_jobs SET status = 'failed', error = 'x' WHERE id = 200"
graph_event 307 running "'image[7]'"
graph_event 307 retrying "'branch'"
ok "a run that failed is followed while branches go on" wait_for 10 \
	grep -Eq ' image\[7\] +retrying: branch' "$work/lines"
sql "UPDATE episode_jobs SET status = 'done' WHERE id IN (202, 207, 212)"
watch_wait
is "until nothing of it is live" "$watch_status" 1
unlike "that an item begins is no line" "$(cat "$work/lines")" \
	'image\[7\] +running'

if mariadb_is_private; then
	runs_load
	watch_start 81
	event 83 log NULL "'before'"
	wait_for 10 grep -q before "$work/lines"
	mariadb_kill
	ok "a database that goes away is waited for" \
		wait_for 20 grep -q "; waiting for it$" "$work/told"
	mariadb_start
	event 83 log NULL "'after'"
	ok "and found again" wait_for 20 grep -q after "$work/lines"
	is "nothing is shown twice" "$(grep -c before "$work/lines")" 1
	end_run "done"
	watch_wait
	is "as if nothing had been" "$watch_status" 0
else
	skip 4 "the server is not the script's own"
fi

# terminal RUN: of 90 columns; what it got is in $work/screen
terminal() {
	TERM=xterm script -qec "stty cols 90 rows 20; stepq watch $1 \
		--interval=20ms; echo status \$?" "$work/screen" \
		>/dev/null 2>&1 </dev/null &
	terminal_pid=$!
}
has_drawn() {
	tr '\033' '^' <"$work/screen" | grep -Eq "$1"
}
if command -v script >/dev/null 2>&1; then
	runs_load
	: >"$work/screen"
	terminal 81
	ok "on a terminal it draws a bar" wait_for 10 has_drawn \
		'run 81  pipeline.full  episode 26     1 of 4 steps   █+░+  46 %'
	ok "the steps with what they are at" \
		has_drawn 'text .*✔.* director ●.* image .*↻.* lettering .*·'
	ok "in place" has_drawn '\^\[2A'
	event 83 log NULL "REPEAT('long ', 100)"
	ok "with the last events, cut to fit" \
		wait_for 10 has_drawn 'director +long [a-z ]{20,75}…'
	end_run "done"
	ok "until the run ends" wait_for 10 has_drawn '\^\[Jstatus 0'
	wait "$terminal_pid"
	ok "which it says" has_drawn 'steps   (\^\[32m)?done in '
	is "and hides nothing that would have to come back" \
		"$(tr '\033' '^' <"$work/screen" | grep -c '\^\[?')" 0
	graphs_load
	: >"$work/screen"
	terminal 200
	ok "it draws maps, rounds and gates" wait_for 10 has_drawn \
		'image .*●.* 7/12 '
	ok "with their numbers" has_drawn 'rendering #2 .*●'
	ok "what waits with how long" has_drawn 'review .*·.* 2h00m left'
	ok "and the command for a gate" has_drawn ': stepq approve 200 review'
	sql "UPDATE episode_jobs SET status = 'cancelled' WHERE id = 200"
	wait "$terminal_pid"
	ok "until it is cancelled" has_drawn '\^\[Jstatus 1'
else
	skip 12 "no script(1) to play a terminal"
fi
done_testing
