#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Workers and commands are killed by SIGKILL at every statement they send, each
# over a run of its own; then one worker finishes what they left. All of it
# must look as if nothing had happened.
#
# STEPQ_TEST_FULL=1 also kills behind every statement, not only behind COMMIT,
# and at every statement of the map of 401 items. What is sent before the first
# transaction says nothing about runs and is left out.
#
# shellcheck disable=SC2119,SC2154,SC3043
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/fleet.sh
. "$top_srcdir/tests/lib/fleet.sh"
# shellcheck source=tests/lib/invariants.sh
. "$top_srcdir/tests/lib/invariants.sh"

mariadb_start
# An engine that has the run cancelled, and one for the command that does so.
cat >"$work/stops" <<EOF
#!/bin/sh
. "$work/sql"
sql "CALL stepq_cancel('\$STEPQ_RUN')"
echo '{}'
EOF
cat >"$work/stopping" <<EOF
#!/bin/sh
. "$work/sql"
export STEPQ_CONFIG='$work/stopping.conf'
export STEPQ_DATABASE_URL='$STEPQ_DATABASE_URL'
set -- \$(sql "SELECT n, moment FROM kills WHERE run = '\$STEPQ_RUN'") \$STEPQ_RUN
test \$1 -gt 0 || export KILL_LOG='$work/statements'
KILL_AT=\$1 KILL_WHEN=\$2 LD_PRELOAD='$killer_preload' stepq cancel \$3 >&2
unset KILL_LOG
stepq cancel \$3 >&2
echo '{}'
EOF
cat >"$work/sql" <<EOF
sql() {
	"$mariadb_client" --no-defaults --socket="$mariadb_socket" --user=root \
		--batch --skip-column-names "$mariadb_schema" -e "\$1"
}
EOF
chmod +x "$work/stops" "$work/stopping"
engines='worker: { tries = 1; lease = "1h"; };
engines: {
  noop: { dummy = { ms = 0; }; };
  bad:  { dummy = { ms = 0; fail_rate = 1.0; }; };
  stops: { command = ["'$work/stops'"]; };
  stopping: { command = ["'$work/stopping'"]; };
};'

# pipeline NAME [KEY...] <STEPS: in a configuration of its own too, which is
# quicker.
pipeline() {
	{ echo "{ name = \"$1\"; ${2:-} steps = (" && cat && echo "); }"; } \
		>"$work/$1.steps"
	echo "$engines pipelines = ( $(cat "$work/$1.steps") );" \
		>"$work/$1.conf"
}
pipeline chain <<'EOF'
	{ name = "one";   engine = "noop"; input = "{n: 1}"; cost = ".n"; },
	{ name = "two";   engine = "noop"; input = "{n: (.one.n + 1)}"; cost = ".n"; },
	{ name = "three"; engine = "noop"; input = "{n: (.two.n + 1)}"; cost = ".n"; }
EOF
pipeline diamond <<'EOF'
	{ name = "top";    engine = "noop"; input = "{n: 1}"; },
	{ name = "left";   engine = "noop"; needs = ["top"]; input = "{n: 1}"; cost = ".n"; },
	{ name = "right";  engine = "noop"; needs = ["top"]; input = "{n: 1}"; cost = ".n"; },
	{ name = "bottom"; engine = "noop"; needs = ["left", "right"]; input = "{n: 1}"; }
EOF
pipeline map <<'EOF'
	{ name = "each"; engine = "noop"; each = "range(4)"; at_once = 2; min_done = "50%";
	  input = "if .item % 2 == 1 then error(\"odd\") else {n: .item} end"; cost = ".n"; },
	{ name = "end";  engine = "noop"; input = "{got: .each}"; }
EOF
pipeline wide <<'EOF'
	{ name = "each"; engine = "noop"; each = "range(401)"; input = "{n: .item}"; cost = ".n"; },
	{ name = "end";  engine = "noop"; input = "{got: .each}"; }
EOF
pipeline loop <<'EOF'
	{ name = "draw"; engine = "noop"; input = "{n: .run.round}"; cost = ".n"; },
	{ name = "qa";   engine = "noop"; input = "{}"; again: { to = "draw"; when = ".draw.n < 3"; at_most = 5; }; },
	{ name = "end";  engine = "noop"; input = "{n: .draw.n}"; }
