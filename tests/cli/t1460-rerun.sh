#!/bin/sh
# SPDX-License-Identifier: MIT
#
# rerun: a run is repeated, by workers, with the results of the old one.
# shellcheck disable=SC2119,SC2154
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/fleet.sh
. "$top_srcdir/tests/lib/fleet.sh"

# Gives back what it is asked, and fails for what $work/broken names.
cat >"$work/engine" <<EOF
#!/bin/sh
body=\$(cat)
echo "\$body" >>"$work/calls"
if test -s "$work/broken" && echo "\$body" | grep -qf "$work/broken"; then
	echo "it is broken" >&2
	exit 1
fi
echo "\$body"
EOF
chmod +x "$work/engine"

# conf [KEYS OF image]
conf() {
	cat <<EOF
worker: { tries = 1; };
engines: { e: { command = ["$work/engine"]; tries = 1; }; };
pipelines = ( { name = "comic"; unique = true; steps = (
  { name = "text"; engine = "e";
    input = "{s: \"text\", topic: .input.topic}"; cost = "\"1.5\""; },
  { name = "sound"; engine = "e"; needs = ["text"];
    input = "{s: \"sound\", of: .text.topic}"; on_failure = "continue"; },
  { name = "image"; engine = "e"; needs = ["text"]; each = "(\"a\", \"b\", \"c\")";
    input = "{s: \"image\", panel: .item${1:-}}"; },
  { name = "pages"; engine = "e"; needs = ["image", "sound"];
    input = "{s: \"pages\", of: [.image[].panel]}"; } ); },
  { name = "draft"; steps = (
  { name = "draw"; engine = "e"; input = "{s: \"draw\", round: .run.round}"; },
  { name = "look"; engine = "e"; input = "{s: \"look\", round: .run.round}";
    again: { to = "draw"; when = ".look.round < 3"; at_most = 5; }; },
  { name = "ship"; engine = "e"; needs = ["look"];
    input = "{s: \"ship\", drawn: .draw.round}"; } ); } );
EOF
}
calls() {
	sed 's/.*"s":"\([a-z]*\)".*/\1/' "$work/calls" 2>/dev/null | sort | uniq -c |
		awk '{ printf "%s%s:%s", (NR > 1 ? " " : ""), $2, $1 }'
	rm -f "$work/calls"
}
newest() {
	sql "SELECT MAX(id) FROM episode_jobs WHERE run_id IS NULL"
}
states() {
	sql "SELECT GROUP_CONCAT(step, ':', status ORDER BY id SEPARATOR ' ')
	FROM episode_jobs WHERE run_id = $1 AND parent_id IS NULL"
}
# A run that is started; $run is its number.
run_comic() {
	stepq push comic --episode=25 --input='{"topic":"cats"}' >/dev/null
	worker_run
	run=$(newest)
}

mariadb_start
conf >"$work/conf"
fleet_conf <"$work/conf"
sql "INSERT INTO episodes (id) VALUES (25)"

run_comic
is "a run is done" "$(sql "SELECT status, cost FROM episode_jobs
	WHERE id = $run")" "done	1.500000"
is "by these calls" "$(calls)" "image:3 pages:1 sound:1 text:1"

old=$run
ok "it is repeated from a step" stepq rerun "$old" --from image
run=$(newest)
is "which says what is kept" "$(cat "$work/out")" \
	"run $run repeats run $old from step image (text, sound are kept)
watch it: stepq watch $run"
is "the new run takes over what is kept" "$(sql "SELECT s.step, s.status,
	s.cost, s.origin_id = o.id, s.result = o.result FROM episode_jobs s
	JOIN episode_jobs o ON o.run_id = $old AND o.step = s.step
	WHERE s.run_id = $run AND s.status = 'done' ORDER BY s.id")" \
	"text	done	0.000000	1	1
sound	done	0.000000	1	1"
is "and knows how far it is" "$(sql "SELECT status, waiting_on, progress, cost,
	origin_id, episode_id, unique_key, JSON_EXTRACT(input, '\$.topic')
	FROM episode_jobs WHERE id = $run")" \
	"queued	2	50.00	0.000000	$old	25	comic:25	\"cats\""
exits "a second one must wait" 1 stepq rerun "$old" --from image
is "for this one" "$(cat "$work/err")" \
	"stepq: run $run of episode 25 is live, and 'comic' is unique
hint: stepq watch $run, or stepq cancel $run"
exits "nor is one repeated that is not over" 1 stepq rerun "$run" --from text
is "which can be ended" "$(cat "$work/err")" \
	"stepq: run $run is not over, it is queued
hint: stepq cancel $run ends it"
worker_run
is "a worker finishes it" "$(sql "SELECT status, progress FROM episode_jobs
	WHERE id = $run")" "done	100.00"
is "by what was not kept" "$(calls)" "image:3 pages:1"
is "and the episode knows" "$(sql "SELECT status FROM episodes")" "done"

ok "one step alone" stepq rerun "$run" --from=image --only
like "keeps what is behind it" "$(cat "$work/out")" \
	'^run [0-9]+ repeats only step image of run [0-9]+ \(text, sound, pages are kept\)$'
run=$(newest)
worker_run
is "and is done" "$(states "$run")" \
	"text:done sound:done image:done pages:done"
is "by its own calls" "$(calls)" "image:3"
is "with the run" "$(sql "SELECT status, waiting_on, progress FROM
	episode_jobs WHERE id = $run")" "done	0	100.00"

