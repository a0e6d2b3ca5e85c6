/* SPDX-License-Identifier: MIT */
/* A hash table from text to position in a list. */
#ifndef VPSFIT_PROJECT_INDEX_H
#define VPSFIT_PROJECT_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

struct index_slot {
	const char *text; /* NULL: free */
	size_t at;
};

struct text_index {
	struct index_slot *slots;
	size_t mask;
};

struct text_index index_new(struct arena *a, size_t most);
bool index_find(const struct text_index *x, const char *text, size_t *ret_at);
void index_add(struct text_index *x, const char *text, size_t at);

#endif
