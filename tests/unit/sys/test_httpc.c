/* SPDX-License-Identifier: MIT */

/* What is sent, where to, and how a request lives and ends. */

#include <config.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "sys/httpc.h"
#include "sys/loop.h"
#include "unit/sys/exchange.h"

enum {
	CROWD = 100,
	RIVALS = 20,
	SLOW_MS = 3000
};

/*
 * Stands in for libc's, which libcurl calls in a thread: no name is known, and
 * one takes its time.
 */
__attribute__((visibility("default"))) int getaddrinfo(
	const char *node, const char *service, const struct addrinfo *hints,
	struct addrinfo **out)
{
	(void)service;
	(void)hints;
	(void)out;
	if (strcmp(node, "slow.invalid") == 0)
		(void)poll(NULL, 0, SLOW_MS);
	return EAI_NONAME;
}

static void a_post_carries_its_headers_and_body(void **state)
{
	static const char *const headers[] = { "Idempotency-Key: 42", NULL };
	struct httpc_options options = { .headers = headers,
					 .body = "{\"a\":1}",
					 .body_len = 7 };
	struct rig *rig = *state;
	struct exchange x;

	exchange_send(rig, &x, "/echo", &options);
	rig_wait(rig, 1);
	assert_int_equal(x.got.status, HTTPC_OK);
	assert_int_equal(x.got.code, 200);
	assert_string_equal(strbuf_str(&x.reason), "");
	assert_string_equal(strbuf_str(&x.content_type), "text/plain");
	assert_true(exchange_body_has(&x, "\nPOST /echo HTTP/1.1\r\n"));
	assert_true(
		exchange_body_has(&x,
				  "\r\nContent-Type: application/json\r\n"));
	assert_true(exchange_body_has(&x, "\r\nAccept: application/json\r\n"));
	assert_true(exchange_body_has(&x,
				      "\r\nUser-Agent: stepq/" PACKAGE_VERSION
				      "\r\n"));
	assert_true(exchange_body_has(&x, "\r\nIdempotency-Key: 42\r\n"));
	assert_true(exchange_body_has(&x, "\r\n\r\n{\"a\":1}"));
	exchange_release(&x);
}

static void a_get_has_no_content_type(void **state)
{
	struct exchange x;

	exchange_call(*state, &x, "/echo", NULL);
	assert_true(exchange_body_has(&x, "\nGET /echo HTTP/1.1\r\n"));
	assert_false(exchange_body_has(&x, "Content-Type"));
	exchange_release(&x);
}

static void an_empty_body_is_posted(void **state)
{
	struct exchange x;

	exchange_call(*state, &x, "/echo", "");
	assert_true(exchange_body_has(&x, "\nPOST /echo HTTP/1.1\r\n"));
	assert_true(exchange_body_has(&x, "\r\nContent-Length: 0\r\n"));
	exchange_release(&x);
}

static void headers_of_the_caller_replace_ours(void **state)
{
	static const char *const headers[] = { "accept: text/x",
					       "content-type: text/y", NULL };
	struct httpc_options options = { .headers = headers, .body = "" };
	struct rig *rig = *state;
	struct exchange x;

	exchange_send(rig, &x, "/echo", &options);
	rig_wait(rig, 1);
	assert_true(exchange_body_has(&x, "accept: text/x"));
	assert_true(exchange_body_has(&x, "content-type: text/y"));
	assert_false(exchange_body_has(&x, "application/json"));
	exchange_release(&x);
}

static void a_large_body_is_sent_without_asking_first(void **state)
{
	enum {
		SIZE = 3 * 1024 * 1024
	};
	struct rig *rig = *state;
	struct httpc_options options = { .body_len = SIZE,
					 .body_max = SIZE + 1000 };
	char *body = malloc(SIZE);
	struct exchange x;

	memset(body, 'x', SIZE);
	options.body = body;
	exchange_send(rig, &x, "/echo", &options);
	free(body);
	rig_wait(rig, 1);
	assert_int_equal(x.got.status, HTTPC_OK);
	assert_in_range(x.body.len, SIZE, SIZE + 1000);
	assert_false(exchange_body_has(&x, "Expect"));
	exchange_release(&x);
}

