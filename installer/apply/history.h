/* SPDX-License-Identifier: MIT */
/* What the history knows of a file. */
#ifndef VPSFIT_APPLY_HISTORY_H
#define VPSFIT_APPLY_HISTORY_H

#include "apply/transaction.h"

const char *history_as_of(struct arena *a, const struct sysroot *root, const char *store, const char *path,
			  const char *text, size_t len);
/*
 * How the newest apply below that entry (0: the newest of all) that wrote the file left it. False: none that is kept.
 */
bool history_last(struct arena *a, const struct sysroot *root, const char *store, long below, const char *path,
		  struct tx_copy *ret);

#endif
