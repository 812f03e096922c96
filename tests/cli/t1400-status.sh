#!/bin/sh
# SPDX-License-Identifier: MIT
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/runs.sh
. "$top_srcdir/tests/lib/runs.sh"

# What a command wrote, ages and times of day taken out.
words() {
	sed -E 's/([0-9]{4}-[0-9-]{5} )?[0-9]{2}:[0-9]{2}:[0-9]{2}/TIME/g
		s/[0-9]+m[0-9]{2}s|[0-9]+\.[0-9]s/LONG/g
		s/[0-9]+[smhd] ago/AGE/g; s/in [0-9]+[smh]/IN/g
		s/  +/  /g' "$work/out"
}

mariadb_start
runs_load

ok "a run is found" stepq status 67
is "a finished run: its steps, what they took and cost, its artifacts" \
	"$(words)" \
	'run 67  pipeline.full  episode 25  done in LONG, AGE, cost 1.12
  STEP  STATUS  TRIES  STARTED  TOOK  COST  NOTE
  text  done  1  TIME  LONG  0.12
  director  done  1  TIME  LONG  0.20
  image  done  3  TIME  LONG  0.64
  lettering  done  1  TIME  LONG  0.10
  packaging  done  1  TIME  LONG  0.06
artifacts  p/1.png
  p/2.png
  var/storage/episodes/25/webtoon.html'
like "times taken are exact" "$(cat "$work/out")" 'done in 2m54s'
like "a short one too" "$(cat "$work/out")" 'text .* 18\.2s'
is "columns stand below each other" \
	"$(sed -n 2,3p "$work/out" | sed 's/\(.*\)COST.*/\1COST/
		s/\(.*0.12\).*/\1/' | awk '{ print length($0) }' | uniq | wc -l)" 1

ok "a failed run is found by its episode" stepq status 31
is "a failed run: where, why, and what to type next" "$(words)" \
	'run 74  pipeline.full  episode 31  failed after LONG, AGE, cost 0.12
  STEP  STATUS  TRIES  STARTED  TOOK  COST  NOTE
  text  done  1  TIME  LONG  0.12
  director  failed  3  TIME  LONG  status 500 after 3 tries: "model overloaded"
  image  waiting  0  waits for director, which failed
error  director: status 500 after 3 tries: "model overloaded"
Try it again with: stepq retry 12'

ok "a running run is found by the uuid of a step" \
	stepq status 00000000-0000-4000-8000-000000000084
is "a running run: who has it, when the next try is, what waits for what" \
	"$(words)" \
	'run 81  pipeline.full  episode 26  running for LONG, 46 %, cost 0.32
  STEP  STATUS  TRIES  STARTED  TOOK  COST  NOTE
  text  done  1  TIME  LONG  0.12
  director  running  1  TIME  LONG  0.20  on b-02
  image  retrying  2  TIME  LONG  next try IN: 429 from engine image
  lettering  waiting  0  waits for image'

ok "a run goes before an episode of the same number" stepq status 25
is "and the other is pointed at" "$(cat "$work/err")" \
	"25 is also an episode: stepq status episode:25"
is "a queued run waits for a worker" "$(words)" \
	'run 25  pipeline.full  episode 7  queued for LONG
  STEP  STATUS  TRIES  STARTED  TOOK  COST  NOTE
  text  queued  0  waits for a worker
  director  waiting  0  waits for text'
ok "an episode is named as one" stepq status episode:25
like "and its newest run is meant" "$(cat "$work/out")" '^run 67 '
is "without a word about the other" "$(cat "$work/err")" ""

exits "an unknown number exits 1" 1 stepq status 999
is "and says what can be done" "$(cat "$work/err")" \
	"stepq: no run and no episode 999
hint: stepq runs lists them"
exits "an unknown uuid exits 1" 1 \
	stepq status 00000000-0000-4000-8000-00000000ffff
like "and tells how to ask about its job" "$(cat "$work/err")" \
	'stepq why 00000000-0000-4000-8000-00000000ffff tells what it waits'
exits "what is no name is a matter of usage" 2 stepq status webtoon
exits "a run has to be named" 2 stepq status
exits "and a step of it at most" 2 stepq status 1 2 3

