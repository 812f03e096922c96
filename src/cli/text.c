/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/text.h"

int text_next(const char **text, struct text_paragraph *out)
{
	const char *start = *text + strspn(*text, "\n");
	const char *end = strstr(start, "\n\n");
	size_t len = end ? (size_t)(end - start) : strlen(start);

	*text = start + len;
	while (len > 0 && start[len - 1] == '\n')
		len--;
	*out = (struct text_paragraph){
		.start = start,
		.len = len,
		.is_example = len > 2 && start[0] == ' ' && start[1] == ' ',
	};
	return len > 0;
}

static void fill(struct strbuf *out, const struct text_paragraph *paragraph,
		 size_t columns)
{
	const char *p = paragraph->start, *end = p + paragraph->len;
	size_t column = 0;

	while (p < end) {
		size_t len = 0;

		while (p < end && isspace((unsigned char)*p))
			p++;
		while (p + len < end && !isspace((unsigned char)p[len]))
			len++;
		if (column > 0 && column + 1 + len > columns) {
			strbuf_addc(out, '\n');
			column = 0;
		} else if (column > 0 && len > 0) {
			strbuf_addc(out, ' ');
			column++;
		}
		strbuf_add(out, p, len);
		column += len;
		p += len;
	}
}

void text_fill(struct strbuf *out, const char *text, size_t columns)
{
	struct text_paragraph paragraph;

	for (int is_first = 1; text_next(&text, &paragraph); is_first = 0) {
		if (!is_first)
			strbuf_addc(out, '\n');
		if (paragraph.is_example)
			strbuf_add(out, paragraph.start, paragraph.len);
		else
			fill(out, &paragraph, columns);
		strbuf_addc(out, '\n');
	}
}

const char *text_count(uint64_t n, const char *noun, char buf[TEXT_COUNT])
{
	(void)snprintf(buf, TEXT_COUNT, "%" PRIu64 " %s%s", n, noun,
		       n == 1 ? "" : "s");
	return buf;
}

void text_sentence(struct strbuf *out, const char *text)
{
	size_t len = strlen(text);

	if (len == 0)
		return;
	strbuf_addc(out, (char)toupper((unsigned char)text[0]));
	strbuf_add(out, text + 1, len - 1);
	if (text[len - 1] != '.')
		strbuf_addc(out, '.');
}
