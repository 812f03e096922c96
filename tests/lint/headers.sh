#!/bin/sh
# SPDX-License-Identifier: MIT
#
# headers.sh - a header compiles alone and twice, and its guard is its path.
#
# The compiler and the paths of the libraries come from make: CC, lint_cflags,
# and lint_without, the folders whose libraries are not there.
set -u
# shellcheck source=tests/lib/lint.sh
. "${top_srcdir:-${0%tests/*}.}/tests/lib/lint.sh"
plan 2

headers() {
	c_sources | grep '\.h$' | while read -r header; do
		folder=${header#src/}
		case " ${lint_without:-} " in
		*" ${folder%%/*} "*) ;;
		*) echo "$header" ;;
		esac
	done
}

# shellcheck disable=SC2086 # the flags are words
compile_alone() {
	printf '#include "%s"\n#include "%s"\n' "$1" "$1" |
		${CC:-cc} -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror \
			-fsyntax-only -I. -Isrc -Itests ${lint_cflags:-} \
			-x c - 2>&1 | grep -m1 'error' | sed "s|^|$1: |"
}

none "each header compiles alone" "$(headers | while read -r header; do
	compile_alone "$header"
done)"

# By the path it is included by; in tests, TESTS_ may come first.
none "each guard is FOLDER_FILE_H" "$(headers | while read -r header; do
	guard=$(echo "${header#*/}" | tr 'a-z/.-' 'A-Z___')
	grep -qx "#ifndef \(TESTS_\)\{0,1\}$guard" "$header" ||
		echo "$header: not $guard"
done)"
