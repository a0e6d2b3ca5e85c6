/* SPDX-License-Identifier: MIT */
#include "compose/project_index.h"

#include <stdint.h>
#include <string.h>

/* Twice as many slots as texts at most, so that a search always ends at a free one. */
struct text_index index_new(struct arena *a, size_t most)
{
	size_t slots = 16;

	while (slots < 2 * most + 2)
		slots *= 2;
	return (struct text_index){arena_array(a, slots, sizeof(struct index_slot)), slots - 1};
}

/* FNV-1a with linear probing. */
static struct index_slot *slot(const struct text_index *x, const char *text)
{
	uint64_t hash = 14695981039346656037u;
	size_t i;

	for (const char *c = text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	for (i = (size_t)hash & x->mask; x->slots[i].text && !STR_EQ(x->slots[i].text, text); i = (i + 1) & x->mask)
		;
	return &x->slots[i];
}

bool index_find(const struct text_index *x, const char *text, size_t *ret_at)
{
	const struct index_slot *s = slot(x, text);

	*ret_at = s->at;
	return s->text != NULL;
}

/* Borrows the text. If it is there already, updates its position. */
void index_add(struct text_index *x, const char *text, size_t at)
{
	*slot(x, text) = (struct index_slot){text, at};
}
