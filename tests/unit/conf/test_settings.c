/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "conf/conf.h"
#include "conf/settings.h"
#include "unit/conf/sandbox.h"

/* Load from a file with this text; its errors, which the caller frees. */
static char *load(const char *text, struct settings *out)
{
	struct conf_report report = { 0 };
	struct conf *conf;

	sandbox_write("main.conf", text);
	conf = conf_read("main.conf", &report);
	assert_non_null(conf);
	settings_load(conf, out, &report);
	conf_free(&conf);
	return strbuf_detach(&report.text);
}

static void assert_errors(const char *text, const char *want)
{
	struct settings settings = { 0 };
	char *errors = load(text, &settings);

	assert_string_equal(errors, want);
	free(errors);
	settings_release(&settings);
}

static void an_empty_file_gives_the_defaults(void **state)
{
	struct settings s = { 0 };
	char *errors = load("", &s);

	(void)state;
	assert_string_equal(errors, "");
	assert_string_equal(s.database.hosts[0], "127.0.0.1:3306");
	assert_null(s.database.hosts[1]);
	assert_string_equal(s.database.socket, "");
	assert_string_equal(s.database.user, "stepq");
	assert_string_equal(s.database.password, "");
	assert_string_equal(s.database.name, "stepq");
	assert_string_equal(s.database.tls, "off");
	assert_int_equal(s.database.connect_timeout_ms, 5000);
	assert_int_equal(s.database.io_timeout_ms, 30000);
	assert_string_equal(s.worker.queues[0], "default");
	assert_null(s.worker.queues[1]);
	assert_string_equal(s.worker.name, "");
	assert_int_equal(s.worker.concurrency, 100);
	assert_int_equal(s.worker.tries, 3);
	assert_int_equal(s.worker.timeout_ms, 120000);
	assert_int_equal(s.worker.backoff_ms[0], 2000);
	assert_int_equal(s.worker.backoff_ms[1], 10000);
	assert_int_equal(s.worker.backoff_ms[2], 30000);
	assert_int_equal(s.worker.backoff_ms[3], -1);
	assert_true(s.worker.jitter == 0.1);
	assert_int_equal(s.worker.sleep_ms, 1000);
	assert_int_equal(s.worker.rest_ms, 0);
	assert_int_equal(s.worker.lease_ms, 30000);
	assert_int_equal(s.worker.grace_ms, 60000);
	assert_int_equal(s.worker.memory_bytes, 0);
	assert_int_equal(s.worker.max_jobs, 0);
	assert_int_equal(s.worker.max_time_ms, 0);
	assert_int_equal(s.worker.max_payload, 1 << 20);
	assert_int_equal(s.worker.poison, 3);
	assert_string_equal(s.log.level, "info");
	assert_string_equal(s.log.format, "logfmt");
	free(errors);
	settings_release(&s);
	settings_release(&s);
}

static void every_key_is_documented_and_its_default_holds(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < settings_keys_n; i++) {
		const struct conf_key *key = &settings_keys[i];

		assert_non_null(key->doc);
		assert_true(strlen(key->doc) > 10);
		assert_int_not_equal(key->doc[strlen(key->doc) - 1], '.');
		if (key->type != CONF_GROUP)
			assert_non_null(key->def);
	}
}

static void ranges_hold(void **state)
{
	static const struct {
		const char *key;
		const char *below; /* NULL: none is */
		const char *lowest;
		const char *highest;
		const char *above;
	} rows[] = {
		{ "CONCURRENCY", "0", "1", "100000", "100001" },
		{ "TRIES", "-1", "0", "65535", "65536" },
		{ "TIMEOUT", NULL, "0", "30d", "31d" },
		{ "JITTER", "-0.1", "0", "1", "1.1" },
		{ "SLEEP", "4ms", "5ms", "1h", "3601s" },
		{ "REST", NULL, "0", "1h", "3601s" },
		{ "LEASE", "999ms", "1s", "1h", "3601s" },
		{ "GRACE", NULL, "0", "1d", "25h" },
		{ "MAX_PAYLOAD", "1023", "1K", "16M", "17M" },
		{ "POISON", "0", "1", "1000", "1001" },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *values[] = { rows[i].below, rows[i].lowest,
					 rows[i].highest, rows[i].above };
		char *name = xasprintf("STEPQ_WORKER_%s", rows[i].key);

		for (k = 0; k < ARRAY_SIZE(values); k++) {
			struct settings settings = { 0 };
			char *errors;

			if (!values[k])
				continue;
			assert_int_equal(setenv(name, values[k], 1), 0);
			errors = load("", &settings);
			assert_int_equal(*errors != '\0', k == 0 || k == 3);
			free(errors);
			settings_release(&settings);
		}
		assert_int_equal(unsetenv(name), 0);
		free(name);
	}
}