/* An address nobody listens on, in text. */
static void closed_peer(char *text, size_t size)
{
	struct httpd httpd;

	httpd_start(&httpd);
	httpd_stop(&httpd);
	(void)snprintf(text, size, "127.0.0.1:%d", httpd.port);
}

static void a_refused_connection_names_the_peer(void **state)
{
	char peer[64], url[128], want[128];
	struct exchange x;

	closed_peer(peer, sizeof(peer));
	(void)snprintf(url, sizeof(url), "http://%s/x", peer);
	exchange_call(*state, &x, url, "");
	(void)snprintf(want, sizeof(want), "connection refused by %s", peer);
	assert_int_equal(x.got.status, HTTPC_REFUSED);
	assert_int_equal(x.got.code, 0);
	assert_string_equal(strbuf_str(&x.reason), want);
	exchange_release(&x);
}

static void an_unknown_host_is_refused(void **state)
{
	struct exchange x;

	exchange_call(*state, &x, "http://engine.invalid/", "");
	assert_int_equal(x.got.status, HTTPC_REFUSED);
	assert_string_equal(strbuf_str(&x.reason),
			    "the host of engine.invalid:80 is not known");
	exchange_release(&x);
}

static void a_slow_name_server_does_not_hold_the_loop(void **state)
{
	struct httpc_options options = { .timeout_ms = 100 };
	struct rig *rig = *state;
	int64_t began = clock_mono_ms();
	struct exchange x;

	if (curl_version_info(CURLVERSION_NOW)->version_num < 0x075700)
		skip(); /* no CURLOPT_QUICK_EXIT */
	exchange_send(rig, &x, "http://slow.invalid/", &options);
	rig_wait(rig, 1);
	assert_int_equal(x.got.status, HTTPC_TIMEOUT);
	exchange_release(&x);
	exchange_send(rig, &x, "http://slow.invalid/", &options);
	loop_turn(rig->loop, 0);
	httpc_cancel(&x.request);
	assert_in_range(clock_mono_ms() - began, 90, SLOW_MS - 1);
}

/* A listener whose queue is full: Linux drops what else wants in. */
static void a_connection_that_is_not_taken_times_out(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct httpc_options options = { .connect_ms = 200 };
	socklen_t len = sizeof(address);
	int fds[3], i;
	struct exchange x;
	char url[64];

	for (i = 0; i < 3; i++)
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fds[0], (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fds[0], 0), 0);
	(void)getsockname(fds[0], (struct sockaddr *)&address, &len);
	for (i = 1; i < 3; i++)
		(void)connect(fds[i], (struct sockaddr *)&address, len);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/",
		       ntohs(address.sin_port));
	exchange_send(*state, &x, url, &options);
	rig_wait(*state, 1);
	assert_int_equal(x.got.status, HTTPC_TIMEOUT);
	assert_true(exchange_reason_has(&x, "no connection to 127"));
	exchange_release(&x);
	for (i = 0; i < 3; i++)
		(void)close(fds[i]);
}

static void what_cannot_be_sent_is_invalid(void **state)
{
	static const char *const urls[] = { "", "http://", "ftp://127.0.0.1/",
					    "file:///etc/passwd" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(urls); i++) {
		struct exchange x;

		exchange_call(*state, &x, urls[i], "");
		assert_int_equal(x.got.status, HTTPC_INVALID);
		assert_int_not_equal(x.reason.len, 0);
		exchange_release(&x);
	}
}

static void a_header_with_a_line_break_is_not_sent(void **state)
{
	static const char *const headers[] = { "A: 1\r\nB: 2", NULL };
	struct httpc_options options = { .headers = headers };
	struct exchange x;

	exchange_send(*state, &x, "/echo", &options);
	rig_wait(*state, 1);
	assert_int_equal(x.got.status, HTTPC_INVALID);
	assert_int_equal(x.body.len, 0);
	assert_string_equal(strbuf_str(&x.reason),
			    "a header holds a line break");
	exchange_release(&x);
}

static void a_cancelled_request_calls_nobody(void **state)
{
	struct httpc_options options = { 0 };
	struct rig *rig = *state;
	struct exchange hung, other;

	exchange_send(rig, &hung, "/hang", &options);
	exchange_call(rig, &other, "/echo", "");
	httpc_cancel(&hung.request);
	assert_null(hung.request);
	exchange_release(&other);
	exchange_call(rig, &other, "/echo", "");
	assert_int_equal(rig->done, 2);
	exchange_release(&other);
}

