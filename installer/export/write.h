/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_EXPORT_WRITE_H
#define VPSFIT_EXPORT_WRITE_H

#include "export/export.h"
#include "export/record.h"
#include "files/sysroot.h"

struct export_target {
	const struct sysroot *root;
	struct arena *a;
	const char *dir; /* absolute */
	bool overwrite;	 /* files that were edited, or are somebody else's */
	struct diag_list *diags;
	const struct export_record *record; /* of the last export to this place */
	const char *notes;		    /* lines of the new one, beside the files */
};

const char *export_read(const struct export_target *t, const char *name);
int export_write(const struct export_target *t, const struct export_result *r, size_t *ret_changed) must_check;

#endif
