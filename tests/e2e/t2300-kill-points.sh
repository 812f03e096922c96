#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Workers and commands are killed by SIGKILL at every statement they send, each
# over a run of its own; then one worker finishes what they left. All of it
# must look as if nothing had happened.
#
# STEPQ_TEST_FULL=1 also kills behind every statement, not only behind COMMIT,
# and at every statement of the map of 401 items. What a worker sends before its
# first transaction says nothing about runs and is left out.
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
engines='worker: { tries = 1; lease = "1s"; };
engines: {
  noop: { dummy = { ms = 0; }; };
  bad:  { dummy = { ms = 0; fail_rate = 1.0; }; };
};'

# pipeline NAME <STEPS: in a configuration of its own too, which is quicker.
pipeline() {
	{ echo "{ name = \"$1\"; steps = (" && cat && echo "); }"; } \
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
pipeline timer <<'EOF'
	{ name = "pause"; wait = "1s"; },
	{ name = "end"; engine = "noop"; input = "{}"; }
EOF
pipeline branches <<'EOF'
	{ name = "big";   engine = "noop"; needs = []; when = ".input.n > 10"; },
	{ name = "small"; engine = "noop"; needs = []; when = ".input.n <= 10"; input = "{}"; },
	{ name = "after"; engine = "noop"; needs = ["big"]; },
	{ name = "join";  engine = "noop"; needs = ["after", "small"]; input = "{}"; }
EOF
pipeline policy <<'EOF'
	{ name = "cont";  engine = "bad"; needs = []; on_failure = "continue"; },
	{ name = "skip";  engine = "bad"; needs = []; on_failure = "skip"; },
	{ name = "first"; engine = "bad"; needs = []; fallback = "second"; },
	{ name = "second"; engine = "noop"; input = "{from: 2}"; },
	{ name = "end";   engine = "noop"; needs = ["cont", "skip", "first"];
	  input = "{errors: (.errors | keys), first}"; }
EOF
pipeline fails <<'EOF'
	{ name = "each"; engine = "bad"; each = "range(3)"; input = "{n: .item}"; },
	{ name = "end";  engine = "noop"; input = "{got: .each}"; }
EOF
fleet_conf <<EOF
$engines
pipelines = ( $(cat "$work"/*.steps | sed 's/^); }$/); },/' | sed '$s/,$//') );
EOF
sed 's/fail_rate = 1.0;//' "$work/stepq.conf" >"$work/healed.conf"
full=${STEPQ_TEST_FULL:-}

# push_to QUEUE PIPELINE
push_to() {
	local uuid
	uuid=$(new_uuid)
	push_raw "{\"uuid\":\"$uuid\",\"job\":\"$2\",\"data\":{\"input\":{\"n\":1}}}" \
		"$1"
	echo "$uuid"
}

# Until nothing is left that a worker can do.
work_off() {
	while test "$(sql "SELECT COUNT(*) FROM jobs WHERE queue = '$1'
		AND available_at < 4294967295")" -gt 0; do
		worker_run --queue="$1" || return 1
	done
}

# points [FIRST [ALL]]: "N before" and "N after" for what was sent just now; of
# what comes behind the FIRST, only every 25th.
points() {
	awk -v full="$full" -v first="${1:-100000}" -v all="${2:-}" '
		/^[0-9]+ START TRANSACTION/ { begun = 1 }
		!begun && !all || (full == "" && NR > first && NR % 25) { next }
		{ print NR, "before" }
		full != "" || $2 == "COMMIT" { print NR, "after" }
	' "$work/statements"
}

# kill_lane PIPELINE LANE: the points of one of two lanes.
kill_lane() {
	local at when run queue
	awk -v lane="$2" 'NR % 2 == lane' "$work/points" |
		while read -r at when; do
			queue=$1-$at$when
			run=$(push_to "$queue" "$1")
			echo "$run $at $when" >>"$work/$1.runs"
			STEPQ_CONFIG=$work/$1.conf killed "$at" "$when" \
				stepq work --stop-when-empty --sleep=0.05 \
				--queue="$queue"
			test $? -eq 137 || echo "$queue" >>"$work/missed"
		done
}

# kill_workers PIPELINE [FIRST]: one is killed at each point of a run.
kill_workers() {
	local run pid
	run=$(push_to "$1" "$1")
	STEPQ_CONFIG=$work/$1.conf killed 0 before stepq work \
		--stop-when-empty --sleep=0.05 --queue="$1"
	cp "$work/statements" "$work/$1.statements"
	points "${2:-}" >"$work/points"
	work_off "$1"
	echo "$run" >"$work/$1.runs"
	kill_lane "$1" 0 2>/dev/null & # where the shell says "Killed"
	pid=$!
	kill_lane "$1" 1 2>/dev/null
	wait $pid
	diag "$1: $(wc -l <"$work/points") kills"
}

heal() {
	sql "UPDATE jobs SET queue = 'heal';
		UPDATE episode_jobs SET queue = 'heal'"
	work_off heal
}

# all_equal SCENARIO: the runs of it that do not look like the first one.
all_equal() {
	local want run at when
	read -r run <"$work/$1.runs"
	want=$(shape_of "$run")
	while read -r run at when; do
		test "$(shape_of "$run")" = "$want" || echo "$run: killed" \
			"$when $(sed -n "${at:-0}p" "$work/$1.statements")"
	done <"$work/$1.runs"
}

for pipeline in chain diamond map loop timer branches policy wide; do
	case $pipeline in
	wide) kill_workers wide 45 ;;
	*) kill_workers $pipeline ;;
	esac
done
: >>"$work/missed"
ok "nearly all got as far as the statement they were to die at" \
	test "$(wc -l <"$work/missed")" -lt 30
is "after every kill the rows agree" "$(broken_rows)" ""
ok "a healthy worker finishes" heal
is "nothing is unfinished" "$(unfinished)" ""
for pipeline in chain diamond map loop timer branches policy wide; do
	is "$pipeline: all runs ended as if nothing had happened" \
		"$(all_equal $pipeline)" ""
done

# kill_command NAME PIPELINE "COMMAND... RUN...": as a person does, the command
# is given again when it did not say that it is done.
kill_command() {
	local at when run
	run=$(push_to "first-$1" "$2")
	work_off "first-$1"
	# shellcheck disable=SC2046 # words
	killed 0 before $(echo "$3" | sed "s/RUN/$run/")
	cp "$work/statements" "$work/$1.statements"
	points 100000 all >"$work/points"
	echo "$run" >"$work/$1.runs"
	while read -r at when; do
		echo "$(push_to "hold-$1" "$2") $at $when" >>"$work/$1.runs"
	done <"$work/points"
	work_off "hold-$1"
	while read -r run at when; do
		test -n "$at" || continue
		# shellcheck disable=SC2046
		killed "$at" "$when" $(echo "$3" | sed "s/RUN/$run/")
		test -z "$(copy_of "$run")" || continue
		# shellcheck disable=SC2046
		env $(echo "$3" | sed "s/RUN/$run/") >>"$work/again" 2>&1
	done <"$work/$1.runs" 2>/dev/null
	diag "$1: $(wc -l <"$work/points") kills"
}

copy_of() {
	sql "SELECT c.uuid FROM episode_jobs r JOIN episode_jobs c
		ON c.origin_id = r.id AND c.kind = 'run' WHERE r.uuid = '$1'"
}

kill_command retry fails "stepq retry run:RUN"
kill_command approve gate "stepq approve RUN review"
kill_command cancel gate "stepq cancel RUN"
kill_command rerun chain "stepq rerun RUN --from two"
while read -r run at when; do
	echo "$(copy_of "$run") $at $when"
done <"$work/rerun.runs" >"$work/copies"
mv "$work/copies" "$work/rerun.runs"
is "after every kill of a command the rows agree" "$(broken_rows)" ""
STEPQ_CONFIG=$work/healed.conf
ok "what they asked for is done" heal
is "nothing is unfinished now" "$(unfinished)" ""
for command in retry approve cancel rerun; do
	is "$command: has happened once, or had not happened" \
		"$(all_equal $command)" ""
done
is "they are what was asked for" "$(sql "SELECT CONCAT_WS(' ',
	MIN(IF(pipeline = 'fails', status, NULL)), COUNT(DISTINCT
	IF(pipeline = 'gate', status, NULL))) FROM episode_jobs
	WHERE kind = 'run' AND queue = 'heal'")" "done 2"
is "no failed job is left" "$(failed_jobs)" 0
done_testing
