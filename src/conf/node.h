/* SPDX-License-Identifier: MIT */
#ifndef CONF_NODE_H
#define CONF_NODE_H

/**
 * A node of the tree, for the files of this folder that build it. Everyone
 * else reads it through conf/conf.h.
 */

#include "conf/conf.h"
#include "conf/expand.h"

struct conf_node {
	enum conf_node_kind kind;
	char *name; /* NULL in lists */
	char *raw;  /* what may be shown of a scalar, else NULL */
	struct expansion expansion;
	const char *file; /* borrowed, or a variable's name; NULL: no place */
	int line;         /* 0: not of a file */
	const struct conf_node *parent;
	struct conf_node **members;
	size_t members_n;
};

/** `name` may be NULL. `file` must outlive the node. */
struct conf_node *node_new(enum conf_node_kind kind, const char *name,
			   const char *file, int line);
void node_free(struct conf_node **node);

/** Fill in a scalar; a broken `${` goes to `report`. */
void node_set(struct conf_node *node, const char *raw,
	      struct conf_report *report);

/** Append; takes `member`. */
void node_add(struct conf_node *node, struct conf_node *member_taken);

/** Take the i-th member out of `node`; the caller has it now. */
struct conf_node *node_cut(struct conf_node *node, size_t i);

/** Index of the member `name`; members_n when there is none. */
size_t node_find(const struct conf_node *node, const char *name);

/** "engines.text.url", "pipelines[pipeline.full].steps[image].queue". */
void node_path(const struct conf_node *node, struct strbuf *out);

#endif
