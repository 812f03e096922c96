/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "draw/draw.h"
#include "shapes.h"

typedef void (*picture_fn)(const struct draw *draw, struct strbuf *out);

static void draw_json_text(const struct draw *draw, struct strbuf *out)
{
	jv v = draw_json(draw);

	json_dump(v, out);
	jv_free(v);
}

static const picture_fn pictures[] = { draw_mermaid, draw_dot, draw_svg,
				       draw_json_text };

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

/* The steps of a diamond whose left side is a fallback's, and a loop. */
static void shape_small(struct shape *shape)
{
	static char when[] = ".a < \"1\" & .b";

	shape_init(shape, "a b c:a d:a");
	shape_fallback(shape, "a", "b");
	shape_again(shape, "d", "a");
	shape_step(shape, "c")->kind = PIPELINE_GATE;
	shape_step(shape, "d")->when_text = when;
}

static const struct draw_status small_status[] = {
	{ .state = STATE_DONE, .took_ms = 500 },
	{ .state = STATE_SKIPPED },
	{ .state = STATE_WAITING },
	{ .state = STATE_RUNNING, .progress = 50, .attempts = 2, .round = 2 },
};

static void expect(picture_fn picture, const struct draw_status *status,
		   const char *want)
{
	struct strbuf text = { 0 };
	struct shape shape;

	shape_small(&shape);
	picture(&(struct draw){ &shape.pipeline, status, NULL, NULL }, &text);
	assert_string_equal(strbuf_str(&text), want);
	strbuf_release(&text);
	shape_release(&shape);
}

static void mermaid_has_kinds_lines_and_nothing_it_would_read(void **state)
{
	(void)state;
	expect(draw_mermaid, NULL,
	       "flowchart TD\n"
	       "    s0[\"a\"]\n"
	       "    s1[\"b<br>if a fails\"]\n"
	       "    s2{{\"c<br>a person decides\"}}\n"
	       "    s3[\"d<br>when #46;a #60; #34;1#34; #38; #46;b\"]\n"
	       "    s0 -.-> s1\n"
	       "    s0 --> s2\n"
	       "    s1 -.-> s2\n"
	       "    s0 --> s3\n"
	       "    s1 -.-> s3\n"
	       "    s3 -->|\"again, at most 3\"| s0\n");
}

static void dot_has_kinds_lines_and_states(void **state)
{
	(void)state;
	expect(draw_dot, small_status,
	       "digraph pipeline {\n"
	       "\tlabel=\"pipeline.test\";\n"
	       "\tlabelloc=t;\n"
	       "\tfontname=\"sans-serif\";\n"
	       "\tnode [shape=box, style=\"rounded,filled\", "
	       "fillcolor=\"#f7f9fb\", color=\"#c3ccd8\", "
	       "fontname=\"sans-serif\", fontsize=11];\n"
	       "\tedge [color=\"#97a3b4\", fontname=\"sans-serif\", "
	       "fontsize=10];\n"
	       "\ts0 [label=\"a\\n✔ done 500ms\", color=\"#3fa35c\", "
	       "fillcolor=\"#effaf2\"];\n"
	       "\ts1 [label=\"b\\nif a fails\\n– skipped\", "
	       "color=\"#c3ccd8\", fontcolor=\"#7a8698\", "
	       "style=\"rounded,filled,dashed\"];\n"
	       "\ts2 [label=\"c\\na person decides\\n· waiting\", "
	       "peripheries=2];\n"
	       "\ts3 [label=\"d\\nwhen .a < \\\"1\\\" & .b\\n● running\\n2 "
	       "tries, round 2\", color=\"#3b7ddd\", "
	       "fillcolor=\"#eef5ff\"];\n"
	       "\ts0 -> s1 [style=dotted];\n"
	       "\ts0 -> s2;\n"
	       "\ts1 -> s2 [style=dotted];\n"
	       "\ts0 -> s3;\n"
	       "\ts1 -> s3 [style=dotted];\n"
	       "\ts3 -> s0 [constraint=false, color=\"#8b6fd0\", "
	       "fontcolor=\"#7558bd\", label=\"again, at most 3\"];\n"
	       "}\n");
}

