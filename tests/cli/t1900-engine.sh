#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC3043
#
# stepq-engine plays the engines of a pipeline: it makes real artifacts that
# follow from the request alone, and goes wrong just as it is asked to.
set -u
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:-${0%/tests/*}}/tests/lib/tap.sh"

command -v stepq-engine >/dev/null || skip_all "stepq-engine is not built"
command -v curl >/dev/null || skip_all "curl is not installed"

# fontconfig keeps a pattern that nothing points to any more.
echo "leak:libfontconfig" >"$work/lsan"
LSAN_OPTIONS="suppressions=$work/lsan:print_suppressions=0"
export LSAN_OPTIONS

# start [OPTION...]: an engine; its URL in $engine, its process in $pid
start() {
	rm -f "$work/port"
	stepq-engine --listen 127.0.0.1:0 --port-file "$work/port" \
		--storage "$work/storage" --log "$work/calls" "$@" \
		>"$work/engine.out" 2>"$work/engine.err" &
	pid=$!
	wait_for 20 test -s "$work/port" || bail "$(cat "$work/engine.err")"
	engine=http://127.0.0.1:$(cat "$work/port")
}

stop() {
	kill "$pid"
	stopped=0
	wait "$pid" || stopped=$?
	pid=
}

pid=
at_exit 'test -z "$pid" || kill -9 $pid'

# call PATH BODY [CURL OPTION...]: the status; the answer in $work/answer
call() {
	local url="$engine$1" body="$2"
	shift 2
	printf '%s' "$body" >"$work/body"
	curl -s -m 60 -o "$work/answer" -w '%{http_code}' \
		--data-binary @"$work/body" "$@" "$url"
}

answer() {
	cat "$work/answer"
}

# make_by ROLE BODY: call it, keep the answer in $work/ROLE
make_by() {
	is "$1 answers" "$(call "/$1/generate" "$2")" 200
	cp "$work/answer" "$work/$1"
	cp "$work/body" "$work/$1.body"
}

# cost_of FILE: in cents; an answer has no newline at its end
cost_of() {
	sed 's/.*"cost":"\([0-9]*\)\.\([0-9]*\)".*/\1\2/; s/^0*//' "$1"
	echo
}

# the four bytes at OFFSET of FILE as a number
number_at() {
	od -An -tu1 -j"$2" -N4 "$1" | {
		read -r a b c d
		echo $((((a * 256 + b) * 256 + c) * 256 + d))
	}
}

lines() {
	grep -c -e "$2" "$1" || :
}

# --- options and pages

ok "help" stepq-engine --help
help=$(cat "$work/out")
ok "version" stepq-engine --version
exits "an unknown option" 2 stepq-engine --no-such
like "it is named" "$(cat "$work/err")" "^stepq-engine: '--no-such' is no option"
exits "an option without its value" 2 stepq-engine --listen
exits "an unknown role" 2 stepq-engine --role nobody
exits "an unknown fault" 2 stepq-engine --fault nothing=1
exits "an address that is none" 2 stepq-engine --listen here

man=$top_srcdir/doc/stepq-engine.1
for name in $(printf '%s\n' "$help" | sed -n 's/^  --\([a-z-]*\).*/\1/p'); do
	ok "the manual has option --$name" grep -q "It Fl -$name" "$man"
done
for name in $(printf '%s\n' "$help" | sed -n '/^roles:/,/^faults/s/^  \([a-z_0-9]*\) .*/\1/p'); do
	ok "the manual has role $name" grep -q "It Cm $name\$" "$man"
done
for name in $(printf '%s\n' "$help" | sed -n '/^faults/,$s/^  \([a-z_0-9]*\) .*/\1/p'); do
	ok "the manual has fault $name" grep -q "It Cm $name Ns" "$man"
done

if command -v mandoc >/dev/null; then
	is "the manual is sound" "$(mandoc -T lint -W warning "$man")" ""
else
	skip 1 "mandoc is not installed"
fi

start
is "health" "$(curl -s "$engine/healthz" | cut -c1-27)" \
	'{"status":"ok","role":null,'
exits "an address that is taken" 1 stepq-engine --listen "${engine#http://}" \
	--storage "$work/storage"
is "it is told in one line" "$(cat "$work/err")" \
	"stepq-engine: cannot listen on '${engine#http://}': Address already in use"

