/* SPDX-License-Identifier: MIT */

/*
 * What must not be shown is gathered here, once, because only here it is
 * known where a value came from: what `${}` brought into a url, a header or
 * a command; the login of a url; and headers that carry credentials even
 * when written out. A host or a port from `${}` is no secret: errors that
 * cannot say which host refused are of no use.
 */

#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "conf/conf.h"
#include "plan/engine.h"
#include "plan/expr.h"

#define AT(field) offsetof(struct engine, field)

const struct conf_key engine_keys[] = {
	{ "url", CONF_STR, NULL, "1", "2000", 0, AT(url),
	  "Address that gets a POST with the step's input, http:// or "
	  "https://" },
	{ "headers", CONF_HEADERS, NULL, NULL, NULL, CONF_SECRET, AT(headers),
	  "Headers to send along, as a group of Name = \"value\"" },
	{ "command", CONF_STRINGS, NULL, "1", "256", 0, AT(command),
	  "Program and arguments to start; it gets the step's input on its "
	  "standard input" },
	{ "dummy", CONF_GROUP, NULL, NULL, NULL, 0, 0,
	  "An engine that is built in and only pretends, for tests and "
	  "demos" },
	{ "timeout", CONF_DUR, NULL, "0", "30d", 0, AT(timeout_ms),
	  "How long one attempt may take, 0 for no end; unset, "
	  "worker.timeout" },
	{ "connect_timeout", CONF_DUR, "5s", "100ms", "5m", 0,
	  AT(connect_timeout_ms),
	  "How long to wait for the engine's host to take a connection" },
	{ "tries", CONF_INT, NULL, "0", "65535", 0, AT(tries),
	  "Attempts a step gets, 0 for no end; unset, worker.tries" },
	{ "backoff", CONF_DURS, NULL, "0", "30d", 0, AT(backoff_ms),
	  "Waits before the second, third, ... attempt; unset, "
	  "worker.backoff" },
	{ "max_body", CONF_SIZE, "8M", "1K", "64M", 0, AT(max_body),
	  "Largest answer that is taken; a larger one fails the step" },
};
const size_t engine_keys_n = sizeof(engine_keys) / sizeof(*engine_keys);

const struct conf_key engine_dummy_keys[] = {
	{ "ms", CONF_INT, "0", "0", "86400000", 0, AT(dummy.ms),
	  "Milliseconds it takes to answer" },
	{ "fail_rate", CONF_NUM, "0", "0", "1", 0, AT(dummy.fail_rate),
	  "Share of the attempts that fail and may be tried again" },
	{ "result", CONF_EXPR, NULL, "1", NULL, 0, AT(dummy.result_text),
	  "What it answers, as a jq program over its input; unset, the input "
	  "itself" },
};
const size_t engine_dummy_keys_n =
	sizeof(engine_dummy_keys) / sizeof(*engine_dummy_keys);

#undef AT

enum {
	SECRET_MIN = 6 /* a shorter one would blot out common words */
};

static size_t count(char **list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

static int is_known(const struct engine *engine, const char *value, size_t len)
{
	size_t i;

	for (i = 0; engine->secrets && engine->secrets[i]; i++)
		if (strlen(engine->secrets[i]) == len &&
		    memcmp(engine->secrets[i], value, len) == 0)
			return 1;
	return 0;
}

/* The longest first, so that none is left over when it contains another. */
static void add_secret(struct engine *engine, const char *value, size_t len)
{
	size_t n = count(engine->secrets), at = 0;

	if (len < SECRET_MIN || is_known(engine, value, len))
		return;
	engine->secrets =
		xreallocarray(engine->secrets, n + 2, sizeof(*engine->secrets));
	while (at < n && strlen(engine->secrets[at]) >= len)
		at++;
	memmove(&engine->secrets[at + 1], &engine->secrets[at],
		(n - at) * sizeof(*engine->secrets));
	engine->secrets[at] = xstrndup(value, len);
	engine->secrets[n + 1] = NULL;
}

/* All that `${}` brought in, but for what stands in `open`. */
static void add_expanded(struct engine *engine, const struct conf_node *node,
			 const char *open)
{
	const char *value;
	size_t i;

	for (i = 0; (value = conf_node_value(node, i)); i++)
		if (!strstr(open, value))
			add_secret(engine, value, strlen(value));
	for (i = 0; i < conf_node_count(node); i++)
		add_expanded(engine, conf_node_at(node, i), open);
}

static int holds_credentials(const char *header)
{
	static const char *const words[] = { "auth",   "cookie", "key",
					     "secret", "token",  "password" };
	size_t len = strcspn(header, ":"), i, k;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		for (k = 0; k + strlen(words[i]) <= len; k++)
			if (strncasecmp(header + k, words[i],
					strlen(words[i])) == 0)
				return 1;
	return 0;
}

/* "Authorization: Bearer abc": the scheme in front is no secret. */
static void add_header_secret(struct engine *engine, const char *header)
{
	const char *value = strchr(header, ':') + 2;
	const char *space = strchr(value, ' ');

	if (!holds_credentials(header))
		return;
	if (space &&
	    (size_t)(space - value) == strspn(value,
					      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "abcdefghijklmnopqrstuvwxyz-"))
		value = space + 1;
	add_secret(engine, value, strlen(value));
}

/* What stepq sets itself, or what would break its requests. */
static int is_taken_header(const char *header)
{
	static const char *const names[] = {
		"Connection",       "Content-Length",  "Content-Type",
		"Expect",           "Idempotency-Key", "Traceparent",
		"Transfer-Encoding"
	};
	size_t len = strcspn(header, ":"), i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len &&
		    strncasecmp(names[i], header, len) == 0)
			return 1;
	return strncasecmp(header, "Stepq-", 6) == 0;
}

