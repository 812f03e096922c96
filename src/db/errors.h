/* SPDX-License-Identifier: MIT */
#ifndef DB_ERRORS_H
#define DB_ERRORS_H

/**
 * What an error number of the server or of the client library means for us.
 */

#include "base/err.h"

/** The code that db.h promises for `number`. */
enum err_code errors_sort(unsigned int number);

/**
 * Whether the server is there and answered that it does not write just now:
 * another host may, and a COMMIT so answered has not happened.
 */
int errors_is_refusal(unsigned int number);

/** Whether nothing more can be sent on the connection after `number`. */
int errors_ends_connection(unsigned int number);

#endif
