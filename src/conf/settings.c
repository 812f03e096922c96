/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "conf/conf.h"
#include "conf/settings.h"

#define AT(field) offsetof(struct settings, field)

const struct conf_key settings_keys[] = {
	{ "include", CONF_GROUP, NULL, NULL, NULL, 0, 0,
	  "Files to read too, as a list of names and patterns relative to this "
	  "file; each file is read once, and what several files say adds up" },

	{ "database.hosts", CONF_STRINGS, "127.0.0.1:3306", "1", "64", 0,
	  AT(database.hosts),
	  "Servers as host or host:port, tried in turn until one answers" },
	{ "database.socket", CONF_STR, "", NULL, "107", 0, AT(database.socket),
	  "Path of the server's socket; when set, hosts are not used" },
	{ "database.user", CONF_STR, "stepq", NULL, "128", 0, AT(database.user),
	  "Name to log in with" },
	{ "database.password", CONF_STR, "", NULL, NULL, CONF_SECRET,
	  AT(database.password),
	  "Password to log in with, best taken from the environment as "
	  "${STEPQ_DB_PASSWORD}" },
	{ "database.name", CONF_STR, "stepq", "1", "64", 0, AT(database.name),
	  "Schema that holds the tables" },
	{ "database.tls", CONF_ENUM, "off", "off|on|verify", NULL, 0,
	  AT(database.tls),
	  "Whether to encrypt the connection (on), and also to check the "
	  "server's certificate and name (verify)" },
	{ "database.connect_timeout", CONF_DUR, "5s", "1s", "5m", 0,
	  AT(database.connect_timeout_ms),
	  "How long to wait for one host to take a connection" },
	{ "database.io_timeout", CONF_DUR, "30s", "1s", "1h", 0,
	  AT(database.io_timeout_ms),
	  "How long to wait for the answer to one statement before the "
	  "connection counts as lost" },

	{ "worker.queues", CONF_STRINGS, "default", "1", "64", 0,
	  AT(worker.queues),
	  "Queues to take jobs from; an earlier one goes first" },
	{ "worker.name", CONF_STR, "", NULL, "255", 0, AT(worker.name),
	  "Name of this worker in tables and logs, unique among all workers; "
	  "empty for host-pid" },
	{ "worker.concurrency", CONF_INT, "100", "1", "100000", 0,
	  AT(worker.concurrency),
	  "Steps one worker has in flight at the same time" },
	{ "worker.tries", CONF_INT, "3", "0", "65535", 0, AT(worker.tries),
	  "Attempts a step gets before it has failed for good, 0 for no end, "
	  "unless the payload, the step or its engine says otherwise" },
	{ "worker.timeout", CONF_DUR, "120s", "0", "30d", 0,
	  AT(worker.timeout_ms),
	  "How long one attempt may take, 0 for no end, unless the payload, "
	  "the step or its engine says otherwise" },
	{ "worker.backoff", CONF_DURS, "2s,10s,30s", "0", "30d", 0,
	  AT(worker.backoff_ms),
	  "Waits before the second, third, ... attempt, the last of them for "
	  "all that follow, unless the payload, the step or its engine says "
	  "otherwise" },
	{ "worker.jitter", CONF_NUM, "0.1", "0", "1", 0, AT(worker.jitter),
	  "Share of a backoff that is added at random, so that steps which "
	  "failed together do not come back together" },
	{ "worker.sleep", CONF_DUR, "1s", "5ms", "1h", 0, AT(worker.sleep_ms),
	  "Longest wait between two looks at the queue while it is empty" },
	{ "worker.rest", CONF_DUR, "0", "0", "1h", 0, AT(worker.rest_ms),
	  "Pause after each step that ended" },
	{ "worker.lease", CONF_DUR, "30s", "1s", "1h", 0, AT(worker.lease_ms),
	  "How long a claimed step belongs to its worker without a sign of "
	  "life; a third of it is the heartbeat's interval" },
	{ "worker.grace", CONF_DUR, "60s", "0", "1d", 0, AT(worker.grace_ms),
	  "How long steps may go on after SIGTERM before they are given back" },
	{ "worker.memory", CONF_SIZE, "0", NULL, NULL, 0,
	  AT(worker.memory_bytes),
	  "Memory above which the worker finishes its steps and exits, 0 for "
	  "no limit" },
	{ "worker.max_jobs", CONF_INT, "0", "0", NULL, 0, AT(worker.max_jobs),
	  "Steps after which the worker exits, 0 for no limit" },
	{ "worker.max_time", CONF_DUR, "0", "0", NULL, 0,
	  AT(worker.max_time_ms),
	  "Time after which the worker finishes its steps and exits, 0 for no "
	  "limit" },
	{ "worker.max_payload", CONF_SIZE, "1M", "1K", "16M", 0,
	  AT(worker.max_payload),
	  "Largest jobs.payload that is read; a larger one fails" },
	{ "worker.poison", CONF_INT, "3", "1", "1000", 0, AT(worker.poison),
	  "Workers that may die over one step in a row before it has failed" },

	{ "log.level", CONF_ENUM, "info", "debug|info|warn|error", NULL, 0,
	  AT(log.level), "Lines less important than this are left out" },
	{ "log.format", CONF_ENUM, "logfmt", "logfmt|json", NULL, 0,
	  AT(log.format), "Form of a log line" },

	{ "engines", CONF_GROUP, NULL, NULL, NULL, 0, 0,
	  "What steps call: a group for each engine, named by the engine" },
	{ "pipelines", CONF_GROUP, NULL, NULL, NULL, 0, 0,
	  "A list of groups, one for each pipeline" },
};
const size_t settings_keys_n = sizeof(settings_keys) / sizeof(*settings_keys);

#undef AT

static int is_queue_name(const char *name)
{
	const char *p;

	for (p = name; *p; p++)
		if (iscntrl((unsigned char)*p) || *p == ',')
			return 0;
	return *name && (size_t)(p - name) <= LIMIT_QUEUE_NAME;
}

/* "host", "host:port", "[::1]:port", "::1" */
static int is_host(const char *host)
{
	const char *colon = strrchr(host, ':');
	uint64_t port;

	if (strpbrk(host, " \t\r\n/@") || !*host || colon == host + !*host)
		return 0;
	if (host[0] == '[') {
		const char *close = strchr(host, ']');

		if (!close || close == host + 1)
			return 0;
		if (!close[1])
			return 1;
		if (close + 1 != colon)
			return 0;
	} else if (!colon || strchr(host, ':') != colon) {
		return 1;
	}
	return colon > host && num_u64(colon + 1, &port) == 0 && port >= 1 &&
	       port <= 65535;
}

void settings_load(const struct conf *conf, struct settings *out,
		   struct conf_report *report)
{
	const struct conf_node *root = conf_root(conf);
	size_t i;

	conf_fill(root, NULL, settings_keys, settings_keys_n, out, report);
	for (i = 0; out->database.hosts[i]; i++)
		if (!is_host(out->database.hosts[i]))
			conf_report_value(report, "database.hosts",
					  conf_find(root, "database.hosts"),
					  "'%.80s' is not host or host:port",
					  out->database.hosts[i]);
	for (i = 0; out->worker.queues[i]; i++)
		if (!is_queue_name(out->worker.queues[i]))
			conf_report_value(report, "worker.queues",
					  conf_find(root, "worker.queues"),
					  "'%.80s' is not a queue's name: 1 to "
					  "255 bytes without commas",
					  out->worker.queues[i]);
}

void settings_release(struct settings *settings)
{
	conf_unfill(settings_keys, settings_keys_n, settings);
}
