/* SPDX-License-Identifier: MIT */

#include <config.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "cli/keytext.h"
#include "conf/settings.h"
#include "plan/engine.h"
#include "plan/pipeline.h"

struct key_table key_table(size_t i)
{
	switch (i) {
	case KEY_TABLE_SETTINGS:
		return (struct key_table){ "", "settings", settings_keys,
					   settings_keys_n, 1 };
	case KEY_TABLE_ENGINE:
		return (struct key_table){ "engines.NAME.", "an engine",
					   engine_keys, engine_keys_n, 1 };
	case KEY_TABLE_DUMMY:
		return (struct key_table){ "engines.NAME.dummy.",
					   "a dummy engine", engine_dummy_keys,
					   engine_dummy_keys_n, 1 };
	case KEY_TABLE_PIPELINE:
		return (struct key_table){ "pipelines[].", "a pipeline",
					   pipeline_keys, pipeline_keys_n, 0 };
	case KEY_TABLE_STEP:
		return (struct key_table){ "pipelines[].steps[].", "a step",
					   step_keys, step_keys_n, 0 };
	case KEY_TABLE_GATE:
		return (struct key_table){ "pipelines[].steps[].gate.",
					   "a gate", step_gate_keys,
					   step_gate_keys_n, 0 };
	case KEY_TABLE_AGAIN:
		return (struct key_table){ "pipelines[].steps[].again.",
					   "a loop", step_again_keys,
					   step_again_keys_n, 0 };
	default:
		BUG("no table %zu of keys", i);
	}
}

const char *key_type(enum conf_type type)
{
	switch (type) {
	case CONF_STR:
		return "text";
	case CONF_STRINGS:
		return "texts";
	case CONF_ENUM:
		return "word";
	case CONF_BOOL:
		return "boolean";
	case CONF_INT:
		return "integer";
	case CONF_NUM:
		return "number";
	case CONF_DUR:
		return "duration";
	case CONF_DURS:
		return "durations";
	case CONF_SIZE:
		return "size";
	case CONF_EXPR:
		return "expression";
	case CONF_HEADERS:
	case CONF_GROUP:
		return "group";
	}
	BUG("no such type of key: %d", (int)type);
}

void key_range(const struct conf_key *key, struct strbuf *out)
{
	if (key->type == CONF_ENUM)
		strbuf_adds(out, key->min);
	else if (key->type == CONF_STR || key->type == CONF_STRINGS ||
		 key->type == CONF_EXPR)
		return; /* these count bytes and elements */
	else if (key->min && key->max)
		strbuf_addf(out, "%s to %s", key->min, key->max);
	else if (key->min)
		strbuf_addf(out, "at least %s", key->min);
	else if (key->max)
		strbuf_addf(out, "at most %s", key->max);
}

void key_variable(const struct key_table *table, const struct conf_key *key,
		  struct strbuf *out)
{
	struct strbuf full = { 0 };

	if (!table->has_variables || key->type == CONF_HEADERS ||
	    key->type == CONF_GROUP)
		return;
	strbuf_addf(&full, "%s%s", table->prefix, key->name);
	conf_env_name(strbuf_str(&full), out);
	strbuf_release(&full);
}

static const char example_start[] =
	"# stepq.conf - every key with its default.  stepq.conf(5) says more,\n"
	"# and 'stepq config check' looks for errors.\n"
	"\n"
	"# Files to read too, relative to this one.\n"
	"# include = [\"pipelines/*.conf\"];\n"
	"\n";

static const char example_engines[] =
	"\nengines: {\n"
	"\t# NAME: {\n";

static const char example_dummy[] = "\n\t# dummy: {\n";

static const char example_pipelines[] =
	"\t# };\n"
	"\t# };\n"
	"};\n"
	"\n"
	"pipelines = (\n"
	"\t# {\n";

static const char example_steps[] = "\n\t# steps = ( {\n";

static const char example_gate[] = "\n\t# gate: {\n";

static const char example_again[] =
	"\t# };\n"
	"\n\t# again: {\n";

static const char example_end[] =
	"\t# };\n"
	"\t# } );\n"
	"\t# }\n"
	");\n";

/* Rows that are groups are opened by hand, around what is in them. */
static void add_rows(struct strbuf *out, size_t which, const char *indent)
{
	const struct key_table table = key_table(which);
	size_t start = 0;

	for (size_t i = 0; i <= table.n; i++) {
		if (i < table.n && table.keys[i].type != CONF_GROUP)
			continue;
		if (i > start)
			conf_example(table.keys + start, i - start, indent,
				     out);
		start = i + 1;
	}
}

void key_example(struct strbuf *out)
{
	strbuf_adds(out, example_start);
	add_rows(out, KEY_TABLE_SETTINGS, "");
	strbuf_adds(out, example_engines);
	add_rows(out, KEY_TABLE_ENGINE, "\t");
	strbuf_adds(out, example_dummy);
	add_rows(out, KEY_TABLE_DUMMY, "\t");
	strbuf_adds(out, example_pipelines);
	add_rows(out, KEY_TABLE_PIPELINE, "\t");
	strbuf_adds(out, example_steps);
	add_rows(out, KEY_TABLE_STEP, "\t");
	strbuf_adds(out, example_gate);
	add_rows(out, KEY_TABLE_GATE, "\t");
	strbuf_adds(out, example_again);
	add_rows(out, KEY_TABLE_AGAIN, "\t");
	strbuf_adds(out, example_end);
}
