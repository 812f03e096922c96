# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# lint.sh - what a lint script needs beyond tap.sh. It is in the folder of the
# sources afterwards, which may be a checkout or an unpacked tarball.
#
#	none NAME OFFENDERS    passes when there are none, else lists them
#	c_sources [FOLDER...]  our .c and .h files, of src and tests if not said
#	scripts                our shell scripts, whatever they are called

# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%tests/*}.}/tests/lib/tap.sh"
cd "$top_srcdir" || exit 99

none() {
	local passed=0
	test -n "$2" || passed=1
	tap_result $passed "$1" || diag "$2"
}

# Without what the build makes, which a build in the sources leaves there.
c_sources() {
	test $# -gt 0 || set -- src tests
	find "$@" -name '*.[ch]' ! -name schema_embed.c | LC_ALL=C sort
}

scripts() {
	{
		find src tests scripts -name '*.sh'
		grep -rl -m1 '^#!/bin/sh' scripts .ci autogen.sh 2>/dev/null
	} | LC_ALL=C sort -u
}
