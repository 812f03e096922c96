/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "draw/draw.h"
#include "shapes.h"

/* The picture of `shape`, which is released, is `want`. */
static void expect(struct shape *shape, const struct draw_status *status,
		   const struct draw_terminal *terminal, const char *want)
{
	struct draw draw = { .pipeline = &shape->pipeline, .status = status };
	struct strbuf text = { 0 };

	draw_text(&draw, terminal, &text);
	assert_string_equal(strbuf_str(&text), want);
	strbuf_release(&text);
	shape_release(shape);
}

static const struct draw_terminal any = { 0 };

static void a_chain_goes_straight_down(void **state)
{
	struct shape shape;

	(void)state;
	shape_init(&shape, "text director:text lettering:director");
	expect(&shape, NULL, &any,
	       "  ┌───────┐\n"
	       "  │ text  │\n"
	       "  └───┬───┘\n"
	       "      ▼\n"
	       "┌───────────┐\n"
	       "│ director  │\n"
	       "└─────┬─────┘\n"
	       "      ▼\n"
	       "┌───────────┐\n"
	       "│ lettering │\n"
	       "└───────────┘\n");
}

static void a_diamond_opens_and_closes(void **state)
{
	struct shape shape;

	(void)state;
	shape_init(&shape, "a b:a c:a d:a e:b,c,d");
	expect(&shape, NULL, &any,
	       "            ┌───────┐\n"
	       "            │   a   │\n"
	       "            └───┬───┘\n"
	       "    ┌───────────┼───────────┐\n"
	       "    ▼           ▼           ▼\n"
	       "┌───────┐   ┌───────┐   ┌───────┐\n"
	       "│   b   │   │   c   │   │   d   │\n"
	       "└───┬───┘   └───┬───┘   └───┬───┘\n"
	       "    └─────────┐ │ ┌─────────┘\n"
	       "              ▼ ▼ ▼\n"
	       "            ┌───────┐\n"
	       "            │   e   │\n"
	       "            └───────┘\n");
}

static void a_long_line_passes_by(void **state)
{
	struct shape shape;

	(void)state;
	shape_init(&shape, "a b:a c:b d:a,c");
	expect(&shape, NULL, &any,
	       "      ┌───────┐\n"
	       "      │   a   │\n"
	       "      └───┬───┘\n"
	       "    ┌─────┴─┐\n"
	       "    ▼       │\n"
	       "┌───────┐   │\n"
	       "│   b   │   │\n"
	       "└───┬───┘   │\n"
	       "    ▼       │\n"
	       "┌───────┐   │\n"
	       "│   c   │   │\n"
	       "└───┬───┘   │\n"
	       "    └───┐   │\n"
	       "        ▼   ▼\n"
	       "      ┌───────┐\n"
	       "      │   d   │\n"
	       "      └───────┘\n");
}

static void crossing_lines_do_not_join(void **state)
{
	struct shape shape;

	(void)state;
	shape_init(&shape, "a b x:a,b y:a,b");
	expect(&shape, NULL, &any,
	       "┌───────┐   ┌───────┐\n"
	       "│   a   │   │   b   │\n"
	       "└───┬───┘   └───┬───┘\n"
	       "    ├─────────┐ │\n"
	       "    │ ┌───────│─┤\n"
	       "    ▼ ▼       ▼ ▼\n"
	       "┌───────┐   ┌───────┐\n"
	       "│   x   │   │   y   │\n"
	       "└───────┘   └───────┘\n");
}

