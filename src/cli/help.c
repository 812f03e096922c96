/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/help.h"
#include "cli/opt.h"
#include "cli/out.h"
#include "cli/text.h"

enum {
	TEXT_COLUMNS = 78,
};

static const struct out_column two_columns[] = {
	{ NULL, OUT_LEFT },
	{ NULL, OUT_LEFT },
};

int help_is_shown(const struct cmd *cmd)
{
	return strncmp(cmd->name, "__", 2) != 0;
}

static void show_heading(struct out *out, const char *text)
{
	struct strbuf sb = { 0 };

	out_styled(out, &sb, OUT_BOLD, text);
	out_line(out, "\n%s", strbuf_str(&sb));
	strbuf_release(&sb);
}

static void show_options(struct out *out, const struct opt *opts)
{
	struct out_table *table =
		out_table_new(out, two_columns, ARRAY_SIZE(two_columns), 2);

	for (; opts->name; opts++) {
		struct strbuf sb = { 0 };

		if (opts->letter)
			strbuf_addf(&sb, "-%c, ", opts->letter);
		else
			strbuf_adds(&sb, "    ");
		strbuf_addf(&sb, "--%s", opts->name);
		if (opts->arg)
			strbuf_addf(&sb, " %s", opts->arg);
		out_table_row(table,
			      (const char *[]){ strbuf_str(&sb), opts->help });
		strbuf_release(&sb);
	}
	out_table_end(&table);
}

static void show_program(struct out *out)
{
	struct out_table *table;

	out_line(out, "stepq runs pipelines from a MySQL table.");
	out_line(out, "\nusage: stepq COMMAND [options] [arguments]");
	show_heading(out, "commands");
	table = out_table_new(out, two_columns, ARRAY_SIZE(two_columns), 2);
	for (size_t i = 0; commands[i]; i++)
		if (help_is_shown(commands[i]))
			out_table_row(table,
				      (const char *[]){ commands[i]->name,
							commands[i]->help });
	out_table_end(&table);
	show_heading(out, "options of every command");
	show_options(out, opt_globals);
	out_line(out, "\n'stepq help COMMAND' tells more, as does stepq(1).");
}

static void show_command(struct out *out, const struct cmd *cmd)
{
	struct strbuf text = { 0 };

	out_line(out, "stepq %s: %s", cmd->name, cmd->help);
	out_line(out, "\nusage: stepq %s%s%s%s", cmd->name,
		 cmd->opts ? " [options]" : "",
		 cmd->args && *cmd->args ? " " : "",
		 cmd->args ? cmd->args : "");
	if (cmd->text) {
		text_fill(&text, cmd->text, TEXT_COLUMNS);
		out_text(out, "\n");
		out_text(out, strbuf_str(&text));
		strbuf_release(&text);
	}
	if (cmd->opts && cmd->opts->name) {
		show_heading(out, "options");
		show_options(out, cmd->opts);
	}
	show_heading(out, "options of every command");
	show_options(out, opt_globals);
}

static jv options_json(const struct opt *opts)
{
	jv list = jv_array();

	for (; opts && opts->name; opts++) {
		const char letter[] = { opts->letter, '\0' };
		jv opt = jv_object();

		opt = jv_set(opt, jv_string("name"), jv_string(opts->name));
		opt = jv_set(opt, jv_string("letter"),
			     opts->letter ? jv_string(letter) : jv_null());
		opt = jv_set(opt, jv_string("value"),
			     opts->arg ? jv_string(opts->arg) : jv_null());
		opt = jv_set(opt, jv_string("help"), jv_string(opts->help));
		list = jv_array_append(list, opt);
	}
	return list;
}

static jv command_json(const struct cmd *cmd)
{
	jv v = jv_object();

	v = jv_set(v, jv_string("name"), jv_string(cmd->name));
	v = jv_set(v, jv_string("arguments"),
		   jv_string(cmd->args ? cmd->args : ""));
	v = jv_set(v, jv_string("help"), jv_string(cmd->help));
	return jv_set(v, jv_string("options"), options_json(cmd->opts));
}

static jv program_json(void)
{
	jv list = jv_array(), v = jv_object();

	for (size_t i = 0; commands[i]; i++)
		if (help_is_shown(commands[i]))
			list = jv_array_append(list, command_json(commands[i]));
	v = jv_set(v, jv_string("commands"), list);
	return jv_set(v, jv_string("options"), options_json(opt_globals));
}

int help_show(struct out *out, const struct cmd *cmd)
{
	if (out_format(out) == OUT_JSON)
		out_json(out, cmd ? command_json(cmd) : program_json());
	else if (cmd)
		show_command(out, cmd);
	else
		show_program(out);
	return CMD_OK;
}
