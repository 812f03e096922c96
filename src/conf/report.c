/* SPDX-License-Identifier: MIT */

#include <config.h>

#include <stdarg.h>

#include "conf/conf.h"
#include "conf/node.h"

/*
 * A node that stands for a whole file has no name and one made from a
 * variable no line; what a node lacks is left out.
 */
void conf_report_add(struct conf_report *report, const struct conf_node *node,
		     const char *fmt, ...)
{
	struct strbuf path = { 0 };
	va_list ap;

	if (node) {
		if (node->file)
			strbuf_adds(&report->text, node->file);
		if (node->line)
			strbuf_addf(&report->text, ":%d", node->line);
		if (node->file)
			strbuf_adds(&report->text, ": ");
		node_path(node, &path);
		if (path.len)
			strbuf_addf(&report->text, "%s: ", strbuf_str(&path));
		strbuf_release(&path);
	}
	va_start(ap, fmt);
	strbuf_vaddf(&report->text, fmt, ap);
	va_end(ap);
	strbuf_addc(&report->text, '\n');
	report->count++;
}

void conf_report_hint(struct conf_report *report, const char *fmt, ...)
{
	va_list ap;

	strbuf_adds(&report->text, "  hint: ");
	va_start(ap, fmt);
	strbuf_vaddf(&report->text, fmt, ap);
	va_end(ap);
	strbuf_addc(&report->text, '\n');
}

void conf_report_release(struct conf_report *report)
{
	strbuf_release(&report->text);
	report->count = 0;
}
