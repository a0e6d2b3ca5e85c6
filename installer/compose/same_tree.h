/* SPDX-License-Identifier: MIT */
/* Are two YAML documents the same but for what was meant to change? */
#ifndef VPSFIT_SAME_TREE_H
#define VPSFIT_SAME_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "yaml/tree.h"

/* A scalar of the first document, and what it is to read as in the second. */
struct tree_change {
	const struct yaml_node *node;
	const char *expected;
	bool quoted; /* it may be in double quotes then, whatever it was in */
};

bool same_tree(const struct yaml_doc *before, const struct yaml_doc *after, const struct tree_change *changes,
	       size_t change_count, const struct yaml_node *const *added, size_t added_count);
bool same_services(const struct yaml_doc *before, const struct yaml_doc *after);

#endif
