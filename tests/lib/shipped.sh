# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC3043
#
# shipped.sh - the pipelines of conf/ as they are shipped, with stepq-engine
# behind them. After fleet.sh, with the database server started:
#
#	. "$top_srcdir/tests/lib/shipped.sh"
#	shipped_conf FILE [ENGINE=FAULTS...]
#	                            use conf/pipelines/FILE alone; engines may
#	                            get trouble: shipped_conf webtoon.conf \
#	                            'image=status=503&retry_after=1'
#	trace_episodes              from now on, keep every stage and progress
#	                            that episodes show
#	traced EPISODE              "STAGE PROGRESS" in turn, each change once
#	row RUN STEP COLUMN [ROUND] one value of a step, of its latest round
#	items RUN STEP STATUS       how many items of a map have the status
#	result RUN STEP FILTER      what jq makes of a step's result
#	most_at_once STEP           calls of STEP under way at the same time
#	overlap STEP STEP           whether calls of both were
#	png_sizes FILE...           "COUNT WIDTHxHEIGHT", a line for each size

# shellcheck disable=SC2154 # $engine is of fleet.sh

command -v jq >/dev/null || skip_all "jq is not installed"
command -v stepq-engine >/dev/null || skip_all "stepq-engine is not built"

shipped_conf() {
	local file="$1" name faults
	shift
	mkdir -p "$work/conf/pipelines"
	cp -f "$top_srcdir"/conf/pipelines/*.conf "$work/conf/pipelines"
	sed -E "s|([a-z]+): +\{ url = \"[^\"]*|\1: { url = \"$engine/\1/generate|" \
		"$top_srcdir/conf/engines.conf" >"$work/conf/engines.conf"
	for name; do
		faults=$(echo "${name#*=}" | sed 's/&/\\&/g')
		name=${name%%=*}
		sed "s|/$name/generate|&?$faults|" "$work/conf/engines.conf" \
			>"$work/conf/engines.new"
		mv "$work/conf/engines.new" "$work/conf/engines.conf"
	done
	STEPQ_CONFIG=$work/conf/pipelines/$file
	export STEPQ_CONFIG
	stepq migrate >"$work/migrate" 2>&1 || {
		diag "$(cat "$work/migrate")"
		bail "cannot migrate"
	}
}

trace_episodes() {
	sql "CREATE TABLE trace (id INT AUTO_INCREMENT PRIMARY KEY,
		episode_id BIGINT, stage VARCHAR(64), progress DECIMAL(5,2));
	CREATE TRIGGER trace_episodes AFTER UPDATE ON episodes FOR EACH ROW
		INSERT INTO trace (episode_id, stage, progress)
		VALUES (NEW.id, NEW.stage, NEW.progress)"
}

traced() {
	sql "SELECT stage, progress FROM trace WHERE episode_id = $1
	AND stage IS NOT NULL ORDER BY id" | sed 's/\.00$//' | tr '\t' ' ' | uniq
}

row() {
	sql "SELECT s.$3 FROM episode_jobs s JOIN episode_jobs r
	ON r.id = s.run_id WHERE r.uuid = '$1' AND s.step = '$2'
	AND s.kind <> 'item' AND s.round = COALESCE(${4:-NULL}, s.round)
	ORDER BY s.round DESC LIMIT 1"
}

items() {
	sql "SELECT COUNT(*) FROM episode_jobs s JOIN episode_jobs r
	ON r.id = s.run_id WHERE r.uuid = '$1' AND s.step = '$2'
	AND s.kind = 'item' AND s.status = '$3'"
}

result() {
	row "$1" "$2" result | jq -c "$3"
}

most_at_once() {
	awk -v step="\"step\":\"$1\"" '
		!index($0, step) { next }
		/"event":"start"/ { n++; if (n > most) most = n }
		/"event":"end"/ { n-- }
		END { print most + 0 }' "$work/calls"
}

overlap() {
	awk -v a="\"step\":\"$1\"" -v b="\"step\":\"$2\"" '
		{ by = /"event":"start"/ ? 1 : -1 }
		index($0, a) { as += by }
		index($0, b) { bs += by }
		as > 0 && bs > 0 { both = 1 }
		END { exit !both }' "$work/calls"
}

png_sizes() {
	local file
	for file; do
		test "$(od -An -tx1 -N8 "$file")" = " 89 50 4e 47 0d 0a 1a 0a" ||
			echo "$file is no PNG"
		od -An -tu1 -j16 -N8 "$file"
	done | awk '/is no PNG/ { print; next }
		{ print $3 * 256 + $4 "x" $7 * 256 + $8 }' |
		sort | uniq -c | sed 's/^ *//'
}
