/* SPDX-License-Identifier: MIT */
/* What the history knows of a file. */
#ifndef VPSFIT_APPLY_HISTORY_H
#define VPSFIT_APPLY_HISTORY_H

#include "apply/transaction.h"

const char *history_as_of(struct arena *a, const struct sysroot *root, const char *store, const char *path,
			  const char *text, size_t len);

#endif
