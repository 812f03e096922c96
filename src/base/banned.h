/* SPDX-License-Identifier: MIT */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

/**
 * Functions that do not compile here: unbounded, locale-bound or silent
 * about errors. Included by the compiler's command line (-include), as git
 * does it through its compatibility header.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Where fortify makes them macros, these cannot be poisoned as they are. */
#undef sprintf
#undef vsprintf

#pragma GCC poison strcat sprintf vsprintf gets atoi atol atoll atof
#pragma GCC poison strtok gmtime localtime ctime asctime system popen

/* <mysql.h> has macros that name it; poison would not let those pass. */
#undef strcpy
#define strcpy(to, from) strcpy_is_banned_use_strbuf(to, from)

#endif
