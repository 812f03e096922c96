/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <string.h>

#include "base/strbuf.h"
#include "cli/keytext.h"
#include "cli/man.h"
#include "cli/text.h"

static const char description[] =
	".Sh DESCRIPTION\n"
	"The configuration of\n"
	".Xr stepq 1\n"
	"is a file in the syntax of libconfig: settings\n"
	".Li name = value ;\n"
	"in groups\n"
	".Li \\&{ \\&} ,\n"
	"lists\n"
	".Li \\&( \\&)\n"
	"and arrays\n"
	".Li \\&[ \\&] ,\n"
	"with comments behind\n"
	".Li # .\n"
	".Pp\n"
	"It is the file named by\n"
	".Fl \\-config ,\n"
	"else by\n"
	".Ev STEPQ_CONFIG ,\n"
	"else\n"
	".Pa " STEPQ_CONF_DIR
	"/stepq.conf ,\n"
	"else\n"
	".Pa conf/stepq.conf ;\n"
	"without any of them defaults and environment hold.\n"
	"A variable of the environment goes before the file, the file before\n"
	"the default.\n"
	".Li stepq config check\n"
	"looks for errors,\n"
	".Li stepq config dump\n"
	"shows what holds and where it comes from,\n"
	".Li stepq config keys \\-\\-example\n"
	"prints a file of all keys to begin with.\n"
	".Pp\n"
	"In a string\n"
	".Li ${NAME}\n"
	"stands for the variable of that name, which must be set, and\n"
	".Li $${\n"
	"for a literal\n"
	".Li ${ .\n"
	"Secrets are best written so: what is in the file itself can be read\n"
	"with the file.\n"
	".Pp\n"
	"Values are of these types:\n"
	".Bl -tag -width expression -compact\n"
	".It text\n"
	"a string in double quotes\n"
	".It texts\n"
	"an array of strings, or one string\n"
	".It word\n"
	"one of the strings that are listed\n"
	".It boolean\n"
	"true or false\n"
	".It integer\n"
	"a whole number\n"
	".It number\n"
	"a number, with a fraction where it has one\n"
	".It duration\n"
	"a string such as \"250ms\", \"90s\", \"5m\", \"2h\", \"1d\" or\n"
	"\"1m30s\"; a bare number counts seconds\n"
	".It durations\n"
	"an array of durations, or one\n"
	".It size\n"
	"bytes, or a string such as \"64K\", \"8M\" or \"1G\"\n"
	".It expression\n"
	"a string with a program of jq, see\n"
	".Sx EXPRESSIONS\n"
	".It group\n"
	"settings in braces\n"
	".El\n"
	".Pp\n"
	"Unknown keys are errors, as is a value out of its range.\n";

static const char engines[] =
	".Sh ENGINES\n"
	"The members of\n"
	".Va engines\n"
	"are what steps call.\n"
	"An engine has exactly one of\n"
	".Va url ,\n"
	".Va command\n"
	"and\n"
	".Va dummy .\n"
	"Its name is made of letters, digits, '_', '-' and '*', and begins\n"
	"with a letter or '*', as libconfig demands.\n";

static const char pipelines[] =
	".Sh PIPELINES\n"
	"The members of the list\n"
	".Va pipelines\n"
	"are groups, one a pipeline.\n"
	"Lists of several files add up.\n";

static const char steps[] =
	".Ss Steps\n"
	"A step starts when all steps that it needs are finished: done,\n"
	"skipped, or failed where that is allowed.\n"
	"It has one of\n"
	".Va engine\n"
	"and\n"
	".Va gate ,\n"
	"or neither and only waits.\n"
	".Pp\n"
	"A step is skipped when its\n"
	".Va when\n"
	"is false, and, having none, when all steps that it needs were\n"
	"skipped.\n"
	"A skipped step counts as finished.\n"
	".Pp\n"
	"With\n"
	".Va each\n"
	"a step is a map: each item is a row of its own with its own tries, and\n"
	"the result is the array of their results in order, with null where an\n"
	"item has failed.\n"
	"A map that has failed is one failed job; its retry calls the engine\n"
	"for the items that are not done.\n"
	"A map has 100000 items at most.\n"
	".Pp\n"
	"A failure that\n"
	".Va on_failure\n"
	"or\n"
	".Va fallback\n"
	"tolerates makes no failed job, and the run goes on.\n"
	"Whatever needs a step waits for its fallback too, and reads the\n"
	"fallback's result under the step's name.\n";

static const char expressions[] =
	".Sh EXPRESSIONS\n"
	"Expressions are programs of\n"
	".Xr jq 1\n"
	"that give exactly one value; those of\n"
	".Va each\n"
	"give any number.\n"
	"One that takes more than a second of processor time is stopped, and\n"
	"its step fails.\n"
	".Pp\n"
	"The value\n"
	".Li \\&.\n"
	"is the state of the run, an object:\n"
	".Bl -tag -width Ds\n"
	".It Li input\n"
	"what the run was pushed with\n"
	".It Li run\n"
	"its id, uuid, pipeline and episode_id, and round: 1, and one more each\n"
	"time that a loop went back to this step\n"
	".It Li item , index\n"
	"of a map: the item and its place, from 0\n"
	".It Li errors\n"
	"the errors of steps that failed without failing the run, by name; it\n"
	"is there only when there are some\n"
	".It Va NAME\n"
	"for each step above this one its result, null when it has failed,\n"
	"nothing when it was skipped.\n"
	"In a loop, its steps see what the rounds before gave.\n"
	".El\n"
	".Pp\n"
	"In\n"
	".Va output\n"
	"and\n"
	".Va cost\n"
	"the value\n"
	".Li \\&.\n"
	"is what the engine answered, and\n"
	".Li $state\n"
	"is the state.\n";

