/* SPDX-License-Identifier: MIT */
/* The last copies of a stack's files, which only its history has: they outlive it. */
#ifndef VPSFIT_LAST_FILES_H
#define VPSFIT_LAST_FILES_H

#include "apply/transaction.h"
#include "state/state.h"

/* Beside the history in a stack's store, with a directory for each time that it was forgotten. */
#define KEPT_FILES "kept"

struct last_file {
	const char *name; /* in the directory that keeps it */
	const char *text;
	size_t len;
};

/* Of the files of that state, those that are on disk no more. Reads only. Returns their number. */
size_t last_files_find(struct arena *a, const struct sysroot *root, const char *store, const struct state *state,
		       struct last_file ret[STATE_MAX_FILES]);
/* That directory, below `store`. */
const char *last_files_dir(struct arena *a, const char *store, const struct state *state);
int last_files_keep(struct arena *a, const struct sysroot *root, const char *store,
		    const struct state *state) must_check;
/* Takes what from_store keeps along to to_store. */
int last_files_merge(struct arena *a, const char *from_store, const char *to_store) must_check;

#endif
