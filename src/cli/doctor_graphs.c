/* SPDX-License-Identifier: MIT */

#include <config.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "cli/diagnosis.h"
#include "cli/doctor_graphs.h"
#include "cli/text.h"
#include "store/audit.h"

static void add_line(void *arg, const char *line)
{
	struct strbuf *lines = arg;

	strbuf_addf(lines, "\n%s", line);
}

void doctor_graphs(struct diagnosis *diagnosis, struct db *db, int is_mending)
{
	struct strbuf lines = { 0 };
	struct audit audit = {
		.is_mending = is_mending,
		.tell = add_line,
		.arg = &lines,
	};
	struct err err = { 0 };
	char a[TEXT_COUNT], b[TEXT_COUNT];

	if (audit_runs(db, &audit, &err) || audit_jobs(db, &audit, &err))
		diagnosis_add(diagnosis, VERDICT_ERROR, "graphs", "%s%s",
			      err.text, strbuf_str(&lines));
	else if (audit.found == 0)
		diagnosis_add(diagnosis, VERDICT_OK, "graphs",
			      "%s, counters agree",
			      text_count(audit.runs, "live run", a));
	else if (is_mending)
		diagnosis_add(diagnosis, VERDICT_WARNING, "graphs",
			      "%s, %s mended%s",
			      text_count(audit.runs, "live run", a),
			      text_count(audit.found, "fault", b),
			      strbuf_str(&lines));
	else
		diagnosis_add(diagnosis, VERDICT_ERROR, "graphs",
			      "%s, %s%s\nhint: stepq doctor --repair",
			      text_count(audit.runs, "live run", a),
			      text_count(audit.found, "fault", b),
			      strbuf_str(&lines));
	strbuf_release(&lines);
}
