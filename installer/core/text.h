/* Which word was meant. */
#ifndef VPSFIT_TEXT_H
#define VPSFIT_TEXT_H

#include <stddef.h>

size_t text_distance(const char *a, const char *b);
const char *text_nearest(const char *word, const char *const *candidates, size_t n);

#endif
