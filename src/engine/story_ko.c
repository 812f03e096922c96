/* SPDX-License-Identifier: MIT */

#include <config.h>

#include "base/util.h"
#include "engine/story.h"

static const struct story_plot plots[] = {
	{
		"{topic|과/와} {thing}",
		"{hero|과/와} {thing}",
		"{topic}에 관한 이야기. {hero_look} {hero|은/는} 어느 날 집을 "
		"잃어버린 {thing|을/를} 만난다. {friend_look} {friend|과/와} "
		"함께라면 먼 길도 그리 멀지 않다.",
		{
			{ TIME_EVENING,
			  MOOD_WONDER,
			  "{hero|과/와} {friend|이/가} {thing|을/를} 발견한다",
			  {
				  { STORY_NARRATOR,
				    "평범한 저녁. 작은 무언가가 반짝이기 "
				    "시작했다." },
				  { STORY_HERO,
				    "안녕? 너 혹시 어디서 떨어진 거야?" },
				  { STORY_FRIEND,
				    "{hero}, 만지지 마! …지금 우는 거야?" },
				  { STORY_HERO,
				    "길을 잃은 것뿐이야. 우리가 데려다주자!" },
			  } },
			{ TIME_NIGHT,
			  MOOD_CALM,
			  "{hero|과/와} {friend|은/는} {thing|을/를} 안고 "
			  "지도 밖으로 나선다",
			  {
				  { STORY_NARRATOR,
				    "집이 얼마나 먼지는 아무도 몰랐다." },
				  { STORY_FRIEND,
				    "왼쪽, 또 왼쪽. 지도는 여기까지야." },
				  { STORY_HERO,
				    "그럼 나머지는 우리가 그리면 되지." },
				  { STORY_FRIEND,
				    "뭘로? 연필은 네가 먹었잖아." },
			  } },
			{ TIME_NIGHT,
			  MOOD_TENSE,
			  "{thing}의 빛이 희미해진다",
			  {
				  { STORY_NARRATOR,
				    "절반쯤 왔을 때, 빛이 약해졌다." },
				  { STORY_HERO,
				    "꺼져 가고 있어! 늦으면 어떡하지?" },
				  { STORY_FRIEND,
				    "꼭 안아 줘. 누군가 안아 주면 더 오래 "
				    "빛나니까." },
				  { STORY_HERO, "…다시 따뜻해졌어. 봐!" },
			  } },
			{ TIME_DAWN,
			  MOOD_JOYFUL,
			  "{thing|이/가} 집으로 돌아간다",
			  {
				  { STORY_NARRATOR,
				    "해가 뜨기 직전, 하늘에 작은 문이 "
				    "열렸다." },
				  { STORY_HERO, "자, 어서 가. 집이야." },
				  { STORY_FRIEND, "우리를 기억해 줄까?" },
				  { STORY_HERO, "위를 봐! 손을 흔들고 있어." },
				  { STORY_NARRATOR,
				    "그날부터 밤하늘엔 지도에 없는 빛이 하나 "
				    "더 있다." },
			  } },
		},
	},
	{
		"{topic|과/와} 이름 없는 편지",
		"{hero|과/와} 이름 없는 편지",
		"{topic}에 관한 이야기. 이름 없는 편지 한 통 때문에 "
		"{hero_look} {hero|은/는} 온종일 문을 두드린다. "
		"{friend_look} {friend|은/는} 뭔가 더 아는 눈치다.",
		{
			{ TIME_MORNING,
			  MOOD_CALM,
			  "{hero}에게 편지가 온다",
			  {
				  { STORY_NARRATOR,
				    "편지엔 이름이 없었다. 문 그림 하나뿐." },
				  { STORY_FRIEND, "너한테 온 거야." },
				  { STORY_HERO, "어떻게 알아?" },
				  { STORY_FRIEND,
				    "모험 냄새가 나거든. 그리고 난 빨래를 "
				    "해야 해." },
			  } },
			{ TIME_NOON,
			  MOOD_JOYFUL,
			  "{hero|은/는} 편지를 들고 온갖 문을 두드린다",
			  {
				  { STORY_NARRATOR,
				    "둘은 아는 문이란 문은 다 두드렸다." },
				  { STORY_HERO, "혹시 이 문인가?" },
				  { STORY_FRIEND, "{hero}, 그건 창문이야." },
				  { STORY_HERO, "문이 이렇게 어려울 줄이야!" },
			  } },
			{ TIME_EVENING,
			  MOOD_SAD,
			  "{hero|은/는} 편지를 포기하려 한다",
			  {
				  { STORY_NARRATOR,
				    "저녁이 되자 문은 하나 남았고, 닫혀 "
				    "있었다." },
				  { STORY_HERO,
				    "어쩌면 다른 누군가의 편지였나 봐." },
				  { STORY_FRIEND,
				    "모르는 누군가를 위해 온종일 걸었잖아. "
				    "편지가 제대로 골랐네." },
				  { STORY_HERO, "…같이 두드려 줄래?" },
			  } },
			{ TIME_NIGHT,
			  MOOD_WONDER,
			  "문이 열린다",
			  {
				  { STORY_NARRATOR,
				    "문 뒤엔 오늘 만난 모두가 서 있었다." },
				  { STORY_FRIEND, "짜잔! 문은 내가 그렸어." },
				  { STORY_HERO, "빨래한다고 했잖아!" },
				  { STORY_FRIEND, "빨래는 처음부터 없었어." },
				  { STORY_NARRATOR, "생일 축하해, {hero}." },
			  } },
		},
	},
	{
		"{topic|과/와} 가장 느린 달리기",
		"{hero|과/와} 가장 느린 달리기",
		"{topic}에 관한 이야기. 올해야말로 {hero_look} "
		"{hero|은/는} 큰 경주에서 이기고 싶다. {friend_look} "
		"{friend|이/가} 시간을 재 주지만, 길가의 작은 누군가에게 그 "
		"시간이 더 필요하다.",
		{
			{ TIME_MORNING,
			  MOOD_JOYFUL,
			  "{hero|은/는} 올해 우승을 자신한다",
			  {
				  { STORY_NARRATOR,
				    "일 년에 한 번, 모두가 길 끝까지 달린다." },
				  { STORY_HERO,
				    "올해는 내가 이겨. 스트레칭도 했다고!" },
				  { STORY_FRIEND,
				    "샌드위치 꺼내려고 팔 뻗은 거잖아." },
				  { STORY_HERO, "높은 선반에 있었단 말이야!" },
			  } },
			{ TIME_NOON,
			  MOOD_TENSE,
			  "경주가 두 방향으로 시작된다",
			  {
				  { STORY_NARRATOR, "준비, 그리고 출발!" },
				  { STORY_HERO, "비켜 비켜! 내가 간다!" },
				  { STORY_FRIEND, "{hero}! 그쪽 아니야!" },
				  { STORY_HERO, "…알고 있었어." },
			  } },
			{ TIME_EVENING,
			  MOOD_SAD,
			  "길가에 작은 누군가가 앉아 있다",
			  {
				  { STORY_NARRATOR,
				    "저 뒤쪽 길가에 작은 누군가가 앉아 "
				    "있었다." },
				  { STORY_HERO, "발을 다쳤어? 자, 업혀." },
				  { STORY_FRIEND,
				    "지금 멈추면 우리가 꼴찌야." },
				  { STORY_HERO, "그럼 셋이서 꼴찌 하지 뭐." },
			  } },
			{ TIME_NIGHT,
			  MOOD_JOYFUL,
			  "셋은 한참 늦게 도착한다",
			  {
				  { STORY_NARRATOR,
				    "시상식이 끝나고 한참 뒤, 달빛 아래 "
				    "도착했다." },
				  { STORY_FRIEND, "잠깐. 다들 남아 있었어?" },
				  { STORY_HERO,
				    "우리를 기다린 거야? 이렇게 느렸는데!" },
				  { STORY_NARRATOR,
				    "그해 누가 이겼는지는 아무도 모른다. 누가 "
				    "누구를 업었는지만 기억한다." },
			  } },
		},
	},
};

