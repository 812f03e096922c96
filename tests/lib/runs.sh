# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC3043
#
# runs.sh - rows to look at for a test script. After tap.sh and mariadb.sh,
# with the server started:
#
#	. "$top_srcdir/tests/lib/runs.sh"
#	runs_load                   tables of stepq with the rows of runs.sql,
#	                            again and again
#	graphs_load                 the same with those of graphs.sql

# shellcheck disable=SC2154 # $top_srcdir is of tap.sh
runs_load() {
	local file
	for file in "$top_srcdir"/schema/*.sql; do
		sql <"$file" >/dev/null || bail "cannot load $file"
	done
	sql "DELETE FROM jobs; DELETE FROM failed_jobs;
		DELETE FROM episode_jobs; DELETE FROM episode_events;
		DELETE FROM episodes; DELETE FROM definitions;
		DELETE FROM workers; DELETE FROM queues"
	sql <"$top_srcdir/tests/lib/runs.sql" || bail "cannot load the rows"
}

graphs_load() {
	runs_load
	sql <"$top_srcdir/tests/lib/graphs.sql" || bail "cannot load the rows"
}
