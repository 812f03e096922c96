/* SPDX-License-Identifier: MIT */
#ifndef SYS_SIGNALS_H
#define SYS_SIGNALS_H

/**
 * Signals as events of the loop, by signalfd. The signals are blocked for
 * the process while this is open (children get a clean mask, see sys/proc),
 * so open it before the first request: curl's resolver threads must inherit
 * the mask. SIGPIPE is ignored by the loop.
 */

struct err;
struct loop;
struct signals;

typedef void (*signals_fn)(void *arg, int signo);

/**
 * Deliver each of `signos` (ended by 0) to `fn`, one a turn. NULL with `err`
 * set.
 */
struct signals *signals_open(struct loop *loop, const int *signos,
			     signals_fn fn, void *arg, struct err *err);
void signals_close(struct signals **signals);

#endif
