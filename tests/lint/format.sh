#!/bin/sh
# SPDX-License-Identifier: MIT
#
# format.sh - clang-format would leave our files as they are.
set -u
# shellcheck source=tests/lib/lint.sh
. "${top_srcdir:-${0%tests/*}.}/tests/lib/lint.sh"

# Another version formats otherwise.
case $(clang-format --version 2>/dev/null) in
*"version 14."*) ;;
*) skip_all "clang-format 14 is not installed" ;;
esac
plan 1

none "make format changes nothing" "$(c_sources |
	xargs clang-format --dry-run 2>&1 | grep 'warning:' | cut -d: -f1,2)"
