# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC3043
#
# mariadb.sh - a database server for one test script. After tap.sh:
#
#	# shellcheck source=tests/lib/mariadb.sh
#	. "$top_srcdir/tests/lib/mariadb.sh"
#	mariadb_start
#
# The server lives in $work, listens on a socket only and is gone when the
# script ends. User root has no password; the schema `stepq` is there, empty.
#
#	mariadb_start [--OPTION...]  install once, start, wait until it answers
#	mariadb_stop                 SIGTERM, wait for its end
#	mariadb_kill                 SIGKILL, wait for its end
#	sql STATEMENTS               rows as tabs and lines, nothing escaped
#	sql <FILE                    the same from a file
#
# $mariadb_socket, $mariadb_pid, $mariadb_log (its error log) and
# STEPQ_DATABASE_URL (exported) say where it is. Options replace the ones
# below, for example: mariadb_start --skip-networking=0 --port=33306
#
# Oracle's MySQL is taken where MariaDB is not installed, or by
# STEPQ_TEST_MYSQLD=/usr/sbin/mysqld. With STEPQ_TEST_SOCKET=PATH a server
# that runs already is used, in a schema of its own; stopping and killing
# are refused then, so ask `mariadb_is_private || skip ...` first.

# shellcheck disable=SC2154 # $work is of tap.sh
mariadb_dir=$work/mysql
mariadb_socket=$mariadb_dir/sock
mariadb_log=$mariadb_dir/log
mariadb_pid=
mariadb_schema=stepq

mariadb_is_private() {
	test -z "${STEPQ_TEST_SOCKET:-}"
}

# The first of the named programs that is installed.
mariadb_find() {
	local name
	for name; do
		command -v "$name" && return 0
	done
	return 1
}

mariadb_client=$(mariadb_find mariadb mysql) ||
	skip_all "no mariadb client is installed"

mariadb_query() {
	"$mariadb_client" --no-defaults --socket="$mariadb_socket" --user=root \
		--default-character-set=utf8mb4 --batch --raw \
		--skip-column-names "$@"
}

sql() {
	if test $# -eq 0; then
		mariadb_query "$mariadb_schema"
	else
		mariadb_query "$mariadb_schema" -e "$1"
	fi
}

mariadb_is_oracle() {
	! "$mariadb_server" --no-defaults --version | grep -q MariaDB
}

mariadb_install() {
	mkdir -p "$mariadb_dir/tmp"
	if mariadb_is_oracle; then
		set -- "$mariadb_server" --no-defaults --initialize-insecure \
			--log-error="$mariadb_log"
	else
		set -- mariadb-install-db --no-defaults --force --skip-test-db \
			--auth-root-authentication-method=normal
	fi
	test "$(id -u)" -ne 0 || set -- "$@" --user=root
	# In /tmp two servers with one process number would share files.
	"$@" --datadir="$mariadb_dir/data" --tmpdir="$mariadb_dir/tmp" \
		>"$mariadb_dir/install" 2>&1 || {
		sed "s/^/# /" "$mariadb_dir/install"
		bail "cannot set up a database server"
	}
}

# A commit reaches the kernel (so it outlives SIGKILL) but not the disk.
mariadb_launch() {
	set -- --no-defaults --datadir="$mariadb_dir/data" \
		--tmpdir="$mariadb_dir/tmp" --socket="$mariadb_socket" \
		--pid-file="$mariadb_dir/pid" --log-error="$mariadb_log" \
		--skip-networking --skip-log-bin --skip-name-resolve \
		--innodb-flush-log-at-trx-commit=2 \
		--innodb-buffer-pool-size=64M "$@"
	! mariadb_is_oracle || set -- "$@" --mysqlx=OFF --secure-file-priv=
	test "$(id -u)" -ne 0 || set -- "$@" --user=root
	"$mariadb_server" "$@" </dev/null >"$mariadb_dir/out" 2>&1 &
	mariadb_pid=$!
}

mariadb_answers() {
	mariadb_query -e "SELECT 1" >/dev/null 2>&1
}

mariadb_answers_or_ended() {
	mariadb_answers || ! kill -0 "$mariadb_pid" 2>/dev/null
}

# shellcheck disable=SC2120 # options are for scripts that need some
mariadb_start() {
	if mariadb_is_private; then
		mariadb_server=${STEPQ_TEST_MYSQLD:-$(mariadb_find mariadbd \
			mysqld)} || skip_all "no database server is installed"
		test -d "$mariadb_dir/data" || mariadb_install
		mariadb_launch "$@"
		at_exit mariadb_kill
		wait_for 60 mariadb_answers_or_ended
		mariadb_answers || {
			cat "$mariadb_dir/out" "$mariadb_log" | sed "s/^/# /"
			bail "the database server does not answer"
		}
	else
		mariadb_socket=$STEPQ_TEST_SOCKET
		mariadb_schema=stepq_test_$$
		at_exit "mariadb_query -e 'DROP SCHEMA $mariadb_schema'"
	fi
	mariadb_query -e "CREATE SCHEMA IF NOT EXISTS $mariadb_schema" ||
		bail "cannot create a schema"
	STEPQ_DATABASE_URL="mysql://root@localhost/$mariadb_schema"
	STEPQ_DATABASE_URL="$STEPQ_DATABASE_URL?socket=$mariadb_socket"
	export STEPQ_DATABASE_URL
}

# mariadb_end SIGNAL
mariadb_end() {
	mariadb_is_private || bail "this server is not the script's own"
	test -n "$mariadb_pid" || return 0
	kill "-$1" "$mariadb_pid" 2>/dev/null
	wait "$mariadb_pid" 2>/dev/null
	mariadb_pid=
}

mariadb_stop() {
	mariadb_end TERM
}

mariadb_kill() {
	mariadb_end KILL
}
