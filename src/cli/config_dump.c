/* SPDX-License-Identifier: MIT */

/*
 * Values are taken as text from where conf_fill() took them: the environment
 * before the file, the file before the default. Only a configuration without
 * errors comes here, so the texts are what holds.
 *
 * What is in the environment is shown, unless its key is a secret.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/config_dump.h"
#include "cli/keytext.h"
#include "cli/out.h"
#include "conf/conf.h"
#include "conf/value.h"

#define MASK "********"

enum {
	ORIGIN_COLUMN = 56,
};

struct dump {
	struct strbuf text;
	jv list;
	unsigned int depth;
};

/* Where keys stand. */
struct place {
	const struct conf_node *group; /* NULL: nothing is set there */
	const char *path;              /* "engines.text." */
	int has_variables;
};

/* How a value is written: an enum conf_type is more than is needed here. */
enum form {
	FORM_PLAIN,
	FORM_QUOTED,
	FORM_LIST,
};

static enum form form_of(enum conf_type type)
{
	switch (type) {
	case CONF_BOOL:
	case CONF_INT:
	case CONF_NUM:
		return FORM_PLAIN;
	case CONF_STRINGS:
	case CONF_DURS:
		return FORM_LIST;
	case CONF_STR:
	case CONF_ENUM:
	case CONF_DUR:
	case CONF_SIZE:
	case CONF_EXPR:
	case CONF_HEADERS:
	case CONF_GROUP:
		break;
	}
	return FORM_QUOTED;
}

static void indent(struct dump *dump)
{
	for (unsigned int i = 0; i < dump->depth; i++)
		strbuf_addc(&dump->text, '\t');
}

static void open_group(struct dump *dump, const char *name, const char *bracket)
{
	indent(dump);
	strbuf_addf(&dump->text, "%s%s%s\n", name, *name ? ": " : "", bracket);
	dump->depth++;
}

static void close_group(struct dump *dump, const char *bracket)
{
	dump->depth--;
	indent(dump);
	strbuf_addf(&dump->text, "%s\n", bracket);
}

