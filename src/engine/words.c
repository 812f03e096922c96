/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "engine/words.h"

const char *const time_names[LANGUAGES][TIMES] = {
	{ "dawn", "morning", "noon", "evening", "night" },
	{ "새벽", "아침", "한낮", "저녁", "밤" },
};

const char *const mood_names[LANGUAGES][MOODS] = {
	{ "calm", "joyful", "tense", "sad", "wonder" },
	{ "잔잔함", "즐거움", "긴장", "쓸쓸함", "신비로움" },
};

const char *const kind_names[LANGUAGES][KINDS] = {
	{ "cat", "dog", "fox", "rabbit", "bear", "penguin", "robot", "child" },
	{ "고양이", "강아지", "여우", "토끼", "곰", "펭귄", "로봇", "아이" },
};

const char *const colour_names[LANGUAGES][COLOURS] = {
	{ "orange", "grey", "white", "brown", "blue", "pink", "mint green",
	  "yellow" },
	{ "주황색", "회색", "하얀색", "갈색", "파란색", "분홍색", "민트색",
	  "노란색" },
};

const char *const wear_names[LANGUAGES][WEARS] = {
	{ "a long scarf", "a big bow", "a red cap", "round glasses",
	  "an old satchel" },
	{ "긴 목도리를 두른", "커다란 리본을 단", "빨간 모자를 쓴",
	  "동그란 안경을 쓴", "낡은 가방을 멘" },
};

const struct word time_words[] = {
	{ "dawn", TIME_DAWN },       { "sunrise", TIME_DAWN },
	{ "morning", TIME_MORNING }, { "noon", TIME_NOON },
	{ "afternoon", TIME_NOON },  { "day", TIME_NOON },
	{ "evening", TIME_EVENING }, { "sunset", TIME_EVENING },
	{ "dusk", TIME_EVENING },    { "night", TIME_NIGHT },
	{ "midnight", TIME_NIGHT },  { "새벽", TIME_DAWN },
	{ "아침", TIME_MORNING },    { "한낮", TIME_NOON },
	{ "오후", TIME_NOON },       { "낮", TIME_NOON },
	{ "저녁", TIME_EVENING },    { "노을", TIME_EVENING },
	{ "밤", TIME_NIGHT },        { NULL, 0 },
};

const struct word mood_words[] = {
	{ "calm", MOOD_CALM },
	{ "quiet", MOOD_CALM },
	{ "joy", MOOD_JOYFUL },
	{ "happy", MOOD_JOYFUL },
	{ "funny", MOOD_JOYFUL },
	{ "cheerful", MOOD_JOYFUL },
	{ "tense", MOOD_TENSE },
	{ "fear", MOOD_TENSE },
	{ "danger", MOOD_TENSE },
	{ "angry", MOOD_TENSE },
	{ "sad", MOOD_SAD },
	{ "lonely", MOOD_SAD },
	{ "wonder", MOOD_WONDER },
	{ "magic", MOOD_WONDER },
	{ "잔잔", MOOD_CALM },
	{ "평화", MOOD_CALM },
	{ "즐거", MOOD_JOYFUL },
	{ "신나", MOOD_JOYFUL },
	{ "행복", MOOD_JOYFUL },
	{ "긴장", MOOD_TENSE },
	{ "위험", MOOD_TENSE },
	{ "쓸쓸", MOOD_SAD },
	{ "슬픔", MOOD_SAD },
	{ "슬픈", MOOD_SAD },
	{ "신비", MOOD_WONDER },
	{ "경이", MOOD_WONDER },
	{ NULL, 0 },
};