EOF
pipeline gate <<'EOF'
	{ name = "review"; gate: { }; },
	{ name = "end"; engine = "noop"; input = ".review"; }
EOF
pipeline late <<'EOF'
	{ name = "review"; gate: { deadline = "1h"; on_deadline = "reject"; on_reject = "continue"; }; },
	{ name = "end"; engine = "noop"; input = ".review"; }
EOF
pipeline timer <<'EOF'
	{ name = "pause"; wait = "1h"; },
	{ name = "end"; engine = "noop"; input = "{}"; }
EOF
pipeline branches <<'EOF'
	{ name = "big";   engine = "noop"; needs = []; when = ".input.n > 10"; },
	{ name = "small"; engine = "noop"; needs = []; when = ".input.n <= 10"; input = "{}"; },
	{ name = "after"; engine = "noop"; needs = ["big"]; },
	{ name = "join";  engine = "noop"; needs = ["after", "small"]; input = "{}"; }
EOF
pipeline policy <<'EOF'
	{ name = "cont";  engine = "bad"; needs = []; on_failure = "continue"; tries = 2; backoff = "0s"; },
	{ name = "skip";  engine = "bad"; needs = []; on_failure = "skip"; },
	{ name = "first"; engine = "bad"; needs = []; fallback = "second"; },
	{ name = "second"; engine = "bad"; on_failure = "continue"; },
	{ name = "end";   engine = "noop"; needs = ["cont", "skip", "first"];
	  input = "{errors: (.errors | keys), first}"; }
EOF
pipeline fails <<'EOF'
	{ name = "each"; engine = "bad"; each = "range(3)"; at_once = 2; input = "{n: .item}"; cost = ".n"; },
	{ name = "end";  engine = "noop"; input = "{got: .each}"; }
EOF
pipeline unique 'unique = true;' <<'EOF'
	{ name = "review"; gate: { }; }
EOF
pipeline stops <<'EOF'
	{ name = "one"; engine = "noop"; input = "{}"; },
	{ name = "two"; engine = "stops"; input = "{}"; },
	{ name = "end"; engine = "noop"; input = "{}"; }
EOF
pipeline stopping <<'EOF'
	{ name = "one"; engine = "stopping"; input = "{}"; },
	{ name = "end"; engine = "noop"; input = "{}"; }
