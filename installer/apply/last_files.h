/* SPDX-License-Identifier: MIT */
/* Copies of files that are nowhere else: those of a history that ends, and edits that a rollback overwrites. */
#ifndef VPSFIT_LAST_FILES_H
#define VPSFIT_LAST_FILES_H

#include "apply/transaction.h"
#include "state/state.h"

/* Beside the history in a stack's store, with a directory for each time. */
#define KEPT_FILES "kept"

struct last_file {
	const char *name; /* in the directory that keeps it */
	const char *text;
	size_t len;
};

/* Of the files of that state, those that are on disk no more. Reads only. Returns their number. */
size_t last_files_find(struct arena *a, const struct sysroot *root, const char *store, const struct state *state,
		       struct last_file ret[STATE_MAX_FILES]);
void last_files_add(struct arena *a, struct last_file *all, size_t *count, const char *path,
		    const struct last_file *one);
/* That directory, below `store`; time: of the apply that left the files, or whose rollback overwrites them. */
const char *last_files_dir(struct arena *a, const char *store, const char *time);
int last_files_write(struct arena *a, const char *store, const char *dir, const struct last_file *files,
		     size_t count) must_check;
int last_files_keep(struct arena *a, const struct sysroot *root, const char *store,
		    const struct state *state) must_check;
/* Takes what from_store keeps along to to_store. */
int last_files_merge(struct arena *a, const char *from_store, const char *to_store) must_check;

#endif
