#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sizes.sh - the ceilings for lines: 600 a file, 220 a header, 80 a function.
set -u
# shellcheck source=tests/lib/lint.sh
. "${top_srcdir:-${0%tests/*}.}/tests/lib/lint.sh"
plan 3

# lines MAX: of the files named on stdin, those that are longer
longer_than() {
	while read -r file; do
		lines=$(wc -l <"$file")
		test "$lines" -le "$1" || echo "$file: $lines lines"
	done
}

none "a file has at most 600 lines" "$({ c_sources && scripts; } |
	longer_than 600)"
none "a header has at most 220 lines" "$(c_sources | grep '\.h$' |
	longer_than 220)"

# A body is what stands between a { and a } at the beginning of a line.
none "a function has at most 80 lines" "$(c_sources | xargs awk '
	FNR == 1 { start = 0 }
	/^\{/ { start = FNR }
	/^\}/ && start {
		if (FNR - start - 1 > 80)
			print FILENAME ":" start ": " FNR - start - 1 " lines"
		start = 0
	}')"
