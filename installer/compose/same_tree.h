/* SPDX-License-Identifier: MIT */
/* Are two YAML documents the same, intended changes aside? */
#ifndef VPSFIT_SAME_TREE_H
#define VPSFIT_SAME_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "yaml/tree.h"

/* A scalar of the first document, and its text in the second. */
struct tree_change {
	const struct yaml_node *node;
	const char *expected;
	bool quoted; /* it may become double-quoted */
};

bool same_tree(const struct yaml_doc *before, const struct yaml_doc *after, const struct tree_change *changes,
	       size_t change_count, const struct yaml_node *const *added, size_t added_count);
bool same_services(const struct yaml_doc *before, const struct yaml_doc *after);

#endif
