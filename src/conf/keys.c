/* SPDX-License-Identifier: MIT */

/*
 * The environment goes before the file, the file before the default, and
 * what is wrong keeps its default, so that one run finds all errors. An error
 * in a file quotes the text as it stands there, before `${}` is filled in,
 * and a secret key's text not at all.
 */

#include <config.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "conf/conf.h"
#include "conf/keys.h"
#include "conf/value.h"

struct fill {
	const struct conf_node *group;
	const char *path;
	const struct conf_key *keys;
	size_t keys_n;
	void *out;
	struct conf_report *report;
};

void conf_env_name(const char *key, struct strbuf *out)
{
	strbuf_adds(out, "STEPQ_");
	for (; *key; key++)
		strbuf_addc(out, isalnum((unsigned char)*key)
					 ? (char)toupper((unsigned char)*key)
					 : '_');
}

static void hint_nearest(const char *word, char **candidates, size_t n,
			 struct conf_report *report)
{
	const char *near =
		conf_nearest(word, (const char *const *)candidates, n);

	if (near)
		conf_report_hint(report, "did you mean '%s'?", near);
}

static void hint_enum(const struct conf_key *key, const char *word,
		      struct conf_report *report)
{
	char **words, *buffer;
	size_t n;

	words = value_split(key->min, '|', &n, &buffer);
	hint_nearest(word, words, n, report);
	free(words);
	free(buffer);
}

/*
 * `shown` is the text to quote (NULL: none), `node` the place of it (NULL:
 * `variable` is the place).
 */
static void report_value(const struct fill *fill, const struct conf_key *key,
			 const struct conf_node *node, const char *variable,
			 const char *shown, const char *why)
{
	struct strbuf text = { 0 };

	if (variable)
		strbuf_addf(&text, "%s: ", variable);
	if (shown && !(key->flags & CONF_SECRET)) {
		strbuf_addc(&text, '\'');
		strbuf_add_excerpt(&text, shown, strlen(shown), 80);
		strbuf_adds(&text, "' ");
	}
	conf_report_add(fill->report, node, "%s%s", strbuf_str(&text), why);
	if (key->type == CONF_ENUM && shown && !(key->flags & CONF_SECRET))
		hint_enum(key, shown, fill->report);
	strbuf_release(&text);
}

static int fill_from_env(const struct fill *fill, const struct conf_key *key,
			 const char *variable, const char *value)
{
	const char *const *texts = &value;
	char **parts = NULL, *buffer = NULL;
	const char *wrong = value;
	size_t n = 1, at;
	struct err err;
	int rc;

	if (value_is_list(key->type)) {
		parts = value_split(value, ',', &n, &buffer);
		texts = (const char *const *)parts;
	}
	rc = value_set(key, texts, n, fill->out, &at, &err);
	if (at >= n)
		wrong = NULL;
	else if (parts)
		wrong = parts[at];
	if (rc)
		report_value(fill, key, NULL, variable, wrong, err.text);
	free(parts);
	free(buffer);
	return rc;
}

/* The scalars of a list, or the one scalar that stands for a list of one. */
static int node_texts(const struct fill *fill, const struct conf_key *key,
		      const struct conf_node *node, const char **texts)
{
	int is_list = conf_node_kind(node) == CONF_NODE_LIST;
	size_t n = is_list ? conf_node_count(node) : 1, i;

	for (i = 0; i < n; i++) {
		const struct conf_node *element =
			is_list ? conf_node_at(node, i) : node;

		texts[i] = conf_node_text(element);
		if (!texts[i]) {
			report_value(fill, key, element, NULL, NULL,
				     "must be a single value");
			return -1;
		}
		if (conf_node_unset(element)) {
			conf_report_add(fill->report, element,
					"variable %s is not set",
					conf_node_unset(element));
			return -1;
		}
	}
	return 0;
}

static int fill_from_node(const struct fill *fill, const struct conf_key *key,
			  const struct conf_node *node)
{
	int is_list = conf_node_kind(node) == CONF_NODE_LIST, rc;
	size_t n = is_list ? conf_node_count(node) : 1, at;
	const struct conf_node *place = node;
	const char **texts;
	struct err err;

	if (conf_node_kind(node) == CONF_NODE_GROUP ||
	    (is_list && !value_is_list(key->type))) {
		report_value(fill, key, node, NULL, NULL,
			     value_is_list(key->type)
				     ? "must be a list"
				     : "must be a single value");
		return -1;
	}
	texts = xcalloc(n + 1, sizeof(*texts));
	rc = node_texts(fill, key, node, texts);
	if (rc == 0) {
		rc = value_set(key, texts, n, fill->out, &at, &err);
		if (rc && is_list && at < n)
			place = conf_node_at(node, at);
		if (rc)
			report_value(fill, key, place, NULL,
				     at < n ? conf_node_raw(place) : NULL,
				     err.text);
	}
	free(texts);
	return rc;
}

static int has_control(const char *s)
{
	for (; *s; s++)
		if (iscntrl((unsigned char)*s))
			return 1;
	return 0;
}

static int fill_headers(const struct fill *fill, const struct conf_key *key,
			const struct conf_node *node)
{
	char ***field = (char ***)(void *)((char *)fill->out + key->offset);
	size_t n = conf_node_count(node), i;
	char **list;

	if (conf_node_kind(node) != CONF_NODE_GROUP) {
		conf_report_add(fill->report, node,
				"must be a group { Name = \"value\"; }");
		return -1;
	}
	list = xcalloc(n + 1, sizeof(*list));
	for (i = 0; i < n; i++) {
		const struct conf_node *header = conf_node_at(node, i);
		const char *value = conf_node_text(header);
		const char *unset = value ? conf_node_unset(header) : NULL;

		if (unset)
			conf_report_add(fill->report, header,
					"variable %s is not set", unset);
		else if (!value || !*value || has_control(value))
			conf_report_add(fill->report, header,
					"must be a text in one line");
		list[i] = xasprintf("%s: %s", conf_node_name(header),
				    value ? value : "");
	}
	*field = list;
	return 0;
}

