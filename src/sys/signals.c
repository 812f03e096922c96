/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "sys/loop.h"
#include "sys/signals.h"

struct signals {
	int fd;
	struct loop_fd *handle;
	sigset_t mask_before;
	signals_fn fn;
	void *arg;
};

/*
 * One signal a turn: `fn` may close us, and the descriptor stays readable
 * while there are more.
 */
static void on_readable(void *arg, int fd, unsigned int events)
{
	struct signals *signals = arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		signals->fn(signals->arg, (int)info.ssi_signo);
}

struct signals *signals_open(struct loop *loop, const int *signos,
			     signals_fn fn, void *arg, struct err *err)
{
	struct signals *signals;
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	for (; *signos; signos++)
		(void)sigaddset(&set, *signos);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0) {
		(void)err_set(err, ERR_IO, "signalfd: %s", strerror(errno));
		return NULL;
	}
	signals = xcalloc(1, sizeof(*signals));
	signals->fd = fd;
	signals->fn = fn;
	signals->arg = arg;
	if (sigprocmask(SIG_BLOCK, &set, &signals->mask_before))
		BUG("sigprocmask: %s", strerror(errno));
	signals->handle =
		loop_fd_add(loop, fd, LOOP_READ, on_readable, signals);
	return signals;
}

void signals_close(struct signals **signals_at)
{
	struct signals *signals = *signals_at;

	if (!signals)
		return;
	*signals_at = NULL;
	loop_fd_del(&signals->handle);
	(void)close(signals->fd);
	(void)sigprocmask(SIG_SETMASK, &signals->mask_before, NULL);
	free(signals);
}
