/* SPDX-License-Identifier: MIT */

/*
 * A request is one easy handle in the loop's multi handle, from httpc_send()
 * to the callback. Whatever happens to it, also a URL that is none, takes the
 * way through curl, so that there is one place where requests end and the
 * callback always comes from a later turn.
 *
 * Redirects are followed here and not by curl, which would send headers made
 * for one engine to any host and turn a POST into a GET. The hops share the
 * time and the size one exchange may take.
 *
 * A body is kept up to its ceiling; what goes past it ends the transfer, so
 * that an answer without end costs no more than that.
 *
 * What libcurl does by itself: a kept connection that turns out dead before
 * the first byte of the answer is replaced and the request sent again, a POST
 * as well. An engine may therefore see a POST twice, as it may after a crash
 * of ours; the Idempotency-Key tells it so.
 *
 * CURLOPT_QUICK_EXIT (7.87): without it, dropping a request whose name is
 * still being looked up waits for the resolver's thread, and with it for a
 * name server that is down, while the whole loop stands.
 */

#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "sys/httpc.h"
#include "sys/loop.h"
#include "sys/outcome.h"
#include "sys/url.h"

enum {
	CONNECT_MS = 30000,
	RETRY_AFTER_MAX_S = 1000000000, /* 31 years; keeps the sum in range */
};

struct httpc {
	CURLM *multi;
	CURL **idle; /* easy handles for the next requests */
	size_t idle_len, idle_max;
	size_t requests;
};

struct httpc_request {
	struct httpc *httpc;
	CURL *easy;
	httpc_fn fn;
	void *arg;
	int is_answering; /* inside fn; freed when it returns */
	int64_t started_ms, timeout_ms;

	CURLU *url;          /* NULL: it was none */
	char *peer;          /* "host:port", for people */
	const char *refusal; /* why it cannot be sent at all */
	struct curl_slist *headers, *headers_of_get;
	char *body; /* NULL: a GET */
	size_t body_len;
	unsigned int redirects;

	struct strbuf answer;
	char *location, *retry_after, *date; /* headers of the answer */
	char curl_text[CURL_ERROR_SIZE];
};

static void on_transfer(void *private_data, int curl_code);

struct httpc *httpc_new(struct loop *loop, long max_connections)
{
	struct httpc *httpc = xcalloc(1, sizeof(*httpc));

	assert(max_connections > 0);
	httpc->multi = loop_curl_multi(loop);
	httpc->idle_max = (size_t)max_connections;
	httpc->idle = xcalloc(httpc->idle_max, sizeof(CURL *));
	curl_multi_setopt(httpc->multi, CURLMOPT_MAXCONNECTS, max_connections);
	loop_set_transfer_fn(loop, on_transfer);
	return httpc;
}

void httpc_free(struct httpc **httpc_at)
{
	struct httpc *httpc = *httpc_at;

	if (!httpc)
		return;
	*httpc_at = NULL;
	assert(httpc->requests == 0);
	while (httpc->idle_len > 0)
		curl_easy_cleanup(httpc->idle[--httpc->idle_len]);
	free(httpc->idle);
	free(httpc);
}

static CURL *take_easy(struct httpc *httpc)
{
	CURL *easy;

	if (httpc->idle_len > 0)
		return httpc->idle[--httpc->idle_len];
	easy = curl_easy_init();
	if (!easy)
		BUG("libcurl gives no easy handle");
	return easy;
}

static void give_easy_back(struct httpc *httpc, CURL *easy)
{
	if (httpc->idle_len == httpc->idle_max) {
		curl_easy_cleanup(easy);
		return;
	}
	curl_easy_reset(easy);
	httpc->idle[httpc->idle_len++] = easy;
}

static int has_header(const char *const *headers, const char *name)
{
	for (; headers && *headers; headers++)
		if (strncasecmp(*headers, name, strlen(name)) == 0 &&
		    (*headers)[strlen(name)] == ':')
			return 1;
	return 0;
}

static struct curl_slist *prepend_header(struct curl_slist *list,
					 const char *line)
{
	struct curl_slist *head = curl_slist_append(NULL, line);

	if (!head)
		BUG("libcurl is out of memory");
	head->next = list;
	return head;
}

