/* SPDX-License-Identifier: MIT */

/*
 * A library for LD_PRELOAD that kills the process at one of its statements.
 * All of them go through mysql_real_query(), which MariaDB's and Oracle's
 * client both have; the program itself knows nothing of it.
 *
 *	KILL_AT=N        the N-th statement; without it none is fatal
 *	KILL_WHEN=after  the server has answered it; else it was never sent
 *	KILL_TEXT=TEXT   only statements that contain this are counted
 *	KILL_LOG=FILE    what was counted, a line each
 *
 * tests/lib/invariants.sh has a function around it.
 */

#include <config.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SHOWN = 100 /* bytes of a statement, in the log */
};

typedef int (*query_fn)(void *mysql, const char *sql, unsigned long len);

/* The client's own, without its header: the two differ in their types. */
__attribute__((visibility("default"))) int mysql_real_query(void *mysql,
							    const char *sql,
							    unsigned long len);

/* What the program starts is left alone. */
__attribute__((constructor)) static void begin(void)
{
	(void)unsetenv("LD_PRELOAD");
}

static void write_log(long n, const char *sql, unsigned long len)
{
	const char *name = getenv("KILL_LOG");
	char line[SHOWN + 32];
	int fd, n_line;

	if (!name)
		return;
	n_line = snprintf(line, sizeof(line), "%ld %.*s\n", n,
			  (int)(len < SHOWN ? len : SHOWN), sql);
	fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, line, (size_t)n_line) != n_line)
		abort();
	(void)close(fd);
}

/* Which statement this is, from 1; 0 when it does not count. */
static long count_statement(const char *sql, unsigned long len)
{
	static long counted;
	const char *text = getenv("KILL_TEXT");

	if (text && !memmem(sql, len, text, strlen(text)))
		return 0;
	counted++;
	write_log(counted, sql, len);
	return counted;
}

static void die_at(long n, int is_after)
{
	const char *at = getenv("KILL_AT"), *when = getenv("KILL_WHEN");

	if (at && n > 0 && n == strtol(at, NULL, 10) &&
	    is_after == (when && strcmp(when, "after") == 0))
		(void)kill(getpid(), SIGKILL);
}

int mysql_real_query(void *mysql, const char *sql, unsigned long len)
{
	static query_fn next;
	long n = count_statement(sql, len);
	int rc;

	if (!next) {
		void *symbol = dlsym(RTLD_NEXT, "mysql_real_query");

		if (!symbol)
			abort();
		memcpy(&next, &symbol, sizeof(next));
	}
	die_at(n, 0);
	rc = next(mysql, sql, len);
	die_at(n, 1);
	return rc;
}
