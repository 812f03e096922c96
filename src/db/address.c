/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "db/address.h"

enum {
	PORT_DEFAULT = 3306,
	PORT_MAX = 65535
};

int address_parse(const char *text, struct address *out, struct err *err)
{
	const char *host = text, *end, *port;
	uint64_t number = PORT_DEFAULT;

	if (*text == '[') {
		host = text + 1;
		end = strchr(host, ']');
		if (!end || (end[1] && end[1] != ':'))
			return err_set(err, ERR_CONFIG,
				       "database host '%s' is not an address",
				       text);
		port = end[1] ? end + 2 : NULL;
	} else {
		const char *colon = strchr(text, ':');
		int is_bare_ipv6 = colon && strchr(colon + 1, ':');

		end = colon && !is_bare_ipv6 ? colon : strchr(text, '\0');
		port = *end ? end + 1 : NULL;
	}
	if (end == host || (size_t)(end - host) >= sizeof(out->host))
		return err_set(err, ERR_CONFIG,
			       "database host '%s' is not an address", text);
	if (port &&
	    (num_u64(port, &number) < 0 || number < 1 || number > PORT_MAX))
		return err_set(err, ERR_CONFIG,
			       "database host '%s' has no port 1 to 65535",
			       text);
	memcpy(out->host, host, (size_t)(end - host));
	out->host[end - host] = '\0';
	out->port = (unsigned int)number;
	return 0;
}
