#!/bin/sh
# SPDX-License-Identifier: MIT
#
# How options are read, and what happens to output that cannot be written.
set -u
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"

cd "$work" || exit 99
json='^\{"version":'

for args in "--format=json version" "--format json version" \
	"version --format=json" "version --format json" \
	"--format text version --format json"; do
	# shellcheck disable=SC2086 # to be split
	like "$args" "$(stepq $args)" "$json"
done
exits "a format that is none" 2 stepq --format xml version
like "names those there are" "$(cat err)" "takes 'text' or 'json', not 'xml'"

exits "a misspelt option" 2 stepq work --quue=high
is "gets the nearest one" "$(cat err)" "stepq: no option '--quue'
hint: did you mean '--queue'?"
exits "an option like nothing" 2 stepq work --xyzzyxyzzy
is "gets the way to help" "$(cat err)" "stepq: no option '--xyzzyxyzzy'
hint: see 'stepq work --help'"
exits "an unknown letter" 2 stepq version -Z
like "is named" "$(cat err)" "^stepq: no option '-Z'"
exits "a global option that is none" 2 stepq --quue version
exits "options of a command do not go before it" 2 stepq --episode 3 push x

exits "a value that is missing" 2 stepq push x --episode
is "is asked for" "$(cat err)" "stepq: --episode needs a value: --episode ID
hint: see 'stepq push --help'"
exits "a flag with a value" 2 stepq push x --force=yes
like "takes none" "$(cat err)" "^stepq: --force takes no value"
exits "a number that is none" 2 stepq push x --episode=25x
like "is quoted" "$(cat err)" "--episode takes a whole number, not '25x'"
exits "a negative number" 2 stepq push x --episode -3
exits "a number that is too large" 2 stepq push x --episode 9223372036854775808
exits "a duration that is none" 2 stepq push x --delay 5parsecs
like "shows what one is" "$(cat err)" "--delay takes a duration such as 90s"
exits "letters take values at once" 2 stepq push x -d5parsecs
like "as the next word does" "$(cat err)" "not '5parsecs'"
exits "letters stand together, a value last" 2 stepq push x -fd 5parsecs
like "and are both read" "$(cat err)" "not '5parsecs'"

exits "behind -- there are only words" 2 stepq help -- --version
like "even with dashes" "$(cat err)" "no command '--version'"
exits "a dash alone is a word" 2 stepq help -
exits "a configuration file that is not there" 3 \
	stepq --config nowhere.conf push x
like "is named" "$(cat err)" "nowhere\.conf"

to_full() {
	stepq help >/dev/full
}
if test -c /dev/full; then
	exits "a full disk is a failure" 1 to_full
	like "that is told" "$(cat err)" \
		"^stepq: cannot write the output: No space"
else
	skip 2 "there is no /dev/full"
fi

# A pipe without a reader, surely: fd 3 held it open until fd 4 was.
to_broken_pipe() {
	mkfifo pipe
	exec 3<>pipe
	exec 4>pipe 3<&-
	stepq help >&4
}
exits "a reader that has gone is a failure" 1 to_broken_pipe
is "but not worth a word" "$(cat err)" ""

to_nowhere() {
	stepq help >&-
}
exits "a closed stdout is a failure" 1 to_nowhere
no_stdin() {
	stepq version <&-
}
ok "a closed stdin is not" no_stdin
done_testing
