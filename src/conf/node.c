/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "conf/node.h"

struct conf_node *node_new(enum conf_node_kind kind, const char *name,
			   const char *file, int line)
{
	struct conf_node *node = xcalloc(1, sizeof(*node));

	node->kind = kind;
	node->name = xstrdup(name);
	node->file = file;
	node->line = line;
	return node;
}

void node_free(struct conf_node **node)
{
	struct conf_node *n = *node;
	size_t i;

	if (!n)
		return;
	*node = NULL;
	for (i = 0; i < n->members_n; i++)
		node_free(&n->members[i]);
	free(n->members);
	expansion_release(&n->expansion);
	free(n->raw);
	free(n->name);
	free(n);
}

void node_set(struct conf_node *node, const char *raw,
	      struct conf_report *report)
{
	struct strbuf shown = { 0 };
	struct err err;

	assert(node->kind == CONF_NODE_SCALAR && !node->raw);
	conf_mask_login(raw, &shown);
	node->raw = strbuf_detach(&shown);
	if (expand(raw, &node->expansion, &err)) {
		conf_report_add(report, node, "%s", err.text);
		node->expansion.text = xstrdup("");
	}
}

void node_add(struct conf_node *node, struct conf_node *member_taken)
{
	assert(node->kind != CONF_NODE_SCALAR);
	node->members = xreallocarray(node->members, node->members_n + 1,
				      sizeof(struct conf_node *));
	node->members[node->members_n++] = member_taken;
	member_taken->parent = node;
}

struct conf_node *node_cut(struct conf_node *node, size_t i)
{
	struct conf_node *member = node->members[i];

	node->members_n--;
	memmove(&node->members[i], &node->members[i + 1],
		(node->members_n - i) * sizeof(struct conf_node *));
	member->parent = NULL;
	return member;
}

size_t node_find(const struct conf_node *node, const char *name)
{
	size_t i;

	for (i = 0; i < node->members_n; i++)
		if (node->members[i]->name &&
		    strcmp(node->members[i]->name, name) == 0)
			break;
	return i;
}

static void element_label(const struct conf_node *node, struct strbuf *out)
{
	const struct conf_node *name = conf_node_get(node, "name");
	size_t i;

	if (name && name->kind == CONF_NODE_SCALAR) {
		strbuf_addf(out, "[%s]", name->raw);
		return;
	}
	for (i = 0; node->parent->members[i] != node; i++)
		;
	strbuf_addf(out, "[%zu]", i);
}

void node_path(const struct conf_node *node, struct strbuf *out)
{
	if (!node->parent) {
		strbuf_adds(out, node->name ? node->name : "");
		return;
	}
	node_path(node->parent, out);
	if (!node->name) {
		element_label(node, out);
		return;
	}
	if (out->len)
		strbuf_addc(out, '.');
	strbuf_adds(out, node->name);
}

enum conf_node_kind conf_node_kind(const struct conf_node *node)
{
	return node->kind;
}

const char *conf_node_name(const struct conf_node *node)
{
	return node->name;
}

const char *conf_node_text(const struct conf_node *node)
{
	return node->expansion.text;
}

const char *conf_node_raw(const struct conf_node *node)
{
	return node->raw;
}

const char *conf_node_unset(const struct conf_node *node)
{
	return node->expansion.unset;
}

const char *conf_node_value(const struct conf_node *node, size_t i)
{
	return i < node->expansion.values_n ? node->expansion.values[i] : NULL;
}

const char *conf_node_file(const struct conf_node *node)
{
	return node->file;
}

int conf_node_line(const struct conf_node *node)
{
	return node->line;
}

const struct conf_node *conf_node_at(const struct conf_node *node, size_t i)
{
	return i < node->members_n ? node->members[i] : NULL;
}

size_t conf_node_count(const struct conf_node *node)
{
	return node->members_n;
}

const struct conf_node *conf_node_get(const struct conf_node *group,
				      const char *name)
{
	return conf_node_at(group, node_find(group, name));
}

const struct conf_node *conf_find(const struct conf_node *group,
				  const char *path)
{
	const char *dot;
	char *name;

	while (group && group->kind == CONF_NODE_GROUP) {
		dot = strchr(path, '.');
		if (!dot)
			return conf_node_get(group, path);
		name = xstrndup(path, (size_t)(dot - path));
		group = conf_node_get(group, name);
		free(name);
		path = dot + 1;
	}
	return NULL;
}