static void all_kinds_of_steps_and_lines(void **state)
{
	struct shape shape;

	(void)state;
	shape_storybook(&shape);
	expect(&shape, NULL, &any,
	       "                                            ┌───────┐\n"
	       "                                            │ text  │\n"
	       "                                            └───┬───┘\n"
	       "                  ┌─────────────────────────────┼───────────────┐\n"
	       "                  ▼                             ▼               │\n"
	       "            ┌───────────┐   ┌───────────────────────────────┐   │\n"
	       "            │ director  │   │             voice             │   │\n"
	       "            └─────┬─────┘   │ when .input.options.voice ==… │   │\n"
	       "                  │         └───────────────┬───────────────┘   │\n"
	       "                  ▼                         │                   │\n"
	       " ┌─────────────────────────────────────┐    │                   │\n"
	       " │                image                │┐   │                   │\n"
	       " │ × .director.panels[], at least 80%  ││   │                   │\n"
	       " └─────────────────────────────────────┘│   │                   │\n"
	       "  └─────────────────┬──┬────────────────┘   │                   │\n"
	       "                    └──┊┐                   │                   │\n"
	       "          ┌┄┄┄┄┄┄┄┄┄┄┄┄┘│                   │                   │\n"
	       "          ▼             │                   │                   │\n"
	       " ┌─────────────────┐    │                   │                   │\n"
	       " │     render      │    │                   │                   │\n"
	       " │ if image fails  │    │                   │                   │\n"
	       " └────────┬────────┘    │                   │                   │\n"
	       "          └┄┄┄┄┄┄┄┄┄┐   │                   │                   │\n"
	       "                    ▼   ▼                   │                   │\n"
	       "                ┌───────────┐               │                   │\n"
	       "                │ lettering │◀──┐           │                   │\n"
	       "                └─────┬─────┘   │           └┐                  │\n"
	       "                      │         └───────────┐│                  │\n"
	       "                      └───────────┐   ┌─────│┘                  │\n"
	       "                                  ▼   ▼     │                   │\n"
	       "                                ┌───────┐   │                   │\n"
	       "                                │  qa   │───┘ again, at most 3  │\n"
	       "                                └───┬───┘                       │\n"
	       "                                    ▼                           │\n"
	       "                      ╔═══════════════════════════════════╗     │\n"
	       "                      ║              approve              ║     │\n"
	       "                      ║ a person decides, after 2d reject ║     │\n"
	       "                      ╚═════════════════╤═════════════════╝     │\n"
	       "                                        └───────────┐           │\n"
	       "                                                    ▼           ▼\n"
	       "                                         ╭─────────────────────────╮\n"
	       "                                         │         publish         │\n"
	       "                                         │ until .input.publish_at │\n"
	       "                                         ╰────────────┬────────────╯\n"
	       "                                                      ▼\n"
	       "                                                  ┌───────┐\n"
	       "                                                  │ done  │\n"
	       "                                                  └───────┘\n");
}

static void a_terminal_without_utf8_gets_ascii(void **state)
{
	static const struct draw_terminal ascii = { .is_ascii = 1 };
	struct shape shape;

	(void)state;
	shape_storybook(&shape);
	expect(&shape, NULL, &ascii,
	       "                                                  +-------+\n"
	       "                                                  | text  |\n"
	       "                                                  +---+---+\n"
	       "                      +-------------------------------+-----------------+\n"
	       "                      v                               v                 |\n"
	       "                +-----------+    +---------------------------------+    |\n"
	       "                | director  |    |              voice              |    |\n"
	       "                +-----+-----+    | when .input.options.voice ==... |    |\n"
	       "                      |          +----------------+----------------+    |\n"
	       "                      v                           |                     |\n"
	       "+-------------------------------------------+     |                     |\n"
	       "|                   image                   |+    |                     |\n"
	       "| for each .director.panels[], at least 80% ||    |                     |\n"
	       "+-------------------------------------------+|    |                     |\n"
	       " +--------------------+--+-------------------+    |                     |\n"
	       "                      +--:--+                     |                     |\n"
	       "              +..........+  |                     |                     |\n"
	       "              v             |                     |                     |\n"
	       "     +-----------------+    |                     |                     |\n"
	       "     |     render      |    |                     |                     |\n"
	       "     | if image fails  |    |                     |                     |\n"
	       "     +--------+--------+    |                     |                     |\n"
	       "              +.........+   |                     |                     |\n"
	       "                        v   v                     |                     |\n"
	       "                    +-----------+                 |                     |\n"
	       "                    | lettering |<--+             |                     |\n"
	       "                    +-----+-----+   |             ++                    |\n"
	       "                          |         +-------------+|                    |\n"
	       "                          +-------------+   +-----|+                    |\n"
	       "                                        v   v     |                     |\n"
	       "                                      +-------+   |                     |\n"
	       "                                      |  qa   |---+ again, at most 3    |\n"
	       "                                      +---+---+                         |\n"
	       "                                          v                             |\n"
	       "                              +===================================+     |\n"
	       "                              |              approve              |     |\n"
	       "                              | a person decides, after 2d reject |     |\n"
	       "                              +=================+=================+     |\n"
	       "                                                +-----------+           |\n"
	       "                                                            v           v\n"
	       "                                                 +-------------------------+\n"
	       "                                                 |         publish         |\n"
	       "                                                 | until .input.publish_at |\n"
	       "                                                 +------------+------------+\n"
	       "                                                              v\n"
	       "                                                          +-------+\n"
	       "                                                          | done  |\n"
	       "                                                          +-------+\n");
}

