/* SPDX-License-Identifier: MIT */
/* Unified diff of two texts, as patch(1) reads it. */
#ifndef VPSFIT_DIFF_H
#define VPSFIT_DIFF_H

#include <stddef.h>

#include "core/arena.h"
#include "core/strbuf.h"
#include "output/style.h"

/* One side; NULL text means that the file does not exist. `shown` is the text to display, with the same lines. */
struct diff_side {
	const char *text;
	size_t len;
	const char *shown;
};

/* Appends "--- path", "+++ path" and hunks with three lines of context; nothing if both sides are equal. */
void diff_unified(struct arena *a, const char *path, struct diff_side before, struct diff_side after,
		  const struct style *style, struct strbuf *out);

#endif