/* What is inside something comes before what it is in. */
const struct word place_words[] = {
	{ "cabin", PLACE_CABIN },   { "cockpit", PLACE_CABIN },
	{ "rocket", PLACE_CABIN },  { "spaceship", PLACE_CABIN },
	{ "조종실", PLACE_CABIN },  { "선실", PLACE_CABIN },
	{ "로켓", PLACE_CABIN },    { "우주선", PLACE_CABIN },
	{ "roof", PLACE_ROOF },     { "balcony", PLACE_ROOF },
	{ "옥상", PLACE_ROOF },     { "지붕", PLACE_ROOF },
	{ "market", PLACE_MARKET }, { "festival", PLACE_MARKET },
	{ "shop", PLACE_MARKET },   { "야시장", PLACE_MARKET },
	{ "시장", PLACE_MARKET },   { "축제", PLACE_MARKET },
	{ "가게", PLACE_MARKET },   { "room", PLACE_ROOM },
	{ "kitchen", PLACE_ROOM },  { "house", PLACE_ROOM },
	{ "home", PLACE_ROOM },     { "library", PLACE_ROOM },
	{ "school", PLACE_ROOM },   { "cafe", PLACE_ROOM },
	{ "방", PLACE_ROOM },       { "부엌", PLACE_ROOM },
	{ "집", PLACE_ROOM },       { "통나무집", PLACE_ROOM },
	{ "오두막", PLACE_ROOM },   { "교실", PLACE_ROOM },
	{ "도서관", PLACE_ROOM },   { "카페", PLACE_ROOM },
	{ "castle", PLACE_CASTLE }, { "tower", PLACE_CASTLE },
	{ "palace", PLACE_CASTLE }, { "성", PLACE_CASTLE },
	{ "성문", PLACE_CASTLE },   { "탑", PLACE_CASTLE },
	{ "궁전", PLACE_CASTLE },   { "moon", PLACE_MOON },
	{ "planet", PLACE_MOON },   { "space", PLACE_MOON },
	{ "asteroid", PLACE_MOON }, { "달", PLACE_MOON },
	{ "행성", PLACE_MOON },     { "우주", PLACE_MOON },
	{ "boat", PLACE_BOAT },     { "ship", PLACE_BOAT },
	{ "deck", PLACE_BOAT },     { "배", PLACE_BOAT },
	{ "돛단배", PLACE_BOAT },   { "beach", PLACE_BEACH },
	{ "harbor", PLACE_BEACH },  { "harbour", PLACE_BEACH },
	{ "sea", PLACE_BEACH },     { "island", PLACE_BEACH },
	{ "ocean", PLACE_BEACH },   { "바닷가", PLACE_BEACH },
	{ "바다", PLACE_BEACH },    { "항구", PLACE_BEACH },
	{ "섬", PLACE_BEACH },      { "해변", PLACE_BEACH },
	{ "snow", PLACE_SNOW },     { "ice", PLACE_SNOW },
	{ "frozen", PLACE_SNOW },   { "winter", PLACE_SNOW },
	{ "눈", PLACE_SNOW },       { "얼음", PLACE_SNOW },
	{ "겨울", PLACE_SNOW },     { "hill", PLACE_HILLS },
	{ "meadow", PLACE_HILLS },  { "field", PLACE_HILLS },
	{ "road", PLACE_HILLS },    { "언덕", PLACE_HILLS },
	{ "들판", PLACE_HILLS },    { "길", PLACE_HILLS },
	{ "forest", PLACE_FOREST }, { "wood", PLACE_FOREST },
	{ "tree", PLACE_FOREST },   { "숲", PLACE_FOREST },
	{ "나무", PLACE_FOREST },   { "street", PLACE_CITY },
	{ "city", PLACE_CITY },     { "alley", PLACE_CITY },
	{ "town", PLACE_CITY },     { "village", PLACE_CITY },
	{ "station", PLACE_CITY },  { "거리", PLACE_CITY },
	{ "골목", PLACE_CITY },     { "도시", PLACE_CITY },
	{ "마을", PLACE_CITY },     { NULL, 0 },
};

const struct word kind_words[] = {
	{ "cat", KIND_CAT },
	{ "kitten", KIND_CAT },
	{ "dog", KIND_DOG },
	{ "puppy", KIND_DOG },
	{ "fox", KIND_FOX },
	{ "rabbit", KIND_RABBIT },
	{ "bunny", KIND_RABBIT },
	{ "bear", KIND_BEAR },
	{ "penguin", KIND_PENGUIN },
	{ "robot", KIND_ROBOT },
	{ "android", KIND_ROBOT },
	{ "child", KIND_CHILD },
	{ "girl", KIND_CHILD },
	{ "boy", KIND_CHILD },
	{ "고양이", KIND_CAT },
	{ "냥이", KIND_CAT },
	{ "강아지", KIND_DOG },
	{ "개", KIND_DOG },
	{ "여우", KIND_FOX },
	{ "토끼", KIND_RABBIT },
	{ "곰", KIND_BEAR },
	{ "펭귄", KIND_PENGUIN },
	{ "로봇", KIND_ROBOT },
	{ "아이", KIND_CHILD },
	{ "소녀", KIND_CHILD },
	{ "소년", KIND_CHILD },
	{ NULL, 0 },
};

