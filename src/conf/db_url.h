/* SPDX-License-Identifier: MIT */
#ifndef CONF_DB_URL_H
#define CONF_DB_URL_H

#include "base/util.h"

struct conf_node;
struct err;

#define CONF_URL_VARIABLE "STEPQ_DATABASE_URL"

/**
 * The group `database` that a URL stands for, for the caller to free:
 * mysql://user:password@host:port,host2/name?socket=..&tls=..&io_timeout=..
 * with %XX in every part. No message repeats any of it: a password may
 * stand in it.
 */
int conf_url_parse(const char *url, struct conf_node **out,
		   struct err *err) MUST_CHECK;

#endif
