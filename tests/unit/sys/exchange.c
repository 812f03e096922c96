/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sys/loop.h"
#include "unit/sys/exchange.h"

int rig_setup(void **state)
{
	struct rig *rig = xcalloc(1, sizeof(*rig));

	(void)unsetenv("http_proxy");
	(void)unsetenv("all_proxy");
	(void)unsetenv("ALL_PROXY");
	(void)unsetenv("no_proxy");
	(void)unsetenv("NO_PROXY");
	httpd_start(&rig->httpd);
	rig->loop = loop_new();
	rig->httpc = httpc_new(rig->loop, 10);
	*state = rig;
	return 0;
}

int rig_teardown(void **state)
{
	struct rig *rig = *state;

	clock_test_set(-1);
	httpc_free(&rig->httpc);
	loop_free(&rig->loop);
	httpd_stop(&rig->httpd);
	free(rig);
	return 0;
}

void rig_wait(struct rig *rig, int done)
{
	int64_t deadline = clock_mono_ms() + EXCHANGE_DEADLINE_MS;

	while (rig->done < done && clock_mono_ms() < deadline)
		loop_turn(rig->loop, 100);
	assert_int_equal(rig->done, done);
}

static void on_response(void *arg, const struct httpc_response *response)
{
	struct exchange *exchange = arg, *rival;

	exchange->got = *response;
	strbuf_add(&exchange->body, response->body, response->body_len);
	strbuf_adds(&exchange->reason, response->reason);
	strbuf_adds(&exchange->content_type, response->content_type);
	strbuf_adds(&exchange->location, response->location);
	exchange->rig->done++;
	httpc_cancel(&exchange->request); /* legal here, without effect */
	for (rival = exchange->rivals; rival && rival->rig; rival++)
		httpc_cancel(&rival->request);
}

void exchange_send(struct rig *rig, struct exchange *exchange, const char *path,
		   struct httpc_options *options)
{
	char url[512];

	if (*path == '/')
		(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s",
			       rig->httpd.port, path);
	else
		(void)snprintf(url, sizeof(url), "%s", path);
	options->url = url;
	if (!options->body_max)
		options->body_max = EXCHANGE_BODY_MAX;
	*exchange = (struct exchange){ .rig = rig };
	exchange->request =
		httpc_send(rig->httpc, options, on_response, exchange);
}

void exchange_call(struct rig *rig, struct exchange *exchange, const char *path,
		   const char *body)
{
	struct httpc_options options = {
		.body = body,
		.body_len = body ? strlen(body) : 0,
		.timeout_ms = EXCHANGE_DEADLINE_MS,
	};
	int done = rig->done;

	exchange_send(rig, exchange, path, &options);
	assert_int_equal(rig->done, done); /* not from inside */
	rig_wait(rig, done + 1);
}

int exchange_body_has(const struct exchange *exchange, const char *text)
{
	return strstr(strbuf_str(&exchange->body), text) != NULL;
}

int exchange_reason_has(const struct exchange *exchange, const char *text)
{
	return strstr(strbuf_str(&exchange->reason), text) != NULL;
}

void exchange_release(struct exchange *exchange)
{
	strbuf_release(&exchange->body);
	strbuf_release(&exchange->reason);
	strbuf_release(&exchange->content_type);
	strbuf_release(&exchange->location);
}
