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
# Commands as engines, each a line of sh.
cat >"$work/good" <<'EOF'
#!/bin/sh
echo "got it" >&2
echo "working" >&2
printf '{"in": %s, "key": "%s", "db": "%s"}' "$(cat)" \
	"$STEPQ_IDEMPOTENCY_KEY" "${STEPQ_DATABASE_URL:-none}"
EOF
cat >"$work/later" <<'EOF'
#!/bin/sh
test "$STEPQ_ATTEMPT" -gt 1 || { echo "not yet" >&2; exit 75; }
echo '{"ok": true}'
EOF
printf '#!/bin/sh\necho "no such font" >&2\nexit 3\n' >"$work/bad"
printf '#!/bin/sh\nkill -SEGV $$\n' >"$work/crash"
printf '#!/bin/sh\necho hello\n' >"$work/words"
printf '#!/bin/sh\ncat /dev/zero\n' >"$work/flood"
cat >"$work/stuck" <<EOF
#!/bin/sh
sleep 300 &
echo \$! >"$work/stuck.pid"
wait
EOF
chmod +x "$work/good" "$work/later" "$work/bad" "$work/crash" "$work/words" \
	"$work/flood" "$work/stuck"
for name in good later bad crash words flood stuck missing; do
	printf '%s: { command = ["%s", "--flag"]; tries = 2; backoff = "0s"; max_body = "64K"; timeout = "%s"; };\n' \
		$name "$work/$name" "$(test $name = stuck && echo 1s || echo 20s)"
done >"$work/engines"
for name in good later bad crash words flood stuck missing; do
	printf '{ name = "%s"; steps = ( { name = "s"; engine = "%s"; } ); }' \
		$name $name
	test $name = missing || echo ,
done >"$work/pipelines"
printf 'engines: { %s };\npipelines = ( %s );\n' "$(cat "$work/engines")" \
	"$(cat "$work/pipelines")" \
	>"$work/conf"
fleet_conf <"$work/conf"

for name in good later bad crash words flood stuck missing; do
	eval "run_$name=$(push $name '{"input":{"a":1}}')"
done
worker_start a
all_ended() {
	test "$(sql "SELECT COUNT(*) FROM episode_jobs WHERE run_id IS NULL
	AND status IN ('done', 'failed')")" = 8
}
ok "all commands end" wait_for 30 all_ended
result=$(step "$run_good" s result)
is "a command gets the body and answers JSON" \
	"$(echo "$result" | jq -c .in.input)" '{"a":1}'
is "it knows its key" "$(echo "$result" | jq -r .key)" \
	"$(step "$run_good" s uuid)"
is "it does not get the database's address" "$(echo "$result" | jq -r .db)" none
is "what it says on stderr is an event" "$(sql "SELECT GROUP_CONCAT(message
	ORDER BY id) FROM episode_events WHERE kind = 'log' AND episode_job_id
	= $(step "$run_good" s id)")" "got it,working"
ok "exit status 75 is tried again" run_done "$run_later"
is "it took two attempts" "$(step "$run_later" s attempts)" 2
like "another status fails, with the last words" "$(step "$run_bad" s error)" \
	'exit status 3: no such font'
is "and at once" "$(step "$run_bad" s attempts)" 1
like "a signal is named and tried again" "$(step "$run_crash" s error)" \
	'signal 11.*after 2 tries'
like "words are not JSON" "$(step "$run_words" s error)" 'not JSON'
like "endless output is cut" "$(step "$run_flood" s error)" 'larger than max_body'
like "a stuck command ends by the timeout" "$(step "$run_stuck" s error)" \
	'timed out after 1\.0s'
gone() {
	! kill -0 "$(cat "$work/stuck.pid")" 2>/dev/null
}
ok "with all of its group" wait_for 10 gone
like "a program that is not there is named" "$(step "$run_missing" s error)" \
	"missing"
worker_signal a TERM
worker_wait a
is "the worker is well" "$worker_status" 0
done_testing
