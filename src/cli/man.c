/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/help.h"
#include "cli/man.h"
#include "cli/opt.h"
#include "cli/text.h"

/* The day the words below were last changed; pages are to be reproducible. */
#define MAN_DATE "November 20, 2026"

enum {
	NAME_MAX_LEN = 32,
};

/* A macro's first argument may be taken for a macro itself: \& stops that. */
#define ARG "\\&"

/*
 * mdoc reads a line that begins with '.' or "'" as a macro, '\' as an escape,
 * and may turn a '-' into a hyphen.
 */
static void add_escaped(struct strbuf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int is_start = i == 0 || text[i - 1] == '\n';

		if (is_start && (text[i] == '.' || text[i] == '\''))
			strbuf_adds(out, "\\&");
		if (text[i] == '\\')
			strbuf_adds(out, "\\e");
		else if (text[i] == '-' &&
			 (is_start || !isalnum((unsigned char)text[i - 1])))
			strbuf_adds(out, "\\-");
		else
			strbuf_addc(out, text[i]);
	}
}

/* mdoc wants each sentence on a line of its own, to space them well. */
static int is_sentence_end(const char *blank)
{
	return blank[0] == ' ' && strchr(".?!", blank[-1]) &&
	       isupper((unsigned char)blank[1]);
}

void man_words(struct strbuf *out, const char *text)
{
	struct strbuf filled = { 0 };
	char *lines;

	text_fill(&filled, text, SIZE_MAX);
	lines = strbuf_detach(&filled);
	for (size_t i = 1; lines[i - 1] && lines[i]; i++)
		if (is_sentence_end(lines + i))
			lines[i] = '\n';
	add_escaped(out, lines, strlen(lines));
	free(lines);
}

void man_text(struct strbuf *out, const char *text)
{
	struct text_paragraph paragraph;

	while (text_next(&text, &paragraph)) {
		char *copy = xstrndup(paragraph.start, paragraph.len);

		if (paragraph.is_example) {
			strbuf_adds(out, ".Bd -literal\n");
			add_escaped(out, copy, paragraph.len);
			strbuf_adds(out, "\n.Ed\n");
		} else {
			strbuf_adds(out, ".Pp\n");
			man_words(out, copy);
		}
		free(copy);
	}
}

void man_start(struct strbuf *out, const char *page, int section,
	       const char *what)
{
	char title[NAME_MAX_LEN];
	size_t i;

	for (i = 0; page[i] && i + 1 < sizeof(title); i++)
		title[i] = (char)toupper((unsigned char)page[i]);
	title[i] = '\0';
	strbuf_addf(out,
		    ".Dd " MAN_DATE
		    "\n"
		    ".Dt %s %d\n"
		    ".Os\n"
		    ".Sh NAME\n"
		    ".Nm %s\n"
		    ".Nd %s\n",
		    title, section, page, what);
}

static void add_options(struct strbuf *out, const struct opt *opts)
{
	if (!opts || !opts->name)
		return;
	strbuf_adds(out, ".Bl -tag -width Ds\n");
	for (; opts->name; opts++) {
		struct strbuf sentence = { 0 };

		strbuf_adds(out, ".It ");
		if (opts->letter)
			strbuf_addf(out, "Fl %c , ", opts->letter);
		strbuf_adds(out, "Fl \\-");
		add_escaped(out, opts->name, strlen(opts->name));
		if (opts->arg)
			strbuf_addf(out, " Ar " ARG "%s", opts->arg);
		strbuf_addc(out, '\n');
		text_sentence(&sentence, opts->help);
		man_words(out, strbuf_str(&sentence));
		strbuf_release(&sentence);
	}
	strbuf_adds(out, ".El\n");
}

static void add_command(struct strbuf *out, const struct cmd *cmd)
{
	struct strbuf sentence = { 0 };

	strbuf_addf(out, ".Ss stepq %s%s", cmd->name,
		    cmd->opts ? " [options]" : "");
	if (cmd->args && *cmd->args) {
		strbuf_addc(out, ' ');
		add_escaped(out, cmd->args, strlen(cmd->args));
	}
	strbuf_addc(out, '\n');
	text_sentence(&sentence, cmd->help);
	man_words(out, strbuf_str(&sentence));
	strbuf_release(&sentence);
	if (cmd->text)
		man_text(out, cmd->text);
	add_options(out, cmd->opts);
}

static void add_exits(struct strbuf *out)
{
	static const struct {
		int status;
		const char *doc;
	} exits[] = {
#define EXIT_ROW(symbol, status, doc) { (status), (doc) },
		CMD_EXITS(EXIT_ROW)
#undef EXIT_ROW
	};

	strbuf_adds(out, ".Sh EXIT STATUS\n.Bl -tag -width Ds -compact\n");
	for (size_t i = 0; i < ARRAY_SIZE(exits); i++) {
		strbuf_addf(out, ".It %d\n", exits[i].status);
		man_words(out, exits[i].doc);
	}
	strbuf_adds(out, ".El\n");
}

static const char synopsis[] =
	".Sh SYNOPSIS\n"
	".Nm\n"
	".Ar command\n"
	".Op Ar options\n"
	".Op Ar arguments\n";

