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

mariadb_start
engine_start
shipped_conf article.conf
sql "INSERT INTO projects (id, name) VALUES (1, 'p');
	INSERT INTO episodes (id, project_id, title) VALUES (31, 1, 'a')"
trace_episodes

look() {
	stepq status "$run" --format=json | jq -c '[.status, .progress]'
}

began=$(date +%s)
stepq push article --episode=31 --format=json --input='{"topic":"a lighthouse",
	"language":"en","level":"A2","length":600}' >"$work/pushed"
ok "a push answers at once" test $(($(date +%s) - began)) -le 2
run=$(jq -r '.uuid // .run' "$work/pushed")
ok "a worker writes" worker_run
ok "the run is done" run_done "$run"
is "whoever asks is told" "$(look)" '["done",100]'
is "progress moves by the steps" "$(traced 31)" "outline 0
outline 20
writing 20
writing 100"
page=$(result "$run" write '.artifacts[0]' | jq -r .)
is "the article is in the storage" "$page" "$work/storage/episodes/31/article.html"
is "it is a page" "$(head -1 "$page") $(tail -1 "$page")" "<!DOCTYPE html> </html>"
words=$(sed -n '/<p>/p' "$page" | sed 's/<[^>]*>/ /g' | wc -w)
ok "as long as it was to be" test "$words" -ge 600 -a "$words" -lt 700
like "the result says so" "$(result "$run" write .words)" '^6[0-9][0-9]$'
is "in its language" "$(grep -c '<html lang="en">' "$page")" 1
is "for its readers" "$(grep -c '<small>A2</small>' "$page")" 1

run=$(push article '{"episode_id":32,"input":{"topic":"등대"}}')
worker_run
ok "a topic is enough" run_done "$run"
is "its language is the topic's" \
	"$(grep -c '<html lang="ko">' "$work/storage/episodes/32/article.html")" 1

run=$(push article '{"episode_id":33,"input":{"topic":"x","length":1000000}}')
worker_run
ok "a length that cannot be fails" run_is "$run" failed
like "and says why" "$(stepq status "$run")" "'length' must be 1 to 20000 words"
exits "an unknown run is told from one that waits" 1 \
	stepq status 00000000-0000-4000-8000-000000000000
done_testing