static void loops_may_share_their_beginning_and_nest(void **state)
{
	struct shape shape;

	(void)state;
	shape_init(&shape, "a b:a c:b");
	shape_again(&shape, "c", "a");
	shape_again(&shape, "b", "b");
	expect(&shape, NULL, &any,
	       "┌───────┐\n"
	       "│   a   │◀──────────────────────┐\n"
	       "└───┬───┘                       │\n"
	       "    ▼                           │\n"
	       "┌───────┐                       │\n"
	       "│   b   │◀──┐                   │\n"
	       "│       │───┘ again, at most 3  │\n"
	       "└───┬───┘                       │\n"
	       "    ▼                           │\n"
	       "┌───────┐                       │\n"
	       "│   c   │───────────────────────┘ again, at most 3\n"
	       "└───────┘\n");
}

static void paint(void *user, struct strbuf *out, enum state state,
		  const char *text)
{
	(void)user;
	strbuf_addf(out, "<%s:%s>", state_name(state), text);
}

static void a_run_is_painted_by_its_states(void **state)
{
	static const struct draw_terminal colour = { .is_ascii = 1,
						     .paint = paint };
	static const struct draw_status status[] = {
		{ .state = STATE_DONE, .took_ms = 18200, .attempts = 1 },
		{ .state = STATE_RUNNING,
		  .took_ms = 31000,
		  .attempts = 2,
		  .round = 3,
		  .has_items = 1,
		  .items = 12,
		  .items_done = 7 },
	};
	struct shape shape;

	(void)state;
	shape_init(&shape, "a b:a");
	expect(&shape, status, &colour,
	       "         <done:+-------------+>\n"
	       "         <done:|>      a      <done:|>\n"
	       "         <done:|> <done:done 18.2s>  <done:|>\n"
	       "         <done:+------+------+>\n"
	       "                v\n"
	       "<running:+-------------------------------+>\n"
	       "<running:|>               b               <running:|>\n"
	       "<running:|>         <running:running 31.0s>         <running:|>\n"
	       "<running:|> <running:7/12 items, 2 tries, round 3>  <running:|>\n"
	       "<running:+-------------------------------+>\n");
}

