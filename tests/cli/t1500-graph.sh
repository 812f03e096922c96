#!/bin/sh
# SPDX-License-Identifier: MIT
#
# graph: pictures of pipelines and runs. What a picture looks like is tested
# with the units; here it is read by those it is for.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"
# shellcheck source=tests/lib/mariadb.sh
. "$top_srcdir/tests/lib/mariadb.sh"
# shellcheck source=tests/lib/runs.sh
. "$top_srcdir/tests/lib/runs.sh"

cd "$work" || exit 99
cat >graph.conf <<'EOT'
engines: { noop: { dummy: { }; }; };
pipelines = ( { name = "book"; steps = (
  { name = "story"; engine = "noop"; needs = []; },
  { name = "images"; engine = "noop"; each = ".story.pages[]";
    min_done = "80%"; },
  { name = "voice"; engine = "noop"; needs = ["story"];
    when = ".input.\"a<b\" == true"; fallback = "silence"; },
  { name = "silence"; engine = "noop"; needs = []; },
  { name = "video"; engine = "noop"; needs = ["images", "voice"]; },
  { name = "qa"; engine = "noop"; again = { to = "video";
    when = ".qa.pass | not"; at_most = 2; }; },
  { name = "approve"; gate = { deadline = "2d"; on_deadline = "reject"; }; },
  { name = "night"; until = ".input.publish_at"; },
  { name = "publish"; engine = "noop"; } ); } );
EOT
LC_ALL=C.UTF-8
export LC_ALL
draw() {
	stepq graph --config graph.conf "$@"
}

ok "a pipeline is drawn without a database" draw book
like "with how much there is of it" "$(cat out)" '^book  9 steps'
like "in boxes" "$(cat out)" '^ *│ +story +│'
like "maps say over what" "$(cat out)" '× \.story\.pages\[\], at least 80%'
like "loops how often" "$(cat out)" 'again, at most 2'
like "gates how long" "$(cat out)" '║ a person decides, after 2d reject ║'
like "timers until when" "$(cat out)" 'until \.input\.publish_at'
unlike "without colour where no terminal is" \
	"$(draw book | tr '\033' '^')" '\^'
unlike "a terminal that is too narrow gets a list that fits" \
	"$(COLUMNS=50 draw book)" '^.{51}'
like "of steps and what they need" "$(COLUMNS=50 draw book)" \
	'^ *qa +← video'
unlike "another locale gets ASCII" "$(LC_ALL=C draw book)" '[│▼×]'
like "of the same shape" "$(LC_ALL=C draw book)" '^ *\| +story +\|'

ok "Mermaid" draw book --as mermaid
like "is a flowchart" "$(head -1 out)" '^flowchart TD$'
like "with the kinds of steps" "$(cat out)" 's1\[\["images<br>'
like "with fallbacks" "$(cat out)" '^ +s2 -\.-> s3$'
ok "SVG" draw book --as svg --output book.svg
is "goes to a file" "$(cat out)" ""
if command -v xmllint >/dev/null; then
	ok "and is well-formed" xmllint --noout book.svg
else
	skip 1 "no xmllint"
fi
is "loads nothing" "$(grep -c 'href\|http[^"]*' book.svg)" 1
ok "the name of a file says how" draw book -o book.dot
like "as Graphviz wants it" "$(head -1 book.dot)" '^digraph '
if command -v dot >/dev/null; then
	ok "and Graphviz reads it" dot -Tsvg -o dot.svg book.dot
	is "every step of it" "$(grep -c '<g id="node' dot.svg)" 9
else
	skip 2 "no Graphviz"
fi
ok "JSON" draw book --format json
is "has nodes with positions" "$(jq '[.nodes[] | select(.width > 0)] | length' \
	out)" 9
is "in layers" "$(jq -c .layers[0] out)" '["story"]'
is "and all edges" "$(jq -c '[.edges[].kind] | group_by(.) |
	map([.[0], length])' out)" '[["again",1],["fallback",2],["needs",8]]'

exits "a pipeline or a run has to be named" 2 draw
exits "one of them" 2 draw book --run 67
exits "and one only" 2 draw book book
exits "an unknown pipeline" 1 draw bok
is "is answered with the nearest" "$(cat err)" \
	"stepq: no pipeline 'bok'
hint: did you mean 'book'?"
exits "one that is like none" 1 draw zzzzzz
like "with all there are" "$(cat err)" '^hint: one of .*book'
exits "a kind that is none" 2 draw book --as png
like "is answered with all" "$(cat err)" \
	"^stepq: --as takes text, mermaid, dot or svg, not 'png'"
exits "two ways to say how" 2 draw book --as svg --format json
exits "a file that cannot be" 1 draw book -o none/book.svg
like "is told" "$(cat err)" 'cannot write none/book\.svg: No such file'

mariadb_start
runs_load
ok "a run is drawn" stepq graph --run 81
like "with how it is" "$(cat out)" \
	'^run 81  pipeline\.full  episode 26  running for .*, 46 %'
like "and its steps" "$(cat out)" '│ ● running [0-9m.]+s +│'
like "retries are counted" "$(cat out)" '│ +2 tries +│'
ok "by its episode too" stepq graph --run episode:31 --format json
is "programs read states" "$(jq -r '[.nodes[] | .status] | join(" ")' out)" \
	"done failed waiting waiting waiting"
is "and the run" "$(jq -c '[.run.run, .run.status]' out)" '[74,"failed"]'
ok "as SVG" stepq graph --run 67 --as svg
is "with a class for each state" "$(grep -c 'class="step done"' out)" 5
exits "an unknown run" 1 stepq graph --run 999
sql "DELETE FROM definitions"
exits "a run whose definition is gone" 1 stepq graph --run 67
like "is told" "$(cat err)" '^stepq: run 67 has no definition any more'
done_testing
