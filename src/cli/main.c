/* SPDX-License-Identifier: MIT */

/*
 * The program: reads the command line by the tables, sets up what the command
 * needs, runs it, and looks whether its output arrived. A full disk or a
 * reader that has gone makes a command fail that else would have succeeded;
 * the reader's leaving is not worth a message.
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "cli/cmd.h"
#include "cli/help.h"
#include "cli/opt.h"
#include "cli/out.h"

struct command_line {
	const char *globals[OPT_GLOBALS];
	enum out_format format;
	const char *command; /* NULL: none was named */
	char **args;
	int args_n;
};

/*
 * A descriptor that was closed by our parent would be given to the first file
 * or connection we open, and a message to stderr would end in it.
 */
static int open_standard_fds(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
			return -1;
	return 0;
}

static int read_format(struct command_line *line, struct err *err)
{
	const char *format = line->globals[OPT_FORMAT];

	if (!format || strcmp(format, "text") == 0)
		line->format = OUT_TEXT;
	else if (strcmp(format, "json") == 0)
		line->format = OUT_JSON;
	else
		return err_set(err, ERR_USAGE,
			       "--format takes 'text' or 'json', not '%s'",
			       format);
	return 0;
}

/* 0, or -1 with ERR_USAGE; ctx->cmd is set as soon as it is known. */
static int read_line(struct command_line *line, struct cmd_ctx *ctx, int argc,
		     char **argv, struct err *err)
{
	struct opt_reader reader = {
		.argc = argc,
		.argv = argv,
		.next = 1,
		.sets = { { NULL, NULL }, { opt_globals, line->globals } },
	};
	char *word = NULL;
	int got = opt_next_word(&reader, &word, err);

	if (got > 0) {
		line->command = word;
		ctx->cmd = cmd_find(word);
		if (!ctx->cmd)
			return 0;
		reader.sets[0] =
			(struct opt_set){ ctx->cmd->opts, ctx->values };
	}
	while (got > 0) {
		got = opt_next_word(&reader, &word, err);
		if (got > 0)
			line->args[line->args_n++] = word;
	}
	return got < 0 ? -1 : read_format(line, err);
}

static int run_command(const struct command_line *line, struct cmd_ctx *ctx)
{
	int status;

	if (line->command && !ctx->cmd)
		return cmd_unknown(line->command);
	if (line->globals[OPT_VERSION])
		return cmd_find("version")->run(ctx, 0, NULL);
	if (line->globals[OPT_HELP])
		return help_show(ctx->out, ctx->cmd);
	if (!ctx->cmd) {
		(void)help_show(ctx->out, NULL);
		return CMD_USAGE;
	}
	status = cmd_setup(ctx, ctx->cmd->needs);
	if (status == CMD_OK)
		status = ctx->cmd->run(ctx, line->args_n, line->args);
	return status;
}

static int close_output(struct out **out, int status)
{
	if (out_close(out) == 0)
		return status;
	if (errno != EPIPE)
		(void)fprintf(stderr, "stepq: cannot write the output: %s\n",
			      strerror(errno));
	return status == CMD_OK ? CMD_FAILED : status;
}

int main(int argc, char **argv)
{
	struct command_line line = { 0 };
	struct cmd_ctx ctx = { 0 };
	struct err err = { 0 };
	int status;

	if (open_standard_fds() < 0)
		return CMD_FAILED;
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail for a valid signal */
	line.args = xcalloc((size_t)argc + 1, sizeof(*line.args));
	if (read_line(&line, &ctx, argc, argv, &err) < 0) {
		status = cmd_fail(&ctx, &err);
	} else {
		ctx.config_path = line.globals[OPT_CONFIG];
		ctx.out = out_new(line.format);
		status = run_command(&line, &ctx);
		cmd_teardown(&ctx);
		status = close_output(&ctx.out, status);
	}
	free(line.args);
	return status;
}
