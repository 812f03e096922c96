#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mariadb-run.sh [--OPTION...] - a private server for a program (testdb.c).
#
# Writes "ready SOCKET SCHEMA" and obeys the lines it reads: start, stop and
# kill, each answered with "done". The server is gone when the input ends, so
# also when the program that started this has died.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%tests/*}.}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"

mariadb_start "$@"
echo "ready $mariadb_socket $mariadb_schema"
while read -r command; do
	case $command in
	start) mariadb_start "$@" ;;
	stop) mariadb_stop ;;
	kill) mariadb_kill ;;
	*) bail "unknown command '$command'" ;;
	esac
	echo "done"
done