/* The last one is for topics that name no other. */
static const struct story_world worlds[] = {
	{ { "우주", "별", "달", "로켓", "행성", "은하", "혜성", "외계인" },
	  "길 잃은 별",
	  { "별이 보이는 언덕", "작은 로켓의 조종실", "달의 조용한 뒷면",
	    "우리 집 옥상" } },
	{ { "바다", "해적", "고래", "물고기", "섬", "항구", "배", "인어" },
	  "노래하는 조개",
	  { "항구 뒤 바닷가", "작은 돛단배", "바다 한가운데 섬",
	    "등대가 있는 언덕" } },
	{ { "눈", "겨울", "얼음", "크리스마스", "북극", "남극", "펭귄" },
	  "따뜻한 눈송이",
	  { "겨울 마을의 골목", "끝없는 눈밭", "눈 덮인 숲",
	    "난로가 있는 방" } },
	{ { "성", "왕", "여왕", "왕자", "공주", "기사", "용", "마법", "마녀" },
	  "졸린 왕관",
	  { "성 앞의 들판", "성문 앞", "어두운 숲", "달빛 아래의 성" } },
	{ { "숲", "나무", "버섯", "곰", "여우", "사슴", "산", "캠핑" },
	  "반딧불이 등불",
	  { "마을 뒤 들판", "깊은 숲속", "나무 위로 솟은 언덕",
	    "작은 통나무집" } },
	{ { NULL },
	  "종이 달",
	  { "창문이 큰 작은 방", "좁은 골목", "야시장",
	    "도시가 보이는 옥상" } },
};

static const char *const names[STORY_NAMES] = {
	"나비", "보리", "하나", "모모", "루나", "단비",
	"토리", "새미", "두부", "누리", "여울", "다온",
};

const struct story_shelf story_shelf_ko = {
	.plots = plots,
	.n_plots = ARRAY_SIZE(plots),
	.worlds = worlds,
	.n_worlds = ARRAY_SIZE(worlds),
	.names = names,
	.narrator = "내레이션",
	.look = "{wear} {colour} {kind}",
};
