#!/bin/sh
# SPDX-License-Identifier: MIT
#
# banned.sh - what does not stand in our files. Banned functions are the
# compiler's matter: see src/base/banned.h.
set -u
# shellcheck source=tests/lib/lint.sh
. "${top_srcdir:-${0%tests/*}.}/tests/lib/lint.sh"
plan 5

# Strings, characters and comments are taken out, then it is looked for.
# shellcheck disable=SC2016 # it is for awk to expand
none "there are no // comments" "$(c_sources | xargs awk '
	FNR == 1 { inside = 0 }
	{
		line = $0
		gsub(/\\./, "", line)
		for (;;) {
			if (inside) {
				if (!(at = index(line, "*/")))
					break
				line = substr(line, at + 2)
				inside = 0
			}
			if (!match(line, /"[^"]*"|\047[^\047]*\047|\/\*|\/\//))
				break
			found = substr(line, RSTART, 2)
			if (found == "//") {
				print FILENAME ":" FNR ": " $0
				break
			}
			line = substr(line, RSTART + RLENGTH)
			inside = found == "/*"
		}
	}')"

none "a TODO names its issue" "$({ c_sources && scripts; } |
	grep -v '^tests/lint/banned.sh$' |
	xargs grep -nwE 'TODO|FIXME|XXX' | grep -vE 'TODO\(#[0-9]+\)')"

none "the licence is the first line of a C file" \
	"$(c_sources | while read -r file; do
		test "$(sed -n 1p "$file")" = \
			"/* SPDX-License-Identifier: MIT */" || echo "$file"
	done)"

# The second line where the first names the shell.
none "the licence is at the head of a script" \
	"$(scripts | while read -r file; do
		sed -n '1,2p' "$file" |
			grep -qx '# SPDX-License-Identifier: MIT' ||
			echo "$file"
	done)"

none "a C file with code includes config.h first" \
	"$(c_sources | grep '\.c$' | while read -r file; do
		first=$(grep -m1 '^#include' "$file")
		test "$first" = "#include <config.h>" || echo "$file: $first"
	done)"
