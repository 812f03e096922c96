#!/bin/sh
# SPDX-License-Identifier: MIT
#
# config check names every error with its place and a way out; config dump
# tells what holds, and no secret; config keys knows every key.
set -u
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"

cd "$work" || exit 99
unset API_KEY NOT_SET_HERE
mkdir pipelines

# wrong NAME TEXT ERROR: a file with TEXT gives just this error
wrong() {
	printf '%s\n' "$2" >wrong.conf
	exits "$1" 3 stepq config check --config wrong.conf
	is "$1: is told" "$(cat err)" "$3"
}

noop='engines: { noop: { dummy: { }; }; };'
# pipeline STEPS: a file with one pipeline
pipeline() {
	echo "$noop"
	echo "pipelines = ( { name = \"p\"; steps = ("
	echo "$1"
	echo "); } );"
}

wrong "a key misspelt" 'worker: {
  leese = "30s"; };' "wrong.conf:2: worker.leese: unknown key
  hint: did you mean 'lease'?
1 error"
wrong "a group misspelt" 'wroker: { };' "wrong.conf:1: wroker: unknown key
  hint: did you mean 'worker'?
1 error"
wrong "a word misspelt" 'log: { level = "inof"; };' \
	"wrong.conf:1: log.level: 'inof' is not one of debug|info|warn|error
  hint: did you mean 'info'?
1 error"
wrong "a missing brace" 'worker: {
  lease = "30s";' "wrong.conf:1: '{' is not closed
1 error"
wrong "a wrong type" 'worker: { concurrency = "many"; };' \
	"wrong.conf:1: worker.concurrency: 'many' is not a whole number
1 error"
wrong "a group where a value must be" 'worker: { lease: { }; };' \
	"wrong.conf:1: worker.lease: must be a single value
1 error"
wrong "out of range" 'worker: { lease = "10ms"; };' \
	"wrong.conf:1: worker.lease: '10ms' is less than 1s
1 error"
wrong "a variable that is not set" \
	"database: { password = \"\${NOT_SET_HERE}\"; };" \
	"wrong.conf:1: database.password: variable NOT_SET_HERE is not set
1 error"
wrong "two engines of one name" "$noop
$noop" "wrong.conf:2: duplicate setting name
1 error"
wrong "an engine of two kinds, and one of none" \
	'engines: { a: { url = "http://x"; dummy: { }; };
  b: { }; };' \
	"wrong.conf:1: engines.a: needs one of url, command and dummy, and only one
wrong.conf:2: engines.b: needs one of url, command and dummy, and only one
2 errors"
wrong "an engine that is not there" \
	"$(pipeline '{ name = "a"; engine = "nopo"; }')" \
	"wrong.conf:3: pipelines[p].steps[a].engine: no engine 'nopo'
  hint: did you mean 'noop'?
1 error"
wrong "a step that is not there" \
	"$(pipeline '{ name = "image"; engine = "noop"; needs = []; },
{ name = "b"; engine = "noop"; needs = ["imgae"]; }')" \
	"wrong.conf:4: pipelines[p].steps[b].needs[0]: no step 'imgae'
  hint: did you mean 'image'?
1 error"
printf '%s\n' "$(pipeline '{ name = "a"; engine = "noop"; needs = ["c"]; },
{ name = "b"; engine = "noop"; needs = ["a"]; },
{ name = "c"; engine = "noop"; needs = ["b"]; }')" >wrong.conf
exits "a cycle" 3 stepq config check --config wrong.conf
like "a cycle: is told with its path" "$(cat err)" \
	"pipelines\[p\]\.steps\[.\]: a cycle: .* -> .* -> .* -> "
