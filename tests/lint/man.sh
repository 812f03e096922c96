#!/bin/sh
# SPDX-License-Identifier: MIT
#
# man.sh - the manual pages are sound mdoc.
set -u
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"

command -v mandoc >/dev/null || skip_all "mandoc is not installed"
plan 2

# Warnings that depend on which other pages this machine has are left out.
lint() {
	mandoc -T lint -W warning "$top_builddir/doc/$1" 2>"$work/index" |
		tee "$work/lint"
	test ! -s "$work/lint"
}

for page in stepq.1 stepq.conf.5; do
	ok "$page has no warnings" lint $page
done