static void json_has_nodes_edges_and_layers(void **state)
{
	struct strbuf text = { 0 };
	const char *json;
	struct shape shape;

	(void)state;
	shape_small(&shape);
	draw_json_text(&(struct draw){ &shape.pipeline, small_status, NULL,
				       NULL },
		       &text);
	json = strbuf_str(&text);
	assert_int_equal(count(json,
			       "\"layers\":[[\"a\"],[\"b\"],[\"c\",\"d\"]]"),
			 1);
	assert_int_equal(count(json, "\"step\":"), 4);
	assert_int_equal(count(json, "\"step\":\"c\",\"kind\":\"gate\""), 1);
	assert_int_equal(count(json, "\"layer\":2,"), 2);
	assert_int_equal(count(json,
			       "\"status\":\"running\",\"attempts\":2,"
			       "\"round\":2,\"took_ms\":null,"
			       "\"progress\":50,\"items\":null"),
			 1);
	assert_int_equal(count(json,
			       "\"from\":\"a\",\"to\":\"c\","
			       "\"kind\":\"needs\""),
			 1);
	assert_int_equal(count(json, "\"kind\":\"fallback\""), 3);
	assert_int_equal(count(json,
			       "\"from\":\"d\",\"to\":\"a\","
			       "\"kind\":\"again\",\"at_most\":3"),
			 1);
	strbuf_release(&text);
	shape_release(&shape);
}

static void svg_escapes_what_is_markup(void **state)
{
	struct strbuf text = { 0 };
	struct shape shape;

	(void)state;
	shape_small(&shape);
	draw_svg(&(struct draw){ &shape.pipeline, small_status, "a <b>",
				 "& so" },
		 &text);
	assert_int_equal(count(strbuf_str(&text), "a &lt;b&gt;"), 2);
	assert_int_equal(count(strbuf_str(&text), "&amp; so"), 2);
	assert_int_equal(count(strbuf_str(&text),
			       "when .a &lt; &quot;1&quot; &amp; .b"),
			 1);
	assert_int_equal(count(strbuf_str(&text), "<b>"), 0);
	strbuf_release(&text);
	shape_release(&shape);
}

static void svg_shows_steps_lines_and_states(void **state)
{
	struct strbuf text = { 0 };
	const char *svg;
	struct shape shape;

	(void)state;
	shape_small(&shape);
	draw_svg(&(struct draw){ &shape.pipeline, small_status, NULL, NULL },
		 &text);
	svg = strbuf_str(&text);
	assert_int_equal(count(svg, "<g class=\"step"), 4);
	assert_int_equal(count(svg, "<g class=\"step fallback skipped\""), 1);
	assert_int_equal(count(svg, "marker-end=\"url(#a)\""), 5);
	assert_int_equal(count(svg, "class=\"line dotted\""), 3);
	assert_int_equal(count(svg, "marker-end=\"url(#b)\""), 1);
	assert_int_equal(count(svg, ">again, at most 3</text>"), 1);
	assert_int_equal(count(svg, "class=\"track\""), 1);
	assert_int_equal(count(svg, ">running</text>"), 1);
	assert_int_equal(count(svg, ">2 tries, round 2</text>"), 1);
	assert_int_equal(count(svg,
			       "<desc id=\"d\">4 steps: a done, b "
			       "skipped, c waiting, d running</desc>"),
			 1);
	strbuf_release(&text);
	shape_release(&shape);
}

static void all_pictures_are_the_same_each_time(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(pictures); i++) {
		struct strbuf first = { 0 }, second = { 0 };
		struct shape shape;

		shape_random(&shape, 30, 5);
		pictures[i](&(struct draw){ .pipeline = &shape.pipeline },
			    &first);
		pictures[i](&(struct draw){ .pipeline = &shape.pipeline },
			    &second);
		assert_string_equal(strbuf_str(&first), strbuf_str(&second));
		strbuf_release(&first);
		strbuf_release(&second);
		shape_release(&shape);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			mermaid_has_kinds_lines_and_nothing_it_would_read),
		cmocka_unit_test(dot_has_kinds_lines_and_states),
		cmocka_unit_test(json_has_nodes_edges_and_layers),
		cmocka_unit_test(svg_escapes_what_is_markup),
		cmocka_unit_test(svg_shows_steps_lines_and_states),
		cmocka_unit_test(all_pictures_are_the_same_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
