#!/bin/sh
# SPDX-License-Identifier: MIT
#
# migrate, as it is seen from outside.
set -u
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/mariadb.sh"

cd "$work" || exit 99
mariadb_start
newest=$(find "$top_srcdir/schema" -name '[0-9]*.sql' | wc -l | tr -d ' ')

exits "--status of an empty schema" 1 stepq migrate --status
like "says that there are no tables" "$(cat err)" "no tables of stepq"
exits "also as JSON" 1 stepq migrate --status --format json
is "with both versions" "$(cat out)" \
	"{\"version\":0,\"expected\":$newest,\"is_current\":false}"
is "and changes nothing" "$(sql "SHOW TABLES")" ""

ok "migrate applies" stepq migrate
is "each file, one a line" "$(grep -c "^applying 0" out)" "$newest"
is "and tells the version" "$(tail -n 1 out)" \
	"schema is at version $newest"
ok "again it finds nothing to do" stepq migrate
is "and says so" "$(cat out)" \
	"schema is at version $newest, nothing to do"
is "in JSON too" "$(stepq migrate --format json)" \
	"{\"version\":$newest,\"applied\":[]}"
ok "--status is content" stepq migrate --status
sql "DELETE FROM stepq_migrations WHERE version = 3"
is "only what is missing is applied" "$(stepq migrate | grep -c ^applying)" 1


# Without care the connection would get the descriptor that is free.
to_nowhere() {
	stepq migrate >&-
}
sql "DELETE FROM stepq_migrations WHERE version = 3"
exits "a closed stdout is a failure" 1 to_nowhere
like "of the output" "$(cat err)" "^stepq: cannot write the output"
ok "and not of the work" stepq migrate --status

sql "INSERT INTO stepq_migrations (version, name) VALUES (999, 'future')"
exits "a newer schema is left alone" 1 stepq migrate
like "with a word" "$(cat err)" "version 999"
exits "arguments are not taken" 2 stepq migrate now
exits "an unreachable server" 4 \
	env STEPQ_DATABASE_URL=mysql://root@127.0.0.1:1/x stepq migrate
cat >broken.conf <<EOT
engines: { noop: { dummy: { }; speed = 1; }; };
EOT
sql "DELETE FROM stepq_migrations WHERE version = 999"
ok "errors in engines are no matter here" \
	stepq migrate --config broken.conf
done_testing