static const char purpose[] =
	"stepq runs pipelines from a MySQL or MariaDB table.  A row inserted "
	"into the table jobs asks for a run of a pipeline; workers claim it, "
	"execute its steps by calling engines over HTTP or as local commands, "
	"and record each step in the table episode_jobs.  What fails for good "
	"stands in failed_jobs, from where it can be retried.";

static const char conventions[] =
	"Options may stand before and behind the words they go with, as "
	"--name=value, --name value or, where they have a letter, -x value; "
	"-- ends them.  A TIME is a number with a unit, as in 250ms, 90s, 5m, "
	"2h or 1d, or a sum such as 1m30s; a bare number counts seconds.  "
	"Where a run is to be named, its number and its UUID will do.\n"
	"\n"
	"Every command takes these options:";

static const char signals[] =
	".Sh SIGNALS\n"
	".Nm stepq\n"
	".Cm work\n"
	"takes these signals:\n"
	".Bl -tag -width Ds\n"
	".It Dv SIGTERM , SIGINT , SIGQUIT\n"
	"Take no new work, finish what runs for up to\n"
	".Fl \\-grace ,\n"
	"give back the rest, exit with status 0.\n"
	"A second one gives everything back at once.\n"
	"Work that is given back loses no attempt.\n"
	".It Dv SIGHUP\n"
	"Read engines and pipelines again; when they have errors the worker\n"
	"goes on with the ones it has.\n"
	"Runs under way keep the definition they began with.\n"
	".It Dv SIGUSR2\n"
	"Pause: finish what runs, take no new work.\n"
	".It Dv SIGCONT\n"
	"Go on after a pause.\n"
	".El\n";

static const char environment[] =
	".Sh ENVIRONMENT\n"
	".Bl -tag -width Ds\n"
	".It Ev STEPQ_CONFIG\n"
	"The configuration file, unless\n"
	".Fl \\-config\n"
	"names one.\n"
	".It Ev STEPQ_DATABASE_URL\n"
	"The database in one line, in place of the group\n"
	".Va database\n"
	"of the configuration:\n"
	".Li mysql://user:password@host:3306/name?socket=/path&tls=on .\n"
	".It Ev STEPQ_GROUP_KEY\n"
	"Any key of the configuration:\n"
	".Va worker.lease\n"
	"is\n"
	".Ev STEPQ_WORKER_LEASE .\n"
	"The environment goes before the file.\n"
	".It Ev NO_COLOR\n"
	"When set and not empty, no colour is used on a terminal.\n"
	".It Ev COLUMNS\n"
	"The width to which tables are made to fit; otherwise the terminal\n"
	"is asked, and in pipes and files nothing is cut.\n"
	".El\n";

static const char files[] =
	".Sh FILES\n"
	".Bl -tag -width Ds\n"
	".It Pa " STEPQ_CONF_DIR
	"/stepq.conf\n"
	"The configuration, unless it is named otherwise.\n"
	".It Pa conf/stepq.conf\n"
	"The configuration, when there is none at the place above.\n"
	".El\n";

static const char examples[] =
	".Sh EXAMPLES\n"
	"Look whether everything is in place, and run a worker:\n"
	".Bd -literal -offset indent\n"
	"stepq migrate\n"
	"stepq doctor\n"
	"stepq work --queue=high,default --concurrency=50\n"
	".Ed\n"
	".Pp\n"
	"Ask for a run and watch it:\n"
	".Bd -literal -offset indent\n"
	"stepq push pipeline.full --episode=25 --input='{\"topic\":\"cat\"}'\n"
	"stepq watch 25\n"
	".Ed\n"
	".Pp\n"
	"The same from SQL, inside a transaction of one's own:\n"
	".Bd -literal -offset indent\n"
	"INSERT INTO jobs (queue, payload, attempts, available_at, created_at)\n"
	"VALUES ('default', '{\"job\":\"pipeline.full\",\"data\":\n"
	"  {\"episode_id\":25,\"input\":{\"topic\":\"cat\"}}}', 0,\n"
	"  UNIX_TIMESTAMP(), UNIX_TIMESTAMP());\n"
	".Ed\n"
	".Pp\n"
	"See what failed and try it again:\n"
	".Bd -literal -offset indent\n"
	"stepq failed\n"
	"stepq retry all --queue default\n"
	".Ed\n"
	".Sh SEE ALSO\n"
	".Xr stepq.conf 5\n";

void man_program(struct strbuf *out)
{
	man_start(out, "stepq", 1, "run pipelines from a MySQL table");
	strbuf_adds(out, synopsis);
	strbuf_adds(out, ".Sh DESCRIPTION\n");
	man_words(out, purpose);
	man_text(out, conventions);
	add_options(out, opt_globals);
	strbuf_adds(out, ".Sh COMMANDS\n");
	for (size_t i = 0; commands[i]; i++)
		if (help_is_shown(commands[i]))
			add_command(out, commands[i]);
	strbuf_adds(out, signals);
	strbuf_adds(out, environment);
	strbuf_adds(out, files);
	add_exits(out);
	strbuf_adds(out, examples);
}