const struct word colour_words[] = {
	{ "orange", COLOUR_ORANGE },
	{ "grey", COLOUR_GREY },
	{ "gray", COLOUR_GREY },
	{ "silver", COLOUR_GREY },
	{ "white", COLOUR_WHITE },
	{ "brown", COLOUR_BROWN },
	{ "blue", COLOUR_BLUE },
	{ "pink", COLOUR_PINK },
	{ "mint", COLOUR_MINT },
	{ "green", COLOUR_MINT },
	{ "yellow", COLOUR_YELLOW },
	{ "golden", COLOUR_YELLOW },
	{ "주황", COLOUR_ORANGE },
	{ "회색", COLOUR_GREY },
	{ "하얀", COLOUR_WHITE },
	{ "흰", COLOUR_WHITE },
	{ "갈색", COLOUR_BROWN },
	{ "파란", COLOUR_BLUE },
	{ "분홍", COLOUR_PINK },
	{ "민트", COLOUR_MINT },
	{ "초록", COLOUR_MINT },
	{ "노란", COLOUR_YELLOW },
	{ NULL, 0 },
};

const struct word wear_words[] = {
	{ "scarf", WEAR_SCARF },     { "bow", WEAR_BOW },
	{ "ribbon", WEAR_BOW },      { "cap", WEAR_CAP },
	{ "hat", WEAR_CAP },         { "glasses", WEAR_GLASSES },
	{ "satchel", WEAR_SATCHEL }, { "bag", WEAR_SATCHEL },
	{ "목도리", WEAR_SCARF },    { "리본", WEAR_BOW },
	{ "모자", WEAR_CAP },        { "안경", WEAR_GLASSES },
	{ "가방", WEAR_SATCHEL },    { NULL, 0 },
};

/* In full, since a star or a moon alone is mostly a place. */
const struct word prop_words[] = {
	{ "lost star", PROP_STAR },
	{ "singing shell", PROP_SHELL },
	{ "warm snowflake", PROP_SNOWFLAKE },
	{ "sleepy crown", PROP_CROWN },
	{ "firefly lantern", PROP_LANTERN },
	{ "paper moon", PROP_PAPER_MOON },
	{ "letter", PROP_LETTER },
	{ "길 잃은 별", PROP_STAR },
	{ "노래하는 조개", PROP_SHELL },
	{ "따뜻한 눈송이", PROP_SNOWFLAKE },
	{ "졸린 왕관", PROP_CROWN },
	{ "반딧불이 등불", PROP_LANTERN },
	{ "종이 달", PROP_PAPER_MOON },
	{ "편지", PROP_LETTER },
	{ NULL, 0 },
};

/* Whether a word of `text` begins with `word`. */
static int has_word(const char *text, const char *word)
{
	size_t len = strlen(word);
	int is_start = 1;

	for (; *text; text++) {
		if (is_start && strncasecmp(text, word, len) == 0)
			return 1;
		is_start = isspace((unsigned char)*text) ||
			   ispunct((unsigned char)*text);
	}
	return 0;
}

int word_find(const struct word *words, const char *text, int otherwise)
{
	for (; text && words->text; words++)
		if (has_word(text, words->text))
			return words->value;
	return otherwise;
}

int is_korean(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	/* U+AC00 to U+D7A3 are EA B0 80 to ED 9E A3; ED A0 is no UTF-8. */
	return (p[0] == 0xea && p[1] >= 0xb0) || (p[0] >= 0xeb && p[0] <= 0xed);
}

enum language language_of(const char *text)
{
	for (; *text; text++)
		if (is_korean(text))
			return LANG_KO;
	return LANG_EN;
}
