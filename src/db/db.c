/* SPDX-License-Identifier: MIT */

/*
 * The connection: options, hosts in turn, session.
 *
 * Reconnecting is never left to the client library: it would do so silently,
 * in the middle of a transaction, without the session's settings. Neither
 * library does by default, and to say so again makes libmysqlclient print a
 * warning. They read no option files either, so a host's my.cnf changes
 * nothing.
 *
 * The session is set up in one round trip. The collation is named, because
 * the two servers and their versions differ in the default, and so would what
 * compares equal. lock_wait_timeout keeps an ALTER TABLE that waits for a
 * long transaction from blocking the table for everybody behind it.
 */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "db/address.h"
#include "db/errors.h"
#include "db/handle.h"

static const char sql_session[] =
	"SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci,"
	" SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,"
	"ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE',"
	" SESSION time_zone = '+00:00',"
	" SESSION innodb_lock_wait_timeout = 5,"
	" SESSION lock_wait_timeout = 10;"
	"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;"
	"SELECT @@max_allowed_packet, VERSION()";

enum {
	SESSION_STATEMENTS = 3
};

struct db *db_new(const struct db_options *options)
{
	struct db *db = xcalloc(1, sizeof(*db));

	db->options = *options;
	return db;
}

void db_free(struct db **db)
{
	if (!*db)
		return;
	db_disconnect(*db);
	strbuf_release(&(*db)->server);
	strbuf_release(&(*db)->sql);
	free(*db);
	*db = NULL;
}

void db_disconnect(struct db *db)
{
	if (db->mysql)
		mysql_close(db->mysql);
	db->mysql = NULL;
	db->has_begun = 0;
}

int db_is_connected(const struct db *db)
{
	return db->mysql != NULL;
}

const char *db_server(const struct db *db)
{
	return strbuf_str(&db->server);
}

int db_is_mariadb(const struct db *db)
{
	return db->is_mariadb;
}

uint64_t db_max_packet(const struct db *db)
{
	return db->max_packet;
}

uint64_t db_statements(const struct db *db)
{
	return db->statements;
}

int64_t db_set_io_ms(struct db *db, int64_t io_ms)
{
	int64_t before = db->options.io_ms;

	db->options.io_ms = io_ms;
	return before;
}

enum {
	MONTH_S = 2592000 /* more would overflow in the libraries */
};

/* The libraries count seconds, and 0 means for ever. */
static unsigned int seconds(int64_t ms)
{
	return ms > 0 ? (unsigned int)MIN((ms + 999) / 1000, MONTH_S) : 0;
}

#ifdef LIBMARIADB
static void tls_set(MYSQL *mysql, const char *tls)
{
	static const char no_yes[] = { 0, 1 };
	int is_on = strcmp(tls, "off") != 0;
	int is_checked = strcmp(tls, "verify") == 0;

	(void)mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &no_yes[is_on]);
	(void)mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT,
			    &no_yes[is_checked]);
}
#else
/*
 * Without TLS, caching_sha2_password needs the server's key to send the
 * password; libmariadb asks for it by itself. And libmysqlclient does not
 * know where the system keeps the certificates it trusts.
 */
static void tls_set(MYSQL *mysql, const char *tls)
{
	unsigned int mode = SSL_MODE_DISABLED;
	bool wants_key = true;

	if (strcmp(tls, "verify") == 0) {
		mode = SSL_MODE_VERIFY_IDENTITY;
		(void)mysql_options(mysql, MYSQL_OPT_SSL_CAPATH,
				    "/etc/ssl/certs");
	} else if (strcmp(tls, "off") != 0) {
		mode = SSL_MODE_REQUIRED;
	}
	(void)mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode);
	(void)mysql_options(mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &wants_key);
}
#endif

static MYSQL *client_new(const struct db_options *options, int is_socket)
{
	unsigned int connect = MAX(seconds(options->connect_ms), 1);
	unsigned int io = seconds(options->io_ms), protocol, no = 0;
	MYSQL *mysql = mysql_init(NULL);

	if (!mysql)
		return NULL;
	/* Else "localhost" would mean the library's idea of a socket. */
	protocol = is_socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
	(void)mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
	(void)mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
	(void)mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &io);
	(void)mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &io);
	(void)mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	/* A server may ask for any file of ours otherwise. */
	(void)mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &no);
	if (!is_socket)
		tls_set(mysql, options->tls ? options->tls : "off");
	return mysql;
}

