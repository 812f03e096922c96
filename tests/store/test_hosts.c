/* SPDX-License-Identifier: MIT */

/*
 * Hosts in turn and TLS, over TCP. The server has the names 127.0.0.1 and
 * localhost; a port that is only bound refuses, and one that listens without
 * ever answering hangs.
 */

#include <config.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/tables.h"

enum {
	SOON_MS = 3000,
	CONNECT_MS = 1000
};

struct hosts {
	struct testdb *server;
	struct db_options options; /* of a user who is no administrator */
	int refusing;              /* sockets */
	int hanging;
	char *good;
	char *good_too;
	char *refuses;
	char *hangs;
	int has_tls;
};

extern char **environ;

/* A port of this host that nobody else has. */
static int port_take(int *fd)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || bind(*fd, (struct sockaddr *)&address, len) != 0 ||
	    getsockname(*fd, (struct sockaddr *)&address, &len) != 0) {
		perror("port");
		exit(EXIT_FAILURE);
	}
	return ntohs(address.sin_port);
}

/* A certificate that nobody signed; 0 where there is no openssl. */
static int certificate_make(const char *key, const char *certificate)
{
	const char *const argv[] = { "openssl",   "req",     "-x509",
				     "-nodes",    "-newkey", "rsa:2048",
				     "-batch",    "-subj",   "/CN=elsewhere",
				     "-keyout",   key,       "-out",
				     certificate, NULL };
	posix_spawn_file_actions_t actions;
	char *copy[ARRAY_SIZE(argv)] = { 0 };
	int status = -1;
	pid_t pid;
	size_t i;

	for (i = 0; argv[i]; i++)
		copy[i] = xstrdup(argv[i]);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addclose(&actions, STDERR_FILENO);
	if (posix_spawnp(&pid, "openssl", &actions, NULL, copy, environ) == 0)
		(void)waitpid(pid, &status, 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	for (i = 0; copy[i]; i++)
		free(copy[i]);
	return status == 0;
}

static struct testdb *server_start(int port, int *has_tls)
{
	char dir[] = "/tmp/stepq-test.XXXXXX";
	char *key, *certificate, *options[6] = { 0 };
	const char *const *list = (const char *const *)options;
	struct testdb *server;
	size_t i;

	if (!mkdtemp(dir)) {
		perror("mkdtemp");
		exit(EXIT_FAILURE);
	}
	key = xasprintf("%s/key", dir);
	certificate = xasprintf("%s/certificate", dir);
	*has_tls = certificate_make(key, certificate);
	options[0] = xstrdup("--skip-networking=0");
	options[1] = xstrdup("--bind-address=127.0.0.1,127.0.0.2");
	options[2] = xasprintf("--port=%d", port);
	if (*has_tls) {
		options[3] = xasprintf("--ssl-key=%s", key);
		options[4] = xasprintf("--ssl-cert=%s", certificate);
	}
	server = testdb_start(list);
	for (i = 0; options[i]; i++)
		free(options[i]);
	(void)unlink(key);
	(void)unlink(certificate);
	(void)rmdir(dir);
	free(key);
	free(certificate);
	return server;
}

static void hosts_start(struct hosts *hosts)
{
	int port, fd;

	port = port_take(&fd);
	(void)close(fd);
	hosts->good = xasprintf("127.0.0.1:%d", port);
	hosts->good_too = xasprintf("127.0.0.2:%d", port);
	hosts->server = server_start(port, &hosts->has_tls);
	hosts->refuses = xasprintf("127.0.0.1:%d", port_take(&hosts->refusing));
	hosts->hangs = xasprintf("127.0.0.1:%d", port_take(&hosts->hanging));
	if (listen(hosts->hanging, 1) != 0) {
		perror("listen");
		exit(EXIT_FAILURE);
	}
	testdb_exec(hosts->server,
		    "CREATE USER 'app'@'%' IDENTIFIED BY 'secret';"
		    "GRANT ALL ON stepq.* TO 'app'@'%';"
		    "CREATE TABLE t (n INT)");
	hosts->options = *testdb_options(hosts->server);
	hosts->options.socket = NULL;
	hosts->options.user = "app";
	hosts->options.password = "secret";
	hosts->options.connect_ms = CONNECT_MS;
}

static void hosts_stop(struct hosts *hosts)
{
	testdb_free(&hosts->server);
	(void)close(hosts->refusing);
	(void)close(hosts->hanging);
	free(hosts->good);
	free(hosts->good_too);
	free(hosts->refuses);
	free(hosts->hangs);
}

/* Connect to what `db` has; the place it ends at, or the error's text. */
static void assert_connects_to(struct db *db, const char *place)
{
	struct err err = { 0 };
	size_t len;

	must(db_connect(db, &err), &err);
	len = strlen(db_server(db));
	assert_true(len > strlen(place));
	assert_string_equal(db_server(db) + len - strlen(place), place);
}

static struct db *db_at(const struct hosts *hosts, const char *const *list,
			size_t n)
{
	struct db_options options = hosts->options;

	options.hosts = list;
	options.hosts_n = n;
	return db_new(&options);
}

static void the_next_host_is_tried_when_one_does_not_answer(void **state)
{
	struct hosts *hosts = *state;
	const char *const list[] = { hosts->refuses, hosts->hangs,
				     hosts->good };
	struct db *db = db_at(hosts, list, ARRAY_SIZE(list));

	assert_connects_to(db, hosts->good);
	db_free(&db);
}

static void the_host_that_answered_last_is_tried_first(void **state)
{
	struct hosts *hosts = *state;
	const char *const list[] = { hosts->hangs, hosts->good };
	int64_t begin;
	struct db *db = db_at(hosts, list, ARRAY_SIZE(list));

	begin = clock_mono_ms();
	assert_connects_to(db, hosts->good);
	assert_true(clock_mono_ms() - begin >= CONNECT_MS / 2);
	assert_true(clock_mono_ms() - begin < SOON_MS);
	db_disconnect(db);
	begin = clock_mono_ms();
	assert_connects_to(db, hosts->good);
	assert_true(clock_mono_ms() - begin < CONNECT_MS / 2);
	db_free(&db);
}

static void when_all_fail_the_last_is_named(void **state)
{
	struct hosts *hosts = *state;
	const char *const list[] = { hosts->hangs, hosts->refuses };
	struct err err = { 0 };
	struct db *db = db_at(hosts, list, ARRAY_SIZE(list));

	assert_int_equal(db_connect(db, &err), -1);
	assert_int_equal(err.code, ERR_DB_LOST);
	assert_non_null(strstr(err.text, hosts->refuses));
	assert_null(strstr(err.text, hosts->hangs));
	db_free(&db);
}

static void a_wrong_password_is_not_tried_elsewhere(void **state)
{
	struct hosts *hosts = *state;
	const char *const list[] = { hosts->good, hosts->refuses };
	struct db_options options = hosts->options;
	struct err err = { 0 };
	struct db *db;

	options.hosts = list;
	options.hosts_n = ARRAY_SIZE(list);
	options.password = "wrong";
	db = db_new(&options);
	assert_int_equal(db_connect(db, &err), -1);
	assert_int_equal(err.code, ERR_DB_AUTH);
	assert_non_null(strstr(err.text, hosts->good));
	assert_non_null(strstr(err.text, "\nhint: "));
	db_free(&db);
}

static void no_host_or_a_bad_one_is_a_wrong_configuration(void **state)
{
	struct hosts *hosts = *state;
	const char *const list[] = { "db:port" };
	struct err err = { 0 };
	struct db *db = db_at(hosts, list, 0);

	assert_int_equal(db_connect(db, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	db_free(&db);
	db = db_at(hosts, list, 1);
	assert_int_equal(db_connect(db, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.text, "db:port"));
	db_free(&db);
}

static void a_server_that_does_not_write_makes_room_for_the_next(void **state)
{
	struct hosts *hosts = *state;
	const char *const list[] = { hosts->good, hosts->good_too };
	struct db *db = db_at(hosts, list, ARRAY_SIZE(list));

	assert_connects_to(db, hosts->good);
	testdb_exec(hosts->server, "SET GLOBAL read_only = 1");
	assert_int_equal(code_of(db, "INSERT INTO t VALUES (1)"), ERR_DB_LOST);
	assert_false(db_is_connected(db));
	testdb_exec(hosts->server, "SET GLOBAL read_only = 0");
	assert_connects_to(db, hosts->good_too);
	must_exec(db, "INSERT INTO t VALUES (1)");
	db_free(&db);
}

/* The cipher of a new connection, "" for none, NULL when it is refused. */
static char *cipher_with(struct hosts *hosts, const char *tls, struct err *err)
{
	const char *const list[] = { hosts->good };
	struct db_options options = hosts->options;
	struct db_rows rows = { 0 };
	char *cipher = NULL;
	struct db *db;

	options.hosts = list;
	options.hosts_n = ARRAY_SIZE(list);
	options.tls = tls;
	db = db_new(&options);
	if (db_connect(db, err) == 0) {
		must(db_query(db, &rows, err, "SHOW STATUS LIKE 'Ssl_cipher'",
			      DB_NO_ARGS),
		     err);
		assert_true(db_rows_next(&rows));
		cipher = xstrdup(row_str(&rows, 1));
		db_rows_release(&rows);
	}
	db_free(&db);
	return cipher;
}

static void tls_encrypts_and_verifies_as_it_is_told(void **state)
{
	struct hosts *hosts = *state;
	struct err err = { 0 };
	char *cipher;

	/* cmocka's skip() speaks a TAP that counts as a failure anyway. */
	if (!hosts->has_tls)
		fail_msg("the program openssl is needed");
	cipher = cipher_with(hosts, NULL, &err);
	assert_string_equal(cipher, "");
	free(cipher);
	cipher = cipher_with(hosts, "off", &err);
	assert_string_equal(cipher, "");
	free(cipher);
	cipher = cipher_with(hosts, "on", &err);
	assert_non_null(cipher);
	assert_string_not_equal(cipher, "");
	free(cipher);
	assert_null(cipher_with(hosts, "verify", &err));
	assert_int_equal(err.code, ERR_DB_LOST);
}

int main(void)
{
	struct hosts hosts = { 0 };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(
			the_next_host_is_tried_when_one_does_not_answer,
			&hosts),
		cmocka_unit_test_prestate(
			the_host_that_answered_last_is_tried_first, &hosts),
		cmocka_unit_test_prestate(when_all_fail_the_last_is_named,
					  &hosts),
		cmocka_unit_test_prestate(
			a_wrong_password_is_not_tried_elsewhere, &hosts),
		cmocka_unit_test_prestate(
			no_host_or_a_bad_one_is_a_wrong_configuration, &hosts),
		cmocka_unit_test_prestate(
			a_server_that_does_not_write_makes_room_for_the_next,
			&hosts),
		cmocka_unit_test_prestate(
			tls_encrypts_and_verifies_as_it_is_told, &hosts),
	};
	int failed;

	if (!testdb_is_private()) {
		(void)puts("1..0 # SKIP the server has to be our own");
		return 0;
	}
	hosts_start(&hosts);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	hosts_stop(&hosts);
	return failed;
}
