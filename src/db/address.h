/* SPDX-License-Identifier: MIT */
#ifndef DB_ADDRESS_H
#define DB_ADDRESS_H

/**
 * Where a server listens: "host", "host:port", "[::1]", "[::1]:3306" or a
 * bare IPv6 address. Without a port it is MySQL's 3306.
 */

#include "base/util.h"

struct err;

struct address {
	char host[256];
	unsigned int port;
};

/** ERR_CONFIG when `text` is none of these. */
int address_parse(const char *text, struct address *out,
		  struct err *err) MUST_CHECK;

#endif
