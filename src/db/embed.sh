#!/bin/sh
# SPDX-License-Identifier: MIT
#
# embed.sh FILE... - the schema's files as C, for db/migrate.c, on stdout.
#
# Every line becomes a string literal. "?" is escaped because C11 still has
# trigraphs.
set -eu

cat <<END
/* Made by src/db/embed.sh from schema/. */

#include <config.h>

#include "db/migrate.h"
END

rows=
for file; do
	name=${file##*/} name=${name%.sql}
	version=$(expr "$name" : '0*\([1-9][0-9]*\)_')
	printf '\nstatic const char sql_%s[] =\n' "$name"
	sed 's/[\\"?]/\\&/g; s/^/	"/; s/$/\\n"/' "$file"
	echo '	"";'
	rows="$rows
	{ $version, \"$name\", sql_$name, sizeof(sql_$name) - 1 },"
done

cat <<END

const struct migration migrations[] = {$rows
	{ 0, NULL, NULL, 0 },
};
END
