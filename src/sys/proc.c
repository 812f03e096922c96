/* SPDX-License-Identifier: MIT */

/*
 * A child goes through three steps: it exits (its pidfd becomes readable), its
 * pipes are drained (both at their end), it is reaped. It is left a zombie
 * until the pipes are drained: as long as it is there, its number belongs to
 * its group, so that kill(-pid) can hit nobody else. The group is killed once
 * more just before the reaping, for what a child left behind in it.
 *
 * A grandchild that holds the pipes open after the child's exit gets DRAIN_MS;
 * one that has left the group cannot be killed, and then the pipes are closed
 * on it.
 *
 * The exit arrives by pidfd_open(), Linux 5.3, and so without SIGCHLD, which
 * would be everybody's; there is no other way for older kernels.
 *
 * A callback may let go of the child: `busy` counts our functions under way,
 * and the outermost frees the memory.
 */

#include <config.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "sys/loop.h"
#include "sys/proc.h"

enum {
	DRAIN_MS = 1000,
	READ_BYTES = 16 * 1024,
	READS_AT_END = 64, /* a full pipe, 1 MiB at the most */
};

/* Our end of a pipe to the child. `handle` is NULL once it is closed. */
struct pipe_end {
	int fd;
	struct loop_fd *handle;
};

struct proc {
	pid_t pid;
	struct pipe_end in, out, err, exit; /* the last is the pidfd */
	struct loop_timer *kill_timer, *drain_timer;
	struct loop *loop;

	char *input;
	size_t input_len, input_sent;
	struct strbuf output, line;
	int is_output_full;

	proc_line_fn on_stderr;
	proc_exit_fn on_exit;
	void *arg;
	int busy, is_ended, is_let_go;
};

static void pipe_end_close(struct pipe_end *end)
{
	if (!end->handle)
		return;
	loop_fd_del(&end->handle);
	(void)close(end->fd);
}

static void kill_group(const struct proc *proc, int signo)
{
	/* Fails only where the group is gone, which is what is wanted. */
	(void)kill(-proc->pid, signo);
}

/* Kill what is left of the group, reap the child, give up every handle. */
static int reap(struct proc *proc)
{
	int status = 0;

	proc->is_ended = 1;
	kill_group(proc, SIGKILL);
	while (waitpid(proc->pid, &status, 0) < 0 && errno == EINTR)
		;
	pipe_end_close(&proc->in);
	pipe_end_close(&proc->out);
	pipe_end_close(&proc->err);
	pipe_end_close(&proc->exit);
	loop_timer_del(&proc->kill_timer);
	loop_timer_del(&proc->drain_timer);
	return status;
}

static void free_memory(struct proc *proc)
{
	strbuf_release(&proc->output);
	strbuf_release(&proc->line);
	free(proc->input);
	free(proc);
}

static int is_drained(const struct proc *proc)
{
	return !proc->out.handle && !proc->err.handle;
}

/* What the loop calls begins with `busy++` and ends here. */
static void leave(struct proc *proc)
{
	if (!proc->is_ended && !proc->exit.handle && is_drained(proc)) {
		int status = reap(proc), has_exited = WIFEXITED(status);
		struct proc_result result = {
			.exit_code = has_exited ? WEXITSTATUS(status) : -1,
			.signo = has_exited ? 0 : WTERMSIG(status),
			.is_output_full = proc->is_output_full,
			.output = strbuf_str(&proc->output),
			.output_len = proc->output.len,
		};

		proc->on_exit(proc->arg, &result);
	}
	proc->busy--;
	if (proc->is_let_go && !proc->busy)
		free_memory(proc);
}

static void take_output(struct proc *proc, const char *data, size_t len)
{
	strbuf_add(&proc->output, data, len);
	if (proc->output.is_full && !proc->is_output_full) {
		proc->is_output_full = 1;
		kill_group(proc, SIGKILL);
	}
}

static void hand_on_line(struct proc *proc)
{
	if (proc->on_stderr && !proc->is_let_go)
		proc->on_stderr(proc->arg, strbuf_str(&proc->line),
				proc->line.len);
	strbuf_clear(&proc->line);
}

static void take_lines(struct proc *proc, const char *data, size_t len)
{
	const char *end = data + len;

	while (data < end) {
		const char *newline = memchr(data, '\n', (size_t)(end - data));
		size_t n = (size_t)((newline ? newline : end) - data);

		if (n > 0 && proc->line.len == LIMIT_STDERR_LINE)
			hand_on_line(proc);
		n = MIN(n, LIMIT_STDERR_LINE - proc->line.len);
		strbuf_add(&proc->line, data, n);
		data += n;
		if (data == newline) {
			hand_on_line(proc);
			data++;
		}
	}
}

