/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/num.h"
#include "engine/listen.h"

enum {
	LISTEN_BACKLOG = 4096
};

static struct addrinfo *resolve(const char *address, struct err *err)
{
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE,
					.ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char *copy = xstrdup(address), *host = copy;
	char *port = strrchr(copy, ':');
	uint64_t number;
	int rc;

	if (port) {
		*port++ = '\0';
		if (host[0] == '[' && port[-2] == ']') {
			port[-2] = '\0';
			host++;
		}
	}
	if (!port || num_u64(port, &number) || number > 65535) {
		(void)err_set(err, ERR_USAGE,
			      "cannot listen on '%s': not HOST:PORT", address);
	} else {
		rc = getaddrinfo(host, port, &hints, &found);
		if (rc)
			(void)err_set(err, ERR_IO, "cannot listen on '%s': %s",
				      address, gai_strerror(rc));
	}
	free(copy);
	return found;
}

static unsigned int bound_port(int fd)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	char port[8];

	if (getsockname(fd, (struct sockaddr *)&name, &len) ||
	    getnameinfo((struct sockaddr *)&name, len, NULL, 0, port,
			sizeof(port), NI_NUMERICSERV))
		BUG("a bound socket has no name: %s", strerror(errno));
	return (unsigned int)strtoul(port, NULL, 10);
}

int listen_on(const char *address, unsigned int *port_out, struct err *err)
{
	struct addrinfo *info = resolve(address, err);
	int fd, one = 1;

	if (!info)
		return -1;
	fd = socket(info->ai_family,
		    info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    info->ai_protocol);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, info->ai_addr, info->ai_addrlen) ||
	    listen(fd, LISTEN_BACKLOG)) {
		(void)err_set(err, ERR_IO, "cannot listen on '%s': %s", address,
			      strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	} else {
		*port_out = bound_port(fd);
	}
	freeaddrinfo(info);
	return fd;
}
