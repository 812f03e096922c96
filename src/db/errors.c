/* SPDX-License-Identifier: MIT */

/*
 * The numbers of both servers and both client libraries in one table, with
 * the names from their headers, some of which the other's header lacks.
 *
 * What is not listed is ERR_DB: the answer to this statement, which would be
 * the same again. Except for the client library's own numbers, 2000 to 2999:
 * after one of those the two sides may disagree about what was sent, so the
 * connection is given up.
 */

#include <config.h>

#include <stddef.h>

#include "base/util.h"
#include "db/errors.h"

enum {
	CLIENT_FIRST = 2000, /* CR_MIN_ERROR */
	CLIENT_LAST = 2999   /* CR_MAX_ERROR */
};

/* A server that is there and says that it does not write just now. */
static const unsigned int refusals[] = {
	1047, /* ER_UNKNOWN_COM_ERROR: "WSREP has not yet prepared node" */
	1290, /* ER_OPTION_PREVENTS_STATEMENT: --read-only */
	1792, /* ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION */
	1836, /* ER_READ_ONLY_MODE: InnoDB, or a managed server's failover */
	3032, /* ER_SERVER_OFFLINE_MODE */
	3168, /* ER_SERVER_ISNT_AVAILABLE */
};

static const struct {
	unsigned int number;
	enum err_code code;
} rows[] = {
	{ 1040, ERR_DB_LOST }, /* ER_CON_COUNT_ERROR */
	{ 1042, ERR_DB_LOST }, /* ER_BAD_HOST_ERROR */
	{ 1043, ERR_DB_LOST }, /* ER_HANDSHAKE_ERROR */
	{ 1053, ERR_DB_LOST }, /* ER_SERVER_SHUTDOWN */
	{ 1077, ERR_DB_LOST }, /* ER_NORMAL_SHUTDOWN */
	{ 1079, ERR_DB_LOST }, /* ER_SHUTDOWN_COMPLETE */
	{ 1080, ERR_DB_LOST }, /* ER_FORCING_CLOSE */
	{ 1129, ERR_DB_LOST }, /* ER_HOST_IS_BLOCKED */
	{ 1135, ERR_DB_LOST }, /* ER_CANT_CREATE_THREAD */
	{ 1152, ERR_DB_LOST }, /* ER_ABORTING_CONNECTION */
	{ 1154, ERR_DB_LOST }, /* ER_NET_READ_ERROR_FROM_PIPE */
	{ 1155, ERR_DB_LOST }, /* ER_NET_FCNTL_ERROR */
	{ 1156, ERR_DB_LOST }, /* ER_NET_PACKETS_OUT_OF_ORDER */
	{ 1157, ERR_DB_LOST }, /* ER_NET_UNCOMPRESS_ERROR */
	{ 1158, ERR_DB_LOST }, /* ER_NET_READ_ERROR */
	{ 1159, ERR_DB_LOST }, /* ER_NET_READ_INTERRUPTED */
	{ 1160, ERR_DB_LOST }, /* ER_NET_ERROR_ON_WRITE */
	{ 1161, ERR_DB_LOST }, /* ER_NET_WRITE_INTERRUPTED */
	{ 1184, ERR_DB_LOST }, /* ER_NEW_ABORTING_CONNECTION */
	{ 1203, ERR_DB_LOST }, /* ER_TOO_MANY_USER_CONNECTIONS */
	{ 1226, ERR_DB_LOST }, /* ER_USER_LIMIT_REACHED */
	{ 1927, ERR_DB_LOST }, /* ER_CONNECTION_KILLED (MariaDB) */
	{ 3169, ERR_DB_LOST }, /* ER_SESSION_WAS_KILLED (MySQL) */
	{ 4031, ERR_DB_LOST }, /* ER_CLIENT_INTERACTION_TIMEOUT (MySQL) */
	{ 9001, ERR_DB_LOST }, /* ProxySQL: no server answered in time */

	{ 1020, ERR_DB_RETRY }, /* ER_CHECKREAD: changed since last read */
	{ 1021, ERR_DB_RETRY }, /* ER_DISK_FULL */
	{ 1037, ERR_DB_RETRY }, /* ER_OUTOFMEMORY */
	{ 1041, ERR_DB_RETRY }, /* ER_OUT_OF_RESOURCES */
	{ 1114, ERR_DB_RETRY }, /* ER_RECORD_FILE_FULL: no room to grow */
	{ 1180, ERR_DB_RETRY }, /* ER_ERROR_DURING_COMMIT: Galera */
	{ 1205, ERR_DB_RETRY }, /* ER_LOCK_WAIT_TIMEOUT */
	{ 1206, ERR_DB_RETRY }, /* ER_LOCK_TABLE_FULL */
	{ 1213, ERR_DB_RETRY }, /* ER_LOCK_DEADLOCK */
	{ 1297, ERR_DB_RETRY }, /* ER_GET_TEMPORARY_ERRMSG */
	{ 1317, ERR_DB_RETRY }, /* ER_QUERY_INTERRUPTED: KILL QUERY */
	{ 1412, ERR_DB_RETRY }, /* ER_TABLE_DEF_CHANGED: migrated just now */
	{ 1615, ERR_DB_RETRY }, /* ER_NEED_REPREPARE */
	{ 1637, ERR_DB_RETRY }, /* ER_TOO_MANY_CONCURRENT_TRXS */
	{ 1689, ERR_DB_RETRY }, /* ER_LOCK_ABORTED */
	{ 1969, ERR_DB_RETRY }, /* ER_STATEMENT_TIMEOUT (MariaDB) */
	{ 3024, ERR_DB_RETRY }, /* ER_QUERY_TIMEOUT (MySQL) */
	{ 3058, ERR_DB_RETRY }, /* ER_USER_LOCK_DEADLOCK */
	{ 3100, ERR_DB_RETRY }, /* ER_RUN_HOOK_ERROR: group replication */
	{ 3101, ERR_DB_RETRY }, /* ER_TRANSACTION_ROLLBACK_DURING_COMMIT */
	{ 3572, ERR_DB_RETRY }, /* ER_LOCK_NOWAIT (MySQL) */

	{ 1022, ERR_DB_DUP }, /* ER_DUP_KEY */
	{ 1062, ERR_DB_DUP }, /* ER_DUP_ENTRY */
	{ 1586, ERR_DB_DUP }, /* ER_DUP_ENTRY_WITH_KEY_NAME */

	{ 1044, ERR_DB_AUTH }, /* ER_DBACCESS_DENIED_ERROR */
	{ 1045, ERR_DB_AUTH }, /* ER_ACCESS_DENIED_ERROR */
	{ 1049, ERR_DB_AUTH }, /* ER_BAD_DB_ERROR */
	{ 1130, ERR_DB_AUTH }, /* ER_HOST_NOT_PRIVILEGED */
	{ 1251, ERR_DB_AUTH }, /* ER_NOT_SUPPORTED_AUTH_MODE */
	{ 1524, ERR_DB_AUTH }, /* ER_PLUGIN_IS_NOT_LOADED */
	{ 1698, ERR_DB_AUTH }, /* ER_ACCESS_DENIED_NO_PASSWORD_ERROR */
	{ 1820, ERR_DB_AUTH }, /* ER_MUST_CHANGE_PASSWORD */
	{ 1862, ERR_DB_AUTH }, /* ER_MUST_CHANGE_PASSWORD_LOGIN */
	{ 2059, ERR_DB_AUTH }, /* CR_AUTH_PLUGIN_CANNOT_LOAD */
	{ 2061, ERR_DB_AUTH }, /* CR_AUTH_PLUGIN_ERR */
	{ 3118, ERR_DB_AUTH }, /* ER_ACCOUNT_HAS_BEEN_LOCKED (MySQL) */
	{ 3159, ERR_DB_AUTH }, /* ER_SECURE_TRANSPORT_REQUIRED (MySQL) */
	{ 3955, ERR_DB_AUTH }, /* ER_USER_ACCESS_DENIED_FOR_USER_ACCOUNT_... */
	{ 4151, ERR_DB_AUTH }, /* ER_ACCOUNT_HAS_BEEN_LOCKED (MariaDB) */

	/* To send it again would end the connection again. */
	{ 1153, ERR_LIMIT }, /* ER_NET_PACKET_TOO_LARGE */
	{ 2020, ERR_LIMIT }, /* CR_NET_PACKET_TOO_LARGE: an answer */
};

int errors_is_refusal(unsigned int number)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		if (refusals[i] == number)
			return 1;
	}
	return 0;
}

static int is_client_error(unsigned int number)
{
	return number >= CLIENT_FIRST && number <= CLIENT_LAST;
}

enum err_code errors_sort(unsigned int number)
{
	size_t i;

	if (errors_is_refusal(number))
		return ERR_DB_LOST;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].number == number)
			return rows[i].code;
	}
	return is_client_error(number) ? ERR_DB_LOST : ERR_DB;
}

int errors_ends_connection(unsigned int number)
{
	enum err_code code = errors_sort(number);

	return code == ERR_DB_LOST || code == ERR_LIMIT ||
	       is_client_error(number);
}
