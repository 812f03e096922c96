/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/opt.h"
#include "conf/conf.h"

enum {
	NAMES_MAX = 64, /* of both sets together */
};

const struct opt opt_globals[] = {
	[OPT_CONFIG] =
		OPT_STR(0, "config", "FILE", "read this configuration file"),
	[OPT_FORMAT] =
		OPT_STR(0, "format", "text|json",
			"text for people (default) or JSON for programs"),
	[OPT_HELP] = OPT_FLAG('h', "help", "show help and exit"),
	[OPT_VERSION] = OPT_FLAG('V', "version", "show the version and exit"),
	OPT_END,
};

/* The option named by `len` bytes or, when they are NULL, by a letter. */
static const struct opt *find(const struct opt_reader *reader, const char *name,
			      size_t len, char letter, const char ***value_out)
{
	for (size_t s = 0; s < OPT_SETS; s++) {
		const struct opt_set *set = &reader->sets[s];

		for (size_t i = 0; set->opts && set->opts[i].name; i++) {
			const struct opt *opt = &set->opts[i];

			if (name ? strncmp(opt->name, name, len) != 0 ||
					    opt->name[len] != '\0'
				 : opt->letter != letter)
				continue;
			*value_out = &set->values[i];
			return opt;
		}
	}
	return NULL;
}

static int unknown_name(const struct opt_reader *reader, const char *name,
			size_t len, struct err *err)
{
	const char *names[NAMES_MAX], *near;
	char word[NAMES_MAX];
	size_t n = 0;

	for (size_t s = 0; s < OPT_SETS; s++) {
		const struct opt *opt = reader->sets[s].opts;

		for (; opt && opt->name && n < NAMES_MAX; opt++)
			names[n++] = opt->name;
	}
	(void)err_set(err, ERR_USAGE, "no option '--%.*s'", (int)len, name);
	if (len >= sizeof(word))
		return -1;
	memcpy(word, name, len);
	word[len] = '\0';
	near = conf_nearest(word, names, n);
	return near ? err_hint(err, "did you mean '--%s'?", near) : -1;
}

static int take_value(const struct opt *opt, const char **value_out,
		      const char *value, struct err *err)
{
	int64_t n;

	switch (opt->kind) {
	case OPT_KIND_FLAG:
	case OPT_KIND_STR:
		break;
	case OPT_KIND_INT:
		if (num_i64(value, &n) < 0 || n < 0)
			return err_set(err, ERR_USAGE,
				       "--%s takes a whole number, not '%s'",
				       opt->name, value);
		break;
	case OPT_KIND_DUR:
		if (dur_parse(value, &n) < 0)
			return err_set(err, ERR_USAGE,
				       "--%s takes a duration such as 90s, 5m "
				       "or 1h30m, not '%s'",
				       opt->name, value);
		break;
	}
	*value_out = value;
	return 0;
}

static int take_next(struct opt_reader *reader, const struct opt *opt,
		     const char **value_out, struct err *err)
{
	if (reader->next == reader->argc)
		return err_set(err, ERR_USAGE, "--%s needs a value: --%s %s",
			       opt->name, opt->name, opt->arg);
	return take_value(opt, value_out, reader->argv[reader->next++], err);
}

static int read_name(struct opt_reader *reader, const char *name,
		     struct err *err)
{
	size_t len = strcspn(name, "=");
	const char **value;
	const struct opt *opt = find(reader, name, len, 0, &value);

	if (!opt)
		return unknown_name(reader, name, len, err);
	if (opt->kind != OPT_KIND_FLAG)
		return name[len] ? take_value(opt, value, name + len + 1, err)
				 : take_next(reader, opt, value, err);
	if (name[len])
		return err_set(err, ERR_USAGE, "--%s takes no value",
			       opt->name);
	*value = "";
	return 0;
}

static int read_letters(struct opt_reader *reader, const char *letters,
			struct err *err)
{
	for (; *letters; letters++) {
		const char **value;
		const struct opt *opt = find(reader, NULL, 0, *letters, &value);

		if (!opt)
			return err_set(err, ERR_USAGE, "no option '-%c'",
				       *letters);
		if (opt->kind != OPT_KIND_FLAG)
			return letters[1] ? take_value(opt, value, letters + 1,
						       err)
					  : take_next(reader, opt, value, err);
		*value = "";
	}
	return 0;
}

int opt_next_word(struct opt_reader *reader, char **word_out, struct err *err)
{
	while (reader->next < reader->argc) {
		char *word = reader->argv[reader->next++];

		if (reader->is_ended || word[0] != '-' || word[1] == '\0') {
			*word_out = word;
			return 1;
		}
		if (strcmp(word, "--") == 0)
			reader->is_ended = 1;
		else if (word[1] == '-'
				 ? read_name(reader, word + 2, err) < 0
				 : read_letters(reader, word + 1, err) < 0)
			return -1;
	}
	return 0;
}

const char *opt_str(const struct cmd_ctx *ctx, const char *name)
{
	for (size_t i = 0; ctx->cmd->opts && ctx->cmd->opts[i].name; i++)
		if (strcmp(ctx->cmd->opts[i].name, name) == 0)
			return ctx->values[i];
	BUG("command %s has no option --%s", ctx->cmd->name, name);
}

int opt_isset(const struct cmd_ctx *ctx, const char *name)
{
	return opt_str(ctx, name) != NULL;
}

/* The values below were checked when they were read. */
int64_t opt_int(const struct cmd_ctx *ctx, const char *name, int64_t unset)
{
	const char *value = opt_str(ctx, name);
	int64_t n = unset;
	int result = value ? num_i64(value, &n) : 0;

	assert(result == 0);
	return n;
}

int64_t opt_dur_ms(const struct cmd_ctx *ctx, const char *name, int64_t unset)
{
	const char *value = opt_str(ctx, name);
	int64_t ms = unset;
	int result = value ? dur_parse(value, &ms) : 0;

	assert(result == 0);
	return ms;
}
