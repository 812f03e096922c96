/* SPDX-License-Identifier: MIT */

/*
 * stepq-engine - plays the AI engines of a pipeline, with real artifacts and
 * with trouble on request.
 */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "engine/calllog.h"
#include "engine/role.h"
#include "engine/server.h"
#include "engine/storage.h"

enum {
	EXIT_USAGE = 2,
	STOP_GRACE_MS = 1000
};

struct options {
	struct server_options server;
	const char *storage;
	const char *log;
	const char *port_file;
};

static const struct option_row {
	const char *name;
	const char *arg;
	const char *help;
	int letter; /* what getopt_long() returns */
} option_rows[] = {
	{ "listen", "HOST:PORT",
	  "where to listen (127.0.0.1:8001); port 0: any", 'a' },
	{ "role", "ROLE", "of every path; without it, the path names it", 'r' },
	{ "storage", "DIR", "keep artifacts in DIR (storage)", 's' },
	{ "log", "FILE", "append a line per call begun and ended", 'l' },
	{ "latency", "TIME", "the same as --fault latency=TIME", 't' },
	{ "fault", "SPEC", "trouble for every call, see below", 'f' },
	{ "public-url", "URL", "answers name files under URL/files/", 'u' },
	{ "port-file", "FILE", "write the port to FILE when it listens", 'p' },
	{ "help", NULL, "this text", 'h' },
	{ "version", NULL, "the version", 'V' },
};

static void print_help(void)
{
	const struct fault_row *fault;
	const struct role *role;
	size_t i;

	puts("usage: stepq-engine [options]\n\n"
	     "Plays the AI engines of a pipeline: POST /ROLE/generate.\n\n"
	     "options:");
	for (i = 0; i < ARRAY_SIZE(option_rows); i++)
		printf("  --%-10s %-10s %s\n", option_rows[i].name,
		       option_rows[i].arg ? option_rows[i].arg : "",
		       option_rows[i].help);
	puts("\nroles:");
	for (role = roles; role->name; role++)
		printf("  %-12s %s\n", role->name, role->help);
	puts("\nfaults, as --fault A=1,B=2, as ?A=1&B=2 in the url, or as header\n"
	     "'Engine-Fault: A=1,B=2' (the later of these wins):");
	for (fault = fault_rows; fault->name; fault++)
		printf("  %-12s %-6s %s\n", fault->name, fault->value,
		       fault->help);
}

static int fail(const struct err *err)
{
	fprintf(stderr, "stepq-engine: %s\n", err->text);
	return err->code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILURE;
}

static int set_role(struct options *options, const char *name, struct err *err)
{
	options->server.role = role_find(name, strlen(name));
	if (!options->server.role)
		return err_set(err, ERR_USAGE, "no role is named '%s'", name);
	return 0;
}

static int set_option(struct options *options, int letter, const char *value,
		      struct err *err)
{
	switch (letter) {
	case 'a':
		options->server.listen = value;
		return 0;
	case 'r':
		return set_role(options, value, err);
	case 's':
		options->storage = value;
		return 0;
	case 'l':
		options->log = value;
		return 0;
	case 't':
		return fault_set(&options->server.fault, "latency", value, err);
	case 'f':
		return fault_parse(&options->server.fault, value, err);
	case 'u':
		options->server.public_url = value;
		return 0;
	case 'p':
		options->port_file = value;
		return 0;
	}
	BUG("option '%c' is in the table alone", letter);
}

/* 1 when the program has done all it was asked for, 0 to go on. */
static int parse_options(struct options *options, int argc, char **argv,
			 struct err *err)
{
	struct option longs[ARRAY_SIZE(option_rows) + 1] = { 0 };
	int letter;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(option_rows); i++) {
		longs[i].name = option_rows[i].name;
		longs[i].has_arg = option_rows[i].arg != NULL;
		longs[i].val = option_rows[i].letter;
	}
	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		if (letter == '?' || letter == ':')
			return err_set(err, ERR_USAGE, "'%s' %s, see --help",
				       argv[optind - 1],
				       letter == ':' ? "needs a value"
						     : "is no option");
		if (letter == 'h') {
			print_help();
			return 1;
		}
		if (letter == 'V') {
			puts("stepq-engine " PACKAGE_VERSION);
			return 1;
		}
		if (set_option(options, letter, optarg, err)) {
			err->code = ERR_USAGE;
			return -1;
		}
	}
	if (optind < argc)
		return err_set(err, ERR_USAGE, "'%s' is no option, see --help",
			       argv[optind]);
	return 0;
}

/* In one step, so that who waits for the file never reads half a number. */
static int write_port(const char *path, unsigned int port, struct err *err)
{
	struct storage_file file = { 0 };
	size_t bytes;

	if (storage_create(&file, path, err))
		return -1;
	fprintf(file.stream, "%u\n", port);
	return storage_commit(&file, &bytes, err);
}

static void await_signal(const sigset_t *signals)
{
	int signo;

	while (sigwait(signals, &signo) != 0)
		continue;
}

static int serve(const struct options *options, const sigset_t *signals,
		 struct err *err)
{
	struct server *server = server_start(&options->server, err);
	int rc = 0;

	if (!server)
		return -1;
	if (options->port_file)
		rc = write_port(options->port_file, server_port(server), err);
	if (rc == 0) {
		fprintf(stderr, "stepq-engine: listening on port %u\n",
			server_port(server));
		await_signal(signals);
	}
	server_stop(&server, STOP_GRACE_MS);
	return rc;
}

int main(int argc, char **argv)
{
	struct options options = { .server.listen = "127.0.0.1:8001",
				   .storage = "storage" };
	struct storage *storage = NULL;
	struct err err = { 0 };
	sigset_t signals;
	int rc;

	rc = parse_options(&options, argc, argv, &err);
	if (rc > 0)
		return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
	if (rc < 0)
		return fail(&err);

	/* Before there are threads, so that they inherit it. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);

	storage = storage_open(options.storage, &err);
	options.server.storage = storage;
	if (storage && options.log)
		options.server.log = calllog_open(options.log, &err);
	rc = !storage || (options.log && !options.server.log) ||
	     serve(&options, &signals, &err);
	calllog_close(&options.server.log);
	storage_close(&storage);
	return rc ? fail(&err) : EXIT_SUCCESS;
}
