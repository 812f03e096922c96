/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_LISTEN_H
#define ENGINE_LISTEN_H

#include "base/util.h"

struct err;

/**
 * A listening socket at "HOST:PORT" or "[HOST]:PORT"; port 0 takes a free
 * one. The port it has got goes to `port_out`. -1 on error.
 */
int listen_on(const char *address, unsigned int *port_out,
	      struct err *err) MUST_CHECK;

#endif
