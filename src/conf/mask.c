/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <string.h>

#include "base/strbuf.h"
#include "conf/conf.h"

/* A password, or a login that is one token, unless a variable holds it. */
static void add_masked(struct strbuf *out, const char *login, size_t len)
{
	const char *colon = memchr(login, ':', len), *secret;
	size_t secret_len;

	secret = colon ? colon + 1 : login;
	secret_len = len - (size_t)(secret - login);
	strbuf_add(out, login, (size_t)(secret - login));
	if (secret_len > 3 && strncmp(secret, "${", 2) == 0 &&
	    memchr(secret, '}', secret_len) == secret + secret_len - 1)
		strbuf_add(out, secret, secret_len);
	else if (secret_len)
		strbuf_adds(out, "***");
}

void conf_mask_login(const char *text, struct strbuf *out)
{
	const char *mark;

	while ((mark = strstr(text, "://"))) {
		size_t len, login = 0, i;

		mark += 3;
		strbuf_add(out, text, (size_t)(mark - text));
		len = strcspn(mark, "/?# \t\r\n");
		for (i = 0; i < len; i++)
			if (mark[i] == '@')
				login = i;
		if (login)
			add_masked(out, mark, login);
		text = mark + login;
	}
	strbuf_adds(out, text);
}
