/* SPDX-License-Identifier: MIT */

/* What comes back: whole, broken, late, too much, elsewhere. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "sys/httpc.h"
#include "sys/loop.h"
#include "unit/sys/exchange.h"

static void any_status_code_is_an_answer(void **state)
{
	static const int codes[] = { 200, 204, 304, 404, 429, 503 };
	char raw[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		struct exchange x;

		(void)snprintf(raw, sizeof(raw),
			       "HTTP/1.1 %d Such\r\nContent-Length: 0\r\n\r\n",
			       codes[i]);
		exchange_call(*state, &x, "/raw", raw);
		assert_int_equal(x.got.status, HTTPC_OK);
		assert_int_equal(x.got.code, codes[i]);
		assert_string_equal(strbuf_str(&x.content_type), "");
		exchange_release(&x);
	}
}

static void a_cut_answer_keeps_what_came(void **state)
{
	struct rig *rig = *state;
	struct exchange x;
	char want[128];

	exchange_call(rig, &x, "/raw",
		      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf!");
	(void)snprintf(want, sizeof(want),
		       "connection to 127.0.0.1:%d lost after 5 bytes of the "
		       "answer",
		       rig->httpd.port);
	assert_int_equal(x.got.status, HTTPC_CUT);
	assert_int_equal(x.got.code, 200);
	assert_string_equal(strbuf_str(&x.body), "half!");
	assert_string_equal(strbuf_str(&x.reason), want);
	exchange_release(&x);
}

static void a_chunked_answer_without_its_end_is_cut(void **state)
{
	struct exchange x;

	exchange_call(*state, &x, "/raw",
		      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		      "5\r\nhalf!\r\n");
	assert_int_equal(x.got.status, HTTPC_CUT);
	assert_string_equal(strbuf_str(&x.body), "half!");
	exchange_release(&x);
}

static void garbage_is_no_answer(void **state)
{
	static const char *const raw[] = {
		"SSH-2.0-OpenSSH_9.2\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx",
		"HTTP/7.3 200 OK\r\n\r\n",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(raw); i++) {
		struct exchange x;

		exchange_call(*state, &x, "/raw", raw[i]);
		assert_int_equal(x.got.status, HTTPC_CUT);
		assert_true(exchange_reason_has(&x, "127.0.0.1:"));
		exchange_release(&x);
	}
}

static void a_connection_closed_without_an_answer_is_cut(void **state)
{
	struct exchange x;

	exchange_call(*state, &x, "/nothing", "");
	assert_int_equal(x.got.status, HTTPC_CUT);
	assert_true(
		exchange_reason_has(&x,
				    "closed the connection without an answer"));
	exchange_release(&x);
}

static void a_silent_peer_times_out(void **state)
{
	struct rig *rig = *state;
	struct httpc_options options = { .timeout_ms = 200 };
	struct exchange x;

	exchange_send(rig, &x, "/hang", &options);
	rig_wait(rig, 1);
	assert_int_equal(x.got.status, HTTPC_TIMEOUT);
	assert_in_range(x.got.took_ms, 190, EXCHANGE_DEADLINE_MS);
	assert_true(exchange_reason_has(&x, "timed out after "));
	assert_true(exchange_reason_has(&x, " waiting for 127.0.0.1:"));
	exchange_release(&x);
}

static void hops_share_one_timeout(void **state)
{
	struct rig *rig = *state;
	struct httpc_options options = {
		.timeout_ms = 500,
		.body = "HTTP/1.1 307 Moved\r\nLocation: /raw/300\r\n"
			"Content-Length: 0\r\n\r\n",
	};
	struct exchange x;

	options.body_len = strlen(options.body);
	exchange_send(rig, &x, "/raw/300", &options);
	rig_wait(rig, 1);
	assert_int_equal(x.got.status, HTTPC_TIMEOUT);
	exchange_release(&x);
}

static void a_failed_hop_has_nothing_of_the_redirect(void **state)
{
	struct exchange x;

	exchange_call(*state, &x, "/raw",
		      "HTTP/1.1 307 Moved\r\nLocation: /nothing\r\n"
		      "Retry-After: 1\r\nContent-Length: 4\r\n\r\nmove");
	assert_int_equal(x.got.status, HTTPC_CUT);
	assert_int_equal(x.got.code, 0);
	assert_int_equal(x.got.retry_after_ms, -1);
	assert_string_equal(strbuf_str(&x.body), "");
	assert_string_equal(strbuf_str(&x.location), "");
	exchange_release(&x);
}

static void an_endless_body_is_cut_at_the_ceiling(void **state)
{
	struct exchange x;

	exchange_call(*state, &x, "/endless", "");
	assert_int_equal(x.got.status, HTTPC_TOO_LARGE);
	assert_int_equal(x.got.code, 200);
	assert_int_equal(x.body.len, EXCHANGE_BODY_MAX);
	assert_non_null(
		strstr(strbuf_str(&x.reason), "is larger than 20000 bytes"));
	exchange_release(&x);
}

static void a_body_of_just_the_ceiling_is_taken(void **state)
{
	static const char raw[] =
		"HTTP/1.1 200 OK\r\n"
		"Content-Length: 5\r\n\r\n12345";
	struct rig *rig = *state;
	struct httpc_options options = { .body = raw,
					 .body_len = sizeof(raw) - 1,
					 .body_max = 5 };
	struct exchange x;

	exchange_send(rig, &x, "/raw", &options);
	rig_wait(rig, 1);
	assert_int_equal(x.got.status, HTTPC_OK);
	assert_string_equal(strbuf_str(&x.body), "12345");
	exchange_release(&x);
}

static void a_redirect_repeats_method_and_body(void **state)
{
	static const int codes[] = { 301, 302, 307, 308 };
	char raw[160];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		struct exchange x;

		(void)snprintf(
			raw, sizeof(raw),
			"HTTP/1.1 %d Moved\r\nLocation: echo?x=1\r\n"
			"Retry-After: 9\r\nContent-Length: 4\r\n\r\nmove",
			codes[i]);
		exchange_call(*state, &x, "/raw", raw);
		assert_int_equal(x.got.status, HTTPC_OK);
		assert_int_equal(x.got.code, 200);
		assert_true(
			exchange_body_has(&x, "\nPOST /echo?x=1 HTTP/1.1\r\n"));
		assert_true(
			exchange_body_has(&x,
					  "\r\n\r\nHTTP/1.1 3")); /* the body */
		assert_int_equal(strncmp(x.body.buf, "connection", 10), 0);
		assert_string_equal(strbuf_str(&x.location), "");
		assert_int_equal(x.got.retry_after_ms, -1);
		exchange_release(&x);
	}
}

