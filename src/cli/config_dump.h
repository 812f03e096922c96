/* SPDX-License-Identifier: MIT */
#ifndef CLI_CONFIG_DUMP_H
#define CLI_CONFIG_DUMP_H

/**
 * The configuration in effect: each value with where it comes from, as text
 * that could be read again, or as a JSON list. Strings stand as they were
 * written, `${NAME}` not filled in; secrets that were written out are masked.
 */

struct conf;
struct out;

/** `conf` must have been found free of errors. */
void config_dump(struct out *out, const struct conf *conf);

#endif
