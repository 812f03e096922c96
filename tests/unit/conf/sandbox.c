/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "unit/conf/sandbox.h"

static void clear_environment(void)
{
	char **variable = environ;

	while (*variable) {
		char *name = xstrndup(*variable, strcspn(*variable, "="));

		if (strncmp(name, "STEPQ_", 6) == 0) {
			(void)unsetenv(name);
			variable = environ;
		} else {
			variable++;
		}
		free(name);
	}
}

int sandbox_setup(void **state)
{
	char *dir = xstrdup("/tmp/stepq-unit-XXXXXX");

	*state = dir;
	clear_environment();
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int sandbox_teardown(void **state)
{
	int rc;

	clear_environment();
	rc = chdir("/");
	rc |= nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(*state);
	return rc;
}

void sandbox_write(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void sandbox_mkdir(const char *name)
{
	assert_int_equal(mkdir(name, 0700), 0);
}