/* Returns whether there may be more to read at once. */
static int read_once(struct proc *proc, struct pipe_end *end,
		     void (*take)(struct proc *, const char *, size_t))
{
	char data[READ_BYTES];
	ssize_t n;

	if (!end->handle)
		return 0;
	n = read(end->fd, data, sizeof(data));
	if (n > 0)
		take(proc, data, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		pipe_end_close(end);
	return n > 0;
}

static int read_output(struct proc *proc)
{
	return read_once(proc, &proc->out, take_output);
}

static int read_stderr(struct proc *proc)
{
	int more = read_once(proc, &proc->err, take_lines);

	if (!proc->err.handle && proc->line.len > 0)
		hand_on_line(proc);
	return more;
}

static void on_output(void *arg, int fd, unsigned int events)
{
	struct proc *proc = arg;

	(void)fd;
	(void)events;
	proc->busy++;
	(void)read_output(proc); /* the rest comes with the next turn */
	leave(proc);
}

static void on_error_output(void *arg, int fd, unsigned int events)
{
	struct proc *proc = arg;

	(void)fd;
	(void)events;
	proc->busy++;
	(void)read_stderr(proc); /* the rest comes with the next turn */
	leave(proc);
}

static void on_writable(void *arg, int fd, unsigned int events)
{
	struct proc *proc = arg;
	size_t left = proc->input_len - proc->input_sent;
	ssize_t n = write(fd, proc->input + proc->input_sent, left);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		proc->input_sent += (size_t)n;
	/* A child that does not care for its input is none of our business. */
	if (n < 0 || proc->input_sent == proc->input_len)
		pipe_end_close(&proc->in);
}

static void on_drain_time_over(void *arg)
{
	struct proc *proc = arg;
	int reads = READS_AT_END;

	proc->busy++;
	while (reads-- > 0 && (read_output(proc) | read_stderr(proc)))
		;
	pipe_end_close(&proc->out);
	pipe_end_close(&proc->err);
	leave(proc);
}

static void on_exited(void *arg, int fd, unsigned int events)
{
	struct proc *proc = arg;

	(void)fd;
	(void)events;
	proc->busy++;
	pipe_end_close(&proc->exit);
	if (!is_drained(proc))
		proc->drain_timer = loop_timer_add(proc->loop, DRAIN_MS,
						   on_drain_time_over, proc);
	leave(proc);
}

static void on_grace_over(void *arg)
{
	kill_group(arg, SIGKILL);
}

static void close_all(int *fds, size_t n)
{
	while (n-- > 0)
		(void)close(fds[n]);
}

/* fds: ours and the child's end of stdin, then of stdout, then of stderr. */
enum {
	IN_CHILD,
	IN_OURS,
	OUT_OURS,
	OUT_CHILD,
	ERR_OURS,
	ERR_CHILD,
	ALL_ENDS
};

static int make_pipes(int *fds, struct err *err)
{
	int made;

	for (made = 0; made < ALL_ENDS; made += 2) {
		if (pipe2(fds + made, O_CLOEXEC)) {
			(void)err_set(err, ERR_IO, "pipe: %s", strerror(errno));
			close_all(fds, (size_t)made);
			return -1;
		}
	}
	/* Only our ends: the child may not be used to descriptors like that. */
	(void)fcntl(fds[IN_OURS], F_SETFL, O_NONBLOCK);
	(void)fcntl(fds[OUT_OURS], F_SETFL, O_NONBLOCK);
	(void)fcntl(fds[ERR_OURS], F_SETFL, O_NONBLOCK);
	return 0;
}

/*
 * The three pipes were made in this order, so that where one of our own 0, 1,
 * 2 was closed and a pipe took its number, no dup2 hits an end that is still
 * needed.
 */
static int set_actions(posix_spawn_file_actions_t *actions, const int *fds)
{
	static const int from[] = { IN_CHILD, OUT_CHILD, ERR_CHILD };
	int e = 0, fd;

	for (fd = 0; fd < 3 && !e; fd++)
		e = posix_spawn_file_actions_adddup2(actions, fds[from[fd]],
						     fd);
	if (!e)
		e = posix_spawn_file_actions_addclosefrom_np(actions, 3);
	return e;
}

/* A group of its own, no signal blocked, none ignored or handled. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, defaults;
	int signo, e;

	(void)sigemptyset(&none);
	(void)sigemptyset(&defaults);
	/* These two cannot be set; above SIGSYS are glibc's own. */
	for (signo = 1; signo <= SIGSYS; signo++)
		if (signo != SIGKILL && signo != SIGSTOP)
			(void)sigaddset(&defaults, signo);
	e = posix_spawnattr_setpgroup(attributes, 0);
	if (!e)
		e = posix_spawnattr_setsigmask(attributes, &none);
	if (!e)
		e = posix_spawnattr_setsigdefault(attributes, &defaults);
	if (!e)
		e = posix_spawnattr_setflags(attributes,
					     POSIX_SPAWN_SETPGROUP |
						     POSIX_SPAWN_SETSIGMASK |
						     POSIX_SPAWN_SETSIGDEF);
	return e;
}

