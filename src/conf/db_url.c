/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "conf/db_url.h"
#include "conf/node.h"

static int hex_value(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	return isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* NULL for a broken %XX; %00 is one too. */
static char *decode(const char *s, size_t len)
{
	char *text = xmalloc(len + 1);
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (s[i] == '%') {
			int high = i + 2 < len ? hex_value(s[i + 1]) : -1;
			int low = i + 2 < len ? hex_value(s[i + 2]) : -1;

			if (high < 0 || low < 0 || high + low == 0) {
				free(text);
				return NULL;
			}
			text[n++] = (char)(high * 16 + low);
			i += 2;
		} else {
			text[n++] = s[i];
		}
	}
	text[n] = '\0';
	return text;
}

/*
 * `shown` takes the place of the value in dumps; NULL shows it. What the
 * variable holds is final: a "${" in it is not filled in.
 */
static void set_scalar(struct conf_node *node, const char *value,
		       const char *shown)
{
	node->raw = xstrdup(shown ? shown : value);
	node->expansion.text = xstrdup(value);
}

static int add_scalar(struct conf_node *parent, const char *name,
		      const char *part, size_t len, struct err *err)
{
	int is_secret = name && strcmp(name, "password") == 0;
	struct conf_node *node;
	char *value;

	value = decode(part, len);
	if (!value)
		return err_set(err, ERR_CONFIG,
			       "a '%%' in it is not followed "
			       "by two hex digits");
	node = node_new(CONF_NODE_SCALAR, name, CONF_URL_VARIABLE, 0);
	set_scalar(node, value, is_secret ? "***" : NULL);
	node_add(parent, node);
	free(value);
	return 0;
}

static int add_login(struct conf_node *group, const char *s, size_t len,
		     struct err *err)
{
	const char *colon = memchr(s, ':', len);
	size_t user = colon ? (size_t)(colon - s) : len;

	if (user && add_scalar(group, "user", s, user, err))
		return -1;
	if (!colon)
		return 0;
	return add_scalar(group, "password", colon + 1, len - user - 1, err);
}

static int add_hosts(struct conf_node *group, const char *s, size_t len,
		     struct err *err)
{
	struct conf_node *hosts;

	if (len == 0)
		return 0;
	hosts = node_new(CONF_NODE_LIST, "hosts", CONF_URL_VARIABLE, 0);
	node_add(group, hosts);
	for (;;) {
		const char *comma = memchr(s, ',', len);
		size_t part = comma ? (size_t)(comma - s) : len;

		if (add_scalar(hosts, NULL, s, part, err))
			return -1;
		if (!comma)
			return 0;
		s += part + 1;
		len -= part + 1;
	}
}

static int add_query(struct conf_node *group, const char *s, struct err *err)
{
	static const char *const names[] = { "socket", "tls", "connect_timeout",
					     "io_timeout" };
	size_t i;

	while (*s) {
		size_t len = strcspn(s, "&"), name = strcspn(s, "=&");

		for (i = 0; i < ARRAY_SIZE(names); i++)
			if (strlen(names[i]) == name &&
			    strncmp(names[i], s, name) == 0)
				break;
		if (i == ARRAY_SIZE(names) || s[name] != '=')
			return err_set(err, ERR_CONFIG,
				       "behind '?' it takes socket=, tls=, "
				       "connect_timeout= and io_timeout=");
		if (node_find(group, names[i]) < group->members_n)
			return err_set(err, ERR_CONFIG, "it has %s= twice",
				       names[i]);
		if (add_scalar(group, names[i], s + name + 1, len - name - 1,
			       err))
			return -1;
		s += len + (s[len] == '&');
	}
	return 0;
}

/* `s` is what follows "mysql://". */
static int parse_into(struct conf_node *group, const char *s, struct err *err)
{
	size_t authority = strcspn(s, "/?"), login = 0, i;
	const char *path;

	for (i = 0; i < authority; i++)
		if (s[i] == '@')
			login = i + 1;
	if (login && add_login(group, s, login - 1, err))
		return -1;
	if (add_hosts(group, s + login, authority - login, err))
		return -1;
	path = s + authority;
	if (*path == '/') {
		size_t len = strcspn(path + 1, "?");

		if (len && add_scalar(group, "name", path + 1, len, err))
			return -1;
		path += 1 + len;
	}
	return *path ? add_query(group, path + 1, err) : 0;
}

int conf_url_parse(const char *url, struct conf_node **out, struct err *err)
{
	static const char *const schemes[] = { "mysql://", "mariadb://" };
	struct conf_node *group;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(schemes); i++)
		if (strncmp(url, schemes[i], strlen(schemes[i])) == 0)
			break;
	if (i == ARRAY_SIZE(schemes))
		return err_set(err, ERR_CONFIG,
			       "it must begin with mysql:// as in "
			       "mysql://user:password@host:3306/name");
	group = node_new(CONF_NODE_GROUP, "database", CONF_URL_VARIABLE, 0);
	if (parse_into(group, url + strlen(schemes[i]), err)) {
		node_free(&group);
		return -1;
	}
	*out = group;
	return 0;
}
