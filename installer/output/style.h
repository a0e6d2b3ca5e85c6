/* SPDX-License-Identifier: MIT */
/* The look of text for people: colour only on a terminal and never alone in carrying meaning; 80 columns. */
#ifndef VPSFIT_STYLE_H
#define VPSFIT_STYLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/plan.h"
#include "core/strbuf.h"

#define TEXT_COLUMNS 80

/* The parts are the segments of the budget's bar: services take turns with the first five. */
enum colour {
	COLOUR_GOOD,
	COLOUR_WARN,
	COLOUR_BAD,
	COLOUR_STRONG,
	COLOUR_PART_FIRST,
	COLOUR_PART_2,
	COLOUR_PART_3,
	COLOUR_PART_4,
	COLOUR_PART_5,
	COLOUR_PART_ENGINE,
	COLOUR_PART_SYSTEM,
	COLOUR_COUNT,
	COLOUR_PLAIN = COLOUR_COUNT
};

#define COLOUR_PARTS 5

struct style {
	bool colour;
	bool blocks; /* the terminal has block characters */
};

/* The length of a code from style_add at p, or 0. Any other escape sequence is data. */
size_t style_code(const char *p, size_t left);
/* As style_code, and which colour begins there; COLOUR_PLAIN: it ends. */
size_t style_read(const char *p, size_t left, enum colour *ret);
void style_add(const struct style *s, struct strbuf *out, enum colour c, const char *text);
/*
 * Appends text after a label, wrapped at blanks to TEXT_COLUMNS; further lines are indented to the same column. Words
 * longer than a line are not broken.
 */
void style_wrap(struct strbuf *out, const char *label, size_t indent, const char *text);
void style_wrapf(struct strbuf *out, const char *label, size_t indent, const char *fmt, ...) printf_like(4, 5);
/* The column after the widest label (untranslated) and a blank; at least `least`. */
size_t style_label_column(const char *const *labels, size_t n, size_t least);
/* A bar like "[#####|....]" of `width` columns for use against RAM; "|" marks the end of RAM if there is swap. */
void style_gauge(struct strbuf *out, int64_t used, int64_t ram, int64_t swap, size_t width);
enum colour style_of_verdict(enum verdict v);

#endif