static void redirect_303_becomes_a_get(void **state)
{
	struct exchange x;

	exchange_call(*state, &x, "/raw",
		      "HTTP/1.1 303 See Other\r\nLocation: /echo\r\n"
		      "Content-Length: 0\r\n\r\n");
	assert_true(exchange_body_has(&x, "\nGET /echo HTTP/1.1\r\n"));
	assert_false(exchange_body_has(&x, "Content-Type"));
	assert_false(exchange_body_has(&x, "See Other"));
	exchange_release(&x);
}

static void a_redirect_elsewhere_is_not_followed(void **state)
{
	static const struct {
		const char *where;
		int with_port;
	} rows[] = {
		{ "http://127.0.0.1:1/x", 0 }, { "https://127.0.0.1:", 1 },
		{ "http://localhost:", 1 }, /* the same host, if one looks */
		{ "//127.0.0.2/x", 0 },        { "file:///etc/passwd", 0 },
	};
	struct rig *rig = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		char raw[160], port[16] = "";
		struct exchange x;

		if (rows[i].with_port)
			(void)snprintf(port, sizeof(port), "%d/",
				       rig->httpd.port);
		(void)snprintf(raw, sizeof(raw),
			       "HTTP/1.1 302 Found\r\nLocation: %s%s\r\n\r\n",
			       rows[i].where, port);
		exchange_call(rig, &x, "/raw", raw);
		assert_int_equal(x.got.status, HTTPC_REDIRECT);
		assert_int_equal(x.got.code, 302);
		assert_true(
			exchange_reason_has(&x, "redirects to another host"));
		assert_int_not_equal(x.location.len, 0);
		exchange_release(&x);
	}
}

static void five_redirects_are_followed_and_six_are_not(void **state)
{
	struct exchange x;

	exchange_call(*state, &x, "/again/5", "");
	assert_int_equal(x.got.status, HTTPC_OK);
	assert_true(exchange_body_has(&x, "POST /again/0 "));
	exchange_release(&x);
	exchange_call(*state, &x, "/again/6", "");
	assert_int_equal(x.got.status, HTTPC_REDIRECT);
	assert_true(exchange_reason_has(&x, "more than 5 times"));
	exchange_release(&x);
}

