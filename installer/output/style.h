/* SPDX-License-Identifier: MIT */
/* How text for people looks: colour only on a terminal, never the only carrier of meaning; 80 columns. */
#ifndef VPSFIT_STYLE_H
#define VPSFIT_STYLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/plan.h"
#include "core/strbuf.h"

#define TEXT_COLUMNS 80

enum colour { COLOUR_GOOD, COLOUR_WARN, COLOUR_BAD, COLOUR_STRONG, COLOUR_COUNT };

struct style {
	bool colour;
};

/* Nothing but what style_add writes is markup: the length of such a code at p, 0 where there is none. */
size_t style_code(const char *p, size_t left);
void style_add(const struct style *s, struct strbuf *out, enum colour c, const char *text);
/* Adds text behind a label, broken at blanks so that no line is longer than TEXT_COLUMNS; further lines are
 * indented to the same column. A word that is longer than a line is not broken. */
void style_wrap(struct strbuf *out, const char *label, size_t indent, const char *text);
void style_wrapf(struct strbuf *out, const char *label, size_t indent, const char *fmt, ...) printf_like(4, 5);
/* The column behind the widest of some labels (not translated yet), and a blank; never before `least`. */
size_t style_label_column(const char *const *labels, size_t n, size_t least);
/* "[#####|....]" of `width` columns: use against RAM, the bar marks the end of RAM where swap is added. */
void style_gauge(struct strbuf *out, int64_t used, int64_t ram, int64_t swap, size_t width);
enum colour style_of_verdict(enum verdict v);

#endif
