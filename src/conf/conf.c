/* SPDX-License-Identifier: MIT */

/*
 * One tree from several files. A file adds its own members first, then those
 * of the files it includes, in the order of its patterns and, within one, of
 * the alphabet. Groups that stand in several files become one; lists
 * (`pipelines`) add up; anything else that is set twice is an error that names
 * both places, because the order of files should never decide what counts.
 *
 * A file is known by device and inode, so that no second name of it (a
 * link, another path) reads it again. To meet a file a second time is fine
 * and does nothing, unless it is still being read: that is a cycle.
 *
 * A syntax error anywhere gives no tree at all: with a file missing, most of
 * what follows (unknown engines, say) would only hide the real error.
 */

#include <config.h>

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "conf/db_url.h"
#include "conf/file.h"
#include "conf/node.h"

struct source {
	char *path;
	dev_t dev;
	ino_t ino;
	size_t from; /* who includes it; of the first file, itself */
	int is_open; /* still being read, with all it includes */
};

struct conf {
	struct conf_node *root;
	struct source *sources;
	size_t sources_n;
	int is_broken; /* a file could not be read */
};

static void read_source(struct conf *conf, const char *path, size_t from,
			const struct conf_node *place,
			struct conf_report *report);

static struct conf_node *root_member(struct conf *conf, const char *name)
{
	size_t i = node_find(conf->root, name);

	return i < conf->root->members_n ? conf->root->members[i] : NULL;
}

static void report_twice(const struct conf_node *node,
			 const struct conf_node *first,
			 struct conf_report *report)
{
	conf_report_add(report, node, "already set in %s:%d", first->file,
			first->line);
}

/* Takes `node`, a top-level member of a file. */
static void merge(struct conf *conf, struct conf_node *node,
		  struct conf_report *report)
{
	struct conf_node *old = root_member(conf, node->name);

	if (!old) {
		node_add(conf->root, node);
		return;
	}
	if (old->kind != node->kind || node->kind == CONF_NODE_SCALAR) {
		report_twice(node, old, report);
		node_free(&node);
		return;
	}
	while (node->members_n) {
		struct conf_node *member = node->members[0];
		size_t i = old->members_n;

		if (member->name)
			i = node_find(old, member->name);
		if (i < old->members_n)
			report_twice(member, old->members[i], report);
		member = node_cut(node, 0);
		if (i < old->members_n)
			node_free(&member);
		else
			node_add(old, member);
	}
	node_free(&node);
}

/* "a.conf -> b.conf -> a.conf" */
static void report_cycle(const struct conf *conf, size_t from, size_t again,
			 const struct conf_node *place,
			 struct conf_report *report)
{
	char *path = xstrdup(conf->sources[again].path);
	size_t i;

	for (i = from;; i = conf->sources[i].from) {
		char *longer =
			xasprintf("%s -> %s", conf->sources[i].path, path);

		free(path);
		path = longer;
		if (i == again)
			break;
	}
	conf_report_add(report, place, "includes itself: %s", path);
	free(path);
}

static void include_fails(struct conf *conf, const struct conf_node *place,
			  const char *why, const char *path,
			  struct conf_report *report)
{
	conf_report_add(report, place, "%s '%s'", why, path);
	conf->is_broken = 1;
}

/* A folder that is not there matches nothing, like a pattern that does not. */
static int is_glob_error(const char *path, int number)
{
	(void)path;
	return number != ENOENT && number != ENOTDIR;
}

static void include_pattern(struct conf *conf, const struct conf_node *place,
			    size_t from, struct conf_report *report)
{
	const char *pattern = conf_node_text(place), *slash;
	const char *base = conf->sources[from].path;
	glob_t found = { 0 };
	char *full;
	size_t i;
	int rc;

	if (!pattern) {
		conf_report_add(report, place, "must be a file's name");
		return;
	}
	if (conf_node_unset(place)) {
		conf_report_add(report, place, "variable %s is not set",
				conf_node_unset(place));
		conf->is_broken = 1;
		return;
	}
	slash = strrchr(base, '/');
	full = pattern[0] == '/' || !slash
		       ? xstrdup(pattern)
		       : xasprintf("%.*s/%s", (int)(slash - base), base,
				   pattern);
	rc = glob(full, 0, is_glob_error, &found);
	if (rc == GLOB_NOMATCH && !strpbrk(pattern, "*?["))
		include_fails(conf, place, "no file", full, report);
	else if (rc && rc != GLOB_NOMATCH)
		include_fails(conf, place, strerror(errno), full, report);
	for (i = 0; rc == 0 && i < found.gl_pathc; i++)
		read_source(conf, found.gl_pathv[i], from, place, report);
	globfree(&found);
	free(full);
}

static void include(struct conf *conf, const struct conf_node *node,
		    size_t from, struct conf_report *report)
{
	size_t i;

	if (node->kind == CONF_NODE_SCALAR)
		include_pattern(conf, node, from, report);
	else if (node->kind == CONF_NODE_GROUP)
		conf_report_add(report, node, "must be a list of file names");
	for (i = 0; node->kind == CONF_NODE_LIST && i < node->members_n; i++)
		include_pattern(conf, node->members[i], from, report);
}

