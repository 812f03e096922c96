/* SPDX-License-Identifier: MIT */
#ifndef SYS_PROC_H
#define SYS_PROC_H

/**
 * Child processes driven by the loop: posix_spawn() without a shell, a
 * process group of its own, default signals and mask, no descriptor of ours
 * but its three. Input is written as the child reads it, output is collected
 * up to a ceiling, stderr is handed on line by line.
 *
 * The child has ended when it has been reaped AND its pipes are drained; a
 * grandchild that keeps them open is given a second, then the whole group is
 * killed. What is left of the group when the child has ended is killed too.
 *
 * Needs pidfd_open(), Linux 5.3.
 */

#include <stddef.h>
#include <stdint.h>

struct err;
struct loop;
struct proc;

struct proc_result {
	int exit_code;      /* 0..255, -1 when a signal ended it */
	int signo;          /* that signal, else 0 */
	int is_output_full; /* passed output_max: it was killed for that */
	const char *output; /* stdout, borrowed during the callback */
	size_t output_len;
};

typedef void (*proc_exit_fn)(void *arg, const struct proc_result *result);
typedef void (*proc_line_fn)(void *arg, const char *line, size_t len);

struct proc_options {
	char *const *argv; /* argv[0] is looked up in PATH; NULL ends it */
	char *const *envp; /* the whole environment; NULL ends it */
	const void *input; /* copied */
	size_t input_len;
	size_t output_max;      /* bytes of stdout */
	proc_line_fn on_stderr; /* lines of at most 4 KiB; may be NULL */
	proc_exit_fn on_exit;
	void *arg;
};

/** Start a child. NULL with `err` set when it cannot be (no such program). */
struct proc *proc_start(struct loop *loop, const struct proc_options *options,
			struct err *err);

/** SIGTERM to the group now, SIGKILL after `grace_ms`. on_exit still comes. */
void proc_stop(struct proc *proc, int64_t grace_ms);

/**
 * Let go, also from inside a callback: no further one will come. A child that
 * still runs is killed with its group and reaped here. A child that has ended
 * is let go the same way, at the earliest in on_exit.
 */
void proc_free(struct proc **proc);

#endif
