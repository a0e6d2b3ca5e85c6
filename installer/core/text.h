/* SPDX-License-Identifier: MIT */
/* Suggestions for mistyped words, and text that is safe for a terminal. */
#ifndef VPSFIT_TEXT_H
#define VPSFIT_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/strbuf.h"

#define TEXT_TIME 32

size_t text_distance(const char *a, const char *b);
const char *text_nearest(const char *word, const char *const *candidates, size_t n);
/* Has text that end, and something before it? */
bool text_ends(const char *text, const char *end);
bool text_is_among(const char *word, const char *const *words, size_t count);
size_t text_plain(const char *bytes, size_t len);
size_t text_decode(const char *bytes, size_t left, uint32_t *ret);
bool text_is_utf8(const char *s);
void text_printable(struct strbuf *out, const char *bytes, size_t len);
void text_source(struct strbuf *out, const char *bytes, size_t len);
void text_data(struct strbuf *out, const char *bytes, size_t len);
const char *text_data_of(struct arena *a, const char *s);
const char *text_time(const char *stamp, char out[TEXT_TIME]);
bool text_is_shown(uint32_t c);
bool text_is_plain(const char *s);

/* text_format.c: as printf, but each %s is escaped as data (text_data); the format itself may hold line feeds. */
void text_printf(struct strbuf *out, const char *fmt, ...) printf_like(2, 3);
void text_vprintf(struct strbuf *out, const char *fmt, va_list ap);
char *text_aprintf(struct arena *a, const char *fmt, ...) printf_like(2, 3);

#endif