static void environment_goes_before_file_before_default(void **state)
{
	struct settings settings = { 0 };
	char *errors;

	(void)state;
	assert_int_equal(setenv("STEPQ_WORKER_LEASE", "50s", 1), 0);
	assert_int_equal(setenv("STEPQ_WORKER_QUEUES", "high,low", 1), 0);
	errors = load("worker: { lease = \"40s\"; grace = \"40s\"; };",
		      &settings);
	assert_string_equal(errors, "");
	assert_int_equal(settings.worker.lease_ms, 50000);
	assert_int_equal(settings.worker.grace_ms, 40000);
	assert_int_equal(settings.worker.sleep_ms, 1000);
	assert_string_equal(settings.worker.queues[0], "high");
	assert_string_equal(settings.worker.queues[1], "low");
	free(errors);
	settings_release(&settings);
}

static void an_unknown_key_is_told_with_the_nearest(void **state)
{
	(void)state;
	assert_errors("worker: {\n  leese = 5;\n};\ndatabse: { };\nx = 1;",
		      "main.conf:2: worker.leese: unknown key\n"
		      "  hint: did you mean 'lease'?\n"
		      "main.conf:4: databse: unknown key\n"
		      "  hint: did you mean 'database'?\n"
		      "main.conf:5: x: unknown key\n");
	assert_errors("worker = 5;",
		      "main.conf:1: worker: must be a group { ... }\n");
}

static void engines_and_pipelines_are_left_to_others(void **state)
{
	(void)state;
	assert_errors(
		"engines: { any: { thing = 1; }; };\n"
		"pipelines = ( { other = 2; } );",
		"");
}

static void hosts_and_queues_are_checked(void **state)
{
	static const char *const good[] = { "h",        "h:1",        "h:65535",
					    "10.0.0.1", "[::1]:3306", "[::1]",
					    "::1",      "fe80::1:2" };
	static const char *const bad[] = { "",      "h:",  "h:0",    "h:65536",
					   ":3306", "h:x", "u@h",    "h/x",
					   "[::1",  "[]",  "[::1]x", "[::1]:" };
	struct settings settings = { 0 };
	char *text, *errors;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good) + ARRAY_SIZE(bad); i++) {
		int is_good = i < ARRAY_SIZE(good);

		text = xasprintf("database: { hosts = [\"%s\"]; };",
				 is_good ? good[i] : bad[i - ARRAY_SIZE(good)]);
		errors = load(text, &settings);
		assert_int_equal(*errors == '\0', is_good);
		free(errors);
		free(text);
		settings_release(&settings);
	}
	assert_errors("worker: { queues = [\"a\", \"b,c\"]; };",
		      "main.conf:1: worker.queues: 'b,c' is not a queue's "
		      "name: 1 to 255 bytes without commas\n");
	assert_int_equal(setenv("STEPQ_DATABASE_HOSTS", "h:x", 1), 0);
	assert_errors("",
		      "STEPQ_DATABASE_HOSTS: 'h:x' is not host or "
		      "host:port\n");
}

static void a_url_stands_for_the_database(void **state)
{
	struct settings s = { 0 };
	char *errors;

	(void)state;
	assert_int_equal(
		setenv("STEPQ_DATABASE_URL",
		       "mysql://me%40x:p%2fw:%24%7BX%7D@h1:1,[::1]:2/db"
		       "?socket=/run/my%20sock&tls=on&io_timeout=7s",
		       1),
		0);
	errors =
		load("database: { user = \"u\"; password = \"${NOT_SET_9}\";"
		     "connect_timeout = \"9s\"; io_timeout = \"9s\"; };",
		     &s);
	assert_string_equal(errors, "");
	assert_string_equal(s.database.user, "me@x");
	assert_string_equal(s.database.password, "p/w:${X}");
	assert_string_equal(s.database.hosts[0], "h1:1");
	assert_string_equal(s.database.hosts[1], "[::1]:2");
	assert_null(s.database.hosts[2]);
	assert_string_equal(s.database.name, "db");
	assert_string_equal(s.database.socket, "/run/my sock");
	assert_string_equal(s.database.tls, "on");
	assert_int_equal(s.database.io_timeout_ms, 7000);
	assert_int_equal(s.database.connect_timeout_ms, 9000);
	free(errors);
	settings_release(&s);
}

static void a_short_url_leaves_the_rest_to_defaults(void **state)
{
	static const char *const urls[] = { "mysql://", "mysql:///",
					    "mariadb://", "mysql://?" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(urls); i++) {
		struct settings s = { 0 };
		char *errors;

		assert_int_equal(setenv("STEPQ_DATABASE_URL", urls[i], 1), 0);
		errors = load("database: { user = \"u\"; };", &s);
		assert_string_equal(errors, "");
		assert_string_equal(s.database.user, "stepq");
		assert_string_equal(s.database.hosts[0], "127.0.0.1:3306");
		free(errors);
		settings_release(&s);
	}
}

