/* SPDX-License-Identifier: MIT */
/*
 * The part of an optional service in a compose file, inserted and removed by byte range: the service itself, and keys
 * of other services. All other bytes of the file stay, comments and line ends too. A block is a compose file of its
 * own.
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

/* A block and its service. Owned values below the service's path may differ from the block's text. */
struct block {
	const struct yaml_doc *doc;
	const char *service; /* its name in the compose file; NULL: it brings keys of other services alone */
	const struct owned_value *owned;
	size_t owned_count;
	bool alone; /* of the document only the service belongs to it */
};

enum block_fate {
	BLOCK_ABSENT, /* none of its parts are there */
	BLOCK_PART,   /* some of its parts are there, unchanged */
	BLOCK_WHOLE,  /* all parts are there, unchanged but for owned values */
	BLOCK_OTHER   /* something else has the place of a part */
};

/* Can the block be added and removed? Returns 0, or -EINVAL with an error about its own document in diags. */
int block_check(const struct block *b, struct diag_list *diags) must_check;
/* How much of the block is in the file; for BLOCK_OTHER, *ret_where is the path of what is in the way. */
enum block_fate block_find(struct arena *a, const struct block *b, const struct yaml_doc *file, const char **ret_where);
/* Path of a part that the merged project has, by a merge key or another file, and this file does not; NULL: none. */
const char *block_elsewhere(struct arena *a, const struct block *b, const struct yaml_doc *file,
			    const struct yaml_doc *merged);
/* Returns the file with the missing parts. NULL if that is not possible; *ret_where is the path in the way. */
const struct yaml_doc *block_put(struct arena *a, const struct block *b, const struct yaml_doc *file,
				 const char **ret_where) must_check;
/* Returns the file without the block's parts. NULL if that would change anything else. */
const struct yaml_doc *block_take(struct arena *a, const struct block *b, const struct yaml_doc *file) must_check;
/* The same, with what a person changed in those parts. */
const struct yaml_doc *block_take_edited(struct arena *a, const struct block *b,
					 const struct yaml_doc *file) must_check;

#endif
