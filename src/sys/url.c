/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"
#include "sys/url.h"

CURLU *url_parse(CURLU *base, const char *text)
{
	CURLU *url = base ? curl_url_dup(base) : curl_url();

	if (!url)
		BUG("libcurl is out of memory");
	if (curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK)
		return url;
	curl_url_cleanup(url);
	return NULL;
}

static char *part(CURLU *url, CURLUPart what, unsigned int flags)
{
	char *borrowed = NULL, *text = NULL;

	if (curl_url_get(url, what, &borrowed, flags) == CURLUE_OK)
		text = xstrdup(borrowed);
	curl_free(borrowed);
	return text;
}

char *url_text(CURLU *url)
{
	return part(url, CURLUPART_URL, 0);
}

char *url_peer(CURLU *url)
{
	char *host = part(url, CURLUPART_HOST, 0);
	char *port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	char *peer = host && port ? xasprintf("%s:%s", host, port)
				  : part(url, CURLUPART_SCHEME, 0);

	free(host);
	free(port);
	return peer;
}

int url_is_same_origin(CURLU *a, CURLU *b)
{
	char *scheme_a = part(a, CURLUPART_SCHEME, 0), *peer_a = url_peer(a);
	char *scheme_b = part(b, CURLUPART_SCHEME, 0), *peer_b = url_peer(b);
	int is_same = strcasecmp(scheme_a, scheme_b) == 0 &&
		      strcasecmp(peer_a, peer_b) == 0;

	free(scheme_a);
	free(scheme_b);
	free(peer_a);
	free(peer_b);
	return is_same;
}

int url_is_loopback(CURLU *url)
{
	char *host = part(url, CURLUPART_HOST, 0);
	struct in_addr v4;
	int is_loopback;

	is_loopback = host && (strcasecmp(host, "localhost") == 0 ||
			       strcmp(host, "[::1]") == 0 ||
			       (inet_pton(AF_INET, host, &v4) == 1 &&
				ntohl(v4.s_addr) >> 24 == 127));
	free(host);
	return is_loopback;
}