/* "10.11.19-MariaDB-0+deb12u1" -> "MariaDB 10.11.19 on PLACE". */
static void server_note(struct db *db, const char *version, const char *place)
{
	size_t digits = strspn(version, "0123456789.");

	db->is_mariadb = strstr(version, "MariaDB") != NULL;
	strbuf_clear(&db->server);
	strbuf_adds(&db->server, db->is_mariadb ? "MariaDB " : "MySQL ");
	strbuf_add(&db->server, version, digits);
	strbuf_addf(&db->server, " on %s", place);
}

static int session_start(struct db *db, const char *place, struct err *err)
{
	struct db_rows rows = { 0 };
	int rc;

	strbuf_clear(&db->sql);
	strbuf_adds(&db->sql, sql_session);
	/* Enough for this one; the answer tells how much it really is. */
	db->max_packet = (uint64_t)LIMIT_STRBUF;
	rc = db_run(db, SESSION_STATEMENTS, &rows, NULL, err);
	if (rc == 0 && db_rows_next(&rows)) {
		db->max_packet = MIN(row_u64(&rows, 0), (uint64_t)LIMIT_STRBUF);
		server_note(db, row_str(&rows, 1), place);
	}
	db_rows_release(&rows);
	return rc;
}

/* One attempt: a socket, or the host at `address`. */
static int connect_to(struct db *db, const struct address *address,
		      const char *place, struct err *err)
{
	const struct db_options *options = &db->options;
	const char *name =
		options->name && *options->name ? options->name : NULL;
	MYSQL *mysql = client_new(options, !address);

	if (!mysql)
		return err_set(err, ERR_DB_LOST,
			       "no memory for a connection to %s", place);
	db->mysql = mysql;
	if (!mysql_real_connect(mysql, address ? address->host : NULL,
				options->user, options->password, name,
				address ? address->port : 0,
				address ? NULL : options->socket,
				CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS))
		(void)db_fail(db, err);
	else if (session_start(db, place, err) == 0)
		return 0;
	db_disconnect(db);
	if (err->code == ERR_DB_AUTH)
		(void)err_hint(err,
			       "check the user, the password and the "
			       "name of the schema");
	return err_wrap(err, "cannot connect to %s", place);
}

static int connect_to_host(struct db *db, const char *host, struct err *err)
{
	struct address address;
	char place[sizeof(address.host) + 16];

	if (address_parse(host, &address, err) < 0)
		return -1;
	(void)snprintf(place, sizeof(place),
		       strchr(address.host, ':') ? "[%s]:%u" : "%s:%u",
		       address.host, address.port);
	return connect_to(db, &address, place, err);
}

static int connect_in_turn(struct db *db, struct err *err)
{
	size_t i, first = db->host, n = db->options.hosts_n;

	for (i = 0; i < n; i++) {
		size_t host = (first + i) % n;

		if (connect_to_host(db, db->options.hosts[host], err) == 0) {
			db->host = host;
			return 0;
		}
		/* A wrong password is as wrong on the next host. */
		if (err->code != ERR_DB_LOST)
			break;
	}
	return -1;
}

int db_connect(struct db *db, struct err *err)
{
	const struct db_options *options = &db->options;
	struct err why = { 0 };
	int rc;

	if (db->mysql)
		return 0;
	db->has_begun = 0;
	if (options->socket && *options->socket) {
		rc = connect_to(db, NULL, options->socket, &why);
	} else {
		(void)err_set(&why, ERR_CONFIG,
			      "no database host is configured");
		rc = connect_in_turn(db, &why);
	}
	if (rc < 0 && err)
		*err = why;
	return rc;
}

int db_fail(struct db *db, struct err *err)
{
	unsigned int number = mysql_errno(db->mysql);

	(void)err_set(err, errors_sort(number), "%s (%u)",
		      mysql_error(db->mysql), number);
	if (err)
		err->number = (int)number;
	if (errors_is_refusal(number) && db->options.hosts_n > 0)
		db->host = (db->host + 1) % db->options.hosts_n;
	if (errors_ends_connection(number)) {
		mysql_close(db->mysql);
		db->mysql = NULL;
	} else if (errors_sort(number) == ERR_DB_RETRY && db->has_begun) {
		/*
		 * A lock wait that timed out leaves the transaction open, a
		 * deadlock does not. has_begun stays, so that what the caller
		 * may send before it learns of this is refused.
		 */
		if (mysql_real_query(db->mysql, "ROLLBACK", 8) != 0) {
			mysql_close(db->mysql);
			db->mysql = NULL;
		}
	}
	return -1;
}