static const char payload[] =
	".Sh PAYLOAD\n"
	"The column payload of the table jobs is a JSON object:\n"
	".Bl -tag -width Ds\n"
	".It Va job\n"
	"The name of a pipeline.\n"
	"Required.\n"
	".It Va data.episode_id\n"
	"A number of the application's own; where a row of the table episodes\n"
	"has it as its id, that row shows how the run goes on.\n"
	".It Va data.input\n"
	"The input of the run, any JSON value; an empty object by default.\n"
	".It Va uuid\n"
	"The UUID the run takes as its own; one is made when there is none.\n"
	".It Va maxTries\n"
	"Attempts of each step, 0 for no end.\n"
	".It Va timeout\n"
	"Seconds one attempt may take, 0 for no end.\n"
	".It Va backoff\n"
	"Seconds to wait between attempts, a number, a list, or a text such\n"
	"as \"1,5,10\".\n"
	".It Va retryUntil\n"
	"Seconds since 1970 after which nothing is tried again.\n"
	".El\n"
	".Pp\n"
	"Of\n"
	".Va tries ,\n"
	".Va timeout\n"
	"and\n"
	".Va backoff\n"
	"the payload's goes first, then the step's, then the engine's, then\n"
	"that of the group\n"
	".Va worker .\n";

static const char example[] =
	".Sh EXAMPLES\n"
	".Bd -literal\n"
	"database: { hosts = [\"db1\", \"db2\"]; user = \"stepq\";\n"
	"            password = \"${STEPQ_DB_PASSWORD}\"; };\n"
	"engines: {\n"
	"  text:  { url = \"http://127.0.0.1:8001/generate\"; };\n"
	"  image: { url = \"http://127.0.0.1:8003/generate\"; tries = 5;\n"
	"           headers: { Authorization = \"Bearer ${IMAGE_KEY}\"; }; };\n"
	"};\n"
	"pipelines = (\n"
	"  { name = \"pipeline.short\"; steps = (\n"
	"    { name = \"text\"; engine = \"text\";\n"
	"      input = \"{topic: .input.topic}\"; },\n"
	"    { name = \"image\"; engine = \"image\"; needs = [\"text\"];\n"
	"      input = \"{panels: .text.panels}\"; } ); }\n"
	");\n"
	".Ed\n"
	".Sh SEE ALSO\n"
	".Xr jq 1 ,\n"
	".Xr stepq 1\n";

/* "Type: duration, 1s to 1h.  Default: 30s.  Variable: STEPQ_WORKER_LEASE." */
static void add_facts(struct strbuf *out, const struct key_table *table,
		      const struct conf_key *key)
{
	struct strbuf facts = { 0 }, range = { 0 }, variable = { 0 };

	key_range(key, &range);
	key_variable(table, key, &variable);
	strbuf_addf(&facts, "Type: %s%s%s.", key_type(key->type),
		    range.len ? ", " : "", strbuf_str(&range));
	if (key->def)
		strbuf_addf(&facts, " Default: %s.",
			    *key->def ? key->def : "empty");
	else if (key->flags & CONF_REQUIRED)
		strbuf_adds(&facts, " Required.");
	if (variable.len)
		strbuf_addf(&facts, " Variable: %s.", strbuf_str(&variable));
	man_words(out, strbuf_str(&facts));
	strbuf_release(&facts);
	strbuf_release(&range);
	strbuf_release(&variable);
}

static void add_keys(struct strbuf *out, size_t which)
{
	const struct key_table table = key_table(which);

	strbuf_adds(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < table.n; i++) {
		struct strbuf sentence = { 0 };

		strbuf_addf(out, ".It Va %s\n", table.keys[i].name);
		text_sentence(&sentence, table.keys[i].doc);
		man_words(out, strbuf_str(&sentence));
		strbuf_release(&sentence);
		if (table.keys[i].type != CONF_GROUP)
			add_facts(out, &table, &table.keys[i]);
	}
	strbuf_adds(out, ".El\n");
}

void man_conf(struct strbuf *out)
{
	man_start(out, "stepq.conf", 5, "configuration of stepq");
	strbuf_adds(out, description);
	strbuf_adds(out, ".Sh SETTINGS\n");
	add_keys(out, KEY_TABLE_SETTINGS);
	strbuf_adds(out, engines);
	add_keys(out, KEY_TABLE_ENGINE);
	strbuf_adds(out, ".Ss The dummy engine\n");
	add_keys(out, KEY_TABLE_DUMMY);
	strbuf_adds(out, pipelines);
	add_keys(out, KEY_TABLE_PIPELINE);
	strbuf_adds(out, steps);
	add_keys(out, KEY_TABLE_STEP);
	strbuf_adds(out, ".Ss Gates\n");
	add_keys(out, KEY_TABLE_GATE);
	strbuf_adds(out, ".Ss Going back\n");
	add_keys(out, KEY_TABLE_AGAIN);
	strbuf_adds(out, expressions);
	strbuf_adds(out, payload);
	strbuf_adds(out, example);
}
