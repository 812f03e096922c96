/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "cli/opt.h"

static const struct opt opts[] = {
	OPT_STR('q', "queue", "NAME", "a text"),
	OPT_INT('n', "number", "N", "a number"),
	OPT_DUR(0, "delay", "TIME", "a duration"),
	OPT_FLAG('a', "all", "a flag"),
	OPT_FLAG('f', "force", "another flag"),
	OPT_END,
};

enum {
	QUEUE,
	NUMBER,
	DELAY,
	ALL,
	FORCE,
	COUNT,
};

enum {
	WORDS_MAX = 8,
};

/* What one command line gave. */
struct line {
	const char *values[COUNT];
	const char *globals[OPT_GLOBALS];
	char *words[WORDS_MAX];
	int words_n;
	struct err err;
};

/* 0, or -1 when an option was refused. `argv` is ended by NULL. */
static int read_line(struct line *line, char **argv)
{
	struct opt_reader reader = {
		.argv = argv,
		.sets = { { opts, line->values },
			  { opt_globals, line->globals } },
	};
	int got;

	memset(line, 0, sizeof(*line));
	while (argv[reader.argc])
		reader.argc++;
	do {
		char *word;

		got = opt_next_word(&reader, &word, &line->err);
		if (got > 0)
			line->words[line->words_n++] = word;
	} while (got > 0);
	return got;
}

#define READ(line, ...) read_line((line), (char *[]){ __VA_ARGS__, NULL })

#define WORD(text) ((char[]){ text })

static void a_value_follows_in_four_forms(void **state)
{
	struct line line;

	(void)state;
	assert_int_equal(READ(&line, WORD("--queue=high")), 0);
	assert_string_equal(line.values[QUEUE], "high");
	assert_int_equal(READ(&line, WORD("--queue"), WORD("high")), 0);
	assert_string_equal(line.values[QUEUE], "high");
	assert_int_equal(READ(&line, WORD("-q"), WORD("high")), 0);
	assert_string_equal(line.values[QUEUE], "high");
	assert_int_equal(READ(&line, WORD("-qhigh")), 0);
	assert_string_equal(line.values[QUEUE], "high");
	assert_int_equal(line.words_n, 0);
}

static void a_value_may_be_empty_or_look_like_an_option(void **state)
{
	struct line line;

	(void)state;
	assert_int_equal(READ(&line, WORD("--queue=")), 0);
	assert_string_equal(line.values[QUEUE], "");
	assert_int_equal(READ(&line, WORD("--queue"), WORD("--all")), 0);
	assert_string_equal(line.values[QUEUE], "--all");
	assert_null(line.values[ALL]);
	assert_int_equal(READ(&line, WORD("--queue=a=b")), 0);
	assert_string_equal(line.values[QUEUE], "a=b");
}

static void the_last_value_counts(void **state)
{
	struct line line;

	(void)state;
	assert_int_equal(READ(&line, WORD("-qa"), WORD("--queue=b")), 0);
	assert_string_equal(line.values[QUEUE], "b");
}

static void flags_stand_together_and_a_value_may_end_them(void **state)
{
	struct line line;

	(void)state;
	assert_int_equal(READ(&line, WORD("-afqhigh")), 0);
	assert_non_null(line.values[ALL]);
	assert_non_null(line.values[FORCE]);
	assert_string_equal(line.values[QUEUE], "high");
	assert_int_equal(READ(&line, WORD("-an"), WORD("3")), 0);
	assert_string_equal(line.values[NUMBER], "3");
}

static void words_and_options_mix(void **state)
{
	struct line line;

	(void)state;
	assert_int_equal(READ(&line, WORD("one"), WORD("--all"), WORD("-"),
			      WORD("--format=json"), WORD("two")),
			 0);
	assert_int_equal(line.words_n, 3);
	assert_string_equal(line.words[0], "one");
	assert_string_equal(line.words[1], "-");
	assert_string_equal(line.words[2], "two");
	assert_string_equal(line.globals[OPT_FORMAT], "json");
}

static void two_dashes_end_the_options_once(void **state)
{
	struct line line;

	(void)state;
	assert_int_equal(READ(&line, WORD("--"), WORD("--all"), WORD("--")), 0);
	assert_int_equal(line.words_n, 2);
	assert_string_equal(line.words[0], "--all");
	assert_string_equal(line.words[1], "--");
	assert_null(line.values[ALL]);
}

