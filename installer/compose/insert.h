/* SPDX-License-Identifier: MIT */
/* Putting a value into a YAML text where there is none, in the text's own hand. */
#ifndef VPSFIT_INSERT_H
#define VPSFIT_INSERT_H

#include "compose/place.h"
#include "yaml/splice.h"

/* Where in a mapping or a list it goes. The first that changes nothing else is taken. */
enum insert_way {
	INSERT_LAST,	       /* behind what is there */
	INSERT_ABOVE_COMMENTS, /* ahead of the last one, and of the comments above it */
	INSERT_ABOVE,	       /* ahead of the last one; in "{...}" and "[...]", of the first one */
	INSERT_WAYS
};

int insert_value(struct arena *a, const struct yaml_doc *doc, const struct place *p, const struct owned_value *v,
		 enum insert_way way, struct splice *ret) must_check;
const struct yaml_node *insert_found(struct arena *a, const struct yaml_doc *after, const struct place *p,
				     const struct owned_value *v);

#endif