/* 0, or an errno. */
static int spawn(const struct proc_options *options, const int *fds,
		 pid_t *pid_out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int e;

	e = posix_spawn_file_actions_init(&actions);
	if (e)
		return e;
	e = posix_spawnattr_init(&attributes);
	if (!e) {
		e = set_actions(&actions, fds);
		if (!e)
			e = set_attributes(&attributes);
		if (!e)
			e = posix_spawnp(pid_out, options->argv[0], &actions,
					 &attributes, options->argv,
					 options->envp);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return e;
}

static struct pipe_end watch(struct proc *proc, int fd, unsigned int events,
			     loop_fd_fn fn)
{
	return (struct pipe_end){
		.fd = fd,
		.handle = loop_fd_add(proc->loop, fd, events, fn, proc),
	};
}

static struct proc *new_proc(struct loop *loop,
			     const struct proc_options *options, pid_t pid,
			     int pidfd, const int *fds)
{
	struct proc *proc = xcalloc(1, sizeof(*proc));

	proc->pid = pid;
	proc->loop = loop;
	proc->on_stderr = options->on_stderr;
	proc->on_exit = options->on_exit;
	proc->arg = options->arg;
	proc->output.max = options->output_max;
	proc->line.max = LIMIT_STDERR_LINE;
	proc->exit = watch(proc, pidfd, LOOP_READ, on_exited);
	proc->out = watch(proc, fds[OUT_OURS], LOOP_READ, on_output);
	proc->err = watch(proc, fds[ERR_OURS], LOOP_READ, on_error_output);
	if (options->input_len > 0) {
		proc->input = xstrndup(options->input, options->input_len);
		proc->input_len = options->input_len;
		proc->in = watch(proc, fds[IN_OURS], LOOP_WRITE, on_writable);
	} else {
		(void)close(fds[IN_OURS]);
	}
	return proc;
}

struct proc *proc_start(struct loop *loop, const struct proc_options *options,
			struct err *err)
{
	int fds[ALL_ENDS], pidfd, e;
	pid_t pid;

	assert(options->argv[0] && options->on_exit && options->output_max > 0);
	if (make_pipes(fds, err))
		return NULL;
	e = spawn(options, fds, &pid);
	if (e) {
		close_all(fds, ALL_ENDS);
		(void)err_set(err, ERR_IO, "cannot run '%s': %s",
			      options->argv[0], strerror(e));
		err->number = e;
		return NULL;
	}
	pidfd = pidfd_open(pid, 0);
	if (pidfd < 0) {
		(void)err_set(err, ERR_IO, "pidfd_open: %s", strerror(errno));
		(void)kill(-pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		close_all(fds, ALL_ENDS);
		return NULL;
	}
	(void)close(fds[IN_CHILD]);
	(void)close(fds[OUT_CHILD]);
	(void)close(fds[ERR_CHILD]);
	return new_proc(loop, options, pid, pidfd, fds);
}

void proc_stop(struct proc *proc, int64_t grace_ms)
{
	if (proc->is_ended)
		return;
	kill_group(proc, SIGTERM);
	if (proc->kill_timer)
		loop_timer_set(proc->kill_timer, grace_ms);
	else
		proc->kill_timer = loop_timer_add(proc->loop, grace_ms,
						  on_grace_over, proc);
}

void proc_free(struct proc **proc_at)
{
	struct proc *proc = *proc_at;

	if (!proc)
		return;
	*proc_at = NULL;
	proc->is_let_go = 1;
	if (!proc->is_ended)
		(void)reap(proc);
	if (!proc->busy)
		free_memory(proc);
}
