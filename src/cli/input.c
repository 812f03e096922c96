/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/strbuf.h"
#include "cli/input.h"

/* Ends early when `out` is full: then it is too much, however much more. */
static int read_all(FILE *file, const char *name, struct strbuf *out,
		    struct err *err)
{
	char buf[16 * KIB];
	size_t n;

	while (!out->is_full && (n = fread(buf, 1, sizeof(buf), file)) > 0)
		strbuf_add(out, buf, n);
	if (ferror(file))
		return err_set(err, ERR_IO, "cannot read %s: %s", name,
			       strerror(errno));
	return 0;
}

static int read_file(const char *path, struct strbuf *out, struct err *err)
{
	FILE *file = fopen(path, "re");
	int rc;

	if (!file)
		return err_set(err, ERR_IO, "cannot open %s: %s", path,
			       strerror(errno));
	rc = read_all(file, path, out, err);
	(void)fclose(file); /* it was only read */
	return rc;
}

/* Checked before it is put between braces of ours: "1}, {" must not pass. */
static int check(const struct strbuf *input, const char *what, struct err *err)
{
	jv v;

	if (json_parse(strbuf_str(input), input->len, &v, err) < 0)
		return err_wrap(err, "the %s is not JSON", what);
	jv_free(v);
	return 0;
}

int input_read(const char *text, const char *what, struct strbuf *out,
	       struct err *err)
{
	int rc = 0;

	if (!text)
		strbuf_adds(out, "{}");
	else if (strcmp(text, "-") == 0)
		rc = read_all(stdin, "stdin", out, err);
	else if (text[0] == '@')
		rc = read_file(text + 1, out, err);
	else
		strbuf_adds(out, text);
	return rc < 0 || out->is_full ? rc : check(out, what, err);
}
