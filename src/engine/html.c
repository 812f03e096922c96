/* SPDX-License-Identifier: MIT */

#include <config.h>

#include "engine/html.h"

void html_put(FILE *page, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", page);
			break;
		case '<':
			fputs("&lt;", page);
			break;
		case '>':
			fputs("&gt;", page);
			break;
		case '"':
			fputs("&quot;", page);
			break;
		case '\n':
			fputs("&#10;", page);
			break;
		default:
			putc(*text, page);
		}
	}
}
