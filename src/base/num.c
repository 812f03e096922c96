/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/num.h"

int num_u64(const char *s, uint64_t *out)
{
	unsigned long long n;
	char *end;

	if (!isdigit((unsigned char)s[0]))
		return -1;
	errno = 0;
	n = strtoull(s, &end, 10);
	if (errno || *end)
		return -1;
	*out = n;
	return 0;
}

int num_i64(const char *s, int64_t *out)
{
	long long n;
	char *end;

	if (!isdigit((unsigned char)s[s[0] == '-']))
		return -1;
	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno || *end)
		return -1;
	*out = n;
	return 0;
}

int num_double(const char *s, double *out)
{
	const char *p = s + (s[0] == '-');
	double n;
	char *end;

	/* strtod takes hexadecimal, "inf" and "nan" too */
	if (s[strspn(s, "0123456789.eE+-")])
		return -1;
	if (!isdigit((unsigned char)p[p[0] == '.']))
		return -1;
	errno = 0;
	n = strtod(s, &end);
	if (errno || *end || !isfinite(n))
		return -1;
	*out = n;
	return 0;
}

int num_bool(const char *s, int *out)
{
	static const char *const names[] = { "false", "true", "no", "yes",
					     "off",   "on",   "0",  "1" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(s, names[i]) == 0) {
			*out = (int)(i & 1);
			return 0;
		}
	}
	return -1;
}

int num_is_money(const char *s)
{
	size_t whole, part = 0;

	s += *s == '-';
	whole = strspn(s, "0123456789");
	s += whole;
	if (*s == '.') {
		part = strspn(++s, "0123456789");
		s += part;
		if (part == 0)
			return 0;
	}
	return *s == '\0' && whole >= 1 && whole <= 8 && part <= 6;
}

static int64_t unit_ms(const char *unit, size_t len)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = { { "ms", 1 },      { "s", 1000 },     { "m", 60000 },
		      { "h", 3600000 }, { "d", 86400000 }, { "", 1000 } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == len &&
		    strncmp(units[i].name, unit, len) == 0)
			return units[i].ms;
	return -1;
}

int dur_parse(const char *s, int64_t *ms_out)
{
	double total = 0;

	if (!*s)
		return -1;
	while (*s) {
		size_t digits = strspn(s, "0123456789.");
		size_t unit = strspn(s + digits, "msdh");
		char number[32];
		int64_t ms = unit_ms(s + digits, unit);
		double n;

		if (digits == 0 || digits >= sizeof(number) || ms < 0)
			return -1;
		memcpy(number, s, digits);
		number[digits] = '\0';
		if (num_double(number, &n))
			return -1;
		total += n * (double)ms;
		s += digits + unit;
	}
	if (total > 1e15)
		return -1;
	*ms_out = (int64_t)llround(total);
	return 0;
}

const char *dur_format(int64_t ms, char buf[DUR_TEXT])
{
	int64_t s;

	if (ms < 0)
		ms = 0;
	s = ms / 1000 + (ms % 1000 >= 500);
	if (ms < 1000)
		(void)snprintf(buf, DUR_TEXT, "%" PRId64 "ms", ms);
	else if (ms < 59950)
		(void)snprintf(buf, DUR_TEXT, "%.1fs", (double)ms / 1000);
	else if (s < 3600)
		(void)snprintf(buf, DUR_TEXT, "%" PRId64 "m%02" PRId64 "s",
			       s / 60, s % 60);
	else if (s < 86400)
		(void)snprintf(buf, DUR_TEXT, "%" PRId64 "h%02" PRId64 "m",
			       s / 3600, s % 3600 / 60);
	else
		(void)snprintf(buf, DUR_TEXT, "%" PRId64 "d%" PRId64 "h",
			       s / 86400, s % 86400 / 3600);
	return buf;
}

int size_parse(const char *s, uint64_t *bytes_out)
{
	static const char units[] = "KkMmGg";
	size_t digits = strspn(s, "0123456789");
	const char *unit;
	char number[24];
	uint64_t n, factor = 1;

	if (digits == 0 || digits >= sizeof(number))
		return -1;
	memcpy(number, s, digits);
	number[digits] = '\0';
	if (num_u64(number, &n))
		return -1;
	s += digits;
	if (*s) {
		unit = strchr(units, *s);
		if (!unit || s[1])
			return -1;
		factor = (uint64_t)1 << (10 * ((unit - units) / 2 + 1));
	}
	if (n > UINT64_MAX / factor)
		return -1;
	*bytes_out = n * factor;
	return 0;
}

/* "Z", "+09:00", "-0330" or nothing, in seconds east of UTC. */
static int read_offset(const char *s, int64_t *out)
{
	int sign = *s == '-' ? -1 : 1, hours, minutes = 0, used = 0;

	*out = 0;
	if (!*s || strcmp(s, "Z") == 0 || strcmp(s, "z") == 0)
		return 0;
	if (*s != '+' && *s != '-')
		return -1;
	s++;
	if (sscanf(s, "%2d:%2d%n", &hours, &minutes, &used) < 2 &&
	    sscanf(s, "%2d%2d%n", &hours, &minutes, &used) < 2)
		return -1;
	if (s[used] || hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
		return -1;
	*out = sign * (hours * 3600 + minutes * 60);
	return 0;
}

int time_parse(const char *s, int64_t *ms_out)
{
	struct tm tm = { 0 };
	const char *rest = strptime(s, "%Y-%m-%d", &tm);
	int64_t ms = 0, offset, scale = 100;
	int day = tm.tm_mday;
	time_t seconds;

	if (rest && (*rest == 'T' || *rest == 't' || *rest == ' '))
		rest = strptime(rest + 1, "%H:%M:%S", &tm);
	if (rest && *rest == '.')
		for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10)
			ms += (*rest - '0') * scale;
	if (!rest || read_offset(rest, &offset))
		return -1;
	seconds = timegm(&tm);
	if (tm.tm_mday != day)
		return -1; /* the 31st of June */
	*ms_out = ((int64_t)seconds - offset) * 1000 + ms;
	return 0;
}
