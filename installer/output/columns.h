/* SPDX-License-Identifier: MIT */
/* How wide a text is on the terminal: columns, never bytes, so that translated labels stand under one another. */
#ifndef VPSFIT_COLUMNS_H
#define VPSFIT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/strbuf.h"

/* Is the locale's character set UTF-8? */
bool columns_is_utf8(void);
/* Bytes of the character at p, at most left of them, and its columns. */
size_t columns_character(const char *p, size_t left, size_t *ret_columns);
size_t columns_of(const char *text, size_t len);
/* Adds text and blanks up to a width; a longer text is not cut. */
void columns_left(struct strbuf *out, const char *text, size_t width);
void columns_right(struct strbuf *out, const char *text, size_t width);
/* UTF-8 in the locale's character set, with '?' for what that does not have. Text itself, or allocated from a. */
char *columns_to_locale(struct arena *a, char *text);

#endif
