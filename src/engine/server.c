/* SPDX-License-Identifier: MIT */

/*
 * A call goes through these hands:
 *
 *   server thread: headers, body, then suspend     (CALL_RECEIVING)
 *   waiter thread: until its latency is over       (CALL_WAITING)
 *   pool thread:   the work, if its role is slow
 *   server thread: the work, if it is quick; the answer   (CALL_READY)
 *
 * A call without latency whose role is quick never leaves the server's
 * thread. Only one thread has a call at a time: it is handed over by the
 * locks of the waiter, of the pool and of the library.
 *
 * The library must not be stopped while a connection is suspended, so the
 * end is: no more connections, let run what runs, then end the waiter and
 * the pool, which resume all they hold, and the library last.
 */

#include <config.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "engine/answer.h"
#include "engine/call.h"
#include "engine/listen.h"
#include "engine/page.h"
#include "engine/promise.h"
#include "engine/seen.h"
#include "engine/server.h"
#include "engine/stats.h"

enum {
	POOL_THREADS = 4,
	IDLE_SECONDS = 300,
	CONNECTION_BYTES = 16 * 1024,
	STATUS_TOO_LONG = 413 /* the library has renamed its macro */
};

struct server {
	const struct server_options *options;
	struct MHD_Daemon *daemon;
	struct waiter *waiter;
	struct pool *pool;
	struct seen *seen;
	struct promises *promises;
	unsigned int port;
	atomic_int is_stopping;
	struct role_ctx role_ctx;
	struct stats stats; /* of the server's thread */
	pthread_mutex_t lock;
	pthread_cond_t is_idle;
	size_t in_flight; /* under the lock */
};

static void on_waited(void *arg, struct wait *wait, int is_gone)
{
	struct server *server = arg;
	struct call *call = container_of(wait, struct call, wait);

	if (is_gone)
		call->is_gone = 1;
	else if (call->phase == CALL_WAITING && call->role->is_slow &&
		 fault_needs_work(call->act)) {
		pool_push(server->pool, &call->job);
		return;
	}
	if (call->phase == CALL_WAITING)
		call->phase = CALL_READY;
	MHD_resume_connection(call->connection);
}

static void on_job(void *arg, struct pool_job *job, int is_dropped)
{
	struct server *server = arg;
	struct call *call = container_of(job, struct call, job);

	if (is_dropped)
		call->is_gone = 1;
	else
		call_work(call, &server->role_ctx);
	call->phase = CALL_READY;
	MHD_resume_connection(call->connection);
}

static void count_in_flight(struct server *server, int by)
{
	pthread_mutex_lock(&server->lock);
	server->in_flight += (size_t)by;
	if (server->in_flight == 0)
		pthread_cond_signal(&server->is_idle);
	pthread_mutex_unlock(&server->lock);
}

/* The role that the path names first; any path will do for the only one. */
static const struct role *route(const struct server *server, const char *url)
{
	if (server->options->role)
		return server->options->role;
	return role_find(url + 1, strcspn(url + 1, "/"));
}

static int announces_too_much(struct MHD_Connection *connection)
{
	const char *text =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
					    "Content-Length");
	uint64_t len;

	return text &&
	       (num_u64(text, &len) || len > (uint64_t)LIMIT_ENGINE_BODY);
}

static enum MHD_Result reject(struct call *call, unsigned int status,
			      const char *text)
{
	call_set_error(call, status, text);
	return answer_call(call);
}

static enum MHD_Result begin_call(struct server *server, struct call *call)
{
	struct calllog_entry entry = call_entry(call);

	call->waiter = server->waiter;
	call->promises = server->promises;
	stats_begin(&server->stats);
	count_in_flight(server, 1);
	calllog_start(server->options->log, &entry);
	if (announces_too_much(call->connection))
		return reject(call, STATUS_TOO_LONG, "the body is over 64 MiB");
	return MHD_YES;
}

static void take_body(struct call *call, const char *data, size_t len)
{
	strbuf_add(&call->body, data, len);
	/* A body of unsaid length is read to its end, but not kept. */
	if (call->body.is_full) {
		call->is_too_long = 1;
		strbuf_release(&call->body);
	}
}

/* Decide what happens to a call whose request is complete. */
static int decide(struct server *server, struct call *call, struct err *err)
{
	struct fault_call seen = { .key = call->key,
				   .attempt = call->attempt,
				   .body = strbuf_str(&call->body) };
	char *count = NULL;

	if (call_read_faults(call, &server->options->fault, err))
		return -1;
	if (call->fault.fail_first || call->fault.error_rate > 0) {
		if (seen_count(server->seen, call->key, &seen.seen, err))
			return -1;
		count = xasprintf("%llu", (unsigned long long)seen.seen + 1);
		if (call->attempt[0] == '\0')
			seen.attempt = count;
	}
	call->act = fault_decide(&call->fault, &seen);
	call->latency_ms = fault_wait_ms(&call->fault, &seen);
	free(count);
	call->wait.due_ms = call->started_ms;
	if (call->act == FAULT_HANG)
		call->wait.due_ms = WAIT_FOR_EVER;
	else if (call->act != FAULT_PROGRESS)
		/* The pieces of a stream have times of their own. */
		call->wait.due_ms += call->latency_ms;
	return 0;
}

static enum MHD_Result dispatch(struct server *server, struct call *call)
{
	struct err err = { 0 };