is "a role that is not there" "$(call /nobody/generate '{}')" 404
is "GET is no call" "$(curl -s -o "$work/answer" -w '%{http_code}' "$engine/text")" 404
is "PUT is no call" "$(call /text '{}' -X PUT)" 405
is "a body that is not JSON" "$(call /text 'not JSON')" 400
like "is told why" "$(answer)" '^{"error":"the body is not usable: '
is "a text without a topic" "$(call /text '{"episode_id":1}')" 400
is "a body without an episode" "$(call /text '{"topic":"x"}')" 400
is "a director without scenes" "$(call /director '{"scenes":[]}')" 400
is "an announced body over 64 MiB" "$(call /echo '{}' -H 'Content-Length: 67108865')" 413
is "an unannounced body over 64 MiB" "$(head -c 67108865 /dev/zero | tr '\0' ' ' |
	curl -s -o /dev/null -w '%{http_code}' -T - -X POST "$engine/echo")" 413

is "echo" "$(call /echo '{"a":[1,null]}' -H 'Idempotency-Key: k' -H 'Stepq-Run: 7' \
	-H 'Stepq-Step: image' -H 'Stepq-Attempt: 2' -H 'traceparent: 00-1' -H 'X-Other: 1')" 200
is "it answers the body and our headers" "$(answer)" \
	'{"echo":{"a":[1,null]},"headers":{"Idempotency-Key":"k","Stepq-Run":"7","Stepq-Step":"image","Stepq-Attempt":"2","traceparent":"00-1"}}'

# --- an episode, each engine reading the state of the run

input='"run":{"episode_id":25},"input":{"topic":"space cat"}'
make_by text "{$input}"
state="$input,\"text\":$(cat "$work/text")"
make_by director "{$state}"
state="$state,\"director\":$(cat "$work/director")"
make_by image "{$state}"
state="$state,\"image\":$(cat "$work/image")"
make_by lettering "{$state}"
state="$state,\"lettering\":$(cat "$work/lettering")"
make_by packaging "{$state}"

