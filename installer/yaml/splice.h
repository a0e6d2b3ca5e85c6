/* SPDX-License-Identifier: MIT */
/* Byte-range edits of a text: everything outside the ranges stays as it is. */
#ifndef VPSFIT_YAML_SPLICE_H
#define VPSFIT_YAML_SPLICE_H

#include <stddef.h>

#include "core/strbuf.h"
#include "yaml/tree.h"

struct splice {
	size_t start; /* bytes [start, end) are replaced; start == end inserts */
	size_t end;
	const char *text; /* borrowed until splice_apply returns */
};

/* Appends text with the edits made, in any order. 0, or -EINVAL with out untouched if they overlap or are outside. */
int splice_apply(const char *text, size_t len, const struct splice *edits, size_t count, struct strbuf *out) must_check;
/* Returns the edited document; NULL, without a message, if edits overlap or it does not parse. */
struct yaml_doc *splice_parsed(struct arena *a, const struct yaml_doc *doc, const struct splice *edits, size_t count);

#endif
