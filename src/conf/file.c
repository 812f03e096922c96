/* SPDX-License-Identifier: MIT */

/*
 * libconfig gets the text, never the file: so the size is bounded, and its
 * own @include, which would read files that conf.c does not know of, is out
 * of the way. Nodes are copied out of its tree, which is gone when this
 * returns.
 */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libconfig.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "conf/file.h"
#include "conf/node.h"
#include "conf/scan.h"

static int read_all(FILE *stream, struct strbuf *text, struct err *err)
{
	char chunk[8192];
	size_t n, bad;

	text->max = LIMIT_CONF_FILE;
	while ((n = fread(chunk, 1, sizeof(chunk), stream)) > 0)
		strbuf_add(text, chunk, n);
	if (ferror(stream))
		return err_set(err, ERR_IO, "%s", strerror(errno));
	if (text->is_full)
		return err_set(err, ERR_LIMIT, "larger than %zu bytes",
			       LIMIT_CONF_FILE);
	bad = utf8_valid_len(strbuf_str(text), text->len);
	bad = MIN(bad, strlen(strbuf_str(text)));
	if (bad < text->len)
		return err_set(err, ERR_INPUT, "not a text in UTF-8 (byte %zu)",
			       bad);
	return 0;
}

/* As short as reads back to the same number. */
static char *float_text(double value)
{
	char *text = NULL;
	int digits;

	for (digits = 15; digits <= 17; digits++) {
		free(text);
		text = xasprintf("%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return text;
}

static char *scalar_text(const config_setting_t *setting)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return xasprintf("%lld", config_setting_get_int64(setting));
	case CONFIG_TYPE_FLOAT:
		return float_text(config_setting_get_float(setting));
	case CONFIG_TYPE_BOOL:
		return xstrdup(config_setting_get_bool(setting) ? "true"
								: "false");
	default:
		return xstrdup(config_setting_get_string(setting));
	}
}

/* No deeper than conf_scan() lets through. */
static void copy_into(struct conf_node *parent, const config_setting_t *setting,
		      struct conf_report *report)
{
	int line = (int)config_setting_source_line(setting), i;
	const char *name = config_setting_name(setting);
	enum conf_node_kind kind = CONF_NODE_SCALAR;
	struct conf_node *node;

	if (config_setting_is_group(setting))
		kind = CONF_NODE_GROUP;
	else if (config_setting_is_aggregate(setting))
		kind = CONF_NODE_LIST;
	node = node_new(kind, name, parent->file, line);
	node_add(parent, node);
	if (kind == CONF_NODE_SCALAR) {
		char *raw = scalar_text(setting);

		node_set(node, raw, report);
		free(raw);
		return;
	}
	for (i = 0; i < config_setting_length(setting); i++)
		copy_into(node, config_setting_get_elem(setting, (unsigned)i),
			  report);
}

static struct conf_node *parse(const char *text, struct conf_node *place,
			       struct conf_report *report)
{
	static const char *const no_include = "@include is not taken here";
	struct conf_node *root = NULL;
	config_t config;
	struct err err;
	int i;

	if (conf_scan(text, &place->line, &err)) {
		conf_report_add(report, place, "%s", err.text);
		return NULL;
	}
	config_init(&config);
	/* A folder that cannot be one: every @include fails. */
	config_set_include_dir(&config, "/dev/null");
	if (config_read_string(&config, text)) {
		const config_setting_t *top = config_root_setting(&config);

		root = node_new(CONF_NODE_GROUP, NULL, place->file, 0);
		for (i = 0; i < config_setting_length(top); i++)
			copy_into(root,
				  config_setting_get_elem(top, (unsigned)i),
				  report);
	} else {
		const char *why = config_error_text(&config);
		int is_include = strstr(why, "include") != NULL;

		place->line = config_error_line(&config);
		conf_report_add(report, place, "%s",
				is_include ? no_include : why);
		if (is_include)
			conf_report_hint(report,
					 "write include = "
					 "[\"FILE\"]; instead");
	}
	config_destroy(&config);
	return root;
}

struct conf_node *file_read(FILE *stream, const char *path,
			    struct conf_report *report)
{
	struct conf_node *place = node_new(CONF_NODE_GROUP, NULL, path, 0);
	struct conf_node *root = NULL;
	struct strbuf text = { 0 };
	struct err err;

	if (read_all(stream, &text, &err))
		conf_report_add(report, place, "%s", err.text);
	else
		root = parse(strbuf_str(&text), place, report);
	strbuf_release(&text);
	node_free(&place);
	return root;
}