episode=$work/storage/episodes/25
is "four scenes" "$(grep -o '"summary"' "$work/text" | wc -l | tr -d ' ')" 4
is "twelve panels" "$(grep -o '"shot"' "$work/director" | wc -l | tr -d ' ')" 12
is "the answers name files that are there" \
	"$(grep -o '"file":"[^"]*"' "$work/lettering" | cut -d'"' -f4 | xargs ls | wc -l | tr -d ' ')" 12
sizes=$(for png in "$episode"/panels/*.png "$episode"/lettered/*.png; do
	echo "$(number_at "$png" 16)x$(number_at "$png" 20)"
done | sort | uniq -c | tr -s ' ')
is "twelve pictures and twelve lettered ones of 864x1184" "$sizes" " 24 864x1184"
fails "lettering changes the picture" cmp -s "$episode/panels/02.png" "$episode/lettered/02.png"
is "the panels differ" "$(cksum "$episode"/panels/*.png | cut -d' ' -f1 | sort -u | wc -l | tr -d ' ')" 12
like "packaging names the page" "$(cat "$work/packaging")" \
	"\"artifacts\":\\[\"$episode/webtoon.html\"\\],\"panels\":12,"
is "the page holds all pictures" "$(grep -c 'src="data:image/png;base64,' "$episode/webtoon.html")" 12
is "the page needs nothing else" "$(lines "$episode/webtoon.html" 'https\{0,1\}://')" 0
is "its size is told" "$(grep -o '"bytes":[0-9]*' "$work/packaging")" \
	"\"bytes\":$(wc -c <"$episode/webtoon.html" | tr -d ' ')"
is "nothing half written is left" "$(find "$work/storage" -name '*.html.*' -o -name '*.png.*')" ""
cents=0
for role in text director image lettering packaging; do
	cents=$((cents + $(cost_of "$work/$role")))
done
is "a standard episode costs 1.12" $cents 112

# --- the same request, the same bytes; parts of a map

find "$episode" -type f | LC_ALL=C sort | xargs cksum >"$work/before"
rm -r "$episode"
for role in text image lettering packaging; do
	call "/$role" "$(cat "$work/$role.body")" >/dev/null
	cp "$work/answer" "$work/$role.again"
done
find "$episode" -type f | LC_ALL=C sort | xargs cksum >"$work/after"
ok "the same request makes the same files" cmp "$work/before" "$work/after"
ok "and the same answer" cmp "$work/lettering" "$work/lettering.again"

panel='{"shot":"wide","place":"a hill","time":"night","mood":"calm","characters":["Mina"],"dialogue":[]}'
cents=0
for index in 0 1 2 3 4 5 6 7 8 9 10 11; do
	call /image "{\"episode_id\":\"one\",\"index\":$index,\"panel\":$panel}" >/dev/null
	cents=$((cents + $(cost_of "$work/answer")))
done
is "a panel alone is drawn as its part" \
	"$(find "$work/storage/episodes/one/panels" -name '*.png' | wc -l | tr -d ' ')" 12
is "the parts cost what the whole costs" $cents 64
is "images of parts and failed ones are taken together" \
	"$(call /lettering "{\"episode_id\":\"one\",\"panels\":[$panel],\"images\":[$(answer),null]}")" 200

is "a Korean topic" "$(call /text '{"episode_id":1,"topic":"우주 고양이"}')" 200
like "gives a Korean story" "$(answer)" '"title":"우주 고양이와 .*"language":"ko"'
is "so does the language" "$(call /text '{"episode_id":1,"topic":"cat","language":"ko"}')" 200
like "with Korean lines" "$(answer)" '"text":"[^"]*다\."'

# --- a picture book

book='"book_id":7,"topic":"a sleepy bear"'
make_by story "{$book}"
book="$book,\"story\":$(cat "$work/story")"
make_by image "{$book}"
make_by tts "{$book}"
make_by music "{$book,\"mood\":\"joyful\"}"
make_by video "{$book,\"images\":$(cat "$work/image"),\"tts\":$(cat "$work/tts"),\"music\":$(cat "$work/music")}"
is "a sound for each page" "$(head -c 4 "$work"/storage/episodes/7/audio/0[1-4].wav | grep -c RIFF)" 4
like "the cutting list has pictures and sounds" "$(cat "$work/storage/episodes/7/video.json")" \
	'"picture":"[^"]*/01.png","sound":"[^"]*/01.wav","start":0,'

video="\"book_id\":7,\"file\":\"$work/storage/episodes/7/video.json\""
make_by qa "{$video,\"round\":1}"
like "qa finds nothing" "$(cat "$work/qa")" '^{"pass":true,"notes":\[\]'
is "asked to find fault" "$(call '/qa?reject_first=1' "{$video,\"round\":1}")" 200
like "it does" "$(answer)" '^{"pass":false,"notes":\["the cuts are too hard"\]'
call '/qa?reject_first=1' "{$video,\"round\":2}" >/dev/null
like "but not in the next round" "$(answer)" '^{"pass":true'
rm "$work/storage/episodes/7/panels/02.png" "$work/storage/episodes/7/audio/03.wav"
call /qa "{$video}" >/dev/null
like "it looks at what is shown and played" "$(answer)" \
	'"notes":\["a picture is missing","a voice is missing"\]'
is "a list outside is refused" "$(call /qa '{"file":"/etc/passwd"}')" 400

image="{\"file\":\"$work/storage/episodes/7/panels/01.png\"}"
make_by cover "{\"book_id\":7,\"image\":$image}"
like "a cover is named under the book's path" "$(cat "$work/cover")" '^{"cover":"episodes/7/cover.png",'
ok "it is the picture" cmp "$work/storage/episodes/7/panels/01.png" "$work/storage/episodes/7/cover.png"

page='{"index":0,"place":"a hill","description":"a bear","lines":[]}'
for style in plain watercolor "van gogh" fantasy cartoon; do
	call /image "{\"book_id\":8,\"panel\":$page,\"prompt\":\"$style: a bear\"}" >/dev/null
	cksum <"$work/storage/episodes/8/panels/01.png"
done >"$work/styles"
is "each style is another picture" "$(sort -u "$work/styles" | wc -l | tr -d ' ')" 5

# --- an article

scenes=$(sed 's/.*"scenes"://; s/,"cost".*//' "$work/text")
article="\"episode_id\":9,\"title\":\"Cats & dogs\",\"scenes\":$scenes,\"language\":\"en\""
make_by article "{$article,\"level\":\"advanced\",\"length\":700}"
page=$work/storage/episodes/9/article.html
like "it has the words it was asked for" "$(cat "$work/article")" '"words":7[0-9][0-9],'
ok "they are there" test "$(sed 's/<[^>]*>/ /g' "$page" | wc -w)" -ge 700
is "its title is escaped" "$(lines "$page" '<h1>Cats &amp; dogs</h1>')" 1
long=$(lines "$page" '<p>')
call /article "{$article,\"level\":\"A1\",\"length\":700}" >/dev/null
ok "a beginner gets shorter paragraphs" test "$(lines "$page" '<p>')" -gt $((long * 2))
is "an article without end is refused" "$(call /article "{$article,\"length\":1e9}")" 400

# --- nothing outside the storage

for id in '"../x"' '"a/b"' '""' '"."' -1 1.5 null '{}'; do
	is "episode $id is refused" "$(call /text "{\"episode_id\":$id,\"topic\":\"x\"}")" 400
done
cp "$episode/panels/01.png" "$work/outside.png"
ln -s "$work/outside.png" "$episode/panels/link.png"
mkdir "$work/sibling" # as long a name as storage
cp "$work/outside.png" "$work/sibling/near.png"
for file in "$work/outside.png" "$work/sibling/near.png" ../outside.png "$episode/../../../outside.png" \
	"$episode/panels/link.png" /etc/passwd "$episode"; do
	is "image $(basename "$file") outside is refused" \
		"$(call /packaging "{\"episode_id\":1,\"title\":\"x\",\"images\":[{\"file\":\"$file\"}]}")" 400
done
is "a file that is no picture is refused" "$(call /lettering \
	"{\"episode_id\":1,\"panels\":[$panel],\"images\":[{\"file\":\"$episode/webtoon.html\"}]}")" 400
is "a stored file can be fetched" "$(curl -s "$engine/files/episodes/25/panels/01.png" | cksum)" \
	"$(cksum <"$episode/panels/01.png")"
is "no other can" "$(curl -s --path-as-is -o /dev/null -w '%{http_code}' "$engine/files/../outside.png")" 404

# --- faults

fault() {
	call "/echo?$1" '{"a":1}' -H "Idempotency-Key: ${2:-k}" -H "Stepq-Attempt: ${3:-1}"
}

is "status" "$(fault 'status=503&retry_after=7')" 503
is "retry_after" "$(curl -si -d 1 "$engine/echo?status=503&retry_after=7" | tr -d '\r' | grep Retry)" "Retry-After: 7"
is "html" "$(fault html=1) $(answer | cut -c1-15)" "200 <!DOCTYPE html>"
is "empty" "$(fault empty=1) $(answer | wc -c | tr -d ' ')" "200 0"
is "not_object" "$(fault not_object=1) $(answer)" "200 [1,2,3]"
is "garbage" "$(fault garbage=1) $(wc -c <"$work/answer" | tr -d ' ')" "200 256"
is "invalid_utf8" "$(fault invalid_utf8=1) $(od -An -c "$work/answer" | grep -c 377)" "200 1"
is "redirect" "$(fault redirect=/elsewhere)" 307
exits "cut" 18 curl -s -o "$work/answer" -d '{"a":1}' "$engine/echo?cut=1"
is "half of it was sent" "$(answer)" '{"echo":{"a":1'
exits "cut_headers" 52 curl -s -d '{"a":1}' "$engine/echo?cut_headers=1"
is "huge" "$(curl -s -d 1 "$engine/echo?huge=100M" | wc -c | tr -d ' ')" 104857600
is "an unknown fault" "$(fault nothing=1)" 400
is "a fault that cannot be" "$(fault error_rate=2)" 400
is "latency" "$(curl -s -o /dev/null -w '%{time_total}' -d 1 "$engine/echo?latency=300ms" |
	sed 's/^0\.[3-9].*/late/')" late
is "fail_first fails N calls of a key" \
	"$(fault fail_first=2 a) $(fault fail_first=2 a) $(fault fail_first=2 b) $(fault fail_first=2 a)" \
	"500 500 500 200"
is "refuse" "$(fault 'refuse=%22a%22:1') $(fault 'refuse=%22b%22:1')" "422 200"
is "its status" "$(fault 'refuse=a&error_status=451')" 451
is "error_status" "$(fault 'fail_first=1&error_status=429' c)" 429

rates() {
	local key
	for key in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		fault error_rate=0.5 "rate-$key" "$1" | cut -c1
	done | tr -d '\n'
}
first=$(rates 1)
like "error_rate fails some" "$first" 5
like "and not all" "$first" 2
is "always the same" "$(rates 1)" "$first"
fails "another attempt is another throw" test "$(rates 2)" = "$first"

is "the header wins over the url" "$(call '/echo?status=503' 1 -H 'Engine-Fault: status=418')" 418
is "progress" "$(curl -s -d 1 "$engine/echo?progress=2")" \
	'{"progress":0.5,"message":"part 1 of 2"}
{"progress":1,"message":"part 2 of 2"}
{"result":{"echo":1,"headers":{}}}'
is "sse" "$(curl -s -d 1 "$engine/echo?progress=1&sse=1" | tail -2 | head -1)" \
	'data: {"result":{"echo":1,"headers":{}}}'
exits "a stream can be cut before its result" 18 curl -s -d 1 "$engine/echo?progress=2&cut=1"
is "its lines came" "$(wc -l <"$work/out" | tr -d ' ')" 2

is "accept" "$(fault accept=2 promised)" 202
promise=$(curl -si -d '{"a":1}' -H 'Idempotency-Key: promised' "$engine/echo?accept=2" |
	tr -d '\r' | sed -n 's/^Location: //p')
look() {
	curl -s -o "$work/answer" -w '%{http_code} ' "$engine$1"
}
is "the answer is ready at the second look" "$(look "$promise")$(look "$promise")" "202 200 "
is "it is the answer" "$(answer)" \
	'{"echo":{"a":1},"headers":{"Idempotency-Key":"promised","Stepq-Attempt":"1"}}'
is "an unknown promise" "$(look /promises/0)" "404 "

# --- the log

gone() {
	grep '"event":"end"' "$work/calls" | grep '"key":"gone"' | grep -q '"done":false'
}
exits "hang" 28 curl -s -m 0.3 -d 1 -H 'Idempotency-Key: gone' "$engine/echo?hang=1"
ok "a client that went away is logged at once" wait_for 5 gone
like "with what kept it" "$(grep '"key":"gone"' "$work/calls" | tail -1)" \
	'"event":"end","role":"echo".*"status":0,.*"fault":"hang","done":false}$'
like "a call that was served is logged" "$(grep '"step":"image"' "$work/calls" | tail -1)" \
	'^{"ts":"[0-9T:.-]*Z","event":"end","role":"echo","key":"k","run":"7","step":"image","attempt":"2","status":200,"ms":[0-9]*,"fault":"","done":true}$'
is "each call has a start and an end" "$(lines "$work/calls" '"event":"start"')" \
	"$(lines "$work/calls" '"event":"end"')"
is "the count of calls" "$(curl -s "$engine/stats" | sed 's/^{"calls":\([0-9]*\),.*/\1/')" \
	"$(lines "$work/calls" '"event":"end"')"

# --- many slow calls, and the end

began=$(date +%s)
curl -s -Z --parallel-immediate --parallel-max 250 -o /dev/null -d 1 \
	"$engine/echo/[1-200]?latency=2s" >/dev/null
took=$(($(date +%s) - began))
ok "200 slow calls at once take as long as one" test $took -lt 10
like "all were under way at once" "$(curl -s "$engine/stats")" '"peak_in_flight":(200|199|198)'
ok "they took no thread each" test "$(find /proc/$pid/task -mindepth 1 -maxdepth 1 | wc -l)" -lt 12

curl -s -d 1 -o "$work/last" "$engine/echo?latency=400ms" &
last=$!
curl -s -d 1 "$engine/echo?hang=1" &
under_way() {
	curl -s "$engine/stats" | grep -q '"in_flight":2'
}
wait_for 5 under_way
stop
is "ended by SIGTERM" $stopped 0
wait $last
is "what could end within a second was answered" "$(cat "$work/last")" '{"echo":1,"headers":{}}'
unlike "without a word of trouble" "$(cat "$work/engine.err")" 'ERROR|runtime error'

start --role echo --latency 200ms --fault status=500,html=1 --public-url http://pics
is "with a role any path will do" "$(call /any/where 1)" 500
is "a fault can be taken back" "$(call '/any/where?status=200&html=0' 1)" 200
stop
is "ended again" $stopped 0
done_testing
