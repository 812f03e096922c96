/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/utf8.h"

/*
 * What jv 1.6 lets pass: 256 levels, where MySQL's JSON type takes 100, and
 * the word "nan", which would come out as null. And what it stumbles over: two
 * values with nothing between them make it lose the memory of the first,
 * which an engine's broken answers would make a leak.
 */
struct form {
	int depth;
	int had_value; /* a value has ended, no ',' or ':' since */
};

/* The byte behind the string or word that begins at `i`. */
static size_t token_end(const char *text, size_t len, size_t i)
{
	if (text[i] == '"') {
		for (i++; i < len && text[i] != '"'; i++)
			i += text[i] == '\\';
		return i + 1;
	}
	while (i < len && !strchr(" \t\r\n,:[]{}\"", text[i]))
		i++;
	return i;
}

/* One sign or token at `i`; what is behind it, 0 when it is wrong there. */
static size_t check_token(struct form *form, const char *text, size_t len,
			  size_t i, struct err *err)
{
	switch (text[i]) {
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		return i + 1;
	case ',':
	case ':':
		form->had_value = 0;
		return i + 1;
	case '}':
	case ']':
		form->depth--;
		form->had_value = 1;
		return i + 1;
	default:
		break;
	}
	if (form->had_value) {
		(void)err_set(err, ERR_INPUT,
			      "a value without ',' or ':' before it at byte "
			      "%zu",
			      i);
		return 0;
	}
	if (text[i] != '{' && text[i] != '[') {
		form->had_value = 1;
		return MAX(token_end(text, len, i), i + 1);
	}
	if (++form->depth > LIMIT_JSON_DEPTH) {
		(void)err_set(err, ERR_LIMIT, "nested deeper than %d levels",
			      LIMIT_JSON_DEPTH);
		return 0;
	}
	return i + 1;
}

static int check_form(const char *text, size_t len, struct err *err)
{
	struct form form = { 0 };
	size_t i = 0, next;

	while (i < len) {
		if (len - i >= 3 && !form.had_value &&
		    strncasecmp(text + i, "nan", 3) == 0)
			return err_set(err, ERR_INPUT,
				       "nan is no number at byte %zu", i);
		next = check_token(&form, text, len, i, err);
		if (next == 0)
			return -1;
		i = next;
	}
	return 0;
}

static int is_blank(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!strchr(" \t\r\n", text[i]))
			return 0;
	return 1;
}

int json_parse(const char *text, size_t len, jv *out, struct err *err)
{
	size_t valid;
	jv v, msg;

	if (len > LIMIT_STRBUF)
		return err_set(err, ERR_LIMIT, "larger than %zu MiB",
			       LIMIT_STRBUF / MIB);
	valid = utf8_valid_len(text, len);
	if (valid < len)
		return err_set(err, ERR_INPUT, "invalid UTF-8 at byte %zu",
			       valid);
	if (is_blank(text, len))
		return err_set(err, ERR_INPUT, "empty");
	if (check_form(text, len, err))
		return -1;
	v = jv_parse_sized(text, (int)len);
	if (jv_is_valid(v)) {
		*out = v;
		return 0;
	}
	msg = jv_invalid_get_msg(v);
	if (jv_get_kind(msg) == JV_KIND_STRING) {
		const char *why = jv_string_value(msg);
		const char *end = strstr(why, " (while parsing");

		(void)err_set(err, ERR_INPUT, "%.*s",
			      (int)(end ? end - why : 256), why);
	} else {
		(void)err_set(err, ERR_INPUT, "not JSON");
	}
	jv_free(msg);
	return -1;
}

jv json_stored(const char *text)
{
	struct err err;
	jv v;

	if (!text || json_parse(text, strlen(text), &v, &err))
		return jv_null();
	return v;
}

void json_dump(jv v, struct strbuf *out)
{
	jv text = jv_dump_string(jv_copy(v), 0);

	strbuf_add(out, jv_string_value(text),
		   (size_t)jv_string_length_bytes(jv_copy(text)));
	jv_free(text);
}

char *json_text(jv v)
{
	struct strbuf sb = { 0 };

	json_dump(v, &sb);
	return strbuf_detach(&sb);
}

jv json_get(jv object, const char *key)
{
	jv v;

	if (jv_get_kind(object) != JV_KIND_OBJECT)
		return jv_null();
	v = jv_object_get(jv_copy(object), jv_string(key));
	if (jv_is_valid(v))
		return v;
	jv_free(v);
	return jv_null();
}

const char *json_str(jv object, const char *key)
{
	jv v = json_get(object, key);
	const char *s = NULL;

	/* `object` keeps the string alive after our reference is gone. */
	if (jv_get_kind(v) == JV_KIND_STRING)
		s = jv_string_value(v);
	jv_free(v);
	return s;
}

int json_u64(jv object, const char *key, uint64_t *out)
{
	jv v = json_get(object, key);
	int found = -1;
	double n;

	switch (jv_get_kind(v)) {
	case JV_KIND_NULL:
		found = 0;
		break;
	case JV_KIND_STRING:
		if (num_u64(jv_string_value(v), out) == 0)
			found = 1;
		break;
	case JV_KIND_NUMBER:
		n = jv_number_value(v);
		if (n >= 0 && n <= 9007199254740991.0 && n == floor(n)) {
			*out = (uint64_t)n;
			found = 1;
		}
		break;
	case JV_KIND_INVALID:
	case JV_KIND_FALSE:
	case JV_KIND_TRUE:
	case JV_KIND_ARRAY:
	case JV_KIND_OBJECT:
		break;
	}
	jv_free(v);
	return found;
}

void json_quote(struct strbuf *out, const char *s)
{
	jv v = jv_string(s);

	json_dump(v, out);
	jv_free(v);
}
