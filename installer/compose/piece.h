/* SPDX-License-Identifier: MIT */
/*
 * A piece of a compose file that vpsfit puts in and takes out by byte range: one key of a service with its value,
 * or one entry of a service's list. All other bytes of the file stay.
 */
#ifndef VPSFIT_PIECE_H
#define VPSFIT_PIECE_H

#include "core/arena.h"
#include "yaml/tree.h"

struct piece {
	const char *path;    /* keys joined by '/', to the key itself or to the list that has the entry */
	const char *entry;   /* the entry; NULL: the piece is the key with its value */
	const char *text;    /* the key's value; NULL: as in `from` */
	const char *comment; /* a comment line above it that goes with it, beside those in `from`; NULL: none */
	const struct yaml_doc
		*from;	       /* the shipped file, which has its lines; a piece that is only taken out is not in it */
	const char *from_path; /* its path there, where the service has another name here; NULL: the same */
};

enum piece_fate {
	PIECE_NO_PLACE, /* the service or the list is not in this file, or is an alias or below an anchor */
	PIECE_ABSENT,
	PIECE_THERE,
	PIECE_OTHER /* the key has another value */
};

enum piece_fate piece_find(struct arena *a, const struct piece *p, const struct yaml_doc *file);
const struct yaml_doc *piece_put(struct arena *a, const struct piece *p, const struct yaml_doc *file) must_check;
const struct yaml_doc *piece_take(struct arena *a, const struct piece *p, const struct yaml_doc *file) must_check;
/* The piece's text as the shipped file has it: the entry, or the key's value. */
const char *piece_text(struct arena *a, const struct piece *p);

#endif
