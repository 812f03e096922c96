/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "conf/expand.h"

static size_t name_len(const char *s)
{
	static const char digits[] = "0123456789";
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz_0123456789";

	return strchr(digits, s[0]) ? 0 : strspn(s, letters);
}

static void add_variable(struct expansion *out, const char *name,
			 struct strbuf *text)
{
	const char *value = getenv(name);

	if (!value) {
		if (!out->unset)
			out->unset = xstrdup(name);
		return;
	}
	strbuf_adds(text, value);
	out->values = xreallocarray(out->values, out->values_n + 1,
				    sizeof(*out->values));
	out->values[out->values_n++] = xstrdup(value);
}

int expand(const char *raw, struct expansion *out, struct err *err)
{
	struct expansion made = { 0 };
	struct strbuf text = { 0 };
	const char *p = raw, *mark;

	while ((mark = strstr(p, "${"))) {
		size_t len = name_len(mark + 2);
		char *name;

		if (mark > p && mark[-1] == '$') {
			strbuf_add(&text, p, (size_t)(mark - p) - 1);
			strbuf_adds(&text, "${");
			p = mark + 2;
			continue;
		}
		if (len == 0 || mark[2 + len] != '}') {
			strbuf_release(&text);
			expansion_release(&made);
			return err_set(err, ERR_CONFIG,
				       "'${' must be followed by a variable's "
				       "name and '}'; '$${' is a plain '${'");
		}
		strbuf_add(&text, p, (size_t)(mark - p));
		name = xstrndup(mark + 2, len);
		add_variable(&made, name, &text);
		free(name);
		p = mark + 2 + len + 1;
	}
	strbuf_adds(&text, p);
	made.text = strbuf_detach(&text);
	*out = made;
	return 0;
}

void expansion_release(struct expansion *expansion)
{
	size_t i;

	for (i = 0; i < expansion->values_n; i++)
		free(expansion->values[i]);
	free(expansion->values);
	free(expansion->unset);
	free(expansion->text);
	*expansion = (struct expansion){ 0 };
}
