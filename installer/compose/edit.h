/* SPDX-License-Identifier: MIT */
/* Edits owned values in YAML text by byte range, and verifies them by parsing the result. */
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
	const char *current; /* present value; NULL: none, or it cannot be told */
	bool keep;	     /* set by the caller: leave the value alone */
	bool by_hand;	     /* set by the caller: it is kept as a person edited it, and vpsfit's comment says so */
	bool put_in;	     /* set by edit_render: it was inserted */
};

struct edit_file {
	const struct yaml_doc *doc;   /* the file's text, parsed */
	struct edit edits[MAX_OWNED]; /* only values of that file */
	size_t count;
};

void edit_find(struct arena *a, const struct yaml_doc *doc, const char *file, const struct owned_value *owned,
	       size_t owned_count, struct edit_file *ret);
bool edit_is_marked(const struct edit_file *f, const struct edit *e);
bool edit_is_marked_as_edit(const struct edit_file *f, const struct edit *e);
const struct yaml_doc *edit_render(struct arena *a, struct edit_file *f) must_check;
bool edit_is_wanted(const struct edit *e);
const char *edit_by_hand(struct arena *a, const struct yaml_doc *doc, const struct edit *e,
			 const struct yaml_node *now);

#endif