/* A GET has the same headers but for the type of the body, which is first. */
static void take_headers(struct httpc_request *request,
			 const char *const *headers)
{
	struct curl_slist *list = NULL;
	const char *const *line;

	for (line = headers; line && *line; line++) {
		if (strpbrk(*line, "\r\n"))
			request->refusal = "a header holds a line break";
		list = prepend_header(list, *line);
	}
	if (!has_header(headers, "Accept"))
		list = prepend_header(list, "Accept: application/json");
	list = prepend_header(list, "Expect:");
	request->headers_of_get = list;
	if (!has_header(headers, "Content-Type"))
		list = prepend_header(list, "Content-Type: application/json");
	request->headers = list;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct httpc_request *request = arg;
	size_t len = size * count;

	strbuf_add(&request->answer, data, len);
	return request->answer.is_full ? 0 : len;
}

static void forget_answer(struct httpc_request *request)
{
	char **const headers[] = { &request->location, &request->retry_after,
				   &request->date };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(headers); i++) {
		free(*headers[i]);
		*headers[i] = NULL;
	}
	strbuf_clear(&request->answer);
}

/* Called with one line at a time, its line break included. */
static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
	struct httpc_request *request = arg;
	const struct {
		const char *name;
		char **value;
	} wanted[] = { { "Location:", &request->location },
		       { "Retry-After:", &request->retry_after },
		       { "Date:", &request->date } };
	size_t len = size * count, name_len, i;

	/* A status line: what came before was a 100 or a proxy's. */
	if (len >= 5 && strncasecmp(data, "HTTP/", 5) == 0)
		forget_answer(request);
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		const char *value, *end = data + len;

		name_len = strlen(wanted[i].name);
		if (len < name_len || len > LIMIT_HEADER ||
		    strncasecmp(data, wanted[i].name, name_len) != 0)
			continue;
		value = data + name_len;
		while (value < end && strchr(" \t\r\n", *value))
			value++;
		while (end > value && strchr(" \t\r\n", end[-1]))
			end--;
		free(*wanted[i].value);
		*wanted[i].value = xstrndup(value, (size_t)(end - value));
	}
	return len;
}

/* What holds for every request. setopt fails for lack of memory only. */
static void set_constants(struct httpc_request *request)
{
	CURL *easy = request->easy;

#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS,
			 (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 1024L);
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "stepq/" PACKAGE_VERSION);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->curl_text);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
}

/* Set off for request->url, in what is left of the time. */
static void depart(struct httpc_request *request)
{
	int64_t used_ms = clock_mono_ms() - request->started_ms;
	CURL *easy = request->easy;
	char *url;

	if (!request->refusal) {
		url = url_text(request->url);
		curl_easy_setopt(easy, CURLOPT_URL, url);
		free(url);
		if (url_is_loopback(request->url))
			curl_easy_setopt(easy, CURLOPT_PROXY, "");
	}
	if (request->timeout_ms > 0)
		curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
				 (long)MAX(request->timeout_ms - used_ms, 1));
	if (request->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)request->body_len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
	} else {
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER,
				 request->headers_of_get);
	}
	if (curl_multi_add_handle(request->httpc->multi, easy))
		BUG("libcurl takes no further transfer");
}

struct httpc_request *httpc_send(struct httpc *httpc,
				 const struct httpc_options *options,
				 httpc_fn fn, void *arg)
{
	struct httpc_request *request = xcalloc(1, sizeof(*request));

	assert(options->url && options->body_max > 0);
	request->httpc = httpc;
	request->fn = fn;
	request->arg = arg;
	request->started_ms = clock_mono_ms();
	request->timeout_ms = options->timeout_ms;
	request->answer.max = options->body_max;
	request->url = url_parse(NULL, options->url);
	if (request->url)
		request->peer = url_peer(request->url);
	else
		request->refusal = "not a URL";
	take_headers(request, options->headers);
	if (options->body) {
		request->body = xstrndup(options->body, options->body_len);
		request->body_len = options->body_len;
	}
	request->easy = take_easy(httpc);
	httpc->requests++;
	set_constants(request);
	curl_easy_setopt(request->easy, CURLOPT_CONNECTTIMEOUT_MS,
			 (long)(options->connect_ms ? options->connect_ms
						    : CONNECT_MS));
	depart(request);
	return request;
}

static void free_request(struct httpc_request *request)
{
	struct httpc *httpc = request->httpc;

	give_easy_back(httpc, request->easy);
	httpc->requests--;
	forget_answer(request);
	strbuf_release(&request->answer);
	curl_slist_free_all(request->headers);
	curl_url_cleanup(request->url);
	free(request->peer);
	free(request->body);
	free(request);
}