static void a_login_may_have_no_password(void **state)
{
	struct settings s = { 0 };
	char *errors;

	(void)state;
	assert_int_equal(setenv("STEPQ_DATABASE_URL", "mysql://me@h", 1), 0);
	errors = load("", &s);
	assert_string_equal(errors, "");
	assert_string_equal(s.database.user, "me");
	assert_string_equal(s.database.password, "");
	assert_string_equal(s.database.hosts[0], "h");
	free(errors);
	settings_release(&s);
}

static void a_variable_of_a_key_goes_before_the_url(void **state)
{
	struct settings s = { 0 };
	char *errors;

	(void)state;
	assert_int_equal(setenv("STEPQ_DATABASE_URL", "mysql://a:b@h/d", 1), 0);
	assert_int_equal(setenv("STEPQ_DATABASE_PASSWORD", "c", 1), 0);
	errors = load("", &s);
	assert_string_equal(s.database.user, "a");
	assert_string_equal(s.database.password, "c");
	free(errors);
	settings_release(&s);
}

static void a_broken_url_is_told_without_its_password(void **state)
{
	static const struct {
		const char *url;
		const char *want;
	} rows[] = {
		{ "",
		  "it must begin with mysql:// as in "
		  "mysql://user:password@host:3306/name" },
		{ "postgres://u:pw@h/d",
		  "it must begin with mysql:// as in "
		  "mysql://user:password@host:3306/name" },
		{ "mysql://u:p%zw@h/d",
		  "a '%' in it is not followed by two hex digits" },
		{ "mysql://u%:pw@h/d",
		  "a '%' in it is not followed by two hex digits" },
		{ "mysql://u:pw@h%1,h2/d",
		  "a '%' in it is not followed by two hex digits" },
		{ "mysql://u:pw@h/d?socket=%",
		  "a '%' in it is not followed by two hex digits" },
		{ "mysql://u:pw@h/d%2",
		  "a '%' in it is not followed by two hex digits" },
		{ "mysql://u:pw@h/d%00",
		  "a '%' in it is not followed by two hex digits" },
		{ "mysql://u:pw@h/d?pw=1",
		  "behind '?' it takes socket=, tls=, connect_timeout= and "
		  "io_timeout=" },
		{ "mysql://u:pw@h/d?tls",
		  "behind '?' it takes socket=, tls=, connect_timeout= and "
		  "io_timeout=" },
		{ "mysql://u:pw@h/d?tls=on&tls=off", "it has tls= twice" },
		{ "mysql://u:pw@h/d?tls=maybe",
		  "database.tls: 'maybe' is not one of off|on|verify" },
		{ "mysql://u:pw@h:x/d",
		  "database.hosts: 'h:x' is not host or host:port" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		char *want =
			xasprintf("STEPQ_DATABASE_URL: %s\n", rows[i].want);

		assert_int_equal(setenv("STEPQ_DATABASE_URL", rows[i].url, 1),
				 0);
		assert_errors("", want);
		free(want);
	}
}

static void a_password_of_the_url_is_masked_in_dumps(void **state)
{
	struct conf_report report = { 0 };
	const struct conf_node *node;
	struct conf *conf;

	(void)state;
	assert_int_equal(setenv("STEPQ_DATABASE_URL", "mysql://a:b@h/d", 1), 0);
	sandbox_write("main.conf", "");
	conf = conf_read("main.conf", &report);
	node = conf_find(conf_root(conf), "database.password");
	assert_string_equal(conf_node_text(node), "b");
	assert_string_equal(conf_node_raw(node), "***");
	assert_string_equal(conf_node_file(node), "STEPQ_DATABASE_URL");
	assert_int_equal(conf_node_line(node), 0);
	conf_free(&conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(an_empty_file_gives_the_defaults),
		SANDBOX_TEST(every_key_is_documented_and_its_default_holds),
		SANDBOX_TEST(ranges_hold),
		SANDBOX_TEST(environment_goes_before_file_before_default),
		SANDBOX_TEST(an_unknown_key_is_told_with_the_nearest),
		SANDBOX_TEST(engines_and_pipelines_are_left_to_others),
		SANDBOX_TEST(hosts_and_queues_are_checked),
		SANDBOX_TEST(a_url_stands_for_the_database),
		SANDBOX_TEST(a_short_url_leaves_the_rest_to_defaults),
		SANDBOX_TEST(a_login_may_have_no_password),
		SANDBOX_TEST(a_variable_of_a_key_goes_before_the_url),
		SANDBOX_TEST(a_broken_url_is_told_without_its_password),
		SANDBOX_TEST(a_password_of_the_url_is_masked_in_dumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
