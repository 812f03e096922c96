/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <assert.h>

#include <mysql.h>

#include "base/num.h"
#include "db/db.h"

int db_rows_next(struct db_rows *rows)
{
	if (!rows->result)
		return 0;
	rows->row = mysql_fetch_row(rows->result);
	rows->lengths = rows->row ? mysql_fetch_lengths(rows->result) : NULL;
	return rows->row != NULL;
}

void db_rows_release(struct db_rows *rows)
{
	mysql_free_result(rows->result);
	*rows = (struct db_rows){ 0 };
}

int row_is_null(const struct db_rows *rows, unsigned int column)
{
	return !row_str(rows, column);
}

const char *row_str(const struct db_rows *rows, unsigned int column)
{
	assert(rows->row && column < rows->columns);
	return rows->row[column];
}

size_t row_len(const struct db_rows *rows, unsigned int column)
{
	return row_str(rows, column) ? rows->lengths[column] : 0;
}

uint64_t row_u64(const struct db_rows *rows, unsigned int column)
{
	const char *text = row_str(rows, column);
	uint64_t n;

	return text && num_u64(text, &n) == 0 ? n : 0;
}

int64_t row_i64(const struct db_rows *rows, unsigned int column)
{
	const char *text = row_str(rows, column);
	int64_t n;

	return text && num_i64(text, &n) == 0 ? n : 0;
}

double row_double(const struct db_rows *rows, unsigned int column)
{
	const char *text = row_str(rows, column);
	double n;

	return text && num_double(text, &n) == 0 ? n : 0;
}
