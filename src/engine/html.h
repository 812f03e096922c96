/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_HTML_H
#define ENGINE_HTML_H

#include <stdio.h>

/** Write `text` as HTML shows it, in an element or a quoted attribute. */
void html_put(FILE *page, const char *text);

#endif