static void a_callback_may_cancel_other_requests(void **state)
{
	struct exchange crowd[RIVALS + 1] = { 0 }, other;
	struct httpc_options options = { 0 };
	struct rig *rig = *state;
	int i;

	for (i = 0; i < RIVALS; i++)
		exchange_send(rig, &crowd[i], "/wait/50", &options);
	for (i = 0; i < RIVALS; i++)
		crowd[i].rivals = crowd;
	rig_wait(rig, 1);
	for (i = 0; i < RIVALS; i++) {
		assert_null(crowd[i].request);
		exchange_release(&crowd[i]);
	}
	exchange_call(rig, &other, "/wait/100", "");
	assert_int_equal(rig->done, 2);
	exchange_release(&other);
}

static void connections_are_kept(void **state)
{
	struct exchange x;

	exchange_call(*state, &x, "/echo", "");
	assert_true(exchange_body_has(&x, "connection 1 request 1\n"));
	exchange_release(&x);
	exchange_call(*state, &x, "/echo", "");
	assert_true(exchange_body_has(&x, "connection 1 request 2\n"));
	exchange_release(&x);
}

/* Documents what libcurl does: see the head of httpc.c. */
static void a_post_is_sent_again_when_a_kept_connection_dies(void **state)
{
	struct exchange x;

	exchange_call(*state, &x, "/last", "");
	exchange_release(&x);
	exchange_call(*state, &x, "/echo", "again");
	assert_int_equal(x.got.status, HTTPC_OK);
	assert_true(exchange_body_has(&x, "connection 2 request 1\n"));
	assert_true(exchange_body_has(&x, "\r\n\r\nagain"));
	exchange_release(&x);
}

static void many_requests_run_side_by_side(void **state)
{
	struct exchange *crowd = calloc(CROWD, sizeof(*crowd));
	struct httpc_options options = { 0 };
	struct rig *rig = *state;
	int64_t began = clock_mono_ms();
	int i;

	for (i = 0; i < CROWD; i++)
		exchange_send(rig, &crowd[i], "/wait/300", &options);
	rig_wait(rig, CROWD);
	/* not one after the other */
	assert_in_range(clock_mono_ms() - began, 290, CROWD * 300);
	for (i = 0; i < CROWD; i++) {
		assert_int_equal(crowd[i].got.status, HTTPC_OK);
		exchange_release(&crowd[i]);
	}
	free(crowd);
}

static void a_proxy_is_used_but_not_for_loopback(void **state)
{
	struct rig *rig = *state;
	struct exchange x;
	char proxy[64];

	(void)snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d",
		       rig->httpd.port);
	(void)setenv("http_proxy", proxy, 1);
	exchange_call(rig, &x, "http://engine.invalid/echo", "");
	assert_true(exchange_body_has(
		&x, "\nPOST http://engine.invalid/echo HTTP/1.1"));
	exchange_release(&x);
	(void)setenv("http_proxy", "http://127.0.0.1:1", 1);
	exchange_call(rig, &x, "/echo", "");
	assert_int_equal(x.got.status, HTTPC_OK);
	exchange_release(&x);
	(void)unsetenv("http_proxy");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_post_carries_its_headers_and_body),
		TEST(a_get_has_no_content_type),
		TEST(an_empty_body_is_posted),
		TEST(headers_of_the_caller_replace_ours),
		TEST(a_large_body_is_sent_without_asking_first),
		TEST(a_refused_connection_names_the_peer),
		TEST(an_unknown_host_is_refused),
		TEST(a_slow_name_server_does_not_hold_the_loop),
		TEST(a_connection_that_is_not_taken_times_out),
		TEST(what_cannot_be_sent_is_invalid),
		TEST(a_header_with_a_line_break_is_not_sent),
		TEST(a_cancelled_request_calls_nobody),
		TEST(a_callback_may_cancel_other_requests),
		TEST(connections_are_kept),
		TEST(a_post_is_sent_again_when_a_kept_connection_dies),
		TEST(many_requests_run_side_by_side),
		TEST(a_proxy_is_used_but_not_for_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
