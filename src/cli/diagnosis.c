/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "cli/cmd.h"
#include "cli/diagnosis.h"
#include "cli/out.h"
#include "cli/text.h"

enum {
	NAME_COLUMNS = 12,
	VERDICT_COLUMNS = 9, /* with two blanks before it */
	WIDTH_MAX = 100,
	DETAIL_LEAST = 40,
};

static const char hint_mark[] = "hint: ";

static const char *verdict_text(enum verdict verdict)
{
	static const char *const texts[] = { "ok", "WARNING", "ERROR" };

	return texts[verdict];
}

void diagnosis_start(struct diagnosis *diagnosis, struct out *out)
{
	*diagnosis = (struct diagnosis){ .out = out, .checks = jv_array() };
}

static size_t detail_columns(const struct diagnosis *diagnosis)
{
	size_t width = MIN(out_columns(diagnosis->out), WIDTH_MAX);

	if (width < NAME_COLUMNS + VERDICT_COLUMNS + DETAIL_LEAST)
		return DETAIL_LEAST;
	return width - NAME_COLUMNS - VERDICT_COLUMNS;
}

/* Hints stand two columns further in than what they belong to. */
static void fill_line(struct strbuf *out, const char *line, size_t columns)
{
	const char *indent =
		strncmp(line, hint_mark, strlen(hint_mark)) == 0 ? "  " : "";
	struct strbuf filled = { 0 };
	const char *p;

	text_fill(&filled, line, columns - strlen(indent));
	for (p = strbuf_str(&filled); *p; p += strcspn(p, "\n") + 1)
		strbuf_addf(out, "%s%.*s\n", indent, (int)strcspn(p, "\n"), p);
	strbuf_release(&filled);
}

static void print(const struct diagnosis *diagnosis, enum verdict verdict,
		  const char *name, const char *filled)
{
	size_t columns = detail_columns(diagnosis);
	int is_first = 1;

	while (*filled) {
		char *line = xstrndup(filled, strcspn(filled, "\n"));
		struct strbuf status = { 0 };
		size_t pad = columns - MIN(columns, utf8_width(line)) + 2;

		out_styled(diagnosis->out, &status,
			   out_status_style(verdict_text(verdict)),
			   verdict_text(verdict));
		if (is_first)
			out_line(diagnosis->out, "%-*s%s%*s%s", NAME_COLUMNS,
				 name, line, (int)pad, "", strbuf_str(&status));
		else
			out_line(diagnosis->out, "%*s%s", NAME_COLUMNS, "",
				 line);
		is_first = 0;
		filled += strlen(line) + 1;
		strbuf_release(&status);
		free(line);
	}
	(void)out_flush(diagnosis->out); /* out_close() tells of errors */
}

static void add_json(struct diagnosis *diagnosis, enum verdict verdict,
		     const char *name, const char *text)
{
	static const char *const words[] = { "ok", "warning", "error" };
	jv v = jv_object(), hints = jv_array();
	struct strbuf detail = { 0 };

	while (*text) {
		size_t len = strcspn(text, "\n"), mark = strlen(hint_mark);

		if (len >= mark && strncmp(text, hint_mark, mark) == 0) {
			hints = jv_array_append(
				hints, jv_string_sized(text + mark,
						       (int)(len - mark)));
		} else {
			strbuf_adds(&detail, detail.len > 0 ? "\n" : "");
			strbuf_add(&detail, text, len);
		}
		text += len + (text[len] == '\n');
	}
	v = jv_set(v, jv_string("name"), jv_string(name));
	v = jv_set(v, jv_string("verdict"), jv_string(words[verdict]));
	v = jv_set(v, jv_string("detail"), jv_string(strbuf_str(&detail)));
	v = jv_set(v, jv_string("hints"), hints);
	diagnosis->checks = jv_array_append(diagnosis->checks, v);
	strbuf_release(&detail);
}

void diagnosis_add(struct diagnosis *diagnosis, enum verdict verdict,
		   const char *name, const char *fmt, ...)
{
	struct strbuf text = { 0 }, filled = { 0 };
	const char *p;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	diagnosis->warnings += verdict == VERDICT_WARNING;
	diagnosis->errors += verdict == VERDICT_ERROR;
	add_json(diagnosis, verdict, name, strbuf_str(&text));
	p = strbuf_str(&text);
	while (*p) {
		char *line = xstrndup(p, strcspn(p, "\n"));

		fill_line(&filled, line, detail_columns(diagnosis));
		p += strlen(line);
		p += *p == '\n';
		free(line);
	}
	print(diagnosis, verdict, name, strbuf_str(&filled));
	strbuf_release(&text);
	strbuf_release(&filled);
}

int diagnosis_end(struct diagnosis *diagnosis)
{
	unsigned int errors = diagnosis->errors;
	unsigned int warnings = diagnosis->warnings;
	char a[TEXT_COUNT], b[TEXT_COUNT];
	jv v = jv_object();

	if (errors + warnings == 0)
		out_line(diagnosis->out, "all is well");
	else if (errors == 0)
		out_line(diagnosis->out, "%s",
			 text_count(warnings, "warning", a));
	else
		out_line(diagnosis->out, "%s, %s",
			 text_count(errors, "error", a),
			 text_count(warnings, "warning", b));
	v = jv_set(v, jv_string("checks"), diagnosis->checks);
	v = jv_set(v, jv_string("errors"), jv_number(errors));
	v = jv_set(v, jv_string("warnings"), jv_number(warnings));
	out_json(diagnosis->out, v);
	*diagnosis = (struct diagnosis){ 0 };
	return errors > 0 ? CMD_FAILED : CMD_OK;
}