/* "${KEY}", "Bearer ${KEY}": a scheme and variables, nothing else. */
static int names_variables_only(const char *text)
{
	size_t scheme = strspn(text,
			       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz");
	const char *end;

	if (scheme > 0 && text[scheme] == ' ')
		text += scheme + 1;
	while (strncmp(text, "${", 2) == 0 && (end = strchr(text, '}')))
		text = end + 1;
	return *text == '\0';
}

/* A secret as it may be shown: where it comes from, or nothing of it. */
static const char *masked(const char *text, int is_secret)
{
	return is_secret && !names_variables_only(text) ? MASK : text;
}

/* As conf_fill() does it with a variable or a default. */
static jv split_list(const char *text)
{
	jv list = jv_array();
	char **parts, *buffer;
	size_t n;

	parts = value_split(text, ',', &n, &buffer);
	for (size_t i = 0; i < n; i++)
		list = jv_array_append(list, jv_string(parts[i]));
	free(parts);
	free(buffer);
	return list;
}

static jv node_value(const struct conf_node *node, enum form form,
		     int is_secret)
{
	jv list = jv_array();

	if (conf_node_kind(node) == CONF_NODE_SCALAR) {
		jv text = jv_string(masked(conf_node_raw(node), is_secret));

		if (form == FORM_LIST)
			return jv_array_append(list, text);
		jv_free(list);
		return text;
	}
	for (size_t i = 0; i < conf_node_count(node); i++)
		list = jv_array_append(
			list,
			jv_string(masked(conf_node_raw(conf_node_at(node, i)),
					 is_secret)));
	return list;
}

static void add_value(struct strbuf *out, jv value, enum form form)
{
	if (form == FORM_PLAIN) {
		strbuf_adds(out, jv_string_value(value));
	} else if (form == FORM_QUOTED) {
		json_quote(out, jv_string_value(value));
	} else {
		strbuf_addc(out, '[');
		jv_array_foreach(value, i, element)
		{
			strbuf_adds(out, i > 0 ? ", " : "");
			json_quote(out, jv_string_value(element));
			jv_free(element);
		}
		strbuf_addc(out, ']');
	}
}

/* Takes `value`: a string, or an array of strings. */
static void add_setting(struct dump *dump, const char *path, const char *name,
			jv value, enum form form, const char *origin)
{
	struct strbuf line = { 0 }, key = { 0 };
	jv v = jv_object();

	strbuf_addf(&line, "%s = ", name);
	add_value(&line, value, form);
	strbuf_addc(&line, ';');
	do
		strbuf_addc(&line, ' ');
	while (line.len + 8 * dump->depth < ORIGIN_COLUMN);
	indent(dump);
	strbuf_addf(&dump->text, "%s# %s\n", strbuf_str(&line), origin);

	strbuf_addf(&key, "%s%s", path, name);
	v = jv_set(v, jv_string("key"), jv_string(strbuf_str(&key)));
	v = jv_set(v, jv_string("value"), value);
	v = jv_set(v, jv_string("origin"), jv_string(origin));
	dump->list = jv_array_append(dump->list, v);
	strbuf_release(&line);
	strbuf_release(&key);
}

static void add_node(struct dump *dump, const char *path,
		     const struct conf_node *node, enum form form,
		     int is_secret)
{
	struct strbuf origin = { 0 };

	strbuf_adds(&origin, conf_node_file(node));
	if (conf_node_line(node) > 0)
		strbuf_addf(&origin, ":%d", conf_node_line(node));
	add_setting(dump, path, conf_node_name(node),
		    node_value(node, form, is_secret), form,
		    strbuf_str(&origin));
	strbuf_release(&origin);
}

static void add_headers(struct dump *dump, const char *path,
			const struct conf_node *headers, int is_secret)
{
	char *inner = xasprintf("%sheaders.", path);

	open_group(dump, conf_node_name(headers), "{");
	for (size_t i = 0; i < conf_node_count(headers); i++)
		add_node(dump, inner, conf_node_at(headers, i), FORM_QUOTED,
			 is_secret);
	close_group(dump, "};");
	free(inner);
}

static void add_text(struct dump *dump, const char *path, const char *name,
		     const struct conf_key *key, const char *text,
		     const char *origin)
{
	enum form form = form_of(key->type);

	add_setting(dump, path, name,
		    form == FORM_LIST ? split_list(text) : jv_string(text),
		    form, origin);
}

/* Of the environment. A login in a URL is as secret as a password. */
static void add_variable(struct dump *dump, const struct place *place,
			 const struct conf_key *key, const char *name,
			 const char *variable)
{
	const char *value = getenv(variable);
	struct strbuf shown = { 0 };

	if ((key->flags & CONF_SECRET) && *value)
		strbuf_adds(&shown, MASK);
	else
		conf_mask_login(value, &shown);
	add_text(dump, place->path, name, key, strbuf_str(&shown), variable);
	strbuf_release(&shown);
}

/* `name` is what the key is called in its group. */
static void add_key(struct dump *dump, const struct place *place,
		    const struct conf_key *key, const char *name)
{
	const struct conf_node *node =
		place->group ? conf_node_get(place->group, name) : NULL;
	int is_secret = (key->flags & CONF_SECRET) != 0;
	struct strbuf variable = { 0 };
	int is_set = 0;

	if (place->has_variables) {
		char *full = xasprintf("%s%s", place->path, name);

		conf_env_name(full, &variable);
		is_set = getenv(strbuf_str(&variable)) != NULL;
		free(full);
	}
	if (key->type == CONF_HEADERS) {
		if (node)
			add_headers(dump, place->path, node, is_secret);
	} else if (is_set) {
		add_variable(dump, place, key, name, strbuf_str(&variable));
	} else if (node) {
		add_node(dump, place->path, node, form_of(key->type),
			 is_secret);
	} else if (key->def) {
		add_text(dump, place->path, name, key, key->def, "default");
	}
	strbuf_release(&variable);
}

static void add_table(struct dump *dump, const struct place *place,
		      size_t which)
{
	const struct key_table table = key_table(which);

	for (size_t i = 0; i < table.n; i++)
		if (table.keys[i].type != CONF_GROUP)
			add_key(dump, place, &table.keys[i],
				table.keys[i].name);
}

/* A row "worker.lease", whose group's name has `len` bytes. */
static void add_grouped(struct dump *dump, const struct conf_node *root,
			const struct conf_key *key, size_t len)
{
	char *group = xstrndup(key->name, len);
	char *path = xasprintf("%s.", group);
	const struct place place = { conf_node_get(root, group), path, 1 };

	add_key(dump, &place, key, key->name + len + 1);
	free(path);
	free(group);
}

/* Rows of one group stand together, so a group is opened once. */
static void add_settings(struct dump *dump, const struct conf_node *root)
{
	const struct key_table table = key_table(KEY_TABLE_SETTINGS);
	const char *group = "";
	size_t group_len = 0;

	for (size_t i = 0; i < table.n; i++) {
		const char *name = table.keys[i].name;
		size_t len = strcspn(name, ".");

		if (name[len] != '.')
			continue;
		if (len != group_len || strncmp(group, name, len) != 0) {
			char *opened = xstrndup(name, len);

			if (group_len > 0)
				close_group(dump, "};");
			open_group(dump, opened, "{");
			group = name;
			group_len = len;
			free(opened);
		}
		add_grouped(dump, root, &table.keys[i], len);
	}
	if (group_len > 0)
		close_group(dump, "};");
}

/* A group of its own within `node`, if it has that. */
static void add_inner(struct dump *dump, const struct conf_node *node,
		      const char *name, const char *path, size_t table)
{
	const struct conf_node *part = conf_node_get(node, name);
	char *inner = xasprintf("%s%s.", path, name);
	const struct place place = { part, inner,
				     key_table(table).has_variables };

	if (part) {
		open_group(dump, name, "{");
		add_table(dump, &place, table);
		close_group(dump, "};");
	}
	free(inner);
}

static void add_engine(struct dump *dump, const struct conf_node *engine)
{
	char *path = xasprintf("engines.%s.", conf_node_name(engine));
	const struct place place = { engine, path, 1 };

	open_group(dump, conf_node_name(engine), "{");
	add_table(dump, &place, KEY_TABLE_ENGINE);
	add_inner(dump, engine, "dummy", path, KEY_TABLE_DUMMY);
	close_group(dump, "};");
	free(path);
}

static char *list_path(const char *path, const char *list,
		       const struct conf_node *member)
{
	const struct conf_node *name = conf_node_get(member, "name");

	return xasprintf("%s%s[%s].", path, list,
			 name ? conf_node_text(name) : "");
}

static void add_pipeline(struct dump *dump, const struct conf_node *pipeline,
			 int is_last)
{
	const struct conf_node *steps = conf_node_get(pipeline, "steps");
	char *path = list_path("", "pipelines", pipeline);
	const struct place place = { pipeline, path, 0 };

	open_group(dump, "", "{");
	add_table(dump, &place, KEY_TABLE_PIPELINE);
	open_group(dump, "steps", "(");
	for (size_t i = 0; i < conf_node_count(steps); i++) {
		const struct conf_node *step = conf_node_at(steps, i);
		char *inner = list_path(path, "steps", step);
		const struct place deeper = { step, inner, 0 };

		open_group(dump, "", "{");
		add_table(dump, &deeper, KEY_TABLE_STEP);
		add_inner(dump, step, "gate", inner, KEY_TABLE_GATE);
		add_inner(dump, step, "again", inner, KEY_TABLE_AGAIN);
		close_group(dump, i + 1 < conf_node_count(steps) ? "}," : "}");
		free(inner);
	}
	close_group(dump, ");");
	close_group(dump, is_last ? "}" : "},");
	free(path);
}

static void add_plan(struct dump *dump, const struct conf_node *root)
{
	const struct conf_node *engines = conf_node_get(root, "engines");
	const struct conf_node *pipelines = conf_node_get(root, "pipelines");
	size_t n = engines ? conf_node_count(engines) : 0;

	if (n > 0) {
		open_group(dump, "engines", "{");
		for (size_t i = 0; i < n; i++)
			add_engine(dump, conf_node_at(engines, i));
		close_group(dump, "};");
	}
	n = pipelines ? conf_node_count(pipelines) : 0;
	for (size_t i = 0; i < n; i++) {
		if (i == 0)
			open_group(dump, "pipelines", "(");
		add_pipeline(dump, conf_node_at(pipelines, i), i + 1 == n);
		if (i + 1 == n)
			close_group(dump, ");");
	}
}

void config_dump(struct out *out, const struct conf *conf)
{
	struct dump dump = { .list = jv_array() };
	const char *file = conf_path(conf);
	jv v = jv_object();

	strbuf_addf(&dump.text, "# %s\n",
		    file ? file : "no configuration file");
	add_settings(&dump, conf_root(conf));
	add_plan(&dump, conf_root(conf));
	out_text(out, strbuf_str(&dump.text));
	v = jv_set(v, jv_string("file"), file ? jv_string(file) : jv_null());
	v = jv_set(v, jv_string("settings"), dump.list);
	out_json(out, v);
	strbuf_release(&dump.text);
}
