/* SPDX-License-Identifier: MIT */
/*
 * What an optional service brings into a compose file, put in and taken out by byte range: the service itself, and keys
 * of other ones. Everything else in the text stays as it is, comments and line ends too. The block is a compose file of
 * its own.
 */
#ifndef VPSFIT_BLOCK_H
#define VPSFIT_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/diag.h"
#include "core/strbuf.h"
#include "compose/owned.h"
#include "yaml/tree.h"

/* A block, and whose it is. What is owned below the service's own path may differ from the block's text. */
struct block {
	const struct yaml_doc *doc;
	const char *service; /* its name in the compose file */
	const struct owned_value *owned;
	size_t owned_count;
};

enum block_fate {
	BLOCK_ABSENT, /* nothing of it is there */
	BLOCK_PART,   /* some of it is there, as the block has it */
	BLOCK_WHOLE,  /* all of it is, but for what is owned */
	BLOCK_OTHER   /* something else stands in the place of one of its parts */
};

/* Is the block one that can be put in and taken out? 0, or -EINVAL with an error of its own document in diags. */
int block_check(const struct block *b, struct diag_list *diags) must_check;
/* How much of it is there; where it is something else, *ret_where is its path. */
enum block_fate block_find(struct arena *a, const struct block *b, const struct yaml_doc *file, const char **ret_where);
/*
 * The path of a part that the file itself does not have and the merged project does, by a merge key or by another file;
 * NULL: there is none.
 */
const char *block_elsewhere(struct arena *a, const struct block *b, const struct yaml_doc *file,
			    const struct yaml_doc *merged);
/*
 * The text with what is missing of it. False where it cannot be put in; then *ret_where is the path that stands in the
 * way.
 */
bool block_put(struct arena *a, const struct block *b, const struct yaml_doc *file, struct strbuf *out,
	       const char **ret_where) must_check;
/* The text without what is there of it, as the block has it. False where that would change anything else. */
bool block_take(struct arena *a, const struct block *b, const struct yaml_doc *file, struct strbuf *out) must_check;

#endif
