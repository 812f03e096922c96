/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_HTTPD_H
#define TESTS_LIB_HTTPD_H

/**
 * A small HTTP server on the loopback address that misbehaves on request, in
 * processes of its own, one a connection. By path:
 *
 *	/raw/MS     sends the body of the request as it is, and closes
 *	/echo       "connection C request R", then the request itself
 *	/wait/MS    answers {} after MS milliseconds
 *	/hang       takes the request and never answers
 *	/nothing    takes the request and closes
 *	/endless    answers without end
 *	/again/N    redirects (302) to /again/N-1, at 0 as /echo
 *	/last       answers, but closes at the next request
 */

#include <sys/types.h>

struct httpd {
	pid_t pid;
	int port;
};

/** Both abort the test when they cannot. */
void httpd_start(struct httpd *httpd);
void httpd_stop(struct httpd *httpd);

#endif
