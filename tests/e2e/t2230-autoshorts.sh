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

# short ID: insert an episode and push a run for it
short() {
	sql "INSERT INTO episodes (id, project_id, title) VALUES ($1, 1, 's')"
	push autoshorts "{\"episode_id\":$1,\"input\":{\"topic\":\"a brave penguin\"}}"
}

# shares EPISODE: "STAGE FROM-TO" for each stage, in their order
shares() {
	traced "$1" | awk '
		!($1 in low) { order[++n] = $1; low[$1] = high[$1] = $2 }
		$2 < low[$1] { low[$1] = $2 }
		$2 > high[$1] { high[$1] = $2 }
		END { for (i = 1; i <= n; i++)
			print order[i], low[order[i]] "-" high[order[i]] }'
}

mariadb_start
engine_start
shipped_conf autoshorts.conf 'image=latency=300ms' 'music=latency=300ms' \
	'tts=latency=300ms'
sql "INSERT INTO projects (id, name) VALUES (1, 'p')"
trace_episodes

# --- a video that passes

run=$(short 40)
ok "a worker makes a video" worker_run
ok "the run is done" run_done "$run"
is "the states, and the progress in each" "$(shares 40)" "PLOT_GENERATION 0-20
ASSET_GENERATION 20-65
RENDERING 65-80
QA 80-95
END 95-100"
traced 40 | cut -d' ' -f2 >"$work/progress"
ok "progress never goes back" sort -nc "$work/progress"
ok "it moves while the assets are made" \
	test "$(awk '$1 > 20 && $1 < 65' "$work/progress" | wc -l)" -ge 1
ok "pictures and music are made side by side" overlap pictures music
ok "so are music and voice" overlap music voice
is "what passes is rendered once" "$(served rendering) $(served qa)" "1 1"

folder=$work/storage/episodes/40
video=$(result "$run" end .video | jq -r .)
is "the result names the video" "$video" "$folder/video.json"
is "it shows what was drawn and plays what was made" "$(jq -c \
	'[[.frames[] | [.picture[-6:], .sound[-6:]]], .music[-9:]]' "$video")" \
	'[[["01.png","01.wav"],["02.png","02.wav"],["03.png","03.wav"],["04.png","04.wav"]],"music.wav"]'
is "the pictures are there" "$(png_sizes "$folder"/panels/*.png)" "4 864x1184"
is "so are the sounds" "$(head -qc 4 "$folder"/audio/*.wav)" RIFFRIFFRIFFRIFFRIFF

# --- one that passes at the third look

shipped_conf autoshorts.conf 'qa=reject_first=2'
: >"$work/calls"
run=$(short 41)
worker_run
ok "a video that does not pass is made again" run_done "$run"
is "rendering and looking at it, and nothing else" \
	"$(served plot) $(served pictures) $(served rendering) $(served qa)" "1 4 3 3"
is "each round has rows of its own" "$(sql "SELECT s.step, s.round, s.status,
	JSON_EXTRACT(s.result, '\$.pass') FROM episode_jobs s JOIN episode_jobs r
	ON r.id = s.run_id WHERE r.uuid = '$run' AND s.step IN ('rendering', 'qa')
	ORDER BY s.step DESC, s.round" | tr '\t' ' ')" "rendering 1 done NULL
rendering 2 done NULL
rendering 3 done NULL
qa 1 done false
qa 2 done false
qa 3 done true"
is "the first is made without notes, the next with those of the last look" \
	"$(row "$run" rendering input 1 | jq -c .notes) $(row "$run" rendering input 3 |
	jq -c .notes)" '[] ["the cuts are too hard"]'
is "the end comes once" "$(sql "SELECT COUNT(*) FROM episode_jobs
	WHERE step = 'end' AND status = 'done'")" 2
is "progress is whole at the end" "$(traced 41 | tail -1)" "END 100"
traced 41 | grep '^PLOT\|^ASSET' | cut -d' ' -f2 >"$work/progress"
ok "and only goes back with the run" sort -nc "$work/progress"

# --- one that never passes

shipped_conf autoshorts.conf 'qa=reject_first=9'
: >"$work/calls"
run=$(short 42)
worker_run
ok "a video that never passes fails the run" run_is "$run" failed
is "after four looks" "$(served rendering) $(served qa)" "4 4"
is "what was found is why" "$(sql "SELECT error LIKE
	'end: %the cuts are too hard%' FROM episode_jobs WHERE uuid = '$run'")" 1
is "the stage tells where" "$(sql "SELECT status, stage FROM episodes
	WHERE id = 42")" "failed	END"
done_testing
