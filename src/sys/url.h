/* SPDX-License-Identifier: MIT */
#ifndef SYS_URL_H
#define SYS_URL_H

/**
 * What sys/httpc asks of a URL, on libcurl's parser, so that we read a URL
 * as curl does. Texts returned are the caller's to free.
 */

#include <curl/curl.h>

/** A new URL, relative to `base` unless that is NULL. NULL: it is none. */
CURLU *url_parse(CURLU *base, const char *text);

char *url_text(CURLU *url);

/** "host:port", or the scheme of a URL that has neither. */
char *url_peer(CURLU *url);

/** Same scheme, host and port. */
int url_is_same_origin(CURLU *a, CURLU *b);

/** Whether the host is this one by its very name or number. */
int url_is_loopback(CURLU *url);

#endif
