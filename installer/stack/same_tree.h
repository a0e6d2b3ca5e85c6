/* Are two YAML documents the same but for some scalars? */
#ifndef VPSFIT_SAME_TREE_H
#define VPSFIT_SAME_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "yaml/tree.h"

bool same_tree(const struct yaml_doc *before, const struct yaml_doc *after,
	       const struct yaml_node *const *free_nodes, size_t free_count);

#endif