EOF
fleet_conf <<EOF
$engines
pipelines = ( $(cat "$work"/*.steps | sed 's/^); }$/); },/' | sed '$s/,$//') );
EOF
sed 's/fail_rate = 1.0;//' "$work/stepq.conf" >"$work/healed.conf"
sed 's/fail_rate = 1.0;//' "$work/fails.conf" >"$work/fails-healed.conf"
kills_create
full=${STEPQ_TEST_FULL:-}

# What dead workers hold is free at once, what waits for a time is due.
lapse() {
	sql "UPDATE jobs SET reserved_at = 1, available_at = 2
			WHERE reserved_at IS NOT NULL;
		UPDATE episode_jobs SET available_at = UNIX_TIMESTAMP() - 1
			WHERE status = 'waiting' AND available_at IS NOT NULL;
		UPDATE jobs SET available_at = UNIX_TIMESTAMP() - 1
			WHERE available_at BETWEEN UNIX_TIMESTAMP() AND 4294967294"
}

work_off() {
	while test "$(sql "SELECT COUNT(*) FROM jobs WHERE queue = '$1'
		AND available_at < 4294967295")" -gt 0; do
		lapse
		worker_run --queue="$1" || return 1
	done
}

# Runs that are retried meet an engine that does not fail any more.
heal() {
	sql "UPDATE jobs SET queue = 'heal';
		UPDATE episode_jobs SET queue = 'heal';
		UPDATE kills k JOIN episode_jobs r ON r.uuid = k.run
			JOIN episode_jobs s ON s.run_id = r.id
			LEFT JOIN jobs j ON j.step_id = s.id
			SET s.queue = 'healed', j.queue = 'healed'
			WHERE k.scenario IN ('retried', 'retry')"
	work_off heal && STEPQ_CONFIG=$work/fails-healed.conf work_off healed
}

# points [FIRST [ALL]]: "N before" and "N after" for what was sent just now; of
# what comes behind the FIRST, only every 25th, and nothing behind the last
# transaction.
points() {
	awk -v full="$full" -v first="${1:-100000}" -v all="${2:-}" '
		/^[0-9]+ START TRANSACTION/ { begun = 1 }
		!begun && !all { next }
		full != "" || NR <= first || NR % 25 == 0 {
			kept = kept NR " before\n"
			if (full != "" || $2 == "COMMIT")
				kept = kept NR " after\n"
		}
		$2 == "COMMIT" { printf "%s", kept; kept = "" }
	' "$work/statements"
}

# push_kills SCENARIO PIPELINE QUEUE <POINTS: a run for each of them.
push_kills() {
	local n moment
	while read -r n moment; do
		echo "INSERT INTO kills VALUES
			('$1', $n, '$moment', UUID(), '$1-$n-$moment');"
	done | sql
	sql "INSERT INTO jobs (queue, payload, attempts, available_at,
			created_at)
		SELECT IF('$3' = '', queue, '$3'), JSON_OBJECT('uuid', run,
			'job', '$2', 'data', JSON_OBJECT(
			'episode_id', IF('$2' = 'unique', 1, NULL),
			'input', JSON_OBJECT('n', 1))), 0, UNIX_TIMESTAMP(),
			UNIX_TIMESTAMP()
		FROM kills WHERE scenario = '$1' AND run NOT IN
		(SELECT uuid FROM episode_jobs WHERE run_id IS NULL)
		ORDER BY n <> 0, n"
}

# What was prepared goes on in a queue of its own for each run.
spread() {
	sql "UPDATE kills k JOIN episode_jobs r ON r.uuid = k.run
			JOIN episode_jobs s ON s.id = r.id OR s.run_id = r.id
			LEFT JOIN jobs j ON j.step_id = s.id
			SET s.queue = k.queue, j.queue = k.queue
			WHERE s.queue = 'prepare'"
}

# kill_workers SCENARIO PIPELINE [PREPARE [FIRST]]: PREPARE gets the runs to
# where the killing begins.
kill_workers() {
	local name="$1" prepare="${3:-}" lane pids=
	local queue="${3:+prepare}" STEPQ_CONFIG="$work/$2.conf" conf
	conf=$STEPQ_CONFIG
	! test "$name" = retried || conf=$work/fails-healed.conf
	echo "0 before" | push_kills "$name" "$2" "$queue"
	test -z "$prepare" || { $prepare "$name" && spread; }
	STEPQ_CONFIG=$conf killed 0 before stepq work --stop-when-empty \
		--sleep=0.05 --queue="$name-0-before"
	mv "$work/statements" "$work/$name.statements"
	cp "$work/$name.statements" "$work/statements"
	points "${4:-}" >"$work/points"
	push_kills "$name" "$2" "$queue" <"$work/points"
	test -z "$prepare" || { $prepare "$name" && spread; }
	for lane in 0 1 2; do
		awk -v lane=$lane -v name="$name" 'NR % 3 == lane {
			print $1, $2, name "-" $1 "-" $2 }' "$work/points" \
			>"$work/lane$lane"
		STEPQ_CONFIG=$conf killed_all "$work/lane$lane" stepq work \
			--stop-when-empty --sleep=0.05 --queue=kill-points \
			>>"$work/missed" &
		pids="$pids $!"
	done
	# shellcheck disable=SC2086 # words
	wait $pids
	diag "$name: $(wc -l <"$work/points") kills"
}

# kill_command SCENARIO PIPELINE "COMMAND... RUN...": as a person does, the
# command is given again when it did not say that it is done.
kill_command() {
	local n moment run STEPQ_CONFIG="$work/$2.conf"
	echo "0 before" | push_kills "$1" "$2" "first-$1"
	work_off "first-$1"
	run=$(sql "SELECT run FROM kills WHERE scenario = '$1'")
	# shellcheck disable=SC2046 # words
	killed 0 before $(echo "$3" | sed "s/RUN/$run/")
	cp "$work/statements" "$work/$1.statements"
	points 100000 all >"$work/points"
	push_kills "$1" "$2" "hold-$1" <"$work/points"
	work_off "hold-$1"
	sql "SELECT n, moment, run FROM kills
		WHERE scenario = '$1' AND n > 0" >"$work/list"
	while read -r n moment run; do
		# shellcheck disable=SC2046
		killed "$n" "$moment" $(echo "$3" | sed "s/RUN/$run/")
		test "$1" != rerun || test -z "$(copy_of "$run")" || continue
		# shellcheck disable=SC2046
		env $(echo "$3" | sed "s/RUN/$run/") >>"$work/again" 2>&1
	done <"$work/list" 2>/dev/null
	diag "$1: $(wc -l <"$work/points") kills"
}

copy_of() {
	sql "SELECT c.uuid FROM episode_jobs r JOIN episode_jobs c
		ON c.origin_id = r.id AND c.kind = 'run' WHERE r.uuid = '$1'"
}

# runs_at SCENARIO: those that were prepared and stand there.
runs_at() {
	sql "SELECT DISTINCT k.run FROM kills k JOIN episode_jobs r
		ON r.uuid = k.run WHERE k.scenario = '$1' AND r.queue = 'prepare'"
}

# What prepares runs.
parked() {
	worker_run --queue=prepare
}
due() {
	parked && lapse
}
answer_all() {
	runs_at "$1" | sed "s/.*/CALL stepq_approve('&', 'review', NULL);/" | sql
}
answered() {
	parked && answer_all "$1"
}
failed() {
	parked && stepq retry all --queue=prepare >>"$work/again" 2>&1
}
# The copies of the runs are killed in their place.
repeated() {
	local run
	parked
	for run in $(runs_at "$1"); do
		stepq rerun "$run" --from each >>"$work/again" 2>&1
	done
	sql "UPDATE kills k JOIN episode_jobs r ON r.uuid = k.run
		JOIN episode_jobs c ON c.origin_id = r.id AND c.kind = 'run'
		SET k.run = c.uuid"
}

cancelled_under_way() {
	local STEPQ_CONFIG="$work/stopping.conf"
	echo "0 before" | push_kills stopping stopping "stopping"
	worker_run --queue=stopping
	cp "$work/statements" "$work/stopping.statements"
	points 100000 all >"$work/points"
	push_kills stopping stopping stopping <"$work/points"
	worker_run --queue=stopping --concurrency=3
	diag "stopping: $(wc -l <"$work/points") kills"
}

# stop_workers SCENARIO PIPELINE: one is stopped before each transaction of a
# run, another finishes the run, and then the first goes on.
stop_workers() {
	local name="$1" KILL_PIPE="$work/pipe" pid
	echo "0 before" | push_kills "$name" "$2" ''
	(unset KILL_PIPE; STEPQ_CONFIG=$work/$2.conf killed 0 before \
		stepq work --stop-when-empty --sleep=0.05 \
		--queue="$name-0-before")
	mv "$work/statements" "$work/$name.statements"
	sed -n 's/^\([0-9]*\) START TRANSACTION.*/\1 before/p' \
		"$work/$name.statements" >"$work/points"
	push_kills "$name" "$2" '' <"$work/points"
	sed "s/\(.*\) before/\1 before $name-\1-before/" "$work/points" \
		>"$work/lane"
	mkfifo "$work/pipe"
	export KILL_PIPE
	STEPQ_CONFIG=$work/$2.conf killed_all "$work/lane" stepq work \
		--stop-when-empty --sleep=0.05 --queue=kill-points \
		>>"$work/missed" &
	pid=$!
	: >"$work/pipe"
	sql "UPDATE jobs SET queue = 'second' WHERE queue LIKE '$name-%';
		UPDATE episode_jobs SET queue = 'second'
			WHERE queue LIKE '$name-%'"
	STEPQ_CONFIG=$work/$2.conf work_off second
	: >"$work/pipe"
	wait $pid
	rm "$work/pipe"
	diag "$name: $(wc -l <"$work/points") stopped"
}

# What nobody may do, to runs in the middle of something.
damage() {
	sql "DELETE j FROM jobs j JOIN episode_jobs s ON s.id = j.step_id
			WHERE s.queue LIKE 'repair-%-1-before';
		UPDATE episode_jobs SET waiting_on = 9
			WHERE queue LIKE 'repair-%-1-before' AND (kind IN ('run', 'map') OR step = 'end')"
}
# kill_repair: the same damage again and again, and who mends it is killed.
kill_repair() {
	local n moment STEPQ_CONFIG="$work/chain.conf"
	for n in map gate; do
		printf '0 before\n1 before\n' | push_kills repair-$n $n ''
		STEPQ_CONFIG=$work/$n.conf worker_run --concurrency=1 \
			--max-jobs=2 --queue=repair-$n-1-before
	done
	damage
	killed 0 before stepq doctor --repair
	cp "$work/statements" "$work/repair-map.statements"
	cp "$work/statements" "$work/repair-gate.statements"
	points >"$work/points"
	while read -r n moment; do
		damage
		killed "$n" "$moment" stepq doctor --repair
	done <"$work/points" 2>/dev/null
	damage
	stepq doctor --repair >"$work/repaired"
	diag "repair: $(wc -l <"$work/points") kills"
}

: >"$work/missed"
kill_repair
like "damage was mended" "$(cat "$work/repaired")" \
	'^graphs +2 live runs, [1-9][0-9]* faults mended'
while read -r name pipeline prepare first; do
	test "$prepare" != - || prepare=
	kill_workers "$name" "$pipeline" "$prepare" "$first"
done <<'EOF'
chain    chain
diamond  diamond
map      map
loop     loop
branches branches
policy   policy
wide     wide    -        60
parking  late
waiting  timer
timer    timer   due
deadline late    due
answer   gate    answered
retried  fails   failed
repeated map     repeated
stops    stops
EOF
sql "CALL stepq_push('unique', 1, NULL)" >"$work/live"
work_off default
kill_workers unique unique
cancelled_under_way
stop_workers stopped map
stop_workers frozen loop
kill_command retry fails "stepq retry run:RUN"
kill_command approve gate "stepq approve RUN review"
kill_command cancel gate "stepq cancel RUN"
kill_command rerun chain "stepq rerun RUN --from two"
sql "UPDATE kills k JOIN episode_jobs r ON r.uuid = k.run
	JOIN episode_jobs c ON c.origin_id = r.id AND c.kind = 'run'
	SET k.run = c.uuid WHERE k.scenario = 'rerun'"

is "all got as far as the statement they were to die at" \
	"$(cat "$work/missed")" ""
is "after every kill the rows agree" "$(broken_rows)" ""
is "and doctor finds nothing" "$(audit)" ""
ok "a healthy worker finishes" heal
sql "$(sed "s/.*/CALL stepq_cancel('&')/" "$work/live")"
sql "$(sql "SELECT CONCAT('CALL stepq_approve(''', run, ''', ''review'', NULL);')
	FROM kills WHERE scenario = 'repair-gate'")"
ok "and what was answered" heal
is "nothing is unfinished" "$(unfinished)" ""
is "nor does doctor find anything then" "$(audit)" ""
for scenario in $(sql "SELECT DISTINCT scenario FROM kills ORDER BY 1"); do
	is "$scenario: all runs ended as if nothing had happened" \
		"$(differing "$scenario")" ""
done
# The first of each was not interrupted.
is "they are what was asked for" "$(sql "SELECT CONCAT_WS(' ', k.scenario,
	IF(g.id IS NULL, r.status, 'refused'), SUM(s.status = 'done'),
	SUM(s.status <> 'done')) FROM kills k
	LEFT JOIN episode_jobs r ON r.uuid = k.run
	LEFT JOIN failed_jobs g ON g.uuid = k.run
	LEFT JOIN episode_jobs s ON s.run_id = r.id
	WHERE k.n = 0 GROUP BY k.scenario ORDER BY 1")" "\
answer done 2 0
approve done 2 0
branches done 2 2
cancel cancelled 0 2
chain done 3 0
deadline done 2 0
diamond done 4 0
frozen done 7 0
loop done 7 0
map done 4 2
parking done 2 0
policy done 1 4
repair-gate done 2 0
repair-map done 4 2
repeated done 4 2
rerun done 3 0
retried done 5 0
retry done 5 0
stopped done 4 2
stopping cancelled 0 2
stops cancelled 1 2
timer done 2 0
unique refused
waiting done 2 0
wide done 403 0"
done_testing