static void take_over(struct conf *conf, struct conf_node *file, size_t from,
		      struct conf_report *report)
{
	struct conf_node *includes = NULL;

	while (file->members_n) {
		/* As a member of its file a node still knows its path. */
		struct conf_node *node = node_cut(file, 0);

		if (strcmp(node->name, "include") == 0)
			includes = node;
		else
			merge(conf, node, report);
	}
	if (includes)
		include(conf, includes, from, report);
	node_free(&includes);
}

static void add_source(struct conf *conf, const char *path, size_t from,
		       const struct stat *st)
{
	conf->sources = xreallocarray(conf->sources, conf->sources_n + 1,
				      sizeof(*conf->sources));
	conf->sources[conf->sources_n++] = (struct source){
		.path = xstrdup(path),
		.dev = st->st_dev,
		.ino = st->st_ino,
		.from = from,
		.is_open = 1,
	};
}

/* 1 for a file that is new, 0 when there is nothing (more) to do with it. */
static int is_new(const struct conf *conf, const struct stat *st, size_t from,
		  const struct conf_node *place, struct conf_report *report)
{
	size_t i;

	for (i = 0; i < conf->sources_n; i++) {
		const struct source *known = &conf->sources[i];

		if (known->dev != st->st_dev || known->ino != st->st_ino)
			continue;
		if (known->is_open)
			report_cycle(conf, from, i, place, report);
		return 0;
	}
	if (conf->sources_n == LIMIT_CONF_FILES) {
		conf_report_add(report, place, "more than %u files",
				LIMIT_CONF_FILES);
		return 0;
	}
	return 1;
}

static void read_source(struct conf *conf, const char *path, size_t from,
			const struct conf_node *place,
			struct conf_report *report)
{
	size_t self = conf->sources_n;
	struct conf_node *file;
	struct stat st;
	FILE *stream;

	stream = fopen(path, "re");
	if (!stream || fstat(fileno(stream), &st)) {
		conf_report_add(report, place, "cannot read '%s': %s", path,
				strerror(errno));
		conf->is_broken = 1;
	} else if (is_new(conf, &st, from, place, report)) {
		add_source(conf, path, from, &st);
		file = file_read(stream, conf->sources[self].path, report);
		if (file)
			take_over(conf, file, self, report);
		else
			conf->is_broken = 1;
		node_free(&file);
		conf->sources[self].is_open = 0;
	}
	if (stream)
		(void)fclose(stream); /* only read from */
}

/*
 * The URL says all about where the database is: what the files say about
 * that does not count, but their other keys do.
 */
static void apply_url(struct conf *conf, struct conf_report *report)
{
	static const char *const said[] = { "hosts",    "socket", "user",
					    "password", "name",   "tls" };
	const char *url = getenv(CONF_URL_VARIABLE);
	struct conf_node *group, *old;
	struct err err;
	size_t i, at;

	if (!url)
		return;
	if (conf_url_parse(url, &group, &err)) {
		conf_report_add(report, NULL, CONF_URL_VARIABLE ": %s",
				err.text);
		return;
	}
	at = node_find(conf->root, "database");
	old = at < conf->root->members_n ? node_cut(conf->root, at) : NULL;
	while (old && old->members_n) {
		struct conf_node *node = node_cut(old, 0);

		for (i = 0; i < ARRAY_SIZE(said); i++)
			if (strcmp(node->name, said[i]) == 0)
				break;
		if (i < ARRAY_SIZE(said) ||
		    node_find(group, node->name) < group->members_n)
			node_free(&node);
		else
			node_add(group, node);
	}
	node_free(&old);
	node_add(conf->root, group);
}

/* The file to read; NULL when none is named and none is there. */
static const char *find_file(const char *path)
{
	static const char *const places[] = { STEPQ_CONF_DIR "/stepq.conf",
					      "conf/stepq.conf" };
	struct stat st;
	size_t i;

	if (!path)
		path = getenv("STEPQ_CONFIG");
	if (path)
		return path;
	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (stat(places[i], &st) == 0 ||
		    (errno != ENOENT && errno != ENOTDIR))
			return places[i];
	return NULL;
}

struct conf *conf_read(const char *path, struct conf_report *report)
{
	struct conf *conf = xcalloc(1, sizeof(*conf));

	conf->root = node_new(CONF_NODE_GROUP, NULL, NULL, 0);
	path = find_file(path);
	if (path)
		read_source(conf, path, 0, NULL, report);
	if (conf->is_broken)
		conf_free(&conf);
	else
		apply_url(conf, report);
	return conf;
}

void conf_free(struct conf **conf)
{
	struct conf *c = *conf;
	size_t i;

	if (!c)
		return;
	*conf = NULL;
	node_free(&c->root);
	for (i = 0; i < c->sources_n; i++)
		free(c->sources[i].path);
	free(c->sources);
	free(c);
}

const char *conf_path(const struct conf *conf)
{
	return conf->sources_n ? conf->sources[0].path : NULL;
}

const struct conf_node *conf_root(const struct conf *conf)
{
	return conf->root;
}
