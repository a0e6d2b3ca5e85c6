/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_EXPORT_WRITE_H
#define VPSFIT_EXPORT_WRITE_H

#include "export/export.h"
#include "files/sysroot.h"

/* Names what an export wrote, with a digest of each file: so that nobody else's file is written over unasked. */
#define EXPORT_LIST ".vpsfit-export"

struct export_target {
	const struct sysroot *root;
	struct arena *a;
	const char *dir; /* absolute */
	bool overwrite;	 /* files that were edited, or are somebody else's */
	struct diag_list *diags;
};

const char *export_read(const struct export_target *t, const char *name);
int export_write(const struct export_target *t, const struct export_result *r, size_t *ret_changed) must_check;

#endif
