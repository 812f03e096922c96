#!/bin/sh
# SPDX-License-Identifier: MIT
#
# floors.sh - hold src/ to its floors:
#
# 1. A file includes headers of its own folder and of the folders named on its
#    line below, and nothing else of ours.
# 2. A foreign library is included in one folder only.
# 3. No two headers include each other, however long the way round.
set -u
# shellcheck source=tests/lib/lint.sh
. "${top_srcdir:-${0%tests/*}.}/tests/lib/lint.sh"
plan 3

# folder: the folders below it that it may include
cat >"$work/floors" <<'END'
base:
sys: base
conf: base
db: base
plan: base conf
draw: base plan
store: base db plan
step: base sys plan
worker: base sys conf db plan store step
cli: base sys conf db plan draw store step worker
engine: base sys
END

# header (or a folder of headers), and the folder it belongs to
cat >"$work/foreign" <<'END'
curl/ sys
libconfig.h conf
mysql.h db
errmsg.h db
mysqld_error.h db
mysql/ db
jv.h base
jq.h plan
microhttpd.h engine
cairo engine
pango/ engine
END

# file folder kind header: every #include, kind is " or <
c_sources src | while read -r file; do
	folder=${file#src/}
	sed -n 's|^ *# *include *\(["<]\)\([^">]*\)[">].*|\1 \2|p' "$file" |
		sed "s|^|$file ${folder%%/*} |"
done >"$work/includes"

none "a folder includes only what is below it" "$(awk '
	NR == FNR {
		folder = substr($1, 1, length($1) - 1)
		known[folder] = may[folder, folder] = 1
		for (i = 2; i <= NF; i++)
			may[folder, $i] = 1
		next
	}
	!known[$2] { print $1 ": folder " $2 "/ has no floor" }
	$3 == "\"" {
		split($4, part, "/")
		if (!may[$2, part[1]])
			print $1 ": " $2 "/ may not include " $4
	}' "$work/floors" "$work/includes")"

none "a foreign library stays in its folder" "$(awk '
	NR == FNR { home[$1] = $2; next }
	$3 == "<" {
		for (header in home)
			if (index($4, header) == 1 && home[header] != $2)
				print $1 ": <" $4 "> belongs to " \
					home[header] "/ only"
	}' "$work/foreign" "$work/includes")"

# "header header" for each include; tsort names those that form a loop.
awk '$3 == "\"" && $1 ~ /\.h$/ { print $1, "src/" $4 }' "$work/includes" >"$work/pairs"
none "no headers include each other in a circle" \
	"$(tsort "$work/pairs" 2>&1 >/dev/null)"
