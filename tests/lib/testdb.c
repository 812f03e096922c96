/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "db/migrate.h"
#include "lib/testdb.h"

enum {
	OPTIONS_MAX = 16,
	LINE_MAX_LEN = 512
};

struct testdb {
	pid_t pid;
	FILE *to;
	FILE *from;
	struct db_options options;
	char *socket;
	char *schema;
	struct db *db;
};

extern char **environ;

static void fail_on(int rc, const struct err *err)
{
	if (rc < 0)
		fail_msg("%s", err->text);
}

/* Both ends close on exec: no server may hold the pipe open. */
static void pipe_open(int fds[2])
{
	if (pipe(fds) != 0 || fcntl(fds[0], F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(fds[1], F_SETFD, FD_CLOEXEC) != 0) {
		perror("pipe");
		exit(EXIT_FAILURE);
	}
}

static void runner_start(struct testdb *t, const char *const *options)
{
	const char *top = getenv("top_srcdir");
	char *script =
		xasprintf("%s/tests/lib/mariadb-run.sh", top ? top : ".");
	char *argv[OPTIONS_MAX + 3] = { xstrdup("sh"), script };
	posix_spawn_file_actions_t actions;
	int to[2], from[2];
	size_t i;

	for (i = 0; options && options[i] && i < OPTIONS_MAX; i++)
		argv[i + 2] = xstrdup(options[i]);
	pipe_open(to);
	pipe_open(from);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
	(void)posix_spawn_file_actions_adddup2(&actions, from[1],
					       STDOUT_FILENO);
	if (posix_spawn(&t->pid, "/bin/sh", &actions, NULL, argv, environ)) {
		perror("posix_spawn");
		exit(EXIT_FAILURE);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(to[0]);
	(void)close(from[1]);
	t->to = fdopen(to[1], "w");
	t->from = fdopen(from[0], "r");
	for (i = 0; argv[i]; i++)
		free(argv[i]);
}

struct testdb *testdb_start(const char *const *options)
{
	struct testdb *t = xcalloc(1, sizeof(*t));
	char line[LINE_MAX_LEN], socket[LINE_MAX_LEN], schema[LINE_MAX_LEN];

	runner_start(t, options);
	while (fgets(line, sizeof(line), t->from)) {
		if (sscanf(line, "ready %511s %511s", socket, schema) == 2)
			break;
		/* Comments, "1..0 # SKIP ..." and "Bail out! ...". */
		(void)fputs(line, stdout);
	}
	if (feof(t->from))
		exit(EXIT_SUCCESS);
	t->socket = xstrdup(socket);
	t->schema = xstrdup(schema);
	t->options = (struct db_options){
		.socket = t->socket,
		.user = "root",
		.password = "",
		.name = t->schema,
		.connect_ms = 5000,
		.io_ms = 30000,
	};
	t->db = db_new(&t->options);
	return t;
}

void testdb_free(struct testdb **t)
{
	if (!*t)
		return;
	db_free(&(*t)->db);
	(void)fclose((*t)->to);
	(void)waitpid((*t)->pid, NULL, 0);
	(void)fclose((*t)->from);
	free((*t)->socket);
	free((*t)->schema);
	free(*t);
	*t = NULL;
}

int testdb_is_private(void)
{
	const char *socket = getenv("STEPQ_TEST_SOCKET");

	return !socket || !*socket;
}

static void tell(struct testdb *t, const char *command)
{
	char line[LINE_MAX_LEN];

	(void)fprintf(t->to, "%s\n", command);
	(void)fflush(t->to);
	if (!fgets(line, sizeof(line), t->from) || strcmp(line, "done\n") != 0)
		fail_msg("the database server did not %s", command);
}

void testdb_stop_server(struct testdb *t)
{
	tell(t, "stop");
}

void testdb_kill_server(struct testdb *t)
{
	tell(t, "kill");
}

void testdb_start_server(struct testdb *t)
{
	tell(t, "start");
}

/* t's own connection; the server may have been away since it was used. */
static struct db *own(struct testdb *t)
{
	struct db_rows rows = { 0 };
	struct err err = { 0 };

	fail_on(db_connect(t->db, &err), &err);
	if (db_query(t->db, &rows, &err, "SELECT 1", DB_NO_ARGS) < 0)
		fail_on(db_connect(t->db, &err), &err);
	db_rows_release(&rows);
	return t->db;
}

void testdb_clear(struct testdb *t)
{
	struct err err = { 0 };

	fail_on(db_exec(own(t), NULL, &err, "DROP SCHEMA ?",
			DB_ARGS(DB_RAW(t->schema))),
		&err);
	fail_on(db_exec(t->db, NULL, &err, "CREATE SCHEMA ?",
			DB_ARGS(DB_RAW(t->schema))),
		&err);
	db_disconnect(t->db);
}

void testdb_migrate(struct testdb *t)
{
	struct err err = { 0 };

	testdb_clear(t);
	fail_on(migrate_run(t->db, NULL, NULL, &err), &err);
}

const struct db_options *testdb_options(const struct testdb *t)
{
	return &t->options;
}

struct db *testdb_connect(struct testdb *t)
{
	struct db *db = db_new(&t->options);
	struct err err = { 0 };

	fail_on(db_connect(db, &err), &err);
	return db;
}

void testdb_exec(struct testdb *t, const char *sql)
{
	struct err err = { 0 };

	fail_on(db_run_script(own(t), sql, strlen(sql), &err), &err);
}

uint64_t testdb_u64(struct testdb *t, const char *sql)
{
	struct db_rows rows = { 0 };
	struct err err = { 0 };
	uint64_t n = 0;

	fail_on(db_query(own(t), &rows, &err, sql, DB_NO_ARGS), &err);
	if (db_rows_next(&rows))
		n = row_u64(&rows, 0);
	db_rows_release(&rows);
	return n;
}

char *testdb_str(struct testdb *t, const char *sql)
{
	struct db_rows rows = { 0 };
	struct err err = { 0 };
	char *s = NULL;

	fail_on(db_query(own(t), &rows, &err, sql, DB_NO_ARGS), &err);
	if (db_rows_next(&rows))
		s = xstrdup(row_str(&rows, 0));
	db_rows_release(&rows);
	return s;
}
