/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "conf/keys.h"
#include "conf/value.h"

enum {
	WIDTH = 78
};

/* `text` in lines of at most WIDTH columns, each behind indent and "# ". */
static void add_comment(struct strbuf *out, const char *indent,
			const char *text)
{
	size_t room = WIDTH - 8 * strlen(indent) - 2;

	while (*text) {
		size_t len = strlen(text);

		if (len > room) {
			for (len = room; len > 1 && text[len] != ' '; len--)
				;
		}
		strbuf_addf(out, "%s# %.*s\n", indent, (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
}

static void add_doc(struct strbuf *out, const char *indent,
		    const struct conf_key *key)
{
	struct strbuf text = { 0 };

	strbuf_adds(&text, key->doc);
	if (key->type == CONF_ENUM)
		strbuf_addf(&text, " (%s)", key->min);
	else if (key->type == CONF_STR || key->type == CONF_STRINGS)
		; /* counts of bytes and elements say nothing here */
	else if (key->min && key->max)
		strbuf_addf(&text, " (%s to %s)", key->min, key->max);
	else if (key->max)
		strbuf_addf(&text, " (at most %s)", key->max);
	strbuf_addc(&text, '.');
	add_comment(out, indent, strbuf_str(&text));
	strbuf_release(&text);
}

static void add_list(struct strbuf *out, const char *text)
{
	char **parts, *buffer;
	size_t n, i;

	parts = value_split(text, ',', &n, &buffer);
	strbuf_addc(out, '[');
	for (i = 0; i < n; i++) {
		strbuf_adds(out, i ? ", " : "");
		json_quote(out, parts[i]);
	}
	strbuf_addc(out, ']');
	free(parts);
	free(buffer);
}

/* A duration or a size that is a bare number needs no quotes either. */
static int is_plain(const struct conf_key *key)
{
	if (key->type == CONF_BOOL || key->type == CONF_NUM ||
	    key->type == CONF_INT)
		return 1;
	return (key->type == CONF_DUR || key->type == CONF_SIZE) &&
	       strspn(key->def, "0123456789") == strlen(key->def);
}

static void add_value(struct strbuf *out, const struct conf_key *key)
{
	if (key->type == CONF_GROUP || key->type == CONF_HEADERS)
		strbuf_adds(out, "...");
	else if (!key->def)
		strbuf_adds(out, value_is_list(key->type) ? "[...]" : "...");
	else if (value_is_list(key->type))
		add_list(out, key->def);
	else if (is_plain(key))
		strbuf_adds(out, key->def);
	else
		json_quote(out, key->def);
}

void conf_example(const struct conf_key *keys, size_t keys_n,
		  const char *indent, struct strbuf *out)
{
	const char *group = "";
	size_t group_len = 0, i;

	for (i = 0; i < keys_n; i++) {
		const char *dot = strchr(keys[i].name, '.');
		const char *name = dot ? dot + 1 : keys[i].name;
		size_t len = dot ? (size_t)(dot - keys[i].name) : 0;
		char inner[16];

		if (len != group_len ||
		    strncmp(group, keys[i].name, len) != 0) {
			if (group_len)
				strbuf_addf(out, "%s};\n", indent);
			strbuf_adds(out, i ? "\n" : "");
			if (len)
				strbuf_addf(out, "%s%.*s: {\n", indent,
					    (int)len, keys[i].name);
		} else if (i) {
			strbuf_addc(out, '\n');
		}
		group = keys[i].name;
		group_len = len;
		(void)snprintf(inner, sizeof(inner), "%s%s", indent,
			       len ? "\t" : "");
		add_doc(out, inner, &keys[i]);
		strbuf_addf(out, "%s# %s = ", inner, name);
		add_value(out, &keys[i]);
		strbuf_adds(out, ";\n");
	}
	if (group_len)
		strbuf_addf(out, "%s};\n", indent);
}