void httpc_cancel(struct httpc_request **request_at)
{
	struct httpc_request *request = *request_at;

	if (!request)
		return;
	*request_at = NULL;
	if (request->is_answering)
		return;
	(void)curl_multi_remove_handle(request->httpc->multi, request->easy);
	free_request(request);
}

/* Retry-After is seconds or a date; a date counts from the peer's own. */
static int64_t retry_after_ms(const struct httpc_request *request)
{
	uint64_t seconds;
	time_t when, now = -1;

	if (!request->retry_after)
		return -1;
	if (num_u64(request->retry_after, &seconds) == 0)
		return (int64_t)MIN(seconds, RETRY_AFTER_MAX_S) * 1000;
	when = curl_getdate(request->retry_after, NULL);
	if (request->date)
		now = curl_getdate(request->date, NULL);
	if (now == -1)
		now = (time_t)(clock_wall_ms() / 1000);
	if (when == -1)
		return -1;
	return (int64_t)MIN(MAX(when - now, 0), RETRY_AFTER_MAX_S) * 1000;
}

/* 1: on its way again, 0: no redirect, -1: one that is not followed. */
static int follow_redirect(struct httpc_request *request, long code,
			   struct strbuf *reason)
{
	CURLU *next;

	if (!request->location || (code != 301 && code != 302 && code != 303 &&
				   code != 307 && code != 308))
		return 0;
	next = url_parse(request->url, request->location);
	if (!next) {
		strbuf_addf(reason, "%s redirects to what is not a URL",
			    request->peer);
	} else if (!url_is_same_origin(request->url, next)) {
		char *peer = url_peer(next);

		strbuf_addf(reason, "%s redirects to another host, %s",
			    request->peer, peer);
		free(peer);
	} else if (request->redirects++ == LIMIT_REDIRECTS) {
		strbuf_addf(reason, "%s redirects more than %u times",
			    request->peer, LIMIT_REDIRECTS);
	} else {
		curl_url_cleanup(request->url);
		request->url = next;
		if (code == 303) {
			free(request->body);
			request->body = NULL;
		}
		forget_answer(request);
		depart(request);
		return 1;
	}
	curl_url_cleanup(next);
	return -1;
}

/* An absolute URL, where what the peer sent can be read as one. */
static char *absolute_location(const struct httpc_request *request)
{
	CURLU *url;
	char *text;

	if (!request->location)
		return xstrdup("");
	url = url_parse(request->url, request->location);
	text = url ? url_text(url) : xstrdup(request->location);
	curl_url_cleanup(url);
	return text;
}

static void answer(struct httpc_request *request, enum httpc_status status,
		   long code, const char *reason)
{
	char *location = absolute_location(request), *content_type = NULL;
	struct httpc_response response = {
		.status = status,
		.code = (int)code,
		.reason = reason,
		.body = strbuf_str(&request->answer),
		.body_len = request->answer.len,
		.retry_after_ms = retry_after_ms(request),
		.location = location,
		.took_ms = clock_mono_ms() - request->started_ms,
	};

	(void)curl_easy_getinfo(request->easy, CURLINFO_CONTENT_TYPE,
				&content_type);
	response.content_type = content_type ? content_type : "";
	request->is_answering = 1;
	request->fn(request->arg, &response);
	free(location);
	free_request(request);
}

static void on_transfer(void *private_data, int curl_code)
{
	struct httpc_request *request = private_data;
	struct outcome outcome = {
		.easy = request->easy,
		.code = (CURLcode)curl_code,
		.curl_text = request->curl_text,
		.peer = request->peer,
		.body = &request->answer,
		.took_ms = clock_mono_ms() - request->started_ms,
	};
	enum httpc_status status = outcome_status(&outcome);
	struct strbuf reason = { .max = LIMIT_MESSAGE };
	long code = 0;
	int redirect = 0;

	if (request->refusal)
		strbuf_adds(&reason, request->refusal);
	else
		outcome_explain(&outcome, &reason);
	(void)curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &code);
	(void)curl_multi_remove_handle(request->httpc->multi, request->easy);
	if (status == HTTPC_OK)
		redirect = follow_redirect(request, code, &reason);
	if (redirect <= 0)
		answer(request, redirect ? HTTPC_REDIRECT : status, code,
		       strbuf_str(&reason));
	strbuf_release(&reason);
}
