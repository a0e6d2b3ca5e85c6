/* SPDX-License-Identifier: MIT */
/* Edits of owned values in a YAML text, by byte range, proved by parsing the result again. */
#ifndef VPSFIT_EDIT_H
#define VPSFIT_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/strbuf.h"
#include "compose/owned.h"
#include "compose/place.h"
#include "yaml/tree.h"

struct edit {
	const struct owned_value *owned;
	struct place place;
	const char *current; /* the value that stands there; NULL: none, or it cannot be told */
	bool keep;	     /* set by the caller: leave it as it is */
	bool put_in;	     /* edit_render has put it in */
};

struct edit_file {
	const struct yaml_doc *doc;   /* the text as a tree */
	struct edit edits[MAX_OWNED]; /* those of owned_value.file */
	size_t count;
};

void edit_find(struct arena *a, const struct yaml_doc *doc, const char *file, const struct owned_value *owned,
	       size_t owned_count, struct edit_file *ret);
bool edit_is_marked(const struct edit_file *f, const struct edit *e);
const struct yaml_doc *edit_render(struct arena *a, struct edit_file *f) must_check;
bool edit_is_wanted(const struct edit *e);
const char *edit_by_hand(struct arena *a, const struct yaml_doc *doc, const struct edit *e);

#endif
