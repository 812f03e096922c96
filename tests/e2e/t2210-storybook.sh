#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2154
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/fleet.sh
. "$top_srcdir/tests/lib/fleet.sh"
# shellcheck source=tests/lib/shipped.sh
. "$top_srcdir/tests/lib/shipped.sh"

# book ID: insert it and push a run for it
book() {
	sql "INSERT INTO episodes (id, project_id, title) VALUES ($1, 1, 'b')"
	push storybook "{\"episode_id\":$1,\"input\":{\"topic\":\"a sleepy bear\",
		\"style\":\"van gogh\"}}"
}

mariadb_start
engine_start
shipped_conf storybook.conf 'image=latency=400ms' 'tts=latency=100ms'
sql "INSERT INTO projects (id, name) VALUES (1, 'p')"
trace_episodes

# --- all goes well

run=$(book 7)
ok "a worker makes a book" worker_run
ok "the run is done" run_done "$run"
is "three pictures at once, and never more" "$(most_at_once images)" 3
ok "the voices are made meanwhile" overlap images tts
is "a call for each page, one for all voices" "$(served images) $(served tts)" "4 1"
is "a prompt is the style and what is said" "$(sql "SELECT input
	FROM episode_jobs WHERE item = 2" | jq -r .prompt)" \
	"van gogh $(result "$run" story '.pages[2].lines | map(.text) | join(" ")' |
	jq -r .)"
is "progress is 60 with story, pictures and voices" \
	"$(traced 7 | grep '^image ' | tail -1)" "image 60"
traced 7 | sed 's/.* //' >"$work/progress"
ok "and never goes back" sort -nc "$work/progress"

folder=$work/storage/episodes/7
is "the pages are pictures" "$(png_sizes "$folder"/panels/*.png)" "4 864x1184"
is "in the order of the pages" \
	"$(result "$run" images '[.[].file[-6:]]')" '["01.png","02.png","03.png","04.png"]'
ok "the first is the cover" cmp "$folder/panels/01.png" "$folder/cover.png"
for sound in "$folder"/audio/*.wav; do
	head -c 12 "$sound" | tr -c '[:upper:]' .
	test "$(od -An -tu1 -j40 -N4 "$sound" | awk '{
		print $1 + 256 * ($2 + 256 * ($3 + 256 * $4)) + 44 }')" -eq \
		"$(wc -c <"$sound")" && echo " whole"
done >"$work/sounds"
is "each page has its voice, a WAV that is whole" \
	"$(sort "$work/sounds" | uniq -c | sed 's/^ *//')" "4 RIFF....WAVE whole"
is "the video shows the pages in order" \
	"$(jq -c '[.frames[].picture[-6:]]' "$folder/video.json")" \
	'["01.png","02.png","03.png","04.png"]'
is "the result has all of it" "$(result "$run" finalize \
	'[.cover, (.audio | length), .pages, .done_pages, .failed_pages]')" \
	'["episodes/7/cover.png",4,4,4,[]]'

# --- some pages fail, all pages fail

shipped_conf storybook.conf 'image=refuse=%22index%22:0'
run=$(book 8)
worker_run
ok "a book is done without a page that is refused" run_done "$run"
is "the result says which" "$(result "$run" finalize '[.done_pages, .failed_pages]')" "[3,[1]]"
is "a page that is refused is not tried again" "$(sql "SELECT GROUP_CONCAT(
	DISTINCT attempts) FROM episode_jobs WHERE kind = 'item'")" 1
is "the next picture is the cover" "$(cmp "$work/storage/episodes/8/panels/02.png" \
	"$work/storage/episodes/8/cover.png")" ""
is "the video leaves it out" \
	"$(jq -c '[.frames[].picture[-6:]]' "$work/storage/episodes/8/video.json")" \
	'["02.png","03.png","04.png"]'
is "nothing waits to be tried again" "$(failed_jobs)" 0

shipped_conf storybook.conf 'image=status=422'
: >"$work/calls"
run=$(book 9)
worker_run
ok "a book without any picture has failed" run_is "$run" failed
is "its voices are kept" "$(row "$run" tts status)" "done"
is "nothing was made of no pictures" "$(served video) $(served cover)" "0 0"

shipped_conf storybook.conf
: >"$work/calls"
ok "it is tried again" stepq retry all
worker_run
ok "then it is done" run_done "$run"
is "story and voices were not made twice" \
	"$(served story) $(served tts) $(served images)" "0 0 4"

# --- pages that fail for a while, and one that goes on failing

shipped_conf storybook.conf \
	'image=fail_first=1&refuse=%22index%22:1&error_status=503'
: >"$work/calls"
worker_start w
run=$(book 10)
wait_for 10 run_is "$run" running
push storybook '{"episode_id":10,"input":{"topic":"another bear"}}' >/dev/null
refused() {
	test "$(failed_jobs)" -eq 1
}
ok "a book that is being made is not begun again" wait_for 10 refused
like "the job says why" "$(sql "SELECT exception FROM failed_jobs")" \
	"^unique: episode 10 has a live run of storybook, run "
ok "a page that goes on failing does not stop the book" \
	wait_for 40 run_done "$run"
is "it is listed" "$(result "$run" finalize .failed_pages)" "[2]"
is "after three tries; the others needed two" "$(sql "SELECT
	GROUP_CONCAT(s.attempts ORDER BY s.item) FROM episode_jobs s
	JOIN episode_jobs r ON r.id = s.run_id WHERE r.uuid = '$run'
	AND s.kind = 'item'") $(served images)" "2,3,2,2 9"
ok "never more than three at once" test "$(most_at_once images)" -le 3
# Starts and ends of that page's calls, in turn.
page=$(sql "SELECT uuid FROM episode_jobs WHERE kind = 'item' AND item = 1
	ORDER BY id DESC LIMIT 1")
grep "\"key\":\"$page\"" "$work/calls" | jq -s '[.[] | .ts[:19] + "Z" | fromdate]
	| .[2] - .[1] >= 2 and .[4] - .[3] >= 4' >"$work/waits"
is "tried again after 2 s and after 4 s" "$(cat "$work/waits")" true
done_testing
