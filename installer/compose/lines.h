/* SPDX-License-Identifier: MIT */
/*
 * Whole lines of a YAML file in block style: those of a pair or of an item of a list, and the comments that belong
 * to them.
 */
#ifndef VPSFIT_LINES_H
#define VPSFIT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/strbuf.h"
#include "yaml/tree.h"

size_t lines_start(const struct yaml_doc *doc, size_t at);
size_t lines_next(const struct yaml_doc *doc, size_t at);
size_t lines_pair_end(const struct yaml_doc *doc, const struct yaml_node *key, const struct yaml_node *value);
bool lines_is_blank(const struct yaml_doc *doc, size_t at);
size_t lines_comments_above(const struct yaml_doc *doc, size_t start);
/*
 * End of the last line of what ends at `end`, a line's end, with the comments below that belong to it: those deeper
 * than the keys beside it (indent), and entries as deep as they are if it is a list with its dashes there.
 */
size_t lines_end_below(const struct yaml_doc *doc, size_t end, size_t indent, bool dashes);
const char *lines_end_of(const struct yaml_doc *doc);
void lines_copy(const struct yaml_doc *doc, const struct yaml_node *key, const struct yaml_node *value, size_t indent,
		const char *end, struct strbuf *out);
/* Is the comment, up to the end of its line, no person's own? */
typedef bool lines_is_own_fn(struct arena *a, const void *context, const char *comment);
const char *lines_kept_comments(struct arena *a, const struct yaml_doc *file, const struct yaml_node *key,
				const struct yaml_node *value, lines_is_own_fn *is_own, const void *context);
const char *lines_comment(const struct yaml_doc *file, const struct yaml_node *key, const struct yaml_node *value,
			  size_t at);

#endif
