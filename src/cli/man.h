/* SPDX-License-Identifier: MIT */
#ifndef CLI_MAN_H
#define CLI_MAN_H

/**
 * The manual pages in mdoc(7), made from the tables of commands, options,
 * exit statuses and configuration keys, so that they cannot fall behind.
 */

struct strbuf;

/** stepq(1) and stepq.conf(5), appended. */
void man_program(struct strbuf *out);
void man_conf(struct strbuf *out);

/** Append `text` so that mdoc shows it as it is, on lines of their own. */
void man_words(struct strbuf *out, const char *text);

/** The same for paragraphs (see cli/text.h). */
void man_text(struct strbuf *out, const char *text);

/** ".Dd .. .Sh NAME ..": `page` is "stepq.conf", `section` 5. */
void man_start(struct strbuf *out, const char *page, int section,
	       const char *what);

#endif
