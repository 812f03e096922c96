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

# --- the files themselves

for file in "$top_srcdir"/conf/pipelines/*.conf "$top_srcdir/conf/stepq.conf"; do
	ok "$(basename "$file") alone is a configuration" \
		stepq --config="$file" config check
done
for file in "$top_srcdir"/conf/pipelines/*.conf; do
	sed -n 's/^		name = "\(.*\)";/\1/p' "$file"
done | sort >"$work/written"
stepq --config="$top_srcdir/conf/stepq.conf" config dump |
	sed -n 's/^		name = "\([^"]*\)";.*/\1/p' | sort >"$work/known"
is "all of them together have all pipelines" \
	"$(comm -23 "$work/written" "$work/known")" ""

# --- an episode

mariadb_start
engine_start
shipped_conf webtoon.conf
sql "INSERT INTO projects (id, name) VALUES (11, 'p');
	INSERT INTO episodes (id, project_id, title) VALUES (25, 11, 'e')"
data='{"episode_id":25,"input":{"topic":"a space cat"}}'
run=$(push pipeline.full "$data")
ok "a worker makes a webtoon" worker_run
ok "the run is done" run_done "$run"
is "it costs 1.12" "$(sql "SELECT cost FROM episode_jobs WHERE uuid = '$run'")" 1.120000
is "and so says the episode" \
	"$(sql "SELECT status, progress, cost FROM episodes")" "done	100.00	1.120000"
is "a call for each panel" "$(served image)" 12
is "each panel is an item" "$(items "$run" image 'done')" 12
is "the map's row has the price of all" "$(row "$run" image cost)" 0.640000
ok "panels are drawn side by side" test "$(most_at_once image)" -ge 4
is "the pictures are in the order of the panels" \
	"$(result "$run" image '[.[].index] == [range(12)]')" true

episode=$work/storage/episodes/25
is "each is a picture, drawn and lettered" \
	"$(png_sizes "$episode"/panels/*.png "$episode"/lettered/*.png)" "24 864x1184"
page=$(result "$run" packaging '.artifacts[0]' | jq -r .)
is "the result names the page" "$page" "$episode/webtoon.html"
grep -o 'base64,[^"]*' "$page" | cut -d, -f2 | while read -r picture; do
	echo "$picture" | base64 -d | cksum
done >"$work/shown"
for file in "$episode"/lettered/*.png; do
	cksum <"$file"
done >"$work/drawn"
ok "the page shows them in that order" cmp "$work/shown" "$work/drawn"

# --- a panel that is refused

# shellcheck disable=SC2016 # nothing is to be expanded
shipped_conf webtoon.conf 'image=refuse=%22index%22:7'
: >"$work/calls"
run=$(push pipeline.full '{"episode_id":26,"input":{"topic":"a space cat"}}')
worker_run
ok "a panel that fails for good fails the run" run_is "$run" failed
is "the others are done" "$(items "$run" image 'done')" 11
is "the map alone has failed" "$(failed_jobs)" 1
like "it says why" "$(why "$(row "$run" image uuid)")" "422|refused|failure"
like "and the run too" "$(sql "SELECT error FROM episode_jobs
	WHERE uuid = '$run'")" "^image: "
is "nothing was lettered" "$(served lettering)" 0

shipped_conf webtoon.conf
: >"$work/calls"
ok "it is tried again" stepq retry all
worker_run
ok "and then it is done" run_done "$run"
is "by one call for that panel" "$(served text) $(served image)" "0 1"
is "it costs what it would have cost" \
	"$(sql "SELECT cost FROM episode_jobs WHERE uuid = '$run'")" 1.120000
is "all pictures are on the page" "$(grep -c '^<img' "$work/storage/episodes/26/webtoon.html")" 12
is "no job and no failed job is left" "$(sql "SELECT COUNT(*) FROM jobs") $(failed_jobs)" "0 0"
done_testing
