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
 *	KILL_POINTS=FILE lines "KILL_AT KILL_WHEN QUEUE": before it connects,
 *	                 the program becomes one process for each of them, one
 *	                 after the other; so it is set up only once. In what
 *	                 they send, 'kill-points' becomes their 'QUEUE'. Those
 *	                 that did not get there are named on stdout.
 *	KILL_PIPE=FIFO   with KILL_POINTS: they are not killed, but stopped;
 *when somebody has opened this twice, they go on
 *
 * tests/lib/invariants.sh has functions around it.
 */

#include <config.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SHOWN = 100, /* bytes of a statement, in the log */
	MOST = 1000, /* that are stopped at the same time */
	SECONDS = 60 /* after which one of KILL_POINTS is given up */
};

typedef int (*query_fn)(void *mysql, const char *sql, unsigned long len);

typedef void *(*connect_fn)(void *mysql, const char *host, const char *user,
			    const char *password, const char *name,
			    unsigned int port, const char *socket,
			    unsigned long flags);

/* The client's own, without its header: the two differ in their types. */
#define EXPORTED __attribute__((visibility("default")))
EXPORTED int mysql_real_query(void *mysql, const char *sql, unsigned long len);
EXPORTED void *mysql_real_connect(void *mysql, const char *host,
				  const char *user, const char *password,
				  const char *name, unsigned int port,
				  const char *socket, unsigned long flags);

/* The queue that a program with KILL_POINTS works on. */
static const char our_queue[] = "'kill-points'";

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
		(void)kill(getpid(), getenv("KILL_PIPE") ? SIGSTOP : SIGKILL);
}

/* The client's own function of this name, into a pointer to it. */
static void find_next(const char *name, void *fn, size_t size)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (!symbol)
		abort();
	memcpy(fn, &symbol, size);
}

/* `sql` with our queue for its own; the caller frees it. */
static char *rename_queue(const char *sql, unsigned long *len,
			  const char *queue)
{
	size_t our_len = strlen(our_queue), n = 0, most = strlen(queue) + 2;
	char *out = malloc(*len + (*len / our_len + 1) * most + 1);
	const char *at, *end = sql + *len;

	if (!out)
		abort();
	while ((at = memmem(sql, (size_t)(end - sql), our_queue, our_len))) {
		memcpy(out + n, sql, (size_t)(at - sql));
		n += (size_t)(at - sql);
		n += (size_t)snprintf(out + n, most + 1, "'%s'", queue);
		sql = at + our_len;
	}
	memcpy(out + n, sql, (size_t)(end - sql));
	*len = n + (size_t)(end - sql);
	return out;
}

int mysql_real_query(void *mysql, const char *sql, unsigned long len)
{
	static query_fn next;
	const char *queue = getenv("KILL_QUEUE");
	char *renamed = queue ? rename_queue(sql, &len, queue) : NULL;
	long n;
	int rc;

	if (renamed)
		sql = renamed;
	n = count_statement(sql, len);
	if (!next)
		find_next("mysql_real_query", &next, sizeof(next));
	die_at(n, 0);
	rc = next(mysql, sql, len);
	die_at(n, 1);
	free(renamed);
	return rc;
}

/* Until somebody has opened the other end and closed it. */
static void wait_pipe(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	char byte;

	if (fd < 0 || read(fd, &byte, 1) != 0)
		abort();
	(void)close(fd);
}

/* They share what they wait by: only one is awake at a time. */
static void go_on(const pid_t *pids, size_t n)
{
	const char *name = getenv("KILL_PIPE");
	size_t i;

	if (!name)
		return;
	wait_pipe(name);
	wait_pipe(name);
	for (i = 0; i < n; i++) {
		(void)kill(pids[i], SIGCONT);
		(void)waitpid(pids[i], NULL, 0);
	}
}

/* Returns in each process that is to be killed, and never in the first. */
static void fork_points(const char *name)
{
	FILE *file = fopen(name, "re");
	char at[16], when[16], queue[64];
	pid_t pids[MOST], pid;
	size_t n = 0;

	if (!file)
		abort();
	while (n < MOST &&
	       fscanf(file, "%15s %15s %63s", at, when, queue) == 3) {
		int status = 0;

		(void)setenv("KILL_AT", at, 1);
		(void)setenv("KILL_WHEN", when, 1);
		(void)setenv("KILL_QUEUE", queue, 1);
		pid = fork();
		if (pid == 0) {
			(void)unsetenv("KILL_POINTS");
			(void)fclose(file);
			(void)alarm(SECONDS);
			return;
		}
		if (pid < 0 || waitpid(pid, &status, WUNTRACED) != pid)
			abort();
		if (WIFSTOPPED(status))
			pids[n++] = pid;
		else if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
			(void)dprintf(STDOUT_FILENO, "%s %d\n", queue, status);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
			break;
	}
	go_on(pids, n);
	_exit(0);
}

void *mysql_real_connect(void *mysql, const char *host, const char *user,
			 const char *password, const char *name,
			 unsigned int port, const char *socket,
			 unsigned long flags)
{
	static connect_fn next;
	const char *points = getenv("KILL_POINTS");

	if (points)
		fork_points(points);
	if (!next)
		find_next("mysql_real_connect", &next, sizeof(next));
	return next(mysql, host, user, password, name, port, socket, flags);
}
