/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_PAGE_H
#define ENGINE_PAGE_H

/**
 * What a GET answers: the state of the engine, its counts, the files of its
 * storage under /files/, and answers that were promised under /promises/.
 */

#include <microhttpd.h>

struct promises;
struct server_options;
struct stats;

enum MHD_Result page_answer(struct MHD_Connection *connection, const char *url,
			    const struct server_options *options,
			    const struct stats *stats,
			    struct promises *promises);

#endif