	if (call->is_too_long)
		return reject(call, STATUS_TOO_LONG, "the body is over 64 MiB");
	if (!call->role)
		return reject(call, MHD_HTTP_NOT_FOUND,
			      "no role is named by this path");
	if (decide(server, call, &err))
		return reject(call,
			      err.code == ERR_INPUT
				      ? MHD_HTTP_BAD_REQUEST
				      : MHD_HTTP_INTERNAL_SERVER_ERROR,
			      err.text);
	if (call->wait.due_ms > clock_mono_ms() ||
	    (call->role->is_slow && fault_needs_work(call->act))) {
		call->phase = CALL_WAITING;
		MHD_suspend_connection(call->connection);
		waiter_add(server->waiter, &call->wait);
		return MHD_YES;
	}
	if (fault_needs_work(call->act))
		call_work(call, &server->role_ctx);
	return answer_call(call);
}

static enum MHD_Result finish(struct server *server, struct call *call)
{
	if (call_is_gone(call)) {
		call->status = 0;
		return MHD_NO;
	}
	if (!call->is_worked && fault_needs_work(call->act))
		call_work(call, &server->role_ctx);
	return answer_call(call);
}

/* As the library wants it. NOLINTNEXTLINE(readability-function-size) */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *data,
				  size_t *data_len, void **call_in_out)
{
	struct server *server = arg;
	struct call *call = *call_in_out;

	(void)version;
	if (strcmp(method, MHD_HTTP_METHOD_GET) == 0)
		return page_answer(connection, url, server->options,
				   &server->stats, server->promises);
	if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
		return answer_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				    "engines are called by POST");
	if (!call) {
		call = call_new(connection, route(server, url));
		*call_in_out = call;
		return begin_call(server, call);
	}
	if (*data_len) {
		take_body(call, data, *data_len);
		*data_len = 0;
		return MHD_YES;
	}
	return call->phase == CALL_RECEIVING ? dispatch(server, call)
					     : finish(server, call);
}

static void on_completed(void *arg, struct MHD_Connection *connection,
			 void **call_in_out,
			 enum MHD_RequestTerminationCode why)
{
	struct server *server = arg;
	struct call *call = *call_in_out;
	struct calllog_entry entry;

	(void)connection;
	if (!call)
		return;
	entry = call_entry(call);
	entry.is_done =
		why == MHD_REQUEST_TERMINATED_COMPLETED_OK && call->status != 0;
	calllog_end(server->options->log, &entry);
	stats_end(&server->stats, call->status);
	count_in_flight(server, -1);
	call_free(&call);
	*call_in_out = NULL;
}

/* The library's complaints about what clients do are of no use here. */
static void on_complaint(void *arg, const char *fmt, va_list ap)
{
	(void)arg;
	(void)fmt;
	(void)ap;
}

/* Thousands of calls are thousands of descriptors. */
static unsigned int raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 1000;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur < 100000 ? (unsigned int)limit.rlim_cur - 32
				       : 100000;
}

static struct MHD_Daemon *start_daemon(struct server *server, int fd)
{
	return MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			MHD_USE_ERROR_LOG,
		0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER,
		on_complaint, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
		MHD_OPTION_CONNECTION_LIMIT, raise_descriptors(),
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_END);
}

static void server_free(struct server *server)
{
	waiter_free(&server->waiter);
	pool_free(&server->pool);
	seen_free(&server->seen);
	promises_free(&server->promises);
	pthread_cond_destroy(&server->is_idle);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

struct server *server_start(const struct server_options *options,
			    struct err *err)
{
	struct server *server;
	unsigned int port;
	int fd = listen_on(options->listen, &port, err);

	if (fd < 0)
		return NULL;
	server = xcalloc(1, sizeof(*server));
	server->options = options;
	server->port = port;
	server->role_ctx = (struct role_ctx){
		.storage = options->storage,
		.public_url = options->public_url,
		.is_stopping = &server->is_stopping,
	};
	pthread_mutex_init(&server->lock, NULL);
	pthread_cond_init(&server->is_idle, NULL);
	server->seen = seen_new();
	server->promises = promises_new();
	server->waiter = waiter_start(on_waited, server);
	server->pool = pool_start(POOL_THREADS, on_job, server);
	server->daemon = start_daemon(server, fd);
	if (server->daemon)
		return server;
	(void)err_set(err, ERR_IO, "cannot start the server on '%s'",
		      options->listen);
	close(fd);
	waiter_stop(server->waiter);
	pool_stop(server->pool);
	server_free(server);
	return NULL;
}

unsigned int server_port(const struct server *server)
{
	return server->port;
}

static void await_idle(struct server *server, int64_t grace_ms)
{
	struct timespec until;
	int rc = 0;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)(grace_ms / 1000);
	until.tv_nsec += (long)(grace_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&server->lock);
	while (server->in_flight > 0 && rc == 0)
		rc = pthread_cond_timedwait(&server->is_idle, &server->lock,
					    &until);
	pthread_mutex_unlock(&server->lock);
}

void server_stop(struct server **server_in_out, int64_t grace_ms)
{
	struct server *server = *server_in_out;
	MHD_socket fd;

	if (!server)
		return;
	*server_in_out = NULL;
	fd = MHD_quiesce_daemon(server->daemon);
	await_idle(server, grace_ms);
	atomic_store(&server->is_stopping, 1);
	waiter_stop(server->waiter);
	pool_stop(server->pool);
	MHD_stop_daemon(server->daemon);
	if (fd != MHD_INVALID_SOCKET)
		close(fd);
	server_free(server);
}
