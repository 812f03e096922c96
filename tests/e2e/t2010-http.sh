#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2154,SC3043
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/fleet.sh
. "$top_srcdir/tests/lib/fleet.sh"

mariadb_start
engine_start

# One pipeline of one step for each thing an engine can do wrong. The step is
# called `s`; `text` gives a good answer.
engines="" pipelines=""
add() {
	local name="$1" url="$2" more="${3:-}"
	engines="$engines $name: { url = \"$url\"; $more };"
	pipelines="$pipelines { name = \"$name\"; steps = ( { name = \"s\";
		engine = \"$name\"; } ); },"
}
# A port where nobody listens: bound by nothing since it was just free.
closed=http://127.0.0.1:1
e=$engine/echo/generate
add good "$e"
add html "$e?html=1"
add empty "$e?empty=1"
add half "$e?cut=1" "tries = 1;"
add nothing "$e?cut_headers=1" "tries = 1;"
add endless "$e?huge=5G" 'max_body = "1M";'
add elsewhere "$e?redirect=http://127.0.0.2:1/x"
add utf8 "$e?invalid_utf8=1"
add garbage "$e?garbage=1"
add notfound "$engine/nowhere" ""
add refused "$closed/x" "tries = 1;"
add dns "http://no-such-host.invalid/x" "tries = 1;"
add hang "$e?hang=1" 'timeout = "1s"; tries = 1;'
add busy "$e?fail_first=1&error_status=503" 'backoff = "0s"; tries = 3;'
add limited "$e?fail_first=1&error_status=429&retry_after=2" 'tries = 3; backoff = "0s";'
add always "$e?status=500" 'backoff = "0s"; tries = 3;'
add bad "$e?status=422"
printf 'engines: { %s };\npipelines = ( %s );\n' "$engines" "${pipelines%,}" \
	>"$work/conf"
fleet_conf <"$work/conf"

names="html empty half nothing endless elsewhere utf8 garbage notfound refused
	dns hang busy limited always bad"
for name in $names; do
	eval "run_$name=$(push "$name" '{"input":{"topic":"x"}}')"
done
good=$(push good '{"input":{"topic":"x"}}')
worker_start a

ok "the good step is not held up by any of the others" \
	wait_for 5 run_done "$good"
all_ended() {
	test "$(sql "SELECT COUNT(*) FROM episode_jobs WHERE run_id IS NULL
	AND status IN ('done', 'failed')")" = 17
}
ok "all of them end" wait_for 30 all_ended

reason() {
	eval "step \"\$run_$1\" s error"
}
like "an HTML page is not JSON" "$(reason html)" \
	'^engine html: answered 200, not JSON: .*<'
like "an empty body is not JSON" "$(reason empty)" \
	'^engine empty: answered 200, not JSON: empty$'
like "half a body is a lost connection" "$(reason half)" \
	'^engine half: .*(lost|cut|closed).*after 1 try$'
like "no answer is a lost connection" "$(reason nothing)" \
	'^engine nothing: .*after 1 try$'
like "an endless body is cut at the limit" "$(reason endless)" \
	'^engine endless: .*larger'
like "a redirect to another host is not followed" "$(reason elsewhere)" \
	'^engine elsewhere: .*redirect.*127\.0\.0\.2'
like "invalid UTF-8 is named with its place" "$(reason utf8)" \
	'^engine utf8: .*invalid UTF-8 at byte [0-9]'
like "binary bytes are not JSON" "$(reason garbage)" '^engine garbage: .*not JSON'
like "404 fails at once" "$(reason notfound)" '^engine notfound: answered 404'
like "a refused connection names host and port" "$(reason refused)" \
	'^engine refused: .*refused.*127\.0\.0\.1:1'
like "a name that does not resolve is named" "$(reason dns)" \
	'no-such-host\.invalid'
like "a hanging engine ends by the timeout" "$(reason hang)" \
	'^engine hang: timed out after 1\.0s'
like "another 4xx fails at once, with what the engine said" "$(reason bad)" \
	'^engine bad: answered 422'
is "it was asked once" "$(step "$run_bad" s attempts)" 1
ok "503 is tried again" run_done "$run_busy"
is "it took two attempts" "$(step "$run_busy" s attempts)" 2
ok "429 is tried again" run_done "$run_limited"
is "Retry-After is waited for" "$(step "$run_limited" s \
	"started_at + INTERVAL 2 SECOND <= s.completed_at")" 1
like "500 for ever ends after its tries" "$(reason always)" \
	'^engine always: answered 500.*after 3 tries$'
is "it was asked three times" "$(step "$run_always" s attempts)" 3
is "the failed run says which step" "$(sql "SELECT error FROM episode_jobs
	WHERE uuid = '$run_bad'" | cut -c1-14)" "s: engine bad:"

failed=$(sql "SELECT exception FROM failed_jobs WHERE
	exception LIKE 'engine always%'")
like "a failed job tells the address" "$failed" \
	'^called    POST http://127.0.0.1:[0-9]+/echo/generate\?status=500$'
like "a failed job tells the answer" "$failed" '^answer    HTTP 500, '
like "a failed job tells the attempts" "$failed" '^attempts  3 of 3$'

ok "a good step sends what engines need to know" test "$(sql "SELECT
	JSON_VALUE(result, '\$.headers.\"Stepq-Attempt\"') FROM episode_jobs s
	WHERE run_id = (SELECT id FROM episode_jobs WHERE uuid = '$good')")" = 1
is "the same key in every attempt" "$(grep '"event":"end"' "$work/calls" |
	grep "\"run\":\"$run_always\"" | sed 's/.*"key":"\([^"]*\)".*/\1/' |
	sort -u)" "$(step "$run_always" s uuid)"
worker_signal a TERM
worker_wait a
is "the worker is alive and well" "$worker_status" 0
done_testing
