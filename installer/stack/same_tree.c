#include "stack/same_tree.h"

#include <string.h>

#include "core/macros.h"

struct comparison {
	const struct yaml_node *const *free_nodes;
	size_t free_count;
};

static bool is_free(const struct comparison *c, const struct yaml_node *n)
{
	for (size_t i = 0; i < c->free_count; i++)
		if (c->free_nodes[i] == n)
			return true;
	return false;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && STR_EQ(a, b));
}

/* Depth is bounded by YAML_MAX_DEPTH; aliases are compared by name, never followed. */
static bool same_node(const struct comparison *c, const struct yaml_node *a, const struct yaml_node *b)
{
	if (a->kind != b->kind || a->style != b->style || a->count != b->count ||
	    !same_text(a->anchor, b->anchor) || !same_text(a->tag, b->tag))
		return false;
	if (a->kind == YAML_SCALAR || a->kind == YAML_ALIAS)
		return is_free(c, a) || (a->value_len == b->value_len && memcmp(a->value, b->value, a->value_len) == 0);
	for (size_t i = 0; i < a->count; i++)
		if (!same_node(c, a->items[i], b->items[i]))
			return false;
	return true;
}

/* True where both hold the same nodes in the same order and style; scalars of `before` that are listed may differ. */
bool same_tree(const struct yaml_doc *before, const struct yaml_doc *after,
	       const struct yaml_node *const *free_nodes, size_t free_count)
{
	const struct comparison c = {free_nodes, free_count};

	if (!before->root || !after->root)
		return before->root == after->root;
	return same_node(&c, before->root, after->root);
}
