/* SPDX-License-Identifier: MIT */
/* Renders blocks as lines of a given width. Widths are terminal columns, never bytes. */
#ifndef VPSFIT_LAYOUT_H
#define VPSFIT_LAYOUT_H

#include "core/arena.h"
#include "core/strbuf.h"
#include "output/style.h"
#include "wizard/ui/page.h"

/* The columns of a text in the locale's character set. */
size_t layout_columns(const char *text, size_t len);
/* Makes a text safe for this terminal: control characters visible, on one line, in the locale's character set. */
char *layout_clean(struct arena *a, const char *text);
/* Cuts a clean text to `columns`, with "..." if something is missing. */
char *layout_cut(struct arena *a, const char *text, size_t columns);
/* Appends the blocks, each line ending with a newline. Nothing is cut off: long lines are broken. */
void layout_blocks(struct arena *a, const struct blocks *b, size_t width, const struct style *style,
		   struct strbuf *out);
size_t layout_count_lines(const char *text);
/* The start of line n (from 0), or the end of the text. */
const char *layout_line(const char *text, size_t n);

#endif
