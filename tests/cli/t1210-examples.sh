#!/bin/sh
# SPDX-License-Identifier: MIT
# What the documents show as configuration is configuration.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"

cd "$work" || bail "no $work"
awk '/^```/ { inside = !inside; n += inside; next }
	inside { print >("piece" n ".conf") }' "$top_srcdir/doc/pipelines.md"
for piece in piece*.conf; do
	ok "doc/pipelines.md, $piece is good" \
		stepq config check --config "$piece"
done
awk '/^```/ { inside = !inside; next }
	inside && /^engines:/ { mine = 1 } !inside { mine = 0 }
	inside && mine' "$top_srcdir/README.md" >readme.conf
ok "the README's pipeline is good" env IMAGE_API_KEY=x \
	stepq config check --config readme.conf
like "and there is one" "$(cat "$work/out")" "1 pipeline"
is "all pieces were found" "$(find . -name 'piece*.conf' | wc -l)" 6
done_testing
