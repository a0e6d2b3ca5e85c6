/* SPDX-License-Identifier: MIT */
/*
 * Growable text. The bytes are owned by the buffer and always NUL-terminated;
 * strbuf_clear releases them. A zeroed struct is an empty buffer.
 */
#ifndef VPSFIT_STRBUF_H
#define VPSFIT_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

#include "core/macros.h"

struct strbuf {
	char *data; /* NULL while empty: use strbuf_text() to read */
	size_t len;
	size_t cap;
};

#define STRBUF_INIT                                                                                                    \
	{                                                                                                              \
		NULL, 0, 0                                                                                             \
	}

const char *strbuf_text(const struct strbuf *b);
void strbuf_add(struct strbuf *b, const char *bytes, size_t n);
void strbuf_puts(struct strbuf *b, const char *s);
void strbuf_putc(struct strbuf *b, char c);
void strbuf_fill(struct strbuf *b, char c, size_t n);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) printf_like(2, 3);
void strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap);
void strbuf_clear(struct strbuf *b);

#endif
