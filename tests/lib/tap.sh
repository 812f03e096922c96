# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC3043
#
# tap.sh - what a test script needs to speak TAP. It begins with
#
#	#!/bin/sh
#	# SPDX-License-Identifier: MIT
#	set -u
#	# shellcheck source=tests/lib/tap.sh
#	. "${top_srcdir:-${0%tests/*}.}/tests/lib/tap.sh"
#	plan 3
#
# and checks with these; the name of a check, a claim, always comes first:
#
#	ok NAME COMMAND [ARG...]            the command succeeds
#	fails NAME COMMAND [ARG...]         it does not, and is not killed
#	exits NAME STATUS COMMAND [ARG...]  it exits with STATUS
#	is NAME GOT WANT                    two strings are equal
#	like NAME GOT ERE                   GOT has a line that matches
#	unlike NAME GOT ERE                 GOT has none
#
# ok, fails and exits leave what the command wrote in $work/out and
# $work/err, and show it when the check fails. Also:
#
#	plan N | done_testing       how many checks, told first or counted
#	skip_all REASON             leave the whole script out
#	skip N REASON               count N checks as skipped
#	diag TEXT                   a line for people
#	bail TEXT                   nothing more can be tested
#	at_exit COMMAND             run it when the script ends, last one first
#	wait_for SECONDS COMMAND [ARG...]
#	                            until it succeeds; fails at the deadline
#
# $work is a throw-away directory, kept when STEPQ_TEST_KEEP is set. The
# program just built comes first in PATH; no STEPQ_* variable of the user's
# reaches it. By hand: top_builddir=/path/to/build sh tests/cli/help.sh

top_srcdir=$(cd "${top_srcdir:-${0%tests/*}.}" && pwd)
top_builddir=$(cd "${top_builddir:-$top_srcdir}" && pwd)
PATH=$top_builddir:$PATH:/usr/local/sbin:/usr/sbin:/sbin
LC_ALL=C.UTF-8 TZ=UTC
export top_srcdir top_builddir PATH LC_ALL TZ

for tap_name in $(env | sed -n 's/^\(STEPQ_[A-Z0-9_]*\)=.*/\1/p'); do
	case $tap_name in
	STEPQ_TEST_*) ;;
	*) unset "$tap_name" ;;
	esac
done

tap_count=0
tap_failed=0
tap_at_exit=:
work=$(mktemp -d "${TMPDIR:-/tmp}/stepq-test.XXXXXX") || exit 99

tap_end() {
	tap_status=$?
	trap - EXIT
	eval "$tap_at_exit"
	if test -n "${STEPQ_TEST_KEEP:-}"; then
		diag "kept $work"
	else
		rm -rf "$work"
	fi
	test $tap_failed -eq 0 || tap_status=1
	exit $tap_status
}
trap tap_end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

at_exit() {
	tap_at_exit="$1
$tap_at_exit"
}

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

bail() {
	echo "Bail out! $*"
	exit 99
}

plan() {
	echo "1..$1"
}

done_testing() {
	echo "1..$tap_count"
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

skip() {
	local n="$1"
	shift
	while test "$n" -gt 0; do
		tap_count=$((tap_count + 1))
		echo "ok $tap_count # SKIP $*"
		n=$((n - 1))
	done
}

# tap_result PASSED NAME: print the line and return whether it passed.
tap_result() {
	tap_count=$((tap_count + 1))
	if test "$1" -eq 1; then
		echo "ok $tap_count - $2"
		return 0
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $2"
	return 1
}

# tap_run COMMAND...: its exit status in $tap_code, its words in $work.
tap_run() {
	tap_code=0
	"$@" >"$work/out" 2>"$work/err" || tap_code=$?
}

tap_show_run() {
	diag "exit status $tap_code of: $*"
	sed 's/^/#   out: /' "$work/out"
	sed 's/^/#   err: /' "$work/err"
}

ok() {
	local name="$1" passed=0
	shift
	tap_run "$@"
	test $tap_code -ne 0 || passed=1
	tap_result $passed "$name" || tap_show_run "$@"
}

fails() {
	local name="$1" passed=0
	shift
	tap_run "$@"
	if test $tap_code -gt 0 && test $tap_code -lt 126; then
		passed=1
	fi
	tap_result $passed "$name" || tap_show_run "$@"
}

exits() {
	local name="$1" want="$2" passed=0
	shift 2
	tap_run "$@"
	test $tap_code -ne "$want" || passed=1
	tap_result $passed "$name" || {
		diag "exit status $want was expected"
		tap_show_run "$@"
	}
}

is() {
	local passed=0
	test "$2" != "$3" || passed=1
	tap_result $passed "$1" || {
		printf '%s\n' "$2" | sed 's/^/#   got:  /'
		printf '%s\n' "$3" | sed 's/^/#   want: /'
	}
}

like() {
	local passed=0
	! printf '%s\n' "$2" | grep -Eq -e "$3" || passed=1
	tap_result $passed "$1" || {
		printf '%s\n' "$2" | sed 's/^/#   got: /'
		diag "  does not match: $3"
	}
}

unlike() {
	local passed=0
	printf '%s\n' "$2" | grep -Eq -e "$3" || passed=1
	tap_result $passed "$1" || {
		printf '%s\n' "$2" | sed 's/^/#   got: /'
		diag "  matches: $3"
	}
}

wait_for() {
	local deadline
	deadline=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		if test "$(date +%s)" -gt "$deadline"; then
			diag "gave up waiting for: $*"
			return 1
		fi
		sleep 0.05
	done
}
