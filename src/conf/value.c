/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/num.h"
#include "conf/value.h"

int value_is_list(enum conf_type type)
{
	return type == CONF_STRINGS || type == CONF_DURS;
}

static int parse_int(const char *text, enum conf_type type, int64_t *out,
		     struct err *err)
{
	const char *why = NULL;
	uint64_t size = 0;
	int is_on = 0;

	if (type == CONF_BOOL) {
		if (num_bool(text, &is_on))
			why = "is not true or false";
		*out = is_on;
	} else if (type == CONF_SIZE) {
		if (size_parse(text, &size) || size > INT64_MAX)
			why = "is not a size like 512K or 8M";
		*out = (int64_t)size;
	} else if (type == CONF_DUR || type == CONF_DURS) {
		if (dur_parse(text, out))
			why = "is not a duration like 500ms, 90s or 1h30m";
	} else if (num_i64(text, out)) {
		why = "is not a whole number";
	}
	return why ? err_set(err, ERR_CONFIG, "%s", why) : 0;
}

/* A bound of a table that does not parse is a bug of the table. */
static int64_t bound(const struct conf_key *key, const char *text)
{
	int64_t n;

	if (parse_int(text, key->type, &n, NULL))
		BUG("key %s: bound '%s'", key->name, text);
	return n;
}

static int get_int(const struct conf_key *key, const char *text, int64_t *out,
		   struct err *err)
{
	int64_t n;

	if (parse_int(text, key->type, &n, err))
		return -1;
	if (key->min && n < bound(key, key->min))
		return err_set(err, ERR_CONFIG, "is less than %s", key->min);
	if (key->max && n > bound(key, key->max))
		return err_set(err, ERR_CONFIG, "is more than %s", key->max);
	*out = n;
	return 0;
}

static int set_num(const struct conf_key *key, const char *text, double *out,
		   struct err *err)
{
	double n, min, max;

	if (num_double(text, &n))
		return err_set(err, ERR_CONFIG, "is not a number");
	if (key->min && num_double(key->min, &min) == 0 && n < min)
		return err_set(err, ERR_CONFIG, "is less than %s", key->min);
	if (key->max && num_double(key->max, &max) == 0 && n > max)
		return err_set(err, ERR_CONFIG, "is more than %s", key->max);
	*out = n;
	return 0;
}

/* `bytes_or_elements`: what the bounds of a string or of a list count. */
static int check_count(const struct conf_key *key, size_t count,
		       const char *bytes_or_elements, struct err *err)
{
	uint64_t n;

	if (key->min && num_u64(key->min, &n) == 0 && count < n)
		return err_set(err, ERR_CONFIG, "must not be empty");
	if (key->max && num_u64(key->max, &n) == 0 && count > n)
		return err_set(err, ERR_CONFIG, "has more than %s %s", key->max,
			       bytes_or_elements);
	return 0;
}

static int set_str(const struct conf_key *key, const char *text, char **out,
		   struct err *err)
{
	if (check_count(key, strlen(text), "bytes", err))
		return -1;
	*out = xstrdup(text);
	return 0;
}

static int set_enum(const struct conf_key *key, const char *text, char **out,
		    struct err *err)
{
	size_t len = strlen(text), word;
	const char *p;

	for (p = key->min;; p += word + 1) {
		word = strcspn(p, "|");
		if (word == len && strncmp(p, text, len) == 0)
			break;
		if (!p[word])
			return err_set(err, ERR_CONFIG, "is not one of %s",
				       key->min);
	}
	*out = xstrdup(text);
	return 0;
}

static int set_strings(const struct conf_key *key, const char *const *texts,
		       size_t n, char ***out, struct err *err)
{
	char **list;
	size_t i;

	if (check_count(key, n, "elements", err))
		return -1;
	list = xcalloc(n + 1, sizeof(*list));
	for (i = 0; i < n; i++)
		list[i] = xstrdup(texts[i]);
	*out = list;
	return 0;
}

static int set_durs(const struct conf_key *key, const char *const *texts,
		    size_t n, int64_t **out, size_t *at, struct err *err)
{
	int64_t *list = xcalloc(n + 1, sizeof(*list));
	size_t i;

	for (i = 0; i < n; i++) {
		if (get_int(key, texts[i], &list[i], err)) {
			free(list);
			*at = i;
			return -1;
		}
	}
	list[n] = -1;
	*out = list;
	return 0;
}

int value_set(const struct conf_key *key, const char *const *texts, size_t n,
	      void *out, size_t *at, struct err *err)
{
	void *field = (char *)out + key->offset;

	*at = value_is_list(key->type) || key->type == CONF_STR ? n : 0;
	switch (key->type) {
	case CONF_STR:
	case CONF_EXPR:
		return set_str(key, texts[0], field, err);
	case CONF_ENUM:
		return set_enum(key, texts[0], field, err);
	case CONF_BOOL:
	case CONF_INT:
	case CONF_DUR:
	case CONF_SIZE:
		return get_int(key, texts[0], field, err);
	case CONF_NUM:
		return set_num(key, texts[0], field, err);
	case CONF_STRINGS:
		return set_strings(key, texts, n, field, err);
	case CONF_DURS:
		return set_durs(key, texts, n, field, at, err);
	case CONF_HEADERS:
	case CONF_GROUP:
		break;
	}
	BUG("key %s is not made from text", key->name);
}

static void set_unset(const struct conf_key *key, void *out)
{
	char *field = (char *)out + key->offset;

	switch (key->type) {
	case CONF_BOOL:
	case CONF_INT:
	case CONF_DUR:
	case CONF_SIZE:
		memcpy(field, &(int64_t){ -1 }, sizeof(int64_t));
		break;
	case CONF_NUM:
		memcpy(field, &(double){ -1 }, sizeof(double));
		break;
	case CONF_STR:
	case CONF_EXPR:
	case CONF_ENUM:
	case CONF_STRINGS:
	case CONF_DURS:
	case CONF_HEADERS:
	case CONF_GROUP:
		break; /* NULL, as it is */
	}
}

void value_default(const struct conf_key *key, void *out)
{
	struct err err;
	size_t at, n = 1;
	char **parts, *buffer;

	if (!key->def) {
		set_unset(key, out);
		return;
	}
	if (!value_is_list(key->type)) {
		if (value_set(key, &key->def, 1, out, &at, &err))
			BUG("default of %s %s", key->name, err.text);
		return;
	}
	parts = value_split(key->def, ',', &n, &buffer);
	if (value_set(key, (const char *const *)parts, n, out, &at, &err))
		BUG("default of %s %s", key->name, err.text);
	free(parts);
	free(buffer);
}

char **value_split(const char *text, char separator, size_t *n_out,
		   char **buffer_out)
{
	static const char blanks[] = " \t\r\n";
	char *p = xstrdup(text), *next;
	char **parts = NULL;
	size_t n = 0;

	*buffer_out = p;
	next = p[strspn(p, blanks)] ? p : NULL;
	while (next) {
		char *part = next, *end = strchr(part, separator);

		next = end ? end + 1 : NULL;
		end = end ? end : part + strlen(part);
		part += strspn(part, blanks);
		while (end > part && strchr(blanks, end[-1]))
			end--;
		*end = '\0';
		parts = xreallocarray(parts, n + 1, sizeof(*parts));
		parts[n++] = part;
	}
	*n_out = n;
	return parts;
}
