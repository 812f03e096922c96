#!/bin/sh
# SPDX-License-Identifier: MIT
#
# failed, retry, forget and flush, over failed jobs of every kind.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/runs.sh
. "$top_srcdir/tests/lib/runs.sh"

failed_ids() {
	sql "SELECT id FROM failed_jobs ORDER BY id" | xargs
}
count() {
	sql "SELECT COUNT(*) FROM $1"
}

mariadb_start
runs_load

# failed
ok "failed jobs are listed" stepq failed
is "the newest first, whatever their payloads are" \
	"$(sed 's/  */ /g; s/^ //; s/[0-9]*[smhd] ago/AGE/' "$work/out")" \
	"ID QUEUE JOB EPISODE FAILED WHY
12 default pipeline.full/director 31 AGE status 500 after 3 tries: \"model overloaded\"
11 default pipeline.ful 30 AGE no pipeline 'pipeline.ful'
10 default old/step - AGE gone
9 mail App\\Jobs\\Mail - AGE Error: smtp is down in /app/Mail.php:7
8 low pipeline.full - AGE payload is no JSON: unfinished
5 failed jobs. Try them again with: stepq retry 12 or stepq retry all"
like "what is to be typed names the queue they share" \
	"$(stepq failed --queue=default)" \
	'^3 failed jobs\. .* stepq retry 12   or   stepq retry all --queue default$'
is "one is 'it'" "$(stepq failed --queue=mail | tail -n 1)" \
	"1 failed job. Try it again with: stepq retry 9"
like "--limit says of how many" "$(stepq failed --limit=2)" \
	'^2 of 5 failed jobs\.'
like "--since" "$(stepq failed --since=3h)" '^2 failed jobs'
like "--grep" "$(stepq failed --grep=smtp)" '^ *9 '
is "none is fine" "$(stepq failed --grep=100%)" "no failed jobs"
like "JSON" "$(stepq failed --format json --limit=1)" \
	'^\{"failed_jobs":\[\{"id":12,"uuid":"[^"]*76","connection":"stepq","queue":"default","job":"pipeline.full/director","run":74,"step":"director","episode":31,"failed_at":"2[^"]*Z","why":"status 500 [^}]*"payload_bytes":134\}\],"count":5\}$'

ok "one is shown in full" stepq failed 12
like "with its run" "$(cat "$work/out")" \
	'^failed job 12  pipeline.full/director  episode 31  run 74 '
like "its reason in all its lines" "$(cat "$work/out")" '^status 500$'
like "its payload" "$(cat "$work/out")" '"episode_job_id":76\}\}$'
like "by uuid too" "$(stepq failed not-even-a-uuid)" '^failed job 8 '
like "and in JSON" "$(stepq failed 9 --format json)" \
	'"exception":"Error: smtp .*\\n#0 \{main\}","payload":"\{\\"uuid'
exits "an unknown one exits 1" 1 stepq failed 99
is "and says so" "$(cat "$work/err")" "stepq: no failed job '99'
hint: stepq failed lists them"
exits "one at a time" 2 stepq failed 9 10
exits "--limit has bounds" 2 stepq failed --limit=10001

# retry
ok "a step is retried" stepq retry 12
is "and its run goes on" "$(cat "$work/out")" \
	"retried 12: run 74 goes on from step director (text is kept)"
is "the job is there" "$(sql "SELECT payload FROM jobs")" \
	'{"uuid":"00000000-0000-4000-8000-000000000076","displayName":"pipeline.full/director","job":"stepq.step","data":{"episode_job_id":76}}'
like "status agrees" "$(stepq status 74)" 'director +queued .*waits for a worker'
exits "a second time there is nothing of that name" 1 stepq retry 12
is "which is said" "$(cat "$work/err")" "stepq: no failed job '12'
hint: stepq failed lists them"

runs_load
ok "what is no step goes back to its queue" stepq retry 11
is "by the name it has" "$(cat "$work/out")" \
	"retried 11: pipeline.ful is back on queue default"
ok "so does a job of Laravel, by its uuid" \
	stepq retry 00000000-0000-4000-8000-000000000009
is "untouched" "$(sql "SELECT queue, attempts, payload LIKE '%CallQueued%'
	FROM jobs WHERE queue = 'mail'")" "mail	0	1"
exits "a step that is gone cannot be" 1 stepq retry 10
is "and says why" "$(cat "$work/err")" \
	"stepq: 10 is not retried: its step is not there any more
hint: stepq forget 10 removes it"
sql "UPDATE episode_jobs SET status = 'running' WHERE id = 76"
exits "nor can a step that is not failed" 1 stepq retry 12
like "and says what it is" "$(cat "$work/err")" \
	'^stepq: 12 is not retried: step director of run 74 is running, not failed$'
sql "UPDATE episode_jobs SET status = 'failed' WHERE id = 76;
	UPDATE episode_jobs SET status = 'cancelled' WHERE id = 74"
exits "nor one of a run that a person stopped" 1 stepq retry 12
like "and says so" "$(cat "$work/err")" \
	'^stepq: 12 is not retried: run 74 is cancelled$'
is "all of them stay" "$(failed_ids)" "8 10 12"

