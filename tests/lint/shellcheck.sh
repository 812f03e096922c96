#!/bin/sh
# SPDX-License-Identifier: MIT
#
# No complaint of shellcheck about our scripts; .shellcheckrc has its settings.
set -u
# shellcheck source=tests/lib/lint.sh
. "${top_srcdir:-${0%tests/*}.}/tests/lib/lint.sh"

command -v shellcheck >/dev/null || skip_all "shellcheck is not installed"
plan 1

none "shellcheck finds nothing" "$(scripts |
	xargs shellcheck -f gcc 2>&1)"