wrong "an expression that is none" \
	"$(pipeline '{ name = "a"; engine = "noop"; input = "{a: "; }')" \
	"wrong.conf:3: pipelines[p].steps[a].input: '{a: ' is no jq program: \
syntax error at its end
1 error"
wrong "a file that is not there" 'include = ["nowhere.conf"];' \
	"wrong.conf:1: include[0]: no file 'nowhere.conf'
1 error"

printf '%s\n' 'worker: { leese = 1; trees = 1; };' 'log: { level = "x"; };' \
	>wrong.conf
exits "several errors" 3 stepq config check --config wrong.conf
is "are told in one go" "$(tail -n 1 err)" "3 errors"
exits "in JSON they are a list" 3 \
	stepq config check --config wrong.conf --format json
like "on stdout" "$(cat out)" '"errors":\[\{"text":"wrong.conf:1: worker\.l'
like "with hints of their own" "$(cat out)" '"hint":"did you mean .lease.\?"'
is "and nothing on stderr" "$(cat err)" ""
exits "other commands tell the same" 3 \
	stepq push x --config wrong.conf
is "and stop there" "$(tail -n 1 err)" "3 errors"
exits "dump does too" 3 stepq config dump --config wrong.conf
is "without a line of output" "$(cat out)" ""
exits "a file that is not there at all" 3 stepq config check --config no.conf
like "is named" "$(cat err)" "'no\.conf'"
exits "an environment that is wrong" 3 env STEPQ_WORKER_LEASE=long \
	stepq config check
like "is named by its variable" "$(cat err)" "STEPQ_WORKER_LEASE"
ok "no file at all is no error" stepq config check
like "but is said" "$(cat out)" "^no configuration file: 0 engines"

cat >good.conf <<'EOT'
database: { user = "me"; password = "opensesame"; };
worker: { lease = "20s"; queues = ["high", "default"]; };
include = ["pipelines/*.conf"];
engines: {
  text: { url = "http://127.0.0.1:8001/generate"; tries = 5; headers: {
    Authorization = "Bearer ${API_KEY}"; X-Token = "opensesame"; }; };
  noop: { dummy: { ms = 5; result = "{ok: true}"; }; };
};
EOT
cat >pipelines/one.conf <<'EOT'
pipelines = ( { name = "pipeline.full"; steps = (
  { name = "text"; engine = "text"; input = "{topic: .input.topic}"; },
  { name = "image"; engine = "noop"; backoff = ["1s", "2s"]; } ); } );
EOT
sed 's/full/other/' pipelines/one.conf >pipelines/two.conf
export API_KEY=opensesame

ok "a good configuration" stepq config check --config good.conf
is "is summed up" "$(cat out)" \
	"good.conf: 2 engines, 2 pipelines, no errors"
is "in JSON too" "$(stepq config check --config good.conf --format json)" \
	'{"file":"good.conf","engines":2,"pipelines":2,"errors":[]}'

export STEPQ_WORKER_TRIES=7
ok "dump" stepq config dump --config good.conf
cp out dump.conf
like "shows where a value comes from: a file" "$(cat out)" \
	'^	lease = "20s"; +# good\.conf:2$'
like "an included file" "$(cat out)" \
	'name = "pipeline\.full"; +# pipelines/one\.conf:1$'
like "the environment" "$(cat out)" '^	tries = 7; +# STEPQ_WORKER_TRIES$'
like "a default" "$(cat out)" '^	poison = 3; +# default$'
like "variables stay variables" "$(cat out)" \
	'Authorization = "Bearer \$\{API_KEY\}";'
unlike "secrets do not stand in it" "$(cat out)" "opensesame"
like "but that there is one" "$(cat out)" 'password = "\*{8}"'
ok "it can be read again" stepq config check --config dump.conf
values() {
	stepq config dump --config "$1" | sed 's/ *#.*//'
}
is "and means the same" "$(values dump.conf)" "$(values good.conf)"
export STEPQ_DATABASE_PASSWORD=sesameopen
ok "with a secret in the environment" stepq config dump --config good.conf
unlike "that is not shown either" "$(cat out)" "sesameopen"
unset STEPQ_DATABASE_PASSWORD
STEPQ_DATABASE_URL='mysql://u:opensesame@h:1/n'
export STEPQ_DATABASE_URL
ok "with one in the URL" stepq config dump --format json
unlike "nor that" "$(cat out)" "opensesame"
like "JSON has key, value and origin" "$(cat out)" \
	'\{"key":"database\.name","value":"n","origin":"STEPQ_DATABASE_URL"\}'
unset STEPQ_DATABASE_URL

ok "keys" stepq config keys
for row in "worker.lease  duration 1s to 1h, default 30s, STEPQ_WORKER_LEASE" \
	"engines.NAME.url  text, STEPQ_ENGINES_NAME_URL" \
	"pipelines\[\].steps\[\].name  text, required"; do
	like "knows ${row%%  *}" "$(cat out)" "^$row\$"
done
keys=$(sed -n 's/^\([a-zA-Z].*[^.]\)  [a-z].*/\1/p' out)
for key in $keys; do
	name=${key##*.}
	test "${key#*.}" != "$key" || name=$key
	like "stepq.conf(5) has $key" "$(cat "$top_builddir/doc/stepq.conf.5")" \
		"^\.It Va (.*\.)?$name\$"
done
sed -n '/^\.Sh EXAMPLES/,/^\.Ed/{/^\./d;p;}' "$top_builddir/doc/stepq.conf.5" \
	>page.conf
ok "its example is a good configuration" env IMAGE_KEY=x \
	STEPQ_DB_PASSWORD=x stepq config check --config page.conf
like "and not an empty one" "$(cat out)" "2 engines, 1 pipeline"
ok "in JSON" stepq config keys --format json
like "with their facts" "$(cat out)" \
	'"key":"worker\.lease","type":"duration","default":"30s","range":"1s to'
ok "as an example" stepq config keys --example
cp out example.conf
for key in $keys; do
	like "which has $key" "$(cat example.conf)" \
		"^[^a-z]*${key##*.}( =|: )"
done
ok "which is a good configuration" stepq config check --config example.conf
is "with all defaults" "$(stepq config dump --config example.conf |
	grep -c "# example.conf:")" 0
exits "an unknown action" 2 stepq config chekc
exits "no action" 2 stepq config
done_testing
