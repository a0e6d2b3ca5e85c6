/* Which word was meant, and what of a text a terminal may have. */
#ifndef VPSFIT_TEXT_H
#define VPSFIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/strbuf.h"

size_t text_distance(const char *a, const char *b);
const char *text_nearest(const char *word, const char *const *candidates, size_t n);
size_t text_plain(const char *bytes, size_t len);
size_t text_decode(const char *bytes, size_t left, uint32_t *ret);
bool text_is_utf8(const char *s);
void text_printable(struct strbuf *out, const char *bytes, size_t len);

#endif
