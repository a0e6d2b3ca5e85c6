/* Putting a value into a YAML text where there is none, in the text's own hand. */
#ifndef VPSFIT_INSERT_H
#define VPSFIT_INSERT_H

#include "stack/place.h"
#include "yaml/splice.h"

/* The edit that puts the missing value in. Returns 0; -ENOTSUP where the text leaves no safe room for it. */
int insert_value(struct arena *a, const struct yaml_doc *doc, const struct place *p, const struct owned_value *v,
		 struct splice *ret) must_check;
/* The node that insert_value has put into what is now `after`; NULL where something else is there. */
const struct yaml_node *insert_found(struct arena *a, const struct yaml_doc *after, const struct place *p,
				     const struct owned_value *v);

#endif
