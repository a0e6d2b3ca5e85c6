/* SPDX-License-Identifier: MIT */
/* What is in a report, and what was taken out. */
#ifndef VPSFIT_REPORT_MANIFEST_H
#define VPSFIT_REPORT_MANIFEST_H

#include "report/bundle.h"

#define MANIFEST_NAME "MANIFEST.txt"

struct manifest {
	const char *version;
	const char *time;
	const char *command; /* that plans on the unpacked report */
	const char *file;    /* NULL: none is written */
	const struct tar_entry *entries;
	size_t count;
	const struct redactor *redactor;
};

void manifest_text(const struct manifest *m, struct strbuf *out);
void manifest_json(const struct manifest *m, struct strbuf *out);

#endif
