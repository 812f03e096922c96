/* SPDX-License-Identifier: MIT */
#ifndef CONF_CONF_H
#define CONF_CONF_H

/**
 * Configuration files as a tree: libconfig syntax, `include = ["more.conf"]`
 * (patterns, relative to the file that includes), `${NAME}` in strings taken
 * from the environment ("$${" is a literal "${").
 *
 * Which file: the one named, else $STEPQ_CONFIG, else
 * /etc/stepq/stepq.conf (the build's sysconfdir), else ./conf/stepq.conf,
 * else none: then defaults and the environment alone.
 *
 * $STEPQ_DATABASE_URL = mysql://user:pw@host:port/db?socket=..&tls=.. stands
 * for the keys of group `database`.
 */

#include <stddef.h>

#include "base/strbuf.h"
#include "base/util.h"

struct conf;
struct conf_node;
struct err;

/** Errors, all of them, each a line "file:line: key: reason". */
struct conf_report {
	struct strbuf text;
	unsigned int count;
};

void conf_report_add(struct conf_report *report, const struct conf_node *node,
		     const char *fmt, ...) PRINTF_LIKE(3, 4);
/** An indented "hint: " line that belongs to the error before it. */
void conf_report_hint(struct conf_report *report, const char *fmt, ...)
	PRINTF_LIKE(2, 3);
void conf_report_release(struct conf_report *report);

/**
 * Read `path` (NULL: look for it) and what it includes. NULL with `report`
 * filled when a file cannot be read or is no libconfig; else a tree, perhaps
 * with errors in `report`.
 */
struct conf *conf_read(const char *path, struct conf_report *report);
void conf_free(struct conf **conf);

/** The file that was read; NULL when there was none. */
const char *conf_path(const struct conf *conf);

enum conf_node_kind {
	CONF_NODE_SCALAR,
	CONF_NODE_GROUP,
	CONF_NODE_LIST, /* a list ( ) or an array [ ] */
};

/** Top-level members; a group that several files open counts as one. */
const struct conf_node *conf_root(const struct conf *conf);

enum conf_node_kind conf_node_kind(const struct conf_node *node);
const char *conf_node_name(const struct conf_node *node); /* NULL in lists */
/** A scalar as text, `${}` filled in; NULL for groups and lists. */
const char *conf_node_text(const struct conf_node *node);
/** The same as it stands in the file, without the password of a URL. */
const char *conf_node_raw(const struct conf_node *node);
/** The variable of a `${}` that is not set; conf_fill() reports it. */
const char *conf_node_unset(const struct conf_node *node);
/** What the i-th `${}` brought in; NULL behind the last. */
const char *conf_node_value(const struct conf_node *node, size_t i);
const char *conf_node_file(const struct conf_node *node);
int conf_node_line(const struct conf_node *node);

/** Members and elements in the order of the file; NULL behind the last. */
const struct conf_node *conf_node_at(const struct conf_node *node, size_t i);
size_t conf_node_count(const struct conf_node *node);
const struct conf_node *conf_node_get(const struct conf_node *group,
				      const char *name);

/** "worker.lease" in the root; NULL when it, or `group`, is not there. */
const struct conf_node *conf_find(const struct conf_node *group,
				  const char *path);

/** Append `text`, with "***" for the password of each URL in it. */
void conf_mask_login(const char *text, struct strbuf *out);

/** The candidate nearest to `word` by edit distance; NULL if none is near. */
const char *conf_nearest(const char *word, const char *const *candidates,
			 size_t n);

#endif
