/* SPDX-License-Identifier: MIT */
/* Inserts a missing value into YAML text, in the style of that text. */
#ifndef VPSFIT_INSERT_H
#define VPSFIT_INSERT_H

#include "compose/place.h"
#include "yaml/splice.h"

/* Where in a mapping or list to insert. The first way that changes nothing else is used. */
enum insert_way {
	INSERT_LAST,	       /* after the last entry */
	INSERT_ABOVE_COMMENTS, /* before the last entry and the comments above it */
	INSERT_ABOVE,	       /* before the last entry; in "{...}" and "[...]" before the first */
	INSERT_WAYS
};

int insert_value(struct arena *a, const struct yaml_doc *doc, const struct place *p, const struct owned_value *v,
		 const char *above, enum insert_way way, struct splice *ret) must_check;
size_t insert_leaves(const struct yaml_node *n);
const struct yaml_node *insert_found(struct arena *a, const struct yaml_doc *after, const struct place *p,
				     const struct owned_value *v);

#endif
