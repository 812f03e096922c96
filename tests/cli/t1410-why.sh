#!/bin/sh
# SPDX-License-Identifier: MIT
#
# why names what a run, a step or an item is waiting for.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/runs.sh
. "$top_srcdir/tests/lib/runs.sh"

uuid=00000000-0000-4000-8000-000000000
pushed=11111111-0000-4000-8000-000000000001

# What a command wrote, times and how long something lasts taken out.
words() {
	sed -E 's/([0-9]{4}-[0-9-]{5} )?[0-9]{2}:[0-9]{2}:[0-9]{2}/TIME/g
		s/[0-9]+m[0-9]{2}s|[0-9]+\.[0-9]s/LONG/g
		s/in [0-9]+[smh]/IN/g; s/[0-9]+[smh] ago/AGE/g
		s/  +/  /g' "$work/out"
}

# why_after SQL: of image[9], which is due
why_after() {
	sql "$1"
	stepq why "${uuid}309"
}

mariadb_start
graphs_load

ok "a run that goes on has reasons" stepq why 200
is "the answer first, then a line for each" "$(words)" \
	'run 200 waits for image, review, pause, rendering #2
  image  6 of 12 items done, 1 running, 1 retrying, 1 queued, 2 waiting for a place, 1 failed (item 6: 400 content policy)
  image[8]  failed 2 times, next try TIME (IN): 429 from engine image
  image[7]  runs on a-01 (host a) for LONG, lease until TIME (IN)
  image[9]  due for LONG: 2 jobs before it in queue default, taken by 1 worker
  review  waits for approval until TIME (IN), for LONG so far: stepq approve 200 review
  pause  waits until TIME (IN)
  rendering #2  b-02 (host b) is silent for LONG; taken over at TIME (IN)
  qa #2  waits for rendering #2 (running)
  lettering  waits for image (7 of 12 items)
  publish  waits for lettering, review, pause, qa #2'

ok "a step has a reason" stepq why 200 lettering
is "and what it waits for has its own" "$(words | cut -c-30)" \
	'lettering waits for image (7 o
  image  6 of 12 items done, 1
  image[8]  failed 2 times, ne
  image[7]  runs on a-01 (host
  image[9]  due for LONG: 2 jo'
ok "so has a later round" stepq why 200 'qa#2'
is "down to what holds it up" "$(words | sed -n 2p | cut -d ' ' -f 3-6)" \
	"rendering #2  b-02"
exits "a step that is finished waits for nothing" 5 stepq why 200 text
is "which is said" "$(words)" "text is done in LONG, AGE, cost 0.10"
exits "nor does a round that is" 5 stepq why 200 'qa#1'
ok "an item is named by its uuid" stepq why ${uuid}311
is "and waits for a place" "$(words)" "image[11] waits for a place: as many \
items as may run at once have a job"
exits "a step that is none" 1 stepq why 200 panels

like "a worker that does not live takes nothing" \
	"$(why_after "UPDATE workers SET queues = 'high' WHERE id = 1")" \
	'^image\[9\] no worker takes queue default: stepq work --queue=default$'
like "a pause is told with the way out" \
	"$(why_after "INSERT INTO queues VALUES ('default', NOW(3))")" \
	'^image\[9\] queue default is paused for .*, see paused_at in table queues$'
like "what is due later is held up too" "$(stepq why ${uuid}308)" \
	'429 from engine image; and queue default is paused for '
like "a lease that ended" "$(sql "UPDATE jobs SET available_at =
	UNIX_TIMESTAMP() - 5, lost = 1 WHERE id = 507"; stepq why 200)" \
	'b-02 .*, lost 1 time before; its lease ended .* ago, the next free '
like "a worker of Laravel" "$(sql "UPDATE jobs SET reserved_at =
	available_at + 9 WHERE id = 507"; stepq why 200)" \
	'rendering #2 +a worker of Laravel holds its job$'
like "a step without a job is broken" \
	"$(sql "DELETE FROM jobs WHERE id = 507"; stepq why 200)" \
	'rendering #2 +is running, but has no job: stepq doctor --repair$'
like "a map without them too" "$(sql "UPDATE episode_jobs SET status =
	'waiting' WHERE parent_id = 202 AND status <> 'done'"
	stepq why 200 image)" \
	'^image is running, but no item of it has a job: stepq doctor'

graphs_load
json=$(stepq why 200 --format json)
like "JSON has the run" "$json" '^\{"run":200,"pipeline":"film",'
like "JSON has a reason in one word and in many" "$json" \
	'"step":"image","kind":"item","round":1,"item":9,[^}]*"why":"due [^"]*","waits_for":\[\],"reason":"turn","job":504,"job_queue":"default",.*"ahead":2,'
like "JSON has what is needed" "$json" \
	'"step":"publish",[^}]*"waits_for":\["lettering","review","pause","qa"\],"reason":"needs"'
like "JSON has the lease" "$json" \
	'"claimed_at":"2[^"]*Z","lease_until":"2[^"]*Z","holder":"a-01"'

exits "neither a run nor a job" 1 stepq why 11111111-0000-4000-8000-00000000000f
is "is told as that" "$(sed 1q "$work/err")" \
	"stepq: no run and no job 11111111-0000-4000-8000-00000000000f"
exits "a run that is done" 5 stepq why 67
is "waits for nothing" "$(words)" \
	"run 67 is done in LONG, AGE, cost 1.12"
exits "a run that failed" 5 stepq why 74
is "says so" "$(words | sed 1q)" "run 74 failed after LONG, AGE, cost 0.12"
is "tells how to go on" "$(words | sed 1d)" \
	'  director  failed: status 500 after 3 tries: "model overloaded": stepq retry 12
  image  waits for director, which failed'
sql "UPDATE episode_jobs SET status = 'failed' WHERE id = 200"
ok "a run that failed may still go on" stepq why 200
like "which is said first" "$(sed -n 1p "$work/out")" \
	'^run 200 has failed, other branches of it go on$'

exits "a uuid that is nothing's" 1 stepq why $pushed
sql "INSERT INTO jobs (id, queue, payload, available_at, created_at) VALUES
	(600, 'low', '{\"uuid\":\"$pushed\",\"job\":\"film\"}',
	UNIX_TIMESTAMP(), 0)"
ok "a run that was pushed and not made yet is found" stepq why $pushed
is "with what its job waits for" "$(words)" "run $pushed is not made yet; its \
job 600: no worker takes queue low: stepq work --queue=low"
like "in JSON too" "$(stepq why $pushed --format json)" \
	'"reason":"no worker","job":600,"job_queue":"low"'
exits "a run has to be named" 2 stepq why
exits "and one only" 2 stepq why 1 2 3
done_testing
