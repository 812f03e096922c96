/* SPDX-License-Identifier: MIT */
#ifndef SYS_LOOP_H
#define SYS_LOOP_H

/**
 * The event loop: curl_multi_poll() over the transfers of sys/httpc, our own
 * descriptors and the nearest timer.
 *
 * Handles are freed by loop_*_del(&handle), which is legal from inside any
 * callback, that of the handle itself included; NULL is a no-op.
 */

#include <stdint.h>

struct loop;
struct loop_fd;
struct loop_timer;

enum {
	LOOP_READ = 1u << 0, /* comes for hangup and error too, asked or not */
	LOOP_WRITE = 1u << 1,
};

typedef void (*loop_fd_fn)(void *arg, int fd, unsigned int events);
typedef void (*loop_timer_fn)(void *arg);

/** SIGPIPE is ignored from here on: a lost peer is an error of write(). */
struct loop *loop_new(void);

/** All descriptors, timers and transfers must be gone. */
void loop_free(struct loop **loop);

/** Call `fn` whenever `fd` is ready. The descriptor stays the caller's. */
struct loop_fd *loop_fd_add(struct loop *loop, int fd, unsigned int events,
			    loop_fd_fn fn, void *arg);
void loop_fd_del(struct loop_fd **handle);

/**
 * Call `fn` once, `ms` from now (0: in the next turn). The handle stays valid
 * after it fired and is freed by loop_timer_del(); loop_timer_set() arms it
 * again, loop_timer_stop() disarms it.
 */
struct loop_timer *loop_timer_add(struct loop *loop, int64_t ms,
				  loop_timer_fn fn, void *arg);
void loop_timer_set(struct loop_timer *timer, int64_t ms);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_del(struct loop_timer **timer);

/**
 * One turn: wait for the first event, at most `max_ms` (negative: until one
 * comes), then call back whatever is ready: descriptors, finished transfers,
 * timers that are due.
 */
void loop_turn(struct loop *loop, int64_t max_ms);

/** For sys/httpc: the CURLM of the loop, and who reads its messages. */
void *loop_curl_multi(struct loop *loop);
typedef void (*loop_transfer_fn)(void *private_data, int curl_code);
void loop_set_transfer_fn(struct loop *loop, loop_transfer_fn fn);

#endif