static void check_headers(struct engine *engine, const struct conf_node *node,
			  struct conf_report *report)
{
	size_t i;

	for (i = 0; engine->headers && engine->headers[i]; i++) {
		add_header_secret(engine, engine->headers[i]);
		if (is_taken_header(engine->headers[i]))
			conf_report_add(report, conf_node_at(node, i),
					"stepq sets this header itself");
	}
}

/* The login in a url, up to and with the '@'; 0 when it has none. */
static size_t login_len(const char *authority)
{
	size_t len = strcspn(authority, "/?#"), i, login = 0;

	for (i = 0; i < len; i++)
		if (authority[i] == '@')
			login = i + 1;
	return login;
}

static const char *url_problem(const char *url)
{
	const char *p = strstr(url, "://"), *host;

	if (strncasecmp(url, "http://", 7) != 0 &&
	    strncasecmp(url, "https://", 8) != 0)
		return "must begin with http:// or https://";
	for (; *url; url++)
		if (isspace((unsigned char)*url) ||
		    iscntrl((unsigned char)*url))
			return "must not have blanks in it";
	host = p + 3 + login_len(p + 3);
	if (!*host || strchr("/?#:", *host))
		return "has no host";
	if (strchr(host, '#'))
		return "must not have a '#'";
	return NULL;
}

static void check_url(struct engine *engine, const struct conf_node *node,
		      const char *key, struct conf_report *report)
{
	const char *problem = url_problem(engine->url), *login, *colon;
	size_t len;
	char *open;

	if (problem) {
		conf_report_value(report, key, node, "%s", problem);
		return;
	}
	login = strstr(engine->url, "://") + 3;
	len = login_len(login);
	if (len) {
		add_secret(engine, login, len - 1);
		colon = memchr(login, ':', len);
		if (colon)
			add_secret(engine, colon + 1,
				   len - 2 - (size_t)(colon - login));
	}
	open = xasprintf("%.*s%.*s", (int)(login - engine->url), engine->url,
			 (int)strcspn(login + len, "/?"), login + len);
	if (node)
		add_expanded(engine, node, open);
	free(open);
}

/*
 * Exactly one of url, command and dummy says what kind it is. One that is
 * there but wrong has been reported already and counts.
 */
static void set_kind(struct engine *engine, const struct conf_node *node,
		     const struct conf_node *dummy, struct conf_report *report)
{
	int has_url = engine->url || conf_node_get(node, "url");
	int has_command = engine->command || conf_node_get(node, "command");

	if (has_url + has_command + !!dummy != 1) {
		conf_report_add(report, node,
				"needs one of url, command and dummy, and "
				"only one");
		return;
	}
	if (has_url)
		engine->kind = ENGINE_HTTP;
	else
		engine->kind = has_command ? ENGINE_COMMAND : ENGINE_DUMMY;
	if (engine->headers && !has_url)
		conf_report_add(report, conf_node_get(node, "headers"),
				"only an engine with a url has headers");
}

void engine_load(const struct conf_node *node, struct engine *out,
		 struct conf_report *report)
{
	const char *name = conf_node_name(node);
	const struct conf_node *part;
	char *path;

	if (strlen(name) > LIMIT_NAME)
		conf_report_add(report, node, "a name has at most %u bytes",
				LIMIT_NAME);
	out->name = xstrdup(name);
	path = xasprintf("engines.%s", name);
	conf_fill(node, path, engine_keys, engine_keys_n, out, report);
	free(path);
	part = conf_find(node, "dummy");
	if (part) {
		path = xasprintf("engines.%s.dummy", name);
		conf_fill(part, path, engine_dummy_keys, engine_dummy_keys_n,
			  out, report);
		free(path);
	}
	if (conf_node_kind(node) != CONF_NODE_GROUP)
		return;
	set_kind(out, node, part, report);
	path = xasprintf("engines.%s.url", name);
	if (out->url)
		check_url(out, conf_node_get(node, "url"), path, report);
	free(path);
	part = conf_node_get(node, "headers");
	if (part) {
		check_headers(out, part, report);
		add_expanded(out, part, "");
	}
	part = conf_node_get(node, "command");
	if (part)
		add_expanded(out, part, "");
	path = xasprintf("engines.%s.command", name);
	if (out->command && !*out->command[0])
		conf_report_value(report, path, part,
				  "must begin with the name of a program");
	free(path);
}

void engine_release(struct engine *engine)
{
	size_t i;

	conf_unfill(engine_keys, engine_keys_n, engine);
	conf_unfill(engine_dummy_keys, engine_dummy_keys_n, engine);
	expr_free(&engine->dummy.result);
	for (i = 0; engine->secrets && engine->secrets[i]; i++)
		free(engine->secrets[i]);
	free(engine->secrets);
	free(engine->name);
	*engine = (struct engine){ 0 };
}

void engine_scrub(const struct engine *engine, struct strbuf *text)
{
	struct strbuf clean = { .max = text->max };
	const char *p, *hit;
	size_t i;

	for (i = 0; engine->secrets && engine->secrets[i]; i++) {
		const char *secret = engine->secrets[i];

		if (!strstr(strbuf_str(text), secret))
			continue;
		for (p = strbuf_str(text); (hit = strstr(p, secret));
		     p = hit + strlen(secret)) {
			strbuf_add(&clean, p, (size_t)(hit - p));
			strbuf_adds(&clean, "***");
		}
		strbuf_adds(&clean, p);
		strbuf_clear(text);
		strbuf_add(text, strbuf_str(&clean), clean.len);
		strbuf_clear(&clean);
	}
	strbuf_release(&clean);
}
