/* SPDX-License-Identifier: MIT */
#ifndef CLI_ANSWER_H
#define CLI_ANSWER_H

/**
 * What approve and reject have in common: finding the gate, answering it,
 * saying so.
 */

struct cmd_ctx;

/**
 * The words are RUN and STEP; the second is needed only where several gates of
 * the run wait. `result` is what people give as --result, or NULL. Returns the
 * status to exit with.
 */
int answer_gate(const struct cmd_ctx *ctx, int argc, char **argv,
		int is_approved, const char *result);

#endif