static void an_unknown_option_gets_the_nearest_one(void **state)
{
	struct line line;

	(void)state;
	assert_int_equal(READ(&line, WORD("--quue=x")), -1);
	assert_int_equal(line.err.code, ERR_USAGE);
	assert_string_equal(line.err.text,
			    "no option '--quue'\n"
			    "hint: did you mean '--queue'?");
	assert_int_equal(READ(&line, WORD("--fromat=json")), -1);
	assert_non_null(strstr(line.err.text, "'--format'"));
	assert_int_equal(READ(&line, WORD("--forc")), -1);
	assert_null(line.values[FORCE]);
	assert_int_equal(READ(&line, WORD("-z")), -1);
	assert_string_equal(line.err.text, "no option '-z'");
}

static void a_name_of_any_length_is_refused(void **state)
{
	struct line line;
	char word[300];

	(void)state;
	memset(word, 'q', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	word[0] = word[1] = '-';
	assert_int_equal(READ(&line, word), -1);
	assert_int_equal(line.err.code, ERR_USAGE);
}

static void what_is_missing_or_too_much_is_told(void **state)
{
	struct line line;

	(void)state;
	assert_int_equal(READ(&line, WORD("--queue")), -1);
	assert_string_equal(line.err.text,
			    "--queue needs a value: --queue NAME");
	assert_int_equal(READ(&line, WORD("-aq")), -1);
	assert_string_equal(line.err.text,
			    "--queue needs a value: --queue NAME");
	assert_int_equal(READ(&line, WORD("--all=1")), -1);
	assert_string_equal(line.err.text, "--all takes no value");
}

static void values_are_checked_by_their_kind(void **state)
{
	static const char *const bad_numbers[] = { "", "-1", "1.5", "3x",
						   "9223372036854775808" };
	static const char *const bad_times[] = { "", "-1s", "5x", "s" };
	struct line line;
	char word[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_numbers); i++) {
		(void)snprintf(word, sizeof(word), "--number=%s",
			       bad_numbers[i]);
		assert_int_equal(READ(&line, word), -1);
		assert_null(line.values[NUMBER]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_times); i++) {
		(void)snprintf(word, sizeof(word), "--delay=%s", bad_times[i]);
		assert_int_equal(READ(&line, word), -1);
		assert_null(line.values[DELAY]);
	}
	assert_int_equal(READ(&line, WORD("-n9223372036854775807")), 0);
	assert_int_equal(READ(&line, WORD("--delay=1m30s")), 0);
}

static int no_run(struct cmd_ctx *ctx, int argc, char **argv)
{
	(void)ctx;
	(void)argc;
	(void)argv;
	return CMD_OK;
}

static void a_command_reads_them_by_name(void **state)
{
	static const struct cmd cmd = {
		.name = "test",
		.help = "test",
		.opts = opts,
		.run = no_run,
	};
	struct cmd_ctx ctx = { .cmd = &cmd };

	(void)state;
	assert_int_equal(opt_int(&ctx, "number", -7), -7);
	assert_int_equal(opt_dur_ms(&ctx, "delay", -7), -7);
	assert_null(opt_str(&ctx, "queue"));
	ctx.values[QUEUE] = "high";
	ctx.values[NUMBER] = "42";
	ctx.values[DELAY] = "90";
	ctx.values[FORCE] = "";
	assert_string_equal(opt_str(&ctx, "queue"), "high");
	assert_int_equal(opt_int(&ctx, "number", 0), 42);
	assert_int_equal(opt_dur_ms(&ctx, "delay", 0), 90000);
	assert_true(opt_isset(&ctx, "force"));
	assert_false(opt_isset(&ctx, "all"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_follows_in_four_forms),
		cmocka_unit_test(a_value_may_be_empty_or_look_like_an_option),
		cmocka_unit_test(the_last_value_counts),
		cmocka_unit_test(flags_stand_together_and_a_value_may_end_them),
		cmocka_unit_test(words_and_options_mix),
		cmocka_unit_test(two_dashes_end_the_options_once),
		cmocka_unit_test(an_unknown_option_gets_the_nearest_one),
		cmocka_unit_test(a_name_of_any_length_is_refused),
		cmocka_unit_test(what_is_missing_or_too_much_is_told),
		cmocka_unit_test(values_are_checked_by_their_kind),
		cmocka_unit_test(a_command_reads_them_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
