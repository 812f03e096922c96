#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Help and manual pages say what there is, all of it, and nothing else.
set -u
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"

cd "$work" || exit 99
man=$top_builddir/doc/stepq.1

exits "without arguments there is help" 2 stepq
like "and it goes to stdout" "$(cat "$work/out")" "^usage: stepq COMMAND"
is "not to stderr" "$(cat "$work/err")" ""
ok "help succeeds" stepq help
is "--help is the same" "$(stepq --help)" "$(stepq help)"
is "and so is -h" "$(stepq -h)" "$(stepq help)"
unlike "hidden commands are not shown" "$(stepq help)" "__"
ok "no line is wider than 80 columns" \
	sh -c '! stepq help | grep -E "^.{81}"'

is "--version tells the version" "$(stepq --version | cut -d' ' -f1-2)" \
	"stepq $(cat "$top_srcdir/VERSION")"
is "version tells the same" "$(stepq version)" "$(stepq -V)"
like "also as JSON" "$(stepq version --format json)" \
	'^\{"version":"[0-9.]+","schema":[0-9]+\}$'

commands=$(stepq help | sed -n '/^commands/,/^$/s/^  \([a-z]*\) .*/\1/p')
for command in $commands; do
	source=$top_srcdir/src/cli/cmd_$command.c
	stepq "$command" --help >"$work/help" 2>&1
	like "$command says how it is used" "$(cat "$work/help")" \
		"^usage: stepq $command"
	is "help $command is the same" "$(stepq help "$command")" \
		"$(cat "$work/help")"
	is "and so is --help $command" "$(stepq --help "$command")" \
		"$(cat "$work/help")"
	unlike "help of $command fits 80 columns" "$(cat "$work/help")" \
		"^.{81}"
	like "$command stands in stepq(1)" "$(cat "$man")" \
		"^\.Ss stepq $command"
	sed -n 's/^	OPT_[A-Z]*(.*, "\([a-z-]*\)".*/\1/p' "$source" >options
	while read -r option; do
		like "--$option stands in help of $command" \
			"$(cat "$work/help")" " --$option( |\$)"
		# In mdoc a '-' inside a name stays as it is.
		like "--$option stands in stepq(1)" \
			"$(sed -n "/^\.Ss stepq $command/,/^\.S[sh] [^s]/p" \
				"$man")" "^\.It .*Fl .-$option( |\$)"
	done <options
done

exits "an unknown command is a usage error" 2 stepq wrok
is "with the nearest one as a hint" "$(cat "$work/err")" \
	"stepq: no command 'wrok'
hint: did you mean 'work'?"
exits "help knows no such command either" 2 stepq help wrok
exits "--help does not hide it" 2 stepq --help wrok
exits "a word that is near nothing gets the list" 2 stepq zzzzzzzz
like "as its hint" "$(cat "$work/err")" "^hint: 'stepq help' lists them"

sed -n 's/^ *stepq \([a-z]*\).*/\1/p' "$man" | sort -u >examples
while read -r word; do
	ok "the example of $word in stepq(1) has a command" stepq help "$word"
done <examples
done_testing
