/* SPDX-License-Identifier: MIT */
/* Blocks as lines of so many columns. Columns are counted as the terminal counts them, never in bytes. */
#ifndef VPSFIT_LAYOUT_H
#define VPSFIT_LAYOUT_H

#include "core/arena.h"
#include "core/strbuf.h"
#include "wizard/ui/page.h"

/* Columns of a text in the locale's character set. */
size_t layout_columns(const char *text, size_t len);
/* A text of the program or of a file as this terminal can have it: one line's control characters shown, not obeyed, and
 * in the locale's character set. */
char *layout_clean(struct arena *a, const char *text);
/* As much of a (clean) text as fits into `columns`, with "..." where something is cut off. */
char *layout_cut(struct arena *a, const char *text, size_t columns);
/* Appends the blocks, each line ending with a newline. Nothing is cut off: what is too long is broken. */
void layout_blocks(struct arena *a, const struct blocks *b, size_t width, struct strbuf *out);
size_t layout_count_lines(const char *text);
/* The start of line n (from 0); the end of the text where there are fewer. */
const char *layout_line(const char *text, size_t n);

#endif
