/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "shapes.h"

static size_t index_of(const struct shape *shape, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < shape->pipeline.steps_n; i++)
		if (strlen(shape->pipeline.steps[i].name) == len &&
		    memcmp(shape->pipeline.steps[i].name, name, len) == 0)
			return i;
	BUG("no step '%.*s'", (int)len, name);
}

static void append(size_t **list, size_t *n, size_t index)
{
	*list = xreallocarray(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = index;
}

static void add_need(struct shape *shape, size_t index, size_t need)
{
	struct pipeline_step *step = &shape->pipeline.steps[index];
	struct pipeline_step *other = &shape->pipeline.steps[need];

	append(&step->needs, &step->needs_n, need);
	append(&other->feeds, &other->feeds_n, index);
}

static size_t add_step(struct shape *shape, const char *name, size_t len)
{
	struct pipeline *pipeline = &shape->pipeline;
	struct pipeline_step *step;

	pipeline->steps = xreallocarray(pipeline->steps, pipeline->steps_n + 1,
					sizeof(*pipeline->steps));
	step = &pipeline->steps[pipeline->steps_n];
	*step = (struct pipeline_step){
		.name = xstrndup(name, len),
		.wait_ms = -1,
		.gate.deadline_ms = -1,
	};
	return pipeline->steps_n++;
}

void shape_init(struct shape *shape, const char *text)
{
	*shape = (struct shape){ .pipeline.name = xstrdup("pipeline.test") };
	while (*text) {
		size_t len = strcspn(text, ": ");
		size_t step = add_step(shape, text, len);

		text += len;
		while (*text == ':' || *text == ',') {
			len = strcspn(++text, ", ");
			add_need(shape, step, index_of(shape, text, len));
			text += len;
		}
		text += strspn(text, " ");
	}
}

void shape_random(struct shape *shape, size_t steps, unsigned int seed)
{
	size_t i, k;

	shape_init(shape, "");
	for (i = 0; i < steps; i++) {
		char *name = xasprintf("a%zu", i);
		size_t step = add_step(shape, name, strlen(name));

		free(name);
		for (k = 0; k < i; k++) {
			seed = seed * 1103515245u + 12345u;
			if (seed >> 16 & 1 && seed >> 17 & 1 && seed >> 18 & 1)
				add_need(shape, step, k);
		}
	}
}

void shape_release(struct shape *shape)
{
	size_t i;

	for (i = 0; i < shape->pipeline.steps_n; i++) {
		struct pipeline_step *step = &shape->pipeline.steps[i];

		free(step->name);
		free(step->needs);
		free(step->feeds);
		free(step->fallback);
		free(step->again.to);
	}
	free(shape->pipeline.steps);
	free(shape->pipeline.name);
}

struct pipeline_step *shape_step(struct shape *shape, const char *name)
{
	return &shape->pipeline.steps[index_of(shape, name, strlen(name))];
}

void shape_fallback(struct shape *shape, const char *name, const char *other)
{
	size_t step = index_of(shape, name, strlen(name));
	size_t fallback = index_of(shape, other, strlen(other));
	struct pipeline_step *steps = shape->pipeline.steps;
	size_t i;

	for (i = 0; i < steps[step].feeds_n; i++)
		add_need(shape, steps[step].feeds[i], fallback);
	add_need(shape, fallback, step);
	steps[step].fallback = xstrdup(other);
	steps[step].has_fallback = 1;
	steps[step].fallback_index = fallback;
	steps[fallback].is_fallback = 1;
	steps[fallback].fallback_of = step;
}

void shape_again(struct shape *shape, const char *name, const char *to)
{
	struct pipeline_step *step = shape_step(shape, name);

	step->again.to = xstrdup(to);
	step->again.at_most = 3;
	step->again.index = index_of(shape, to, strlen(to));
}

void shape_storybook(struct shape *shape)
{
	static char panels[] = ".director.panels[]", enough[] = "80%";
	static char has_voice[] = ".input.options.voice == true";
	static char publish_at[] = ".input.publish_at", reject[] = "reject";
	struct pipeline_step *step;

	shape_init(shape,
		   "text director:text image:director voice:text "
		   "render lettering:image qa:lettering,voice "
		   "approve:qa publish:approve,text done:publish");
	shape_fallback(shape, "image", "render");
	shape_again(shape, "qa", "lettering");
	step = shape_step(shape, "image");
	step->kind = PIPELINE_MAP;
	step->each_text = panels;
	step->min_done_text = enough;
	shape_step(shape, "voice")->when_text = has_voice;
	step = shape_step(shape, "approve");
	step->kind = PIPELINE_GATE;
	step->gate.is_set = 1;
	step->gate.deadline_ms = (int64_t)2 * 24 * 3600 * 1000;
	step->gate.on_deadline = reject;
	step = shape_step(shape, "publish");
	step->kind = PIPELINE_TIMER;
	step->until_text = publish_at;
}
