/* SPDX-License-Identifier: MIT */
/* Two texts as a unified diff, as patch(1) reads it. */
#ifndef VPSFIT_DIFF_H
#define VPSFIT_DIFF_H

#include <stddef.h>

#include "core/arena.h"
#include "core/strbuf.h"
#include "output/style.h"

/* One side: NULL text means that the file is not there. `shown` has the same lines, as they may be shown. */
struct diff_side {
	const char *text;
	size_t len;
	const char *shown;
};

/* Appends "--- path", "+++ path" and the hunks with three lines around; nothing where both sides are the same. */
void diff_unified(struct arena *a, const char *path, struct diff_side before, struct diff_side after,
		  const struct style *style, struct strbuf *out);

#endif
