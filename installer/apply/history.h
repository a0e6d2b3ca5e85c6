/* SPDX-License-Identifier: MIT */
/* What the history knows of a file. */
#ifndef VPSFIT_APPLY_HISTORY_H
#define VPSFIT_APPLY_HISTORY_H

#include "apply/transaction.h"

/* A file as an apply left it. */
struct history_copy {
	const char *time;  /* of that apply, ISO 8601, UTC */
	const char *where; /* the copy's own path on this host */
	struct tx_copy copy;
};

/*
 * The newest apply below that entry (0: the newest of all) that left the file at the path, with that very text (NULL:
 * with any). False: none that is kept did.
 */
bool history_find(struct arena *a, const struct sysroot *root, const char *store, long below, const char *path,
		  const char *text, size_t len, struct history_copy *ret);

#endif