runs_load
ok "a range is retried" stepq retry 8-9
is "the oldest first" "$(cat "$work/out")" \
	"retried 8: pipeline.full is back on queue low
retried 9: App\\Jobs\\Mail is back on queue mail
retried 2 failed jobs"
exits "some of a list" 1 stepq retry 99 11 12
is "are retried all the same" "$(failed_ids)" "10"
exits "a range with nothing in it is nothing to do" 5 stepq retry 50-60
exits "a range that runs backwards is a mistake" 2 stepq retry 9-5
exits "no name at all too" 2 stepq retry
runs_load
ok "one queue" stepq retry all --queue=low
is "and no other" "$(failed_ids)" "9 10 11 12"
exits "by an id of another queue" 1 stepq retry 9 --queue=low
is "nothing is retried" "$(cat "$work/err")" \
	"stepq: no failed job '9' of queue 'low'
hint: stepq failed lists them"
ok "--queue alone means all of it" stepq retry --queue=mail
is "so nine is gone" "$(failed_ids)" "10 11 12"
exits "all" 1 stepq retry all
is "but for what cannot be" "$(failed_ids)" "10"
sql "DELETE FROM failed_jobs"
exits "nothing left is nothing to do" 5 stepq retry all
is "and told" "$(cat "$work/out")" "nothing to retry"

runs_load
is "JSON tells of each" "$(stepq retry 10 11 12 --format json 2>/dev/null)" \
	'{"id":10,"outcome":"no_step","job":"old/step","queue":"default","run":null,"step":null,"kept":[],"failed_too":[]}
{"id":11,"outcome":"retried","job":"pipeline.ful","queue":"default","run":null,"step":null,"kept":[],"failed_too":[]}
{"id":12,"outcome":"retried","job":"pipeline.full/director","queue":"default","run":74,"step":"director","kept":["text"],"failed_too":[]}'

runs_load
sql "DELETE FROM failed_jobs;
	INSERT INTO failed_jobs (uuid, connection, queue, payload, exception)
	SELECT UUID(), 'stepq', 'default', '{}', 'x' FROM
	episode_jobs a JOIN episode_jobs b LIMIT 250"
ok "more than a page is retried" stepq retry all
is "each once" "$(count jobs) $(count failed_jobs)" "250 0"
is "and counted" "$(tail -n 1 "$work/out")" "retried 250 failed jobs"

# A row that jobs does not take, as in a table of an older Laravel.
runs_load
sql "ALTER TABLE failed_jobs DROP KEY
	failed_jobs_connection_queue_failed_at_index, MODIFY queue TEXT NOT NULL;
	UPDATE failed_jobs SET queue = REPEAT('q', 300) WHERE id = 9"
exits "one bad row fails alone" 1 stepq retry all
like "with its reason" "$(cat "$work/err")" \
	"^stepq: 9 is not retried: .*Data too long"
is "and holds up no other" "$(failed_ids)" "9 10"
sql "DELETE FROM failed_jobs; ALTER TABLE failed_jobs
	MODIFY queue VARCHAR(255) NOT NULL"

# forget
runs_load
ok "failed jobs are deleted by name" \
	stepq forget 12 00000000-0000-4000-8000-000000000009
is "and each is told" "$(cat "$work/out")" "forgot 9
forgot 12"
exits "an unknown one" 1 stepq forget 99 8
is "does not keep the others" "$(failed_ids)" "10 11"
is "JSON" "$(stepq forget 10 --format json)" '{"id":10,"outcome":"forgotten"}'
exits "forget wants names" 2 stepq forget
ok "its run stays failed" stepq status 74
like "and says how to start anew" "$(cat "$work/out")" \
	'stepq rerun 74 --failed$'

# flush
runs_load
ok "flush deletes what is older" stepq flush --hours=36
is "and no more" "$(failed_ids)" "10 11 12"
is "and counts" "$(cat "$work/out")" "deleted 2 failed jobs"
ok "flush of a queue that has none" stepq flush --queue=mail
is "says so" "$(cat "$work/out")" "no failed jobs to delete"
is "JSON" "$(stepq flush --format json)" '{"deleted":3}'
exits "flush takes no names" 2 stepq flush 12
sql "INSERT INTO failed_jobs (uuid, connection, queue, payload, exception)
	SELECT UUID(), 'stepq', 'default', '{}', 'x' FROM episode_jobs a
	JOIN episode_jobs b JOIN episode_jobs c LIMIT 2500"
ok "flush goes on for more than a page" stepq flush
is "until all are gone" "$(count failed_jobs)" "0"

if command -v script >/dev/null 2>&1; then
	runs_load
	echo n | script -qec "stepq flush" /dev/null >"$work/out"
	like "on a terminal it asks" "$(cat "$work/out")" \
		'Delete 5 failed jobs\? \[y/N\]'
	is "and no is no" "$(failed_ids)" "8 9 10 11 12"
	script -qec "stepq flush --yes" /dev/null >"$work/out" </dev/null
	is "--yes does not ask" "$(failed_ids)" ""
else
	skip 3 "no script(1) to play a terminal"
fi
done_testing
