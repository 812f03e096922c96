/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/httpd.h"

/* A request as it came; `text` has a NUL behind it. */
struct request {
	char *text;
	size_t len, body_at;
};

static void die(const char *what)
{
	perror(what);
	abort();
}

static void send_bytes(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			_exit(0);
		data += n;
		len -= (size_t)n;
	}
}

static void send_text(int fd, const char *text)
{
	send_bytes(fd, text, strlen(text));
}

static void answer(int fd, const char *body, size_t len)
{
	char head[128];

	(void)snprintf(head, sizeof(head),
		       "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
		       "Content-Length: %zu\r\n\r\n",
		       len);
	send_text(fd, head);
	send_bytes(fd, body, len);
}

static size_t content_length(const char *head)
{
	const char *line;

	for (line = head; line; line = strchr(line + 1, '\n'))
		if (strncasecmp(line + 1, "content-length:", 15) == 0)
			return strtoul(line + 16, NULL, 10);
	return 0;
}

/* Read one request; a peer that has gone ends the process. */
static void read_request(int fd, struct request *request)
{
	size_t want = 0;
	char *end;

	*request = (struct request){ 0 };
	while (!want || request->len < want) {
		ssize_t n;

		request->text = realloc(request->text, request->len + 65537);
		if (!request->text)
			die("realloc");
		n = recv(fd, request->text + request->len, 65536, 0);
		if (n <= 0)
			_exit(0);
		request->len += (size_t)n;
		request->text[request->len] = '\0';
		end = strstr(request->text, "\r\n\r\n");
		if (want || !end)
			continue;
		request->body_at = (size_t)(end - request->text) + 4;
		want = request->body_at + content_length(request->text);
	}
}

static void wait_for_hangup(int fd, int max_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	if (poll(&poll_fd, 1, max_ms) > 0)
		_exit(0);
}

static void echo(int fd, const struct request *request, int connection, int nth)
{
	size_t size = request->len + 64;
	char *text = malloc(size);
	int n;

	if (!text)
		die("malloc");
	n = snprintf(text, size, "connection %d request %d\n", connection, nth);
	memcpy(text + n, request->text, request->len);
	answer(fd, text, (size_t)n + request->len);
	free(text);
}

static void redirect(int fd, long left)
{
	char text[128];

	(void)snprintf(text, sizeof(text),
		       "HTTP/1.1 302 Found\r\nLocation: /again/%ld\r\n"
		       "Content-Length: 5\r\n\r\nmoved",
		       left - 1);
	send_text(fd, text);
}

static void serve_connection(int fd, int connection)
{
	struct request request;
	int nth, is_last = 0;

	for (nth = 1;; nth++) {
		const char *path, *number;
		long n;

		read_request(fd, &request);
		if (is_last)
			_exit(0);
		path = strchr(request.text, ' ') + 1;
		number = strpbrk(path + 1, "/ ");
		n = number ? strtol(number + 1, NULL, 10) : 0;
		if (strncmp(path, "/raw", 4) == 0) {
			wait_for_hangup(fd, (int)n);
			send_text(fd, request.text + request.body_at);
			_exit(0);
		} else if (strncmp(path, "/wait/", 6) == 0) {
			wait_for_hangup(fd, (int)n);
			answer(fd, "{}", 2);
		} else if (strncmp(path, "/hang", 5) == 0) {
			wait_for_hangup(fd, -1);
		} else if (strncmp(path, "/nothing", 8) == 0) {
			_exit(0);
		} else if (strncmp(path, "/endless", 8) == 0) {
			send_text(fd, "HTTP/1.1 200 OK\r\n\r\n");
			for (;;)
				send_text(fd, "0123456789abcdef");
		} else if (strncmp(path, "/again/", 7) == 0 && n > 0) {
			redirect(fd, n);
		} else {
			is_last = strncmp(path, "/last", 5) == 0;
			echo(fd, &request, connection, nth);
		}
		free(request.text);
	}
}

/* No process outlives the one that started it, whatever ends that. */
static pid_t fork_bound(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
	}
	return pid;
}

static void serve(int listener)
{
	int connection = 0;

	(void)signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			die("accept");
		connection++;
		if (fork_bound() == 0) {
			(void)close(listener);
			serve_connection(fd, connection);
		}
		(void)close(fd);
	}
}

void httpd_start(struct httpd *httpd)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr =
					       htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) ||
	    listen(fd, 1024) ||
	    getsockname(fd, (struct sockaddr *)&address, &len))
		die("httpd");
	httpd->port = ntohs(address.sin_port);
	httpd->pid = fork_bound();
	if (httpd->pid == 0)
		serve(fd);
	(void)close(fd);
}

void httpd_stop(struct httpd *httpd)
{
	if (httpd->pid <= 0)
		return;
	(void)kill(httpd->pid, SIGKILL); /* and with it its connections */
	(void)waitpid(httpd->pid, NULL, 0);
	httpd->pid = 0;
}
