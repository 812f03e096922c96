/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_ANSWER_H
#define ENGINE_ANSWER_H

/**
 * How a call is answered: as it should be, or as its fault wants it.
 */

#include <microhttpd.h>

struct call;

/** Answer `call`, whose work is done if its fault leaves any to do. */
enum MHD_Result answer_call(struct call *call);

/** Answer a request that is no call: `text` is copied. */
enum MHD_Result answer_text(struct MHD_Connection *connection,
			    unsigned int status, const char *type,
			    const char *text);

/** Answer with {"error": text}. */
enum MHD_Result answer_error(struct MHD_Connection *connection,
			     unsigned int status, const char *text);

#endif