sql "DELETE FROM failed_jobs WHERE id = 12"
like "without its failed job a run is done again as another" \
	"$(stepq status 74)" 'Do it again with: stepq rerun 74 --failed$'
sql "DELETE FROM definitions"
ok "a run whose failed job and definition are gone is shown" stepq status 74
like "with the way to start anew" "$(cat "$work/out")" \
	'Start a new run with: stepq push pipeline.full --episode=31$'
like "and what is still known of waiting" "$(cat "$work/out")" \
	'image +waiting +0 +waits for 1 step$'

runs_load
json=$(stepq status 74 --format json)
like "JSON has the run" "$json" \
	'^\{"run":74,"pipeline":"pipeline.full","episode":31,"uuid":"[^"]*74","status":"failed","progress":40,"cost":"0.120000","queue":"default"'
like "JSON has times in UTC with milliseconds" "$json" \
	'"completed_at":"[0-9]{4}-[0-9-]{5}T[0-9:]{8}\.[0-9]{3}Z","took_ms":51000'
like "JSON has the steps" "$json" \
	'"step":"director",[^}]*"status":"failed",[^}]*"attempts":3,"worker":"a-01","waits_for":\[\],"waits_until":null,"retry_at":null,"is_tolerated":false,"failed_job":12\}'
like "JSON says what a step waits for" "$json" \
	'"step":"image",[^}]*"waits_for":\["director"\]'
like "JSON has the artifacts" "$(stepq status 67 --format json)" \
	'"artifacts":\["p/1.png","p/2.png","var/storage/episodes/25/webtoon.html"\]'
like "JSON has the next try" "$(stepq status 81 --format json)" \
	'"step":"image",[^}]*"retry_at":"2'

sql "UPDATE episode_jobs SET error = CONCAT('a', CHAR(27), '[31mb', CHAR(10),
	'c') WHERE id = 76"
unlike "no text of an engine reaches the terminal as control" \
	"$(stepq status 74 | tr '\033' '^')" '\^|^c'

like "the time zone is the user's" \
	"$(sql "UPDATE episode_jobs SET started_at = '2026-01-02 23:30:00'
		WHERE id = 75"; TZ=UTC-9 stepq status 74)" '2026-01-03 08:30:00'

runs_load
ok "runs are listed" stepq runs
is "the newest first, with what each is at" "$(words)" \
	'RUN  PIPELINE  EPISODE  STATUS  PROGRESS  STARTED  TOOK  COST  NOTE
 81  pipeline.full  26  running  46 %  AGE  LONG  0.32  director, image
 74  pipeline.full  31  failed  40 %  AGE  LONG  0.12  director: status 500 after 3 tries: "model overloaded"
 67  pipeline.full  25  done  100 %  AGE  LONG  1.12
 25  pipeline.full  7  queued  0 %'
runs() {
	stepq runs "$@" | sed -n 's/^ *\([0-9][0-9]*\)  .*/\1/p' | xargs
}
is "--limit" "$(runs --limit 2)" "81 74"
is "--status" "$(runs --status=done)" "67"
is "--episode" "$(runs --episode=31)" "74"
is "--pipeline" "$(runs --pipeline=pipeline.full --limit=1)" "81"
is "--since" "$(runs --since=3m20s)" "81 25"
is "nothing found is said" "$(stepq runs --status=cancelled)" "no such runs"
exits "a status that is none" 2 stepq runs --status=broken
like "is told with those that are" "$(cat "$work/err")" \
	'hint: one of waiting, queued, running, '
exits "--limit has bounds" 2 stepq runs --limit=0
exits "runs takes no names" 2 stepq runs 25
like "JSON has each run" "$(stepq runs --format json)" \
	'^\{"runs":\[\{"run":81,.*"current":"director, image"\},\{"run":74,'