ok "another input" stepq rerun "$run" --from text --input '{"topic":"dogs"}' \
	--format json
like "is told in JSON too" "$(cat "$work/out")" \
	"^\{\"run\":[0-9]+,\"uuid\":\"[0-9a-f-]{36}\",\"origin\":$run,\"mode\":\"downstream\",\"from\":\"text\",\"kept\":\[\],\"again\":\[\"text\",\"sound\",\"image\",\"pages\"\]\}$"
run=$(newest)
worker_run
is "and is used" "$(sql "SELECT JSON_UNQUOTE(JSON_EXTRACT(result, '\$.topic'))
	FROM episode_jobs WHERE run_id = $run AND step = 'text'")" "dogs"
calls >/dev/null

# What failed.
printf '"panel":"b"\n"s":"sound"\n' >"$work/broken"
run_comic
is "a run fails" "$(states "$run")" \
	"text:done sound:failed image:failed pages:waiting"
calls >/dev/null
exits "--only keeps nothing that is not finished" 1 \
	stepq rerun "$run" --from text --only
is "and says what" "$(cat "$work/err")" \
	"stepq: only 'text' cannot be done again: image, pages are not finished
hint: without --only the rest is done as well"
rm "$work/broken"
old=$run
ok "what failed of one step" stepq rerun "$old" --failed --from image
run=$(newest)
is "is named" "$(head -n 1 "$work/out")" \
	"run $run repeats image, pages of run $old (text, sound are kept)"
is "its items that are done are kept" "$(sql "SELECT item, status,
	origin_id IS NOT NULL, uuid IN (SELECT uuid FROM episode_jobs WHERE
	run_id = $old) FROM episode_jobs WHERE run_id = $run AND kind = 'item'
	ORDER BY item")" "0	done	1	0
1	waiting	0	0
2	done	1	0"
is "and count" "$(sql "SELECT status, items, waiting_on, next_item, progress
	FROM episode_jobs WHERE run_id = $run AND kind = 'map'")" \
	"queued	3	1	0	66.67"
worker_run
is "the others are made" "$(calls)" "image:1 pages:1"
is "and all come together" "$(sql "SELECT JSON_EXTRACT(result, '\$.of')
	FROM episode_jobs WHERE run_id = $run AND step = 'pages'" | tr -d ' ')" \
	'["a","b","c"]'
is "a failure that is tolerated is kept too" "$(states "$run")" \
	"text:done sound:failed image:done pages:done"
is "and the run is done" "$(sql "SELECT status, progress FROM episode_jobs
	WHERE id = $run")" "done	100.00"
ok "or is done again by --failed" stepq rerun "$run" --failed
run=$(newest)
worker_run
is "with what waits for it" "$(calls)" "pages:1 sound:1"
exits "nothing failed is nothing to do" 5 stepq rerun "$run" --failed
is "and said" "$(cat "$work/out")" "nothing failed in run $run"
exits "nor of a step" 5 stepq rerun "$run" --failed --from text
like "the old run can be retried still" "$(stepq retry all)" \
	"run $old "
worker_run
is "and ends as well" "$(sql "SELECT status FROM episode_jobs
	WHERE id = $old")" "done"
calls >/dev/null

# The pipeline as it is now.
conf ', style: \"ink\"' >"$work/stepq.conf"
ok "as configured now" stepq rerun "$run" --from image --current
run=$(newest)
worker_run
is "a step does as it is told now" "$(sql "SELECT JSON_UNQUOTE(JSON_EXTRACT(
	result, '\$[0].style')) FROM episode_jobs WHERE run_id = $run
	AND kind = 'map'")" "ink"
calls >/dev/null

# Loops.
stepq push draft >/dev/null
worker_run
is "a loop goes round" "$(calls)" "draw:3 look:3 ship:1"
run=$(newest)
ok "is repeated from behind it" stepq rerun "$run" --from ship
worker_run
is "with what it came to" "$(calls)" "ship:1"
is "in all its rounds" "$(sql "SELECT GROUP_CONCAT(step, round ORDER BY id)
	FROM episode_jobs WHERE run_id = $(newest)")" \
	"draw1,look1,ship1,draw2,look2,draw3,look3"
ok "and from within" stepq rerun "$run" --from look
worker_run
is "it goes round again as often as it must" "$(calls)" "draw:2 look:3 ship:1"
is "with new rounds behind those kept" "$(sql "SELECT GROUP_CONCAT(step, round
	ORDER BY id) FROM episode_jobs WHERE run_id = $(newest)")" \
	"draw1,draw2,draw3,look1,ship1,draw4,look2,draw5,look3"
is "and ends" "$(sql "SELECT status, waiting_on, progress FROM episode_jobs
	WHERE id = $(newest)")" "done	0	100.00"

exits "an unknown step" 1 stepq rerun "$run" --from shop
is "is told with the nearest" "$(cat "$work/err")" \
	"stepq: no step 'shop' in pipeline 'draft'
hint: did you mean 'ship'?"
exits "an unknown run" 1 stepq rerun 999999 --from text
exits "no step is a mistake" 2 stepq rerun "$run"
exits "so is no run" 2 stepq rerun --from text
exits "so are two ways at once" 2 stepq rerun "$run" --from ship --only --failed
exits "so is input that is not JSON" 1 stepq rerun "$run" --from ship --input '{'
is "nothing failed for good meanwhile" "$(failed_jobs)" "0"
ok "all counters agree" stepq doctor
like "says doctor" "$(cat "$work/out")" '^graphs +0 live runs, counters agree +ok$'
done_testing
