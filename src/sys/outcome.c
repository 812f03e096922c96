/* SPDX-License-Identifier: MIT */

/*
 * The line between the states is what the caller does next: REFUSED, CUT and
 * TIMEOUT may go better the next time, INVALID will not. So a certificate
 * that is wrong is INVALID, but a TLS handshake that breaks off is REFUSED,
 * and a code of curl that is not named here counts as CUT.
 */

#include <config.h>

#include <errno.h>

#include "base/num.h"
#include "sys/outcome.h"

static int is_sent(const struct outcome *outcome)
{
	long size = 0;

	/* Since libcurl 8 all times may be set where nobody was reached. */
	(void)curl_easy_getinfo(outcome->easy, CURLINFO_REQUEST_SIZE, &size);
	return size > 0;
}

enum httpc_status outcome_status(const struct outcome *outcome)
{
	switch ((int)outcome->code) {
	case CURLE_OK:
		return HTTPC_OK;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTPC_TIMEOUT;
	case CURLE_WRITE_ERROR:
		return outcome->body->is_full ? HTTPC_TOO_LARGE : HTTPC_CUT;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_INTERFACE_FAILED:
	case CURLE_SSL_CONNECT_ERROR:
		return HTTPC_REFUSED;
	case CURLE_URL_MALFORMAT:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
		return HTTPC_INVALID;
	case CURLE_UNSUPPORTED_PROTOCOL:
		/* The URL's, or that of an answer taken for HTTP/0.9. */
		return is_sent(outcome) ? HTTPC_CUT : HTTPC_INVALID;
	default:
		return HTTPC_CUT;
	}
}

static const char *curl_says(const struct outcome *outcome)
{
	return *outcome->curl_text ? outcome->curl_text
				   : curl_easy_strerror(outcome->code);
}

static void explain_refused(const struct outcome *outcome,
			    struct strbuf *reason)
{
	long os_errno = 0;

	(void)curl_easy_getinfo(outcome->easy, CURLINFO_OS_ERRNO, &os_errno);
	if (outcome->code == CURLE_COULDNT_RESOLVE_HOST)
		strbuf_addf(reason, "the host of %s is not known",
			    outcome->peer);
	else if (outcome->code == CURLE_COULDNT_CONNECT &&
		 os_errno == ECONNREFUSED)
		strbuf_addf(reason, "connection refused by %s", outcome->peer);
	else
		strbuf_addf(reason, "no connection to %s: %s", outcome->peer,
			    curl_says(outcome));
}

static void explain_timeout(const struct outcome *outcome,
			    struct strbuf *reason)
{
	char took[DUR_TEXT];

	(void)dur_format(outcome->took_ms, took);
	if (!is_sent(outcome))
		strbuf_addf(reason, "no connection to %s within %s",
			    outcome->peer, took);
	else if (outcome->body->len == 0)
		strbuf_addf(reason, "timed out after %s waiting for %s", took,
			    outcome->peer);
	else
		strbuf_addf(reason,
			    "timed out after %s and %zu bytes of the answer "
			    "of %s",
			    took, outcome->body->len, outcome->peer);
}

static void explain_cut(const struct outcome *outcome, struct strbuf *reason)
{
	switch ((int)outcome->code) {
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		strbuf_addf(reason, "%s does not answer in HTTP",
			    outcome->peer);
		break;
	case CURLE_GOT_NOTHING:
		strbuf_addf(reason,
			    "%s closed the connection without an answer",
			    outcome->peer);
		break;
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		strbuf_addf(reason,
			    "connection to %s lost after %zu bytes of the "
			    "answer",
			    outcome->peer, outcome->body->len);
		break;
	default:
		strbuf_addf(reason, "exchange with %s broken off: %s",
			    outcome->peer, curl_says(outcome));
	}
}

void outcome_explain(const struct outcome *outcome, struct strbuf *reason)
{
	switch (outcome_status(outcome)) {
	case HTTPC_OK:
	case HTTPC_REDIRECT:
		break;
	case HTTPC_REFUSED:
		explain_refused(outcome, reason);
		break;
	case HTTPC_TIMEOUT:
		explain_timeout(outcome, reason);
		break;
	case HTTPC_CUT:
		explain_cut(outcome, reason);
		break;
	case HTTPC_TOO_LARGE:
		strbuf_addf(reason, "answer of %s is larger than %zu bytes",
			    outcome->peer, outcome->body->max);
		break;
	case HTTPC_INVALID:
		strbuf_addf(reason, "%s (%s)", curl_says(outcome),
			    outcome->peer);
		break;
	}
}