graphs_load
ok "a graph is shown" stepq status 200
is "rounds, maps, gates, timers, what was skipped or taken over" "$(words)" \
	'run 200  film  episode 40  running for LONG, 0 %, repeats run 67
  STEP  STATUS  TRIES  STARTED  TOOK  COST  NOTE
  text  done  0  TIME  LONG  0.10  from run 67
  image  running  1  TIME  LONG  6 of 12 items, item 6 failed: 400 content policy
  extra  skipped  0  when: false
  credits  skipped  0  all it needs was skipped
  music  failed  3  TIME  LONG  the run goes on: status 500
  review  waiting  0  TIME  LONG  waits for approval until TIME (IN)
  pause  waiting  0  TIME  LONG  waits until TIME (IN)
  rendering  done  1  TIME  LONG  0.10
  qa  done  1  TIME  LONG  0.10
  rendering #2  running  1  TIME  LONG  on a-01
  qa #2  waiting  0  waits for rendering #2
  lettering  waiting  0  waits for image
  publish  waiting  0  waits for lettering, review, pause, qa #2
Let review pass with: stepq approve 200 review'
json=$(stepq status 200 --format json)
like "JSON: the items of a map by state" "$json" \
	'"step":"image","kind":"map".*"items":\{"count":12,"over":7,"waiting":2,"queued":1,"running":1,"retrying":1,"done":6,"failed":1\}'
like "JSON: rounds" "$json" '"step":"qa","kind":"step","round":2,'
like "JSON: what a gate waits until" "$json" \
	'"step":"review","kind":"gate",.*"waits_until":"2[^"]*Z"'
like "JSON: where a result is from" "$json" \
	'"step":"text",[^}]*"from_run":67,'
like "JSON: a failure the run goes on from" "$json" \
	'"step":"music",[^}]*"is_tolerated":true'
like "JSON: what a run repeats" "$json" '"took_ms":[0-9]*,"repeats":67,'
ok "the items of a map are listed" stepq status 200 image
exits "an item is no step" 1 stepq status 200 'image[6]'
like "is told where items are" "$(cat "$work/err")" \
	'^hint: stepq status 200 image lists the items of a map$'
ok "the items of a map again" stepq status 200 image
like "with their number and error" "$(words)" \
	'^  6  failed  3  TIME  LONG  400 content policy$'
like "and what they wait for" "$(words)" '^  11  waiting  0  waits for a place$'
is "--failed lists those that failed" \
	"$(stepq status 200 image --failed | sed -n '4,$p' | cut -c1-14)" \
	"     6  failed"
ok "--limit lists the first" stepq status 200 image --limit=2
is "as many" "$(sed -n '4,$p' "$work/out" | cut -c1-12 | xargs)" \
	"0 done 1 done"
is "and says so" "$(cat "$work/err")" \
	"these are the first 2; --limit shows more"
like "JSON has the items" "$(stepq status 200 image --failed --format json)" \
	'"items":\[\{"step":"image","kind":"item","round":1,"item":6,.*\]\}$'
ok "the rounds of a step are listed" stepq status 200 qa
is "the first and the second" "$(words | sed -n '3,$p')" \
	'  1  done  1  TIME  LONG  0.10
  2  waiting  0  waits for rendering #2'
exits "a step that is none" 1 stepq status 200 panels
like "is told with those that are" "$(cat "$work/err")" \
	'hint: one of text, image, extra, '
exits "--failed wants a step" 2 stepq status 200 --failed
like "items and gates stand in the list of runs" "$(stepq runs --limit=1)" \
	'  image 7/12, review waits for approval, rendering #2$'
is "items and steps are no runs" "$(runs)" "200 81 74 67 25"
sql "UPDATE episode_jobs SET status = 'done', waiting_on = 0, result =
	'{\"approved\":false,\"by\":\"deadline\"}'
	WHERE run_id = 200 AND step = 'review'"
ok "a gate that is done" stepq status 200
like "tells the answer" "$(words)" \
	'^  review  done  0  TIME  LONG  rejected by its deadline$'

runs_load
sql "INSERT INTO jobs (queue, payload, available_at, created_at) VALUES
	('high', '{}', 1, 1), ('high', '{}', UNIX_TIMESTAMP() + 99, 1)"
like "jobs that are no runs yet are counted" "$(stepq runs)" \
	'^queue high: 1 waiting, 1 delayed$'
like "in JSON too" "$(stepq runs --format json)" \
	'"queues":\[\{"queue":"high","waiting":1,"delayed":1,"running":0\}\]'
sql "DELETE FROM episode_jobs; DELETE FROM jobs"
is "no runs yet" "$(stepq runs)" "no runs yet"
done_testing