static void a_redirect_to_nowhere_is_an_answer(void **state)
{
	struct exchange x;

	exchange_call(*state, &x, "/raw", "HTTP/1.1 302 Found\r\n\r\n");
	assert_int_equal(x.got.status, HTTPC_OK);
	assert_int_equal(x.got.code, 302);
	exchange_release(&x);
}

static void retry_after_is_seconds_or_a_date(void **state)
{
	static const struct {
		const char *headers;
		int64_t want;
	} rows[] = {
		{ "Retry-After: 120", 120000 },
		{ "retry-after:0", 0 },
		{ "Retry-After:   7  ", 7000 },
		{ "Retry-After: 99999999999999999", 1000000000000 },
		{ "Retry-After: -1", -1 },
		{ "Retry-After: soon", -1 },
		{ "Retry-After:", -1 },
		{ "X: 1", -1 },
		/* against the peer's clock, not ours */
		{ "Date: Tue, 01 Jan 2030 00:00:00 GMT\r\n"
		  "Retry-After: Tue, 01 Jan 2030 00:01:30 GMT",
		  90000 },
		{ "Retry-After: Tue, 01 Jan 2030 00:00:00 GMT\r\n"
		  "Date: Tue, 01 Jan 2030 00:01:00 GMT",
		  0 },
		/* against ours, where the peer tells no date */
		{ "Retry-After: Sat, 01 Jan 2000 00:00:42 GMT", 42000 },
	};
	struct rig *rig = *state;
	char raw[300];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct httpc_options options = { .body = raw };
		struct exchange x;
		int tries = 1000;

		(void)snprintf(raw, sizeof(raw),
			       "HTTP/1.1 503 Busy\r\n%s\r\n"
			       "Content-Length: 0\r\n\r\n",
			       rows[i].headers);
		options.body_len = strlen(raw);
		clock_test_set(946684800000); /* 2000-01-01 */
		exchange_send(rig, &x, "/raw", &options);
		while (rig->done <= (int)i && tries-- > 0)
			loop_turn(rig->loop, 100);
		assert_int_equal(x.got.code, 503);
		assert_int_equal(x.got.retry_after_ms, rows[i].want);
		exchange_release(&x);
	}
}

static void a_location_is_made_absolute(void **state)
{
	struct rig *rig = *state;
	struct exchange x;
	char want[64];

	exchange_call(rig, &x, "/raw",
		      "HTTP/1.1 202 Accepted\r\nLocation: /jobs/9\r\n"
		      "Content-Length: 0\r\n\r\n");
	(void)snprintf(want, sizeof(want), "http://127.0.0.1:%d/jobs/9",
		       rig->httpd.port);
	assert_int_equal(x.got.status, HTTPC_OK);
	assert_int_equal(x.got.code, 202);
	assert_string_equal(strbuf_str(&x.location), want);
	exchange_release(&x);
}

static void headers_of_an_interim_answer_do_not_count(void **state)
{
	struct exchange x;

	exchange_call(*state, &x, "/raw",
		      "HTTP/1.1 103 Early Hints\r\nRetry-After: 5\r\n"
		      "Location: /x\r\n\r\n"
		      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	assert_int_equal(x.got.code, 200);
	assert_int_equal(x.got.retry_after_ms, -1);
	assert_string_equal(strbuf_str(&x.location), "");
	assert_string_equal(strbuf_str(&x.body), "ok");
	exchange_release(&x);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(any_status_code_is_an_answer),
		TEST(a_cut_answer_keeps_what_came),
		TEST(a_chunked_answer_without_its_end_is_cut),
		TEST(garbage_is_no_answer),
		TEST(a_connection_closed_without_an_answer_is_cut),
		TEST(a_silent_peer_times_out),
		TEST(hops_share_one_timeout),
		TEST(an_endless_body_is_cut_at_the_ceiling),
		TEST(a_body_of_just_the_ceiling_is_taken),
		TEST(a_redirect_repeats_method_and_body),
		TEST(a_failed_hop_has_nothing_of_the_redirect),
		TEST(redirect_303_becomes_a_get),
		TEST(a_redirect_elsewhere_is_not_followed),
		TEST(five_redirects_are_followed_and_six_are_not),
		TEST(a_redirect_to_nowhere_is_an_answer),
		TEST(retry_after_is_seconds_or_a_date),
		TEST(a_location_is_made_absolute),
		TEST(headers_of_an_interim_answer_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