/* NULL when no variable can stand for the key; else the caller frees it. */
static char *variable_of(const struct fill *fill, const struct conf_key *key)
{
	struct strbuf name = { 0 };
	char *full;

	if (key->type == CONF_HEADERS || key->type == CONF_GROUP ||
	    (fill->path && !*fill->path))
		return NULL;
	full = fill->path ? xasprintf("%s.%s", fill->path, key->name)
			  : xstrdup(key->name);
	conf_env_name(full, &name);
	free(full);
	return strbuf_detach(&name);
}

static void fill_key(const struct fill *fill, const struct conf_key *key)
{
	const struct conf_node *node = conf_find(fill->group, key->name);
	char *variable = variable_of(fill, key);
	const char *value = variable ? getenv(variable) : NULL;
	int rc = -1;

	if (!node && !value && (key->flags & CONF_REQUIRED))
		conf_report_add(fill->report, fill->group, "'%s' is missing",
				key->name);
	else if (key->type == CONF_GROUP)
		rc = 0;
	else if (value)
		rc = fill_from_env(fill, key, variable, value);
	else if (node && key->type == CONF_HEADERS)
		rc = fill_headers(fill, key, node);
	else if (node)
		rc = fill_from_node(fill, key, node);
	if (rc)
		value_default(key, fill->out);
	free(variable);
}

/*
 * What may follow `prefix` in the names of the table, up to the next dot:
 * the known members of one group. The caller frees them.
 */
static char **known_members(const struct fill *fill, const char *prefix,
			    size_t *n_out)
{
	char **names = xcalloc(fill->keys_n + 1, sizeof(*names));
	size_t len = strlen(prefix), n = 0, i;

	for (i = 0; i < fill->keys_n; i++) {
		const char *rest = fill->keys[i].name + len;

		if (strncmp(fill->keys[i].name, prefix, len) == 0)
			names[n++] = xstrndup(rest, strcspn(rest, "."));
	}
	*n_out = n;
	return names;
}

static int is_listed(const char *name, char **names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return 1;
	return 0;
}

static int is_key(const struct fill *fill, const char *name)
{
	size_t i;

	for (i = 0; i < fill->keys_n; i++)
		if (strcmp(fill->keys[i].name, name) == 0)
			return 1;
	return 0;
}

/* As deep as the names of the table have dots. */
static void check_members(const struct fill *fill,
			  const struct conf_node *group, const char *prefix)
{
	char **names;
	size_t n, i;

	names = known_members(fill, prefix, &n);
	for (i = 0; i < conf_node_count(group); i++) {
		const struct conf_node *member = conf_node_at(group, i);
		char *full = xasprintf("%s%s", prefix, conf_node_name(member));
		char *deeper = xasprintf("%s.", full);

		if (!is_listed(conf_node_name(member), names, n)) {
			conf_report_add(fill->report, member, "unknown key");
			hint_nearest(conf_node_name(member), names, n,
				     fill->report);
		} else if (!is_key(fill, full)) {
			if (conf_node_kind(member) == CONF_NODE_GROUP)
				check_members(fill, member, deeper);
			else
				conf_report_add(fill->report, member,
						"must be a group { ... }");
		}
		free(deeper);
		free(full);
	}
	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

void conf_fill(const struct conf_node *group, const char *path,
	       const struct conf_key *keys, size_t keys_n, void *out,
	       struct conf_report *report)
{
	const struct fill fill = { group, path, keys, keys_n, out, report };
	size_t i;

	if (group && conf_node_kind(group) != CONF_NODE_GROUP) {
		conf_report_add(report, group, "must be a group { ... }");
		for (i = 0; i < keys_n; i++)
			value_default(&keys[i], out);
		return;
	}
	if (group)
		check_members(&fill, group, "");
	for (i = 0; i < keys_n; i++)
		fill_key(&fill, &keys[i]);
}

void conf_report_value(struct conf_report *report, const char *key,
		       const struct conf_node *node, const char *fmt, ...)
{
	struct strbuf variable = { 0 }, text = { 0 };
	va_list ap;

	conf_env_name(key, &variable);
	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (getenv(strbuf_str(&variable)))
		conf_report_add(report, NULL, "%s: %s", strbuf_str(&variable),
				strbuf_str(&text));
	else
		conf_report_add(report, node, "%s", strbuf_str(&text));
	strbuf_release(&variable);
	strbuf_release(&text);
}

static void free_strings(char **list)
{
	size_t i;

	for (i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

void conf_unfill(const struct conf_key *keys, size_t keys_n, void *out)
{
	size_t i;

	for (i = 0; i < keys_n; i++) {
		void *field = (char *)out + keys[i].offset;

		switch (keys[i].type) {
		case CONF_STR:
		case CONF_ENUM:
		case CONF_EXPR:
			free(*(char **)field);
			*(char **)field = NULL;
			break;
		case CONF_STRINGS:
		case CONF_HEADERS:
			free_strings(*(char ***)field);
			*(char ***)field = NULL;
			break;
		case CONF_DURS:
			free(*(int64_t **)field);
			*(int64_t **)field = NULL;
			break;
		case CONF_BOOL:
		case CONF_INT:
		case CONF_NUM:
		case CONF_DUR:
		case CONF_SIZE:
		case CONF_GROUP:
			break;
		}
	}
}