static void what_is_too_wide_becomes_a_list(void **state)
{
	static const struct draw_terminal narrow = { .columns = 44 };
	struct draw_status status[10] = { { .state = STATE_DONE } };
	struct shape shape;

	(void)state;
	shape_storybook(&shape);
	expect(&shape, status, &narrow,
	       "text  ✔ done\n"
	       "  director  · waiting  ← text\n"
	       "  voice  · waiting  ← text  when .input.opt…\n"
	       "    image  · waiting  ← director  × .direct…\n"
	       "      render  · waiting  ← image if it fail…\n"
	       "        lettering  · waiting  ← image, rend…\n"
	       "          qa  · waiting  ← lettering, voice…\n"
	       "            approve  · waiting  ← qa  a per…\n"
	       "              publish  · waiting  ← approve…\n"
	       "                done  · waiting  ← publish\n");
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	struct draw_status status[30] = { { .state = STATE_DONE } };
	size_t columns;

	(void)state;
	for (columns = 20; columns < 140; columns += 7) {
		struct draw_terminal terminal = { .columns = columns };
		struct strbuf text = { 0 };
		struct shape shape;
		struct draw draw = { .pipeline = &shape.pipeline,
				     .status = status };
		char *line, *end;

		shape_random(&shape, 30, (unsigned int)columns);
		draw_text(&draw, &terminal, &text);
		for (line = text.buf; (end = strchr(line, '\n'));
		     line = end + 1) {
			*end = '\0';
			assert_true(utf8_width(line) <= columns);
		}
		strbuf_release(&text);
		shape_release(&shape);
	}
}

/* Nothing is drawn over an arrow, and every line ends in one. */
static void every_line_arrives(void **state)
{
	unsigned int seed;
	size_t i, needs;

	(void)state;
	for (seed = 1; seed <= 100; seed++) {
		struct strbuf text = { 0 };
		struct shape shape;
		struct draw draw = { .pipeline = &shape.pipeline };
		struct pipeline_step *steps;
		size_t loops = 1;

		shape_random(&shape, 20, seed);
		steps = shape.pipeline.steps;
		for (needs = 0, i = 0; i < 20; i++)
			needs += steps[i].needs_n;
		shape_again(&shape, "a19", "a19");
		if (steps[18].needs_n > 0) {
			shape_again(&shape, "a18",
				    steps[steps[18].needs[0]].name);
			loops++;
		}
		draw_text(&draw, &any, &text);
		assert_int_equal(count(strbuf_str(&text), "▼"), needs);
		assert_int_equal(count(strbuf_str(&text), "◀"), loops);
		assert_int_equal(count(strbuf_str(&text), "again, at most 3"),
				 loops);
		strbuf_release(&text);
		shape_release(&shape);
	}
}

static void names_of_wide_characters_keep_their_frames(void **state)
{
	static char name[] = "고양이", expr[] = ".a\n  == \"x\033[31m\"";
	struct shape shape;
	char *own;

	(void)state;
	shape_init(&shape, "a b:a");
	own = shape.pipeline.steps[0].name;
	shape.pipeline.steps[0].name = name;
	shape.pipeline.steps[1].when_text = expr;
	{
		struct draw draw = { .pipeline = &shape.pipeline };
		struct strbuf text = { 0 };

		draw_text(&draw, &any, &text);
		assert_string_equal(strbuf_str(&text),
				    "       ┌─────────┐\n"
				    "       │ 고양이  │\n"
				    "       └────┬────┘\n"
				    "            ▼\n"
				    " ┌─────────────────────┐\n"
				    " │          b          │\n"
				    " │ when .a == \"x [31m\" │\n"
				    " └─────────────────────┘\n");
		strbuf_release(&text);
	}
	shape.pipeline.steps[0].name = own;
	shape_release(&shape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_goes_straight_down),
		cmocka_unit_test(a_diamond_opens_and_closes),
		cmocka_unit_test(a_long_line_passes_by),
		cmocka_unit_test(crossing_lines_do_not_join),
		cmocka_unit_test(all_kinds_of_steps_and_lines),
		cmocka_unit_test(a_terminal_without_utf8_gets_ascii),
		cmocka_unit_test(loops_may_share_their_beginning_and_nest),
		cmocka_unit_test(a_run_is_painted_by_its_states),
		cmocka_unit_test(what_is_too_wide_becomes_a_list),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(every_line_arrives),
		cmocka_unit_test(names_of_wide_characters_keep_their_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
