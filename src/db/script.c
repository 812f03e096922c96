/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "db/script.h"
#include "db/token.h"

static const char delimiter_word[] = "DELIMITER";

enum {
	DELIMITER_WORD_LEN = sizeof(delimiter_word) - 1
};

void script_init(struct script *script, const char *text, size_t len)
{
	*script = (struct script){
		.at = text,
		.end = text + len,
		.line = 1,
		.delimiter = ";",
		.delimiter_len = 1,
	};
}

static size_t left(const struct script *script)
{
	return (size_t)(script->end - script->at);
}

static void advance(struct script *script, size_t len)
{
	for (; len > 0; len--) {
		if (*script->at++ == '\n')
			script->line++;
	}
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int is_at_delimiter(const struct script *script)
{
	return left(script) >= script->delimiter_len &&
	       memcmp(script->at, script->delimiter, script->delimiter_len) ==
		       0;
}

/* Take "DELIMITER x" and the rest of its line, if that is what stands here. */
static int take_delimiter(struct script *script)
{
	const char *word = script->at + DELIMITER_WORD_LEN, *end;

	if (left(script) <= DELIMITER_WORD_LEN ||
	    strncasecmp(script->at, delimiter_word, DELIMITER_WORD_LEN) != 0 ||
	    (*word != ' ' && *word != '\t'))
		return 0;
	while (word < script->end && (*word == ' ' || *word == '\t'))
		word++;
	for (end = word; end < script->end && !is_blank(*end);)
		end++;
	if (end == word)
		return 0;
	script->delimiter = word;
	script->delimiter_len = (size_t)(end - word);
	while (end < script->end && *end != '\n')
		end++;
	advance(script, (size_t)(end - script->at));
	return 1;
}

/* Step over what is no statement. */
static void skip_to_statement(struct script *script)
{
	while (left(script) > 0) {
		size_t comment = token_comment_len(script->at, left(script));

		if (is_blank(*script->at))
			advance(script, 1);
		else if (comment > 0)
			advance(script, comment);
		else if (is_at_delimiter(script))
			advance(script, script->delimiter_len);
		else if (!take_delimiter(script))
			return;
	}
}

int script_next(struct script *script, struct statement *out)
{
	skip_to_statement(script);
	if (left(script) == 0)
		return 0;
	*out = (struct statement){ .sql = script->at, .line = script->line };
	while (left(script) > 0 && !is_at_delimiter(script))
		advance(script, token_len(script->at, left(script)));
	out->len = (size_t)(script->at - out->sql);
	return 1;
}
