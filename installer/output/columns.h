/* SPDX-License-Identifier: MIT */
/* The width of text on the terminal: in columns, not bytes, so that translated labels align. */
#ifndef VPSFIT_COLUMNS_H
#define VPSFIT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/strbuf.h"

/* Is the locale's character set UTF-8? */
bool columns_is_utf8(void);
/* Returns the number of bytes of the character at p (at most left) and sets its columns. */
size_t columns_character(const char *p, size_t left, size_t *ret_columns);
size_t columns_of(const char *text, size_t len);
/* Appends text padded to a width; longer text is not cut. */
void columns_left(struct strbuf *out, const char *text, size_t width);
void columns_right(struct strbuf *out, const char *text, size_t width);
/* A number to the right, "-" where it is not known. */
void columns_figure(struct strbuf *out, bool known, int64_t n, size_t width);
/*
 * Converts UTF-8 to the locale's character set, with '?' for missing characters. Returns text itself or a copy from a.
 */
char *columns_to_locale(struct arena *a, char *text);

#endif
