/* SPDX-License-Identifier: MIT */
#ifndef SYS_OUTCOME_H
#define SYS_OUTCOME_H

/**
 * What the end of a transfer means: curl's hundred codes as the few of
 * enum httpc_status, and a line for people that names the peer.
 */

#include <stdint.h>

#include <curl/curl.h>

#include "base/strbuf.h"
#include "sys/httpc.h"

/** A finished transfer. Everything is borrowed. */
struct outcome {
	CURL *easy;
	CURLcode code;
	const char *curl_text; /* CURLOPT_ERRORBUFFER */
	const char *peer;      /* "host:port" */
	const struct strbuf *body;
	int64_t took_ms;
};

enum httpc_status outcome_status(const struct outcome *outcome);

/** Why it is not HTTPC_OK; nothing is added when it is. */
void outcome_explain(const struct outcome *outcome, struct strbuf *reason);

#endif
